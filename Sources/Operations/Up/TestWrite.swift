import Planning
import ZooKeeperClient
import ZooKeeperProtocol

/// One write through a session on one server: what an open port or `ruok` do not promise.
enum TestWrite {
    /// Nil when it succeeded; else why not. Nothing is left behind, and no kind of session is asked for more than it may do.
    ///
    /// - Parameter isExempt: asked before and between attempts; a server that takes no clients in its role need not take a write
    static func perform(
        on member: Member, patience: Duration, isExempt: () async -> Bool = { false }
    ) async -> String? {
        var configuration = ClientConfiguration()
        configuration.requestTimeout = member.servesWhenLeading ? patience : min(patience, .seconds(2))
        let server = ConnectString(servers: [ServerAddress(host: member.clientHost, port: member.clientPort)])
        let deadline = Instant.now() + patience
        while true {
            if await isExempt() { return nil }
            do {
                try await ZooKeeperClient.with(server, configuration: configuration) { client in
                    let path = "/paddock-ready-\(member.id)"
                    try await client.transaction([.create(path: path), .delete(path: path)])
                }
                return nil
            } catch let error as ZooKeeperError where error.isOutcomeUnknown && Instant.now() < deadline {
                // The server was just closing its connections, as it does when its role changes.
                continue
            } catch let error as ZooKeeperError where isDecision(error.code) {
                return nil
            } catch {
                return "\(error)"
            }
        }
    }

    /// An answer to a write that only an ensemble at work gives: it was judged, and strangers may not write there.
    static func isDecision(_ code: ErrorCode) -> Bool {
        switch code {
        case .noAuth, .quotaExceeded, .sessionClosedRequireSASLAuth: true
        default: false
        }
    }
}
