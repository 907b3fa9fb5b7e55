import Glibc
import Planning
import TestSupport
import Testing
import ZooKeeperProtocol

@testable import Supervision

/// Random SIGKILLs of supervisors and servers, at any moment of their lives, with commands coming in all the while.
@Suite struct StressTests {
    /// `SUPERVISION_STRESS_SECONDS` makes it longer; a failure prints its seed, though processes do not replay exactly.
    @Test func killsAtAnyMomentNeitherLoseNorDoubleAServer() async throws {
        let seconds = getenv("SUPERVISION_STRESS_SECONDS").flatMap { Double(String(cString: $0)) } ?? 6
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededGenerator(seed: seed)
        try await withEnsemble { ensemble in
            let ids: [ServerID] = [1, 2, 3, 4, 5]
            let specs = try ids.map { try ensemble.spec($0) }
            let client = try await ensemble.boot(specs)
            var wanted = Set(ids)
            var doubled: [ServerID: Int] = [:]
            var (killedServers, killedSupervisors) = (0, 0)
            let end = ContinuousClock.now + .seconds(seconds)
            while ContinuousClock.now < end {
                switch Int.random(in: 0..<11, using: &random) {
                case 0...3:
                    guard let victim = ensemble.processes().values.joined().randomElement(using: &random) else { break }
                    kill(victim.pid, SIGKILL)
                    killedServers += 1
                case 4...6:
                    guard let pid = ensemble.home.holder?.pid else { break }
                    kill(pid, SIGKILL)
                    killedSupervisors += 1
                    _ = try await ensemble.connect()
                    waitpid(pid, nil, WNOHANG)
                case 7:
                    // In the middle of a restart: between its steps lie the spawn and the record of it.
                    guard let pid = ensemble.home.holder?.pid, let id = wanted.randomElement(using: &random) else {
                        break
                    }
                    async let restarted: Void? = try? client.restart([id])
                    try await Task.sleep(for: .microseconds(Int.random(in: 0..<8000, using: &random)))
                    kill(pid, SIGKILL)
                    killedSupervisors += 1
                    await restarted
                    waitpid(pid, nil, WNOHANG)
                case 8:
                    // It may be killed in the middle of the request; what was wanted is asked for again in the end.
                    let id = ids.randomElement(using: &random)!
                    if wanted.remove(id) != nil { try? await client.stop([id]) }
                case 9:
                    let id = ids.randomElement(using: &random)!
                    if wanted.insert(id).inserted { try? await client.start([id]) }
                default: try? await client.restart([wanted.randomElement(using: &random) ?? 1])
                }
                // A restart of an unwanted server is a start.
                wanted = Set(try await ensemble.connect().status().servers.filter { $0.desired == .running }.map(\.id))
                for (id, processes) in ensemble.processes() where processes.count > 1 { doubled[id] = processes.count }
                try await Task.sleep(for: .milliseconds(Int.random(in: 0..<60, using: &random)))
            }
            #expect(doubled.isEmpty, "seed \(seed)")
            #expect(killedServers > 0 && killedSupervisors > 0)

            let last = try await ensemble.connect()
            for id in ids where wanted.contains(id) { try await last.wait(for: id) { $0.state == .running } }
            for id in ids where !wanted.contains(id) { try await last.wait(for: id) { $0.state == .stopped } }
            let status = try await last.status()
            let running = ensemble.processes()
            #expect(running.keys.sorted() == wanted.sorted(), "seed \(seed)")
            for id in wanted { #expect(running[id]?.map(\.pid) == [status.server(id)?.pid ?? 0], "seed \(seed)") }
        }
    }
}
