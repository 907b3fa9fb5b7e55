public import ServiceLifecycle
public import ZooKeeperClient

/// A client as a service of swift-service-lifecycle: it is closed behind those that use it.
///
/// ```swift
/// let client = ZooKeeperClient(try ConnectString("127.0.0.1:2181"))
/// let group = ServiceGroup(services: [ZooKeeperClientService(client), web], logger: logger)
/// try await group.run()
/// ```
public struct ZooKeeperClientService: Service {
    public let client: ZooKeeperClient

    public init(_ client: ZooKeeperClient) {
        self.client = client
    }

    /// Runs until the graceful shutdown or its task's cancellation, and closes the session then, so that its ephemerals go at once.
    ///
    /// - Throws: What ended the session before that: `sessionExpired` (of a client that does not renew it), `authFailed`.
    public func run() async throws {
        let end = await cancelWhenGracefulShutdown { await client.end() }
        await client.close()
        switch end {
        case nil, .closed: return
        case .authenticationFailed: throw ZooKeeperError(.authFailed, operation: "run")
        default: throw ZooKeeperError(.sessionExpired, operation: "run")
        }
    }
}
