import Supervision
import ZooKeeperProtocol

/// One line of a server's log.
package struct LogLine: Hashable, Sendable {
    package var server: ServerID
    /// A line without a time of its own (a stack trace) has that of the line before it.
    package var time: Timestamp?
    package var text: String

    package init(server: ServerID, time: Timestamp?, text: String) {
        self.server = server
        self.time = time
        self.text = text
    }
}
