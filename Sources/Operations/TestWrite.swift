import ZooKeeperClient

/// One write through a session on one server: what an open port or `ruok` do not promise.
enum TestWrite {
    /// Nil when it succeeded; else why not. The znode goes with its session.
    static func perform(on member: Member, patience: Duration) async -> String? {
        var configuration = ClientConfiguration()
        configuration.requestTimeout = patience
        let server = ConnectString(servers: [ServerAddress(host: member.clientHost, port: member.clientPort)])
        let deadline = ContinuousClock.now + patience
        while true {
            do {
                try await ZooKeeperClient.with(server, configuration: configuration) { client in
                    _ = try await client.create("/paddock-ready-", mode: .ephemeralSequential)
                }
                return nil
            } catch let error as ZooKeeperError where error.isOutcomeUnknown && ContinuousClock.now < deadline {
                // The server was just closing its connections, as it does when its role changes.
                continue
            } catch {
                return "\(error)"
            }
        }
    }
}
