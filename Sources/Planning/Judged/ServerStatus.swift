import ZooKeeperProtocol

/// One row of `paddock status`.
package struct ServerStatus: Codable, Hashable, Sendable {
    package var id: ServerID
    package var role: RoleWord
    package var state: ServerProcess.State
    package var engine: String
    /// Of the program that runs; nil when it does not say.
    @OrNull package var version: String?
    /// It runs with other files or options than it would be started with now, or its program has been replaced since.
    package var outdated: Bool
    @OrNull package var pid: Int32?
    package var restarts: Int
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
    package var directory: String

    /// `leader` … `looking` as the server says; `down` for one whose process does not run, and its state when that
    /// explains a silence (`starting`, `paused`).
    package var word: String {
        switch state {
        case .running: role.rawValue
        case .starting, .paused: role == .unknown ? state.rawValue : role.rawValue
        case .stopped, .backingOff, .failed: "down"
        }
    }
}

extension ServerStatus {
    init(_ server: ServerObservation, lag: Int64?) {
        id = server.id
        role = server.role
        state = Self.state(of: server)
        engine = server.process?.engine ?? server.member.engine
        version = server.process?.engineVersion
        outdated = server.process?.outdated ?? false
        pid = server.process?.pid
        restarts = server.process?.restarts ?? 0
        uptime = server.process?.uptime
        client = server.member.client
        quorum = server.member.quorum
        election = server.member.election
        admin = server.member.admin
        if case .serving(let serving) = server.answer {
            zxid = serving.zxid.description
            connections = serving.connections
            latency = serving.latency
        }
        self.lag = lag
        memory = server.memory
        directory = server.member.directory
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
