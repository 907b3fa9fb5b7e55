/// One row of `paddock status`.
package struct ServerStatus: Codable, Hashable, Sendable {
    package var id: Int64
    package var role: RoleWord
    /// stopped, starting, running, paused, backing-off, failed.
    package var state: String
    package var engine: String
    /// Of the program that runs; nil when it does not say.
    package var version: String?
    /// It runs with other files or options than it would be started with now, or its program has been replaced since.
    package var outdated: Bool
    package var pid: Int32?
    package var restarts: Int
    package var uptime: Seconds?
    package var client: String
    package var quorum: String?
    package var election: String?
    package var admin: String?
    package var zxid: String?
    /// Txns behind the leader; nil when unknown, also when the server is still in an earlier epoch.
    package var lag: Int64?
    package var connections: Int?
    /// Milliseconds a request took on average since the server's start.
    package var latency: Double?
    /// Proportional set size, bytes.
    package var memory: Int?
    package var directory: String

    private enum CodingKeys: String, CodingKey {
        case id, role, state, engine, version, outdated, pid, restarts, uptime, client, quorum, election, admin, zxid,
            lag, connections
        case latency, memory, directory
    }

    /// Written by hand because the synthesised form leaves out what is nil.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(id, forKey: .id)
        try container.encode(role, forKey: .role)
        try container.encode(state, forKey: .state)
        try container.encode(engine, forKey: .engine)
        try container.encode(version, forKey: .version)
        try container.encode(outdated, forKey: .outdated)
        try container.encode(pid, forKey: .pid)
        try container.encode(restarts, forKey: .restarts)
        try container.encode(uptime, forKey: .uptime)
        try container.encode(client, forKey: .client)
        try container.encode(quorum, forKey: .quorum)
        try container.encode(election, forKey: .election)
        try container.encode(admin, forKey: .admin)
        try container.encode(zxid, forKey: .zxid)
        try container.encode(lag, forKey: .lag)
        try container.encode(connections, forKey: .connections)
        try container.encode(latency, forKey: .latency)
        try container.encode(memory, forKey: .memory)
        try container.encode(directory, forKey: .directory)
    }

    /// `leader` … `looking` as the server says; `down` for one whose process does not run, and its state when that
    /// explains a silence (`starting`, `paused`).
    package var word: String {
        switch state {
        case "running": role.rawValue
        case "starting", "paused": role == .unknown ? state : role.rawValue
        default: "down"
        }
    }
}

extension ServerStatus {
    init(_ server: ServerObservation, lag: Int64?) {
        id = server.id.rawValue
        role = server.role
        state = Self.state(of: server).rawValue
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

    /// What the supervisor says; it asks a server that starts less often than somebody who looks. Without a supervisor the client
    /// port tells what it can.
    private static func state(of server: ServerObservation) -> ServerProcess.State {
        switch server.process?.state {
        case .starting where server.serving != nil: .running
        case let state?: state
        case nil: server.role == .unknown ? .stopped : .running
        }
    }
}
