import Membership

/// What a check has to know about a host, gathered beforehand by someone who may look (`HostFacts.gather()` in
/// Provisioning) and handed in as a value.
package struct HostFacts: Hashable, Sendable {
    /// A TCP port on which something listens now.
    package struct Listener: Hashable, Sendable {
        /// `0.0.0.0` and `::` stand for every interface.
        package var address: String
        package var port: Int
        /// Nil when the process could not be seen (it belongs to another user).
        package var pid: Int32?
        package var program: String?

        package init(address: String, port: Int, pid: Int32? = nil, program: String? = nil) {
            self.address = address
            self.port = port
            self.pid = pid
            self.program = program
        }

        /// The holder in words: `java (pid 4711)`.
        package var holder: String {
            switch (program, pid) {
            case (let program?, let pid?): "\(program) (pid \(pid))"
            case (nil, let pid?): "pid \(pid)"
            default: "a process of another user"
            }
        }

        fileprivate var isEverywhere: Bool { ["0.0.0.0", "::", "*"].contains(address) }
    }

    /// What stands at a path that a configuration names.
    package enum PathState: Hashable, Sendable {
        /// `canonical` is the path without symbolic links, so that two names of one directory are seen as one.
        case directory(canonical: String, isWritable: Bool)
        case missing
        case file(isReadable: Bool)
        /// Something else, or something below a file.
        case notADirectory
    }

    package var listeners: [Listener]
    /// The ports the kernel hands out to outgoing connections; nil when unknown.
    package var ephemeralPorts: ClosedRange<Int>?
    /// The state of each path that was asked about.
    package var paths: [String: PathState]
    /// The addresses of the host's interfaces, and the names by which it knows itself.
    package var ownNames: Set<String>

    package init(
        listeners: [Listener] = [], ephemeralPorts: ClosedRange<Int>? = nil, paths: [String: PathState] = [:],
        ownNames: Set<String> = []
    ) {
        self.listeners = listeners
        self.ephemeralPorts = ephemeralPorts
        self.paths = paths
        self.ownNames = Set(ownNames.map(HostAddress.machine))
    }

    /// Whether `host` is this machine. Names that only the DNS knows are not looked up.
    package func isOurs(_ host: String) -> Bool {
        let machine = HostAddress.machine(host.hasSuffix(".") ? String(host.dropLast()) : host)
        return HostAddress.isLoopback(host) || ownNames.contains(machine)
    }

    /// Who would refuse a bind of `port` on `host`, if anyone. `localhost` stands for both loopback addresses; other
    /// names are not resolved.
    package func listener(on host: String, port: Int) -> Listener? {
        listeners.first { listener in
            listener.port == port
                && (listener.isEverywhere || listener.address == host || ["0.0.0.0", "::"].contains(host)
                    || (host == "localhost" && ["127.0.0.1", "::1"].contains(listener.address)))
        }
    }

    /// The same facts without what these processes hold: the ensemble's own running servers are no conflict.
    package func ignoring(pids: Set<Int32>) -> HostFacts {
        var facts = self
        facts.listeners.removeAll { listener in listener.pid.map(pids.contains) ?? false }
        return facts
    }
}
