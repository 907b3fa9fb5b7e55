/// A mend as a change of the file that a problem is in.
package enum Edit: Hashable, Sendable {
    /// The entry of `key` gets this value; one is added when there is none.
    case set(key: String, value: String)
    /// Every entry of `key` goes.
    case remove(key: String)
    /// Every entry of `key` gets another key and keeps its value.
    case rename(key: String, to: String)
    /// The line of that number, with all lines that continue it, becomes these; none: it goes.
    case replaceLine(Int, with: [String])
    /// `text`, which stands at that place, becomes something else.
    case replace(SourceLocation, text: String, with: String)
    /// The whole file.
    case content(String)
}
