import DurableFiles
import Supervision
import ZooKeeperProtocol

/// Asks every server of an ensemble at once, and the supervisor about their processes.
struct Sweeper: Sendable {
    var members: [Member]
    /// Nil to do without a supervisor.
    var control: ControlClient?
    /// How long one server may take to answer.
    var timeout: Duration = .seconds(2)
    /// Whether the memory of the processes is wanted too: it costs the kernel a walk over their pages.
    var includesMemory = false

    func sweep() async -> Sweep {
        // The processes first: one that is gone meanwhile shows as silent, never as a process without a port.
        let status = try? await control?.status()
        let servers = await withTaskGroup(of: ServerObservation.self) { group in
            for member in members {
                group.addTask { await observe(member, process: status?.server(Int(member.id.rawValue))) }
            }
            var servers: [ServerObservation] = []
            for await server in group { servers.append(server) }
            return servers
        }
        return Sweep(
            supervisor: status.map { Sweep.SupervisorFacts(pid: $0.pid, uptime: $0.uptime) }, servers: servers)
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
                sweep.servers[index] = await observe(server.member, process: server.process)
            }
        }
        return sweep
    }

    private func observe(_ member: Member, process: ServerProcess?) async -> ServerObservation {
        let memory = includesMemory ? process?.pid.flatMap { ProcessMemory.proportional(pid: $0) } : nil
        // A process that is stopped by SIGSTOP still accepts connections: do not wait for its answer.
        switch process?.state {
        case .paused:
            return ServerObservation(member: member, process: process, answer: .silent("paused"), memory: memory)
        case .stopped, .backingOff, .failed, .starting, .running, nil:
            let answer = await ServerAnswer.ask(host: member.clientHost, port: member.clientPort, timeout: timeout)
            return ServerObservation(member: member, process: process, answer: answer, memory: memory)
        }
    }
}

enum ProcessMemory {
    /// Bytes; nil when the process is gone or not ours to look at.
    static func proportional(pid: Int32) -> Int? {
        guard let bytes = try? DurableFile.read("/proc/\(pid)/smaps_rollup", limit: 64 << 10) else { return nil }
        return proportional(smapsRollup: String(decoding: bytes, as: UTF8.self))
    }

    /// The line `Pss:    9216 kB`.
    static func proportional(smapsRollup text: String) -> Int? {
        for line in text.split(separator: "\n") where line.hasPrefix("Pss:") {
            return line.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 * 1024 }
        }
        return nil
    }
}
