import CoreMetrics

/// What a client counts, if the program has chosen a backend for metrics.
struct ClientMetrics: Sendable {
    /// Answered requests by how long that took, errors included.
    private let requests: Timer
    /// Requests that were lost, refused by the client, or answered with an error.
    private let failures: Counter
    private let connections: Counter
    private let losses: Counter
    private let expirations: Counter

    /// Nil without a backend, so that nothing is measured for nobody.
    init?(_ factory: any MetricsFactory = MetricsSystem.factory) {
        if factory is NOOPMetricsHandler { return nil }
        requests = Timer(label: "zookeeper_client_request_duration", dimensions: [], factory: factory)
        failures = Counter(label: "zookeeper_client_request_failures_total", dimensions: [], factory: factory)
        connections = Counter(label: "zookeeper_client_connections_total", dimensions: [], factory: factory)
        losses = Counter(label: "zookeeper_client_connection_losses_total", dimensions: [], factory: factory)
        expirations = Counter(label: "zookeeper_client_session_expirations_total", dimensions: [], factory: factory)
    }

    func answered(after duration: Duration, _ isSuccess: Bool) {
        let (seconds, attoseconds) = duration.components
        requests.recordNanoseconds(seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
        if !isSuccess { failures.increment() }
    }

    func entered(_ state: SessionState) {
        switch state {
        case .connected, .connectedReadOnly: connections.increment()
        case .disconnected: losses.increment()
        case .expired: expirations.increment()
        case .connecting, .authenticationFailed, .closed: break
        }
    }
}
