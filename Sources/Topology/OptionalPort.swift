/// A port that a server has only when the topology gives one: it becomes a setting of that server.
enum OptionalPort: String, CaseIterable, Hashable {
    /// Prometheus' metrics over HTTP.
    case metrics
    /// Clients over TLS.
    case secure

    /// The zoo.cfg key of the port.
    var key: String {
        switch self {
        case .metrics: "metricsProvider.httpPort"
        case .secure: "secureClientPort"
        }
    }

    /// What zoo.cfg needs besides for the port to be open where the server's other ports are; each is left to the user
    /// who sets it.
    func companions(host: String) -> [Setting] {
        switch self {
        case .metrics:
            [
                Setting(
                    "metricsProvider.className",
                    "org.apache.zookeeper.metrics.prometheus.PrometheusMetricsProvider"),
                Setting("metricsProvider.httpHost", host),
            ]
        case .secure: [Setting("secureClientPortAddress", host)]
        }
    }
}
