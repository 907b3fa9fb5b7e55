import Supervision
import ZooKeeperProtocol

/// One line of a server's log.
package struct LogLine: Hashable, Sendable {
    package var server: ServerID
    /// A line without a time of its own (a stack trace) has that of the line before it.
    package var time: Timestamp?
    package var text: String
}
