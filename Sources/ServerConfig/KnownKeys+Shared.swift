import Diagnostics

extension KnownKeys {
    /// Keys with which the servers of one ensemble disagree about the protocol or about time when they differ, and whether that
    /// stops the ensemble.
    package static let shared: [(key: String, severity: Diagnostic.Severity, consequence: String)] = [
        ("reconfigEnabled", .error, "the servers would elect without end"),
        ("standaloneEnabled", .error, "the servers would not agree on what an ensemble is"),
        ("sslQuorum", .error, "the servers cannot talk to each other"),
        ("quorum.auth.enableSasl", .error, "the servers cannot talk to each other"),
        ("tickTime", .warning, "the servers measure time differently"),
        ("initLimit", .warning, "patience depends on who leads"),
        ("syncLimit", .warning, "patience depends on who leads"),
        ("minSessionTimeout", .warning, "session timeouts depend on the server"),
        ("maxSessionTimeout", .warning, "session timeouts depend on the server"),
        ("localSessionsEnabled", .warning, "sessions behave differently from server to server"),
        ("extendedTypesEnabled", .warning, "TTL znodes work on some servers only"),
        ("digest.enabled", .warning, "servers cannot compare their trees"),
        ("closeSessionTxn.enabled", .warning, "the trees may drift apart"),
        ("skipACL", .warning, "ACLs hold on some servers only"),
        ("jute.maxbuffer", .warning, "a server may refuse what another one accepted"),
    ]
}
