import Diagnostics

/// The example that the reference writes of a rule which no file shows (`Rule.Example.situation` without commands): a test brings the rule about
/// and compares. `bin/docs --check` wants such a test of each.
package enum WrittenExample {
    /// In what none of the problems is the example, numbers aside; nil where one is.
    package static func difference(of rule: Rule, from problems: [Diagnostic]) -> String? {
        guard case .situation(let message, let mend, _, _) = rule.explanation.example else {
            return "the example of \(rule.rawValue) is a file: bin/docs runs it"
        }
        let written = plain("\(message) mend: \(mend)")
        let said = problems.filter { $0.rule == rule }.map { plain("\($0.message) mend: \($0.mend ?? "none")") }
        return said.contains(written) ? nil : "written: \(written)\nsaid: \(said.joined(separator: "\nsaid: "))"
    }

    private static func plain(_ text: String) -> String {
        var result = ""
        for character in text {
            guard character.isASCII, character.isNumber else {
                result.append(character)
                continue
            }
            if result.last != "#" { result.append("#") }
        }
        return result
    }
}
