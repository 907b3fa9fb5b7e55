import ZooKeeperProtocol

/// One row of `paddock status`.
package struct ServerStatus: Codable, Hashable, Sendable {
    /// Null in JSON for a server that has not said it.
    @KnownID package var id: ServerID
    package var role: RoleWord
    /// Nil when it is not known: of a server elsewhere that does not answer.
    @OrNull package var state: ServerProcess.State?
    package var engine: String
    /// Of the program that runs; nil when it does not say.
    @OrNull package var version: String?
    /// It runs with other files or options than it would be started with now, or its program has been replaced since.
    /// Nil when it is not known.
    @OrNull package var outdated: Bool?
    @OrNull package var pid: Int32?
    /// Nil when nobody counts.
    @OrNull package var restarts: Int?
    @OrNull package var uptime: Seconds?
    package var client: String
    @OrNull package var quorum: String?
    @OrNull package var election: String?
    @OrNull package var admin: String?
    @OrNull package var zxid: String?
    /// Txns behind the leader; nil when unknown, also when the server is still in an earlier epoch.
    @OrNull package var lag: Int64?
    @OrNull package var connections: Int?
    /// Milliseconds a request took on average since the server's start.
    @OrNull package var latency: Double?
    /// Proportional set size, bytes.
    @OrNull package var memory: Int?
    /// Nil for a server elsewhere.
    @OrNull package var directory: String?

    /// `leader` … `looking` as the server says; `down` for one whose process does not run, and its state when that
    /// explains a silence (`starting`, `paused`).
    package var word: String {
        switch state {
        case .running: role.rawValue
        case .starting: role == .unknown ? "starting" : role.rawValue
        case .paused: role == .unknown ? "paused" : role.rawValue
        case .stopped, .backingOff, .failed: "down"
        case nil: role.rawValue
        }
    }
}

extension ServerStatus {
    /// - Parameter isHere: a server of this machine, of which the supervisor or its record tells. Of another one only what it says
    ///   itself is known.
    init(_ server: ServerObservation, lag: Int64?, isHere: Bool = true) {
        id = server.id
        role = server.role
        engine = server.process?.engine ?? server.member.engine
        version = server.process?.engineVersion
        if isHere {
            state = Self.state(of: server)
            outdated = server.process?.outdated ?? false
            restarts = server.process?.restarts ?? 0
            directory = server.member.directory
        } else {
            state = server.role == .unknown ? nil : .running
        }
        pid = server.process?.pid
        uptime = server.process?.uptime
        client = server.member.client
        quorum = server.member.quorum
        election = server.member.election
        admin = server.member.admin
        if case .serving(let serving) = server.answer {
            zxid = serving.zxid.description
            connections = serving.connections
            latency = serving.latency
            if !isHere {
                version = serving.version.map(Self.short)
                uptime = serving.uptime.map { Seconds($0) }
            }
        }
        self.lag = lag
        memory = server.memory
    }

    /// `3.8.0` of `3.8.0-5a02a05eddb59aee6ac762f7ea82e92a68eb9c0f, built on …`; what Paddock adds to a number stays.
    private static func short(_ version: String) -> String {
        let whole = version.prefix { $0 != "," && $0 != " " }
        guard let dash = whole.firstIndex(of: "-"), !whole.contains("paddock") else { return String(whole) }
        return String(whole[..<dash])
    }

    /// What the supervisor says; it asks a server that starts less often than somebody who looks. Without a
    /// supervisor the client port tells what it can.
    private static func state(of server: ServerObservation) -> ServerProcess.State {
        switch server.process?.state {
        case .starting where server.serving != nil: .running
        case let state?: state
        case nil: server.role == .unknown ? .stopped : .running
        }
    }
}
