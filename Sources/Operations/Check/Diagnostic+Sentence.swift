import Diagnostics

extension Diagnostic {
    /// Of a sentence that `paddock status` says in one piece: what is to be done is behind its last colon.
    init(_ severity: Severity, rule: Rule, file: String?, sentence: String) {
        let colon = sentence.ranges(of: ": ").last
        self.init(
            severity, rule: rule, file: file, colon.map { String(sentence[..<$0.lowerBound]) } ?? sentence,
            mend: colon.map { String(sentence[$0.upperBound...]) })
    }
}
