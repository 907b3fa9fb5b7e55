import DataTree
import ZooKeeperProtocol

/// What there is to tell of the clients and of what is under way.
extension RequestPipeline {
    package struct ClientReport: Sendable {
        /// `ip:port`
        package let remote: String
        package let isSecure: Bool
        /// `.none` before the handshake.
        package let session: SessionID
        /// Milliseconds.
        package let timeout: Int32
        package let isClosing: Bool
        package let hasOutput: Bool
        /// Requests not yet answered.
        package let outstanding: Int
        package let statistics: ClientStatistics
    }

    /// Of every connection, in the order in which they came.
    package var clientReports: [ClientReport] {
        orderedClients.map { id in
            let client = clients[id.place]
            return ClientReport(
                remote: client.remote, isSecure: client.isSecure, session: client.session, timeout: client.timeout,
                isClosing: client.state == .closing, hasOutput: client.outputCount > 0,
                outstanding: client.waiting.outstanding, statistics: client.statistics)
        }
    }

    /// The paths with data watches and the sessions that set them; as Apache does, of the data table only.
    package var dataWatches: [(path: String, sessions: [SessionID])] {
        tree.watches.report(.data).map { entry in
            (entry.path, entry.connections.map { clients[$0.place].session }.sorted())
        }
    }
}
