import Planning
import ServiceDiscovery
import ZooKeeperClient

/// Which registry a command is about.
package struct RegistryRequest: Sendable {
    /// `HOST:PORT,…[/chroot]`; nil for the ensemble.
    package var server: String?
    package var ensemble: String?
    package var layout: RegistryLayout
    package var sessionTimeout: Duration

    package init(
        server: String? = nil, ensemble: String? = nil, layout: RegistryLayout, sessionTimeout: Duration = .seconds(10)
    ) {
        self.server = server
        self.ensemble = ensemble
        self.layout = layout
        self.sessionTimeout = sessionTimeout
    }
}

extension Operator {
    /// Connects to the registry. Commands that answer at once fail as soon as every server was tried in vain.
    ///
    /// - Parameter isPatient: `body` begins without a connection, and it is looked for as long as it takes.
    package func withRegistry<Result>(
        _ request: RegistryRequest, isPatient: Bool = false, _ body: (ServiceRegistry) async throws -> Result
    ) async throws -> Result {
        let connect = try registryServers(request)
        var configuration = ClientConfiguration()
        configuration.sessionTimeout = request.sessionTimeout
        configuration.whenExpired = .renew
        configuration.failsWithoutConnection = !isPatient
        if !isPatient { configuration.requestTimeout = .seconds(10) }
        let client = ZooKeeperClient(connect, configuration: configuration)
        var registry = ServiceRegistry(client, layout: request.layout)
        registry.report = { [report] in report(.warning($0.description)) }
        do {
            if !isPatient { _ = try await client.exists("/") }
            let result = try await body(registry)
            await close(client)
            return result
        } catch {
            let problem = client.lastProblem
            await close(client)
            if error is CancellationError { throw error }
            throw Self.explained(error, connect: connect, problem: problem)
        }
    }

    /// Where the registry's copies on disk are: each registry has its own.
    package func registryCopies(_ request: RegistryRequest) throws -> String {
        let name = try registryServers(request).description.map { $0.isLetter || $0.isNumber || $0 == "." ? $0 : "_" }
        return "\(store.directory)/.registry-\(String(name))"
    }

    private func registryServers(_ request: RegistryRequest) throws -> ConnectString {
        guard let server = request.server else {
            return try ConnectString(try store.open(request.ensemble).topology.connectString)
        }
        do {
            return try ConnectString(server)
        } catch {
            throw OperationError(.badUsage, error.description, mend: "write --server HOST:PORT[,HOST:PORT…][/chroot]")
        }
    }

    private func close(_ client: ZooKeeperClient) async {
        // The registry may be away; nobody waits for it to hear of our end.
        guard client.state.isConnected else { return client.closeSoon() }
        let closing = Task { await client.close() }
        let limit = Task {
            try await Task.sleep(for: .seconds(2))
            closing.cancel()
        }
        await closing.value
        limit.cancel()
    }

    private static func explained(_ error: any Error, connect: ConnectString, problem: String?) -> any Error {
        switch error {
        case let error as ZooKeeperError:
            switch error.code {
            case .connectionLoss, .requestTimeout, .operationTimeout:
                return OperationError(
                    .notRunning,
                    "the registry at \(connect) cannot be reached"
                        + ((problem ?? error.detail).map { ": \($0)" } ?? ""),
                    mend: "`paddock up` boots an ensemble; --server HOST:PORT names another")
            default: return OperationError(.failed, error.description)
            }
        case let error as InvalidInstance: return OperationError(.badUsage, error.description)
        case let error as NoInstance:
            return OperationError(
                .failed, error.description, mend: "`paddock registry list` shows what is registered")
        case let error as RegistryUnavailable:
            return OperationError(
                .notRunning, error.description, mend: "`paddock up` boots an ensemble; --server HOST:PORT names another"
            )
        case let error as UnreadableInstance: return OperationError(.failed, error.description)
        default: return error
        }
    }
}

extension ZooKeeperClient {
    /// ``close()`` without waiting.
    fileprivate func closeSoon() {
        Task { await close() }
    }
}
