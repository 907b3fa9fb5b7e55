/// Why an operation did not happen or did not end well: what happened, and what to do next.
package struct OperationError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The raw value is the exit code of `paddock` (command-line contract).
    package enum Kind: Int32, Hashable, Sendable {
        case failed = 1
        /// No server of the ensemble runs, or the registry is away, and the operation needs it.
        case notRunning = 5
        /// A server, a word or an ensemble was named that does not exist.
        case badUsage = 64
        case badInput = 65
        /// An engine, Java or a package is missing.
        case unavailable = 69
        /// A port or a lock is taken.
        case taken = 75
    }

    package var kind: Kind
    package var message: String
    /// What to do about it, as an order.
    package var mend: String?
    /// Lines that explain, in order: the last lines of a server's log, say.
    package var details: [String]

    package init(_ kind: Kind, _ message: String, mend: String? = nil, details: [String] = []) {
        self.kind = kind
        self.message = message
        self.mend = mend
        self.details = details
    }

    package var description: String {
        var text = message
        for line in details { text += "\n    \(line)" }
        if let mend { text += "\n  mend: \(mend)" }
        return text
    }
}
