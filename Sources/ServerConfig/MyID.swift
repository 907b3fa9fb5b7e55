import Membership

/// Reads a myid as ZooKeeper does: the first line, all of it, as a decimal long. A blank is fatal.
package enum MyID {
    /// The number in a first line that ZooKeeper refuses for a blank around it; the bundled server does not mind.
    package static func parseLeniently(_ text: String) -> ServerID? {
        let firstLine = text.unicodeScalars.prefix { $0 != "\n" && $0 != "\r" }
        return ServerID(JavaText.trimmed(String(firstLine)))
    }

    package static func parse(_ text: String) -> ServerID? {
        let firstLine = text.unicodeScalars.prefix { $0 != "\n" && $0 != "\r" }
        return ServerID(String(firstLine))
    }

    /// The content of the file for `id`.
    package static func text(_ id: ServerID) -> String { "\(id)\n" }
}
