import ServerConfig

/// What of a server is no line of its zoo.cfg, but how it is started.
extension TopologyServer {
    /// For clients or between the servers.
    package var hasTLS: Bool {
        !["", "0"].contains(setting("secureClientPort") ?? "")
            || ["client.portUnification", "sslQuorum", "portUnification"].contains {
                setting($0)?.lowercased() == "true"
            }
    }

    /// Settings that Apache's server does not read in zoo.cfg, as arguments of its JVM. The user's own flags come later and win.
    package var properties: [String] {
        guard engine.name == "apache" else { return [] }
        return settings.filter { KnownKeys.key($0.key)?.reader == .jvmOnly }.map { "-D\($0.key)=\($0.value)" }
    }
}
