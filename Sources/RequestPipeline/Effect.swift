import DataTree
import Quorum
import ZooKeeperProtocol

extension RequestPipeline {
    /// What the shell has to do, in the order given. Replies and events are no effects: they gather for each client,
    /// and the shell fetches them at the end of a turn (`nextDirty`, `takeOutput`).
    package enum Effect {
        /// Send now what is answered so far.
        case flush
        /// Close the connection of this client. Its bytes need no sending any more.
        case close(ClientID)
        /// Go on with what this client has sent and was not taken (`take`).
        case resume(ClientID)
        case log(LogLine)
        /// Alone: add this txn to the log. Report with `stored` when it is durable.
        case append(ZXID, Alone.Entry)
        /// The tree was found to differ from the digest of this txn, for the first time: keep a mark of it on disk,
        /// behind what was logged before.
        case keepMismatch(ZXID)
        /// A burst is over: give free memory back to the system.
        case returnMemory
        /// What was under way when `shutDown` came is done.
        case stopped
        /// What the quorum wants of the network and the disk. `become` and `activate` have been dealt with as far as
        /// clients and the tree are concerned.
        case quorum(Quorum.Effect)
    }
}

/// A line for the server's log.
package struct LogLine: Sendable, Hashable {
    /// Named as those of swift-log.
    package enum Level: String, Sendable {
        case debug, info, warning, error
    }

    package var level: Level
    package var text: String
    /// Lines of one kind are written once a second at most; nil: each is.
    package var kind: String?
    package var metadata: [String: String]
}
