import Membership
import ZooKeeperProtocol

@testable import Planning

/// An ensemble that exists on paper: participants 1… and observers after them, all well, led by `leader`.
struct PaperEnsemble {
    var observations: [ServerObservation] = []
    var supervisor: Sweep.SupervisorFacts? = Sweep.SupervisorFacts(pid: 4100, uptime: Seconds(.seconds(61)))
    /// Who is in the ensemble as its servers say it.
    var configuration: EnsembleConfiguration?

    init(participants: Int, observers: Int = 0, leader: ServerID? = nil, zxid: Int64 = 0x1_0000_0005) {
        for number in 1...(participants + observers) {
            let id = ServerID(Int64(number))
            let isObserver = number > participants
            let role: RoleWord =
                isObserver ? .observer : participants == 1 ? .standalone : id == leader ? .leader : .follower
            var serving = ServerObservation.Serving(role: role, zxid: ZXID(rawValue: zxid), latency: 0.5)
            if role == .leader {
                serving.syncedFollowers = participants - 1
                serving.syncedObservers = observers
            }
            observations.append(
                ServerObservation(
                    member: Self.member(id, isObserver ? .observer : .participant),
                    process: Self.process(id, .running), answer: .serving(serving), memory: 9_437_184))
        }
    }

    static func member(_ id: ServerID, _ role: ServerRole) -> Member {
        let offset = Int(id.rawValue) - 1
        return Member(
            id: id, role: role, engine: "apache", clientHost: "127.0.0.1", clientPort: 2181 + offset,
            quorum: "127.0.0.1:\(2888 + offset)", election: "127.0.0.1:\(3888 + offset)", admin: nil,
            directory: "/state/demo/server.\(id)")
    }

    static func process(_ id: ServerID, _ state: ServerProcess.State) -> ServerProcess {
        let lives = state == .running || state == .starting || state == .paused
        return ServerProcess(
            id: id, state: state, desired: .running, pid: lives ? 4100 + Int32(id.rawValue) : nil,
            uptime: lives ? Seconds(.seconds(60)) : nil, engine: "apache", clientHost: "127.0.0.1",
            clientPort: 2180 + Int(id.rawValue), directory: "/state/demo/server.\(id)",
            logFile: "/state/demo/server.\(id)/logs/server.log")
    }

    var sweep: Sweep { Sweep(supervisor: supervisor, servers: observations, configuration: configuration) }

    /// As if the ensemble had been reconfigured: the servers of the topology without `leaving`, under a version of its own.
    mutating func reconfigure(
        without leaving: Set<ServerID> = [], adding: [ServerLine] = [], version: Int64 = 0x1_0000_0009
    ) {
        let lines = observations.map(\.member).filter { !leaving.contains($0.id) }.map { Self.line($0.id, $0.role) }
        configuration = EnsembleConfiguration(servers: lines + adding, version: version)
    }

    /// The `server.N` line of a member on paper.
    static func line(_ id: ServerID, _ role: ServerRole) -> ServerLine {
        let offset = Int(id.rawValue) - 1
        return ServerLine(
            id: id, host: "127.0.0.1", quorumPort: 2888 + offset, electionPort: 3888 + offset, role: role,
            client: ServerLine.ClientAddress(host: "127.0.0.1", port: 2181 + offset))
    }

    var electorate: QuorumVerifier {
        .majority(voters: ServerSet(observations.lazy.filter { $0.member.role == .participant }.map(\.id)))
    }

    mutating func change(_ id: ServerID, _ change: (inout ServerObservation) -> Void) {
        for index in observations.indices where observations[index].id == id { change(&observations[index]) }
    }

    mutating func setState(_ id: ServerID, _ state: ServerProcess.State) {
        change(id) {
            $0.process = Self.process(id, state)
            if state != .running { $0.answer = .silent("connection refused") }
        }
    }

    mutating func setAnswer(_ id: ServerID, _ answer: ServerObservation.Answer) { change(id) { $0.answer = answer } }

    mutating func setMismatches(_ id: ServerID, _ count: Int) {
        change(id) {
            guard case .serving(var serving) = $0.answer else { return }
            serving.digestMismatches = count
            $0.answer = .serving(serving)
        }
    }

    mutating func setCertificate(_ id: ServerID, days: Int) {
        change(id) {
            guard case .serving(var serving) = $0.answer else { return }
            serving.certificateDays = days
            $0.answer = .serving(serving)
        }
    }

    mutating func setZXID(_ id: ServerID, _ zxid: Int64) {
        change(id) {
            guard case .serving(var serving) = $0.answer else { return }
            serving.zxid = ZXID(rawValue: zxid)
            $0.answer = .serving(serving)
        }
    }

    mutating func setRole(_ id: ServerID, _ role: RoleWord) {
        change(id) {
            guard case .serving(var serving) = $0.answer else { return }
            serving.role = role
            $0.answer = .serving(serving)
        }
    }
}

/// Seconds.
extension Instant: ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral {
    public init(integerLiteral seconds: Int) { self.init(sinceBoot: .seconds(seconds)) }
    public init(floatLiteral seconds: Double) { self.init(sinceBoot: .milliseconds(Int64(seconds * 1000))) }
}
