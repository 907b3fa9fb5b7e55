/// What was seen of an ensemble, and what is to be done about it.
package struct Advice: Hashable, Sendable {
    package var seen: String
    package var mend: String

    package init(_ seen: String, mend: String) {
        self.seen = seen
        self.mend = mend
    }

    /// Both in one piece, as `paddock status` says it.
    package var sentence: String { "\(seen): \(mend)" }
}
