import Membership
import Planning
import ServerConfig
import Supervision
import ZooKeeperClient
import ZooKeeperProtocol

/// Asks every server of an ensemble at once, and the supervisor about their processes.
struct Sweeper: Sendable {
    var members: [Member]
    /// Nil to do without a supervisor.
    var control: ControlClient?
    /// Where the last supervisor recorded what it ran: what is known of processes when none runs.
    var home: SupervisorHome?
    /// How long one server may take to answer.
    var timeout: Duration = .seconds(2)
    /// Whether the memory of the processes is wanted too: it costs the kernel a walk over their pages.
    var includesMemory = false
    /// Only what ``Readiness`` judges by.
    var isBrief = false

    func sweep() async -> Sweep {
        // The processes first: one that is gone meanwhile shows as silent, never as a process without a port.
        let status = try? await control?.status()
        let processes = status?.servers ?? home?.recordedServers ?? []
        var seen = await look(
            at: members.map { member in
                let process = processes.first { $0.id == member.id }
                return (process.map { member.reached(by: $0) } ?? member, process)
            })
        var said = await configuration(seen)
        if let known = said {
            // Those that the topology does not have, or has elsewhere since a reconfig.
            let silent = seen.filter { $0.role == .unknown && $0.process?.pid != nil }
            let moved = silent.compactMap { server in
                server.member.reached(by: known).map { ($0, server.process) }
            }
            let ours = Set(members.map(\.id))
            let strangers = known.servers.filter { !ours.contains($0.id) }.map { Member(stranger: $0) }
            let others = await look(at: moved + strangers.map { ($0, nil) })
            seen = seen.filter { server in !others.contains { $0.id == server.id } } + others
            // One of them may lead.
            if !others.isEmpty { said = await configuration(seen) ?? known }
        }
        return Sweep(
            supervisor: status.map { Sweep.SupervisorFacts(pid: $0.pid, uptime: $0.uptime) },
            servers: seen, configuration: said ?? RewrittenFiles.configuration(members), planned: members)
    }

    private func look(at servers: [(member: Member, process: ServerProcess?)]) async -> [ServerObservation] {
        await withTaskGroup(of: ServerObservation.self) { group in
            for (member, process) in servers { group.addTask { await observe(member, process: process) } }
            var seen: [ServerObservation] = []
            for await server in group { seen.append(server) }
            return seen.sorted { $0.id < $1.id }
        }
    }

    /// The ensemble's configuration: the leader's word, which is what counts, else the youngest. The others are not asked when the
    /// leader answers: the configuration grows with the ensemble, and so would the square of it be read.
    private func configuration(_ seen: [ServerObservation]) async -> EnsembleConfiguration? {
        let members = seen.filter { [.leader, .follower, .observer].contains($0.role) }
        for asked in [members.filter { $0.role == .leader }, members.filter { $0.role != .leader }] {
            let told = await withTaskGroup(of: EnsembleConfiguration?.self) { group in
                for server in asked {
                    group.addTask { await ServerAnswer.configuration(server.member.address, timeout: timeout) }
                }
                var told: [EnsembleConfiguration] = []
                for await configuration in group { if let configuration { told.append(configuration) } }
                return told
            }
            if let youngest = told.max(by: { $0.version < $1.version }) { return youngest }
        }
        return nil
    }

    /// A sweep in which servers that are behind were given a moment: they are asked again until they have what the
    /// leader had, at most `attempts` times. Under load every server is a few txns behind at any one look.
    func settledSweep(attempts: Int = 5) async -> Sweep {
        var sweep = await sweep()
        for _ in 0..<attempts {
            guard let mark = sweep.leader?.serving?.zxid else { break }
            let behind = sweep.servers.indices.filter { index in
                guard let zxid = sweep.servers[index].serving?.zxid else { return false }
                return !Readiness.hasCaughtUp(zxid, to: mark)
            }
            if behind.isEmpty { break }
            guard (try? await Task.sleep(for: .milliseconds(50))) != nil else { break }
            for index in behind {
                let server = sweep.servers[index]
                let again = await observe(server.member, process: server.process)
                (sweep.servers[index].answer, sweep.servers[index].memory) = (again.answer, again.memory)
            }
        }
        return sweep
    }

    private func observe(_ member: Member, process: ServerProcess?) async -> ServerObservation {
        let memory = includesMemory ? process?.pid.flatMap { ProcessMemory.proportional(pid: $0) } : nil
        // A process that is stopped by SIGSTOP still accepts connections: do not wait for its answer.
        let answer: ServerObservation.Answer =
            switch process?.state {
            case .paused: .silent("paused")
            case .stopped, .backingOff, .failed, .starting, .running, nil:
                await ServerAnswer.ask(member.address, timeout: timeout, isBrief: isBrief)
            }
        return ServerObservation(member: member, process: process, answer: answer, memory: memory)
    }
}

extension Member {
    fileprivate var address: ServerAddress { ServerAddress(host: clientHost, port: clientPort) }

    /// Where its process listens, which may have been started before the topology changed.
    fileprivate func reached(by process: ServerProcess) -> Member {
        guard process.pid != nil else { return self }
        var member = self
        (member.clientHost, member.clientPort) = (process.clientHost, process.clientPort)
        return member
    }

    /// Where a reconfig has put it; nil when that is where it was looked for.
    fileprivate func reached(by configuration: EnsembleConfiguration) -> Member? {
        guard let client = configuration.server(id)?.client else { return nil }
        var member = self
        if let host = client.host, !HostAddress.isWildcard(host) { member.clientHost = host }
        member.clientPort = client.port
        return member == self ? nil : member
    }

    /// A server that only the ensemble's configuration has.
    fileprivate init(stranger line: ServerLine) {
        self.init(line: line)
        isInTopology = false
        if clientPort == 0 { clientPort = ServerAddress.defaultPort }
    }
}
