import DurableFiles
import Glibc
import Planning
import TestSupport
import Testing
import ZooKeeperProtocol

@testable import Supervision

/// Real supervisors with real processes.
@Suite struct SupervisorTests {
    @Test func startStopStartAgain() async throws {
        try await withEnsemble { ensemble in
            let specs = [try ensemble.spec(1), try ensemble.spec(2)]
            let client = try await ensemble.boot(specs)
            let first = try await client.status()
            #expect(first.servers.map(\.id) == [1, 2])
            #expect(first.servers.allSatisfy { $0.state == .running && $0.mode == .standalone && $0.restarts == 0 })

            try await client.stop([1])
            let stopped = try #require(try await client.status().server(1))
            #expect(stopped.state == .stopped)
            #expect(stopped.pid == nil)
            #expect(stopped.lastExit == .signal(SIGTERM))
            try await client.start([1])
            let again = try await client.wait(for: 1) { $0.state == .running }
            #expect(again.pid != first.server(1)?.pid)
            #expect(again.restarts == 0)

            let second = try #require(try await client.status().server(2)?.pid)
            try await client.restart([2])
            #expect(try await client.wait(for: 2) { $0.state == .running }.pid != second)

            try await client.shutdown(stoppingServers: true)
            #expect(ensemble.processes().isEmpty)
            await #expect(throws: ControlError.notRunning(directory: ensemble.directory)) {
                _ = try await client.status()
            }
        }
    }

    @Test func killedServerIsRestarted() async throws {
        try await withEnsemble { ensemble in
            let client = try await ensemble.boot([try ensemble.spec(1)])
            for round in 1...7 {
                let before = try await client.wait(for: 1) { $0.state == .running }
                if round == 7 {
                    try await client.kill([1])
                } else {
                    kill(try #require(before.pid), SIGKILL)
                }
                let after = try await client.wait(for: 1) { $0.state == .running && $0.pid != before.pid }
                #expect(after.restarts == round)
                #expect(after.lastExit == .signal(SIGKILL))
            }
            #expect(ensemble.processes()[1]?.count == 1)
            let exits = ensemble.events().filter { $0.what == .exited }
            #expect(exits.map(\.cause) == Array(repeating: "killed by SIGKILL (9)", count: 7))
        }
    }

    @Test func killedSupervisorLosesNoServer() async throws {
        try await withEnsemble { ensemble in
            let client = try await ensemble.boot([try ensemble.spec(1), try ensemble.spec(2), try ensemble.spec(3)])
            try await client.stop([3])
            let before = try await client.status()
            try await ensemble.killSupervisor()
            #expect(before.servers.prefix(2).allSatisfy { kill($0.pid ?? 0, 0) == 0 })

            // One dies while nobody looks; it is the one that must be started anew.
            let victim = try #require(before.server(2)?.pid)
            kill(victim, SIGKILL)
            try await eventually("server 2 is gone") { ProcessTable.identity(of: victim) == nil }
            _ = try await ensemble.connect()
            let one = try await client.wait(for: 1) { $0.state == .running }
            #expect(one.pid == before.server(1)?.pid)
            #expect(one.restarts == 0)
            let two = try await client.wait(for: 2) { $0.state == .running }
            #expect(two.pid != victim)
            #expect(two.restarts == 1)
            #expect(try await client.status().server(3)?.state == .stopped)

            // An adopted one is watched like a child.
            kill(try #require(one.pid), SIGKILL)
            let again = try await client.wait(for: 1) { $0.state == .running && $0.pid != one.pid }
            #expect(again.restarts == 1)
            #expect(ensemble.processes().mapValues(\.count) == [1: 1, 2: 1])
        }
    }

    @Test func everythingKilledAtOnce() async throws {
        try await withEnsemble { ensemble in
            let client = try await ensemble.boot([try ensemble.spec(1), try ensemble.spec(2)])
            let pids = try await client.status().servers.compactMap(\.pid)
            kill(try #require(ensemble.home.holder?.pid), SIGKILL)
            for pid in pids { kill(pid, SIGKILL) }
            try await eventually("all are gone") { ensemble.processes().isEmpty && ensemble.home.holder == nil }
            _ = try await ensemble.connect()
            for id in [1, 2] as [ServerID] { try await client.wait(for: id) { $0.state == .running } }
            #expect(ensemble.processes().mapValues(\.count) == [1: 1, 2: 1])
        }
    }

    /// Killed between the spawn and the record of it: the record knows no process, the environment does.
    @Test func unrecordedProcessIsFound() async throws {
        try await withEnsemble { ensemble in
            let client = try await ensemble.boot([try ensemble.spec(1)])
            let pid = try await client.status().server(1)?.pid
            try await ensemble.killSupervisor()
            let store = RecordStore(home: ensemble.home)
            var record = try #require(store.load().records.first)
            record.process = nil
            record.launched = nil
            try store.write([record])

            _ = try await ensemble.connect()
            #expect(try await client.wait(for: 1) { $0.state == .running }.pid == pid)
            let adopted = try #require(ensemble.events().last { $0.what == .adopted })
            #expect(adopted.cause == "found by its environment")
            #expect(ensemble.processes()[1]?.count == 1)
        }
    }

    /// Somebody ran another program with the environment of a server.
    @Test func anotherProgramIsNotAdopted() async throws {
        try await withEnsemble { ensemble in
            let spec = try ensemble.spec(1)
            let claim = Supervisor.marker + "=" + (Files.resolved(ensemble.directory) ?? "") + "#1"
            let stranger = try Spawn.detached(
                executable: "/bin/sleep", arguments: ["600"], environment: [claim], workingDirectory: "/",
                log: ensemble.directory + "/sleep.log", closingOthers: true)
            defer {
                kill(stranger, SIGKILL)
                waitpid(stranger, nil, 0)
            }
            let client = try await ensemble.boot([spec])
            #expect(try await client.status().server(1)?.pid != stranger)
            try await client.shutdown(stoppingServers: true)
            #expect(ProcessTable.identity(of: stranger) != nil)
        }
    }

    @Test func aReplacedProgramMakesItsServersOutdated() async throws {
        try await withEnsemble { ensemble in
            let program = ensemble.directory + "/server"
            func install() throws { try ExecutableFile.copy(Ensemble.tool, to: program) }
            try install()
            var spec = try ensemble.spec(1)
            spec.launch.executable = program
            let client = try await ensemble.boot([spec])
            #expect(try await client.status().server(1)?.outdated == false)
            try install()
            #expect(try await client.status().server(1)?.outdated == true)
            // It is adopted all the same, and a restart moves it.
            try await ensemble.killSupervisor()
            #expect(ensemble.home.recordedServers.map(\.outdated) == [true])
            _ = try await ensemble.connect()
            try await client.restart([1])
            #expect(try await client.status().server(1)?.outdated == false)
        }
    }

    @Test func anEnsembleForTheTimeOfAProcessEndsWithIt() async throws {
        try await withEnsemble { ensemble in
            let owner = try Spawn.detached(
                executable: "/bin/sleep", arguments: ["600"], environment: [], workingDirectory: "/",
                log: ensemble.directory + "/sleep.log", closingOthers: true)
            let launcher = SupervisorLauncher(
                executable: Ensemble.tool, arguments: ["supervise", ensemble.directory, "\(owner)"])
            let client = try await ControlClient.connectOrLaunch(
                ensembleDirectory: ensemble.directory, launcher: launcher, by: "test", timeout: .seconds(60))
            try await client.reload([try ensemble.spec(1)])
            try await client.start([1])
            try await client.wait(for: 1) { $0.state == .running }
            kill(owner, SIGKILL)
            waitpid(owner, nil, 0)
            try await eventually("all are gone") { ensemble.processes().isEmpty && ensemble.home.holder == nil }
        }
    }

    /// What is known without a supervisor, and without starting one.
    @Test func recordsTellOfProcesses() async throws {
        try await withEnsemble { ensemble in
            let client = try await ensemble.boot([try ensemble.spec(1), try ensemble.spec(2)])
            let before = try await client.status().servers
            try await ensemble.killSupervisor()
            kill(try #require(before[1].pid), SIGKILL)
            try await eventually("it is gone") { ensemble.processes().count == 1 }
            let recorded = ensemble.home.recordedServers
            #expect(recorded.map(\.state) == [.running, .stopped])
            #expect(recorded.map(\.pid) == [before[0].pid, nil])
            #expect(ensemble.home.holder == nil)
        }
    }

    /// The recorded pid belongs to another process by now: that one is left alone.
    @Test func reusedPidIsNotAdopted() async throws {
        try await withEnsemble { ensemble in
            let client = try await ensemble.boot([try ensemble.spec(1)])
            let server = try #require(try await client.status().server(1)?.pid)
            try await ensemble.killSupervisor()
            kill(server, SIGKILL)
            try await eventually("it is gone") { ensemble.processes().isEmpty }
            let stranger = try Spawn.detached(
                executable: "/bin/sleep", arguments: ["600"], environment: [], workingDirectory: "/", log: "/dev/null",
                closingOthers: true)
            defer {
                kill(stranger, SIGKILL)
                waitpid(stranger, nil, 0)
            }
            let store = RecordStore(home: ensemble.home)
            var record = try #require(store.load().records.first)
            record.process?.pid = stranger
            try store.write([record])

            _ = try await ensemble.connect()
            let anew = try await client.wait(for: 1) { $0.state == .running }
            #expect(anew.pid != stranger)
            #expect(ProcessTable.identity(of: stranger) != nil)
            try await client.stop([1])
            #expect(ProcessTable.identity(of: stranger) != nil)
        }
    }

    @Test func lostRecordsAreMadeAnew() async throws {
        try await withEnsemble { ensemble in
            let spec = try ensemble.spec(1)
            let client = try await ensemble.boot([spec])
            let pid = try await client.status().server(1)?.pid
            try await ensemble.killSupervisor()
            try DurableFile.write("{torn".utf8, to: ensemble.home.records + "/1.json")

            _ = try await ensemble.connect()
            #expect(try await client.status().servers.isEmpty)
            try await client.reload([spec])
            #expect(try await client.wait(for: 1) { $0.state == .running }.pid == pid)
            #expect(ensemble.processes()[1]?.count == 1)
            #expect(access(ensemble.home.records + "/1.json.damaged", F_OK) == 0)
        }
    }

    @Test func crashLoopIsCalledOne() async throws {
        try await withEnsemble { ensemble in
            let client = try await ensemble.connect()
            try await client.reload([try ensemble.spec(1, "exit", "7")])
            try await client.start([1])
            let failed = try await client.wait(for: 1) { $0.state == .failed }
            #expect(failed.lastExit == .code(7))
            #expect(failed.lastError == "exit code 7")
            #expect(failed.nextStart != nil, "it is tried again")
            #expect(failed.restarts >= 4)

            // It stays so under the next supervisor, until it is started by hand.
            try await ensemble.killSupervisor()
            _ = try await ensemble.connect()
            let kept = try #require(try await client.status().server(1))
            #expect(kept.state == .failed)
            #expect(kept.nextStart != nil, "the next supervisor tries it too, in its time")
            try await client.start([1])
            try await client.wait(for: 1) { $0.state == .failed && $0.restarts >= 8 }
            #expect(ensemble.events().filter { $0.what == .crashLoop }.count >= 2)
        }
    }

    @Test func serverThatIgnoresTermIsKilled() async throws {
        try await withEnsemble { ensemble in
            let client = try await ensemble.boot([try ensemble.spec(1, "ignore-term", grace: 0.2)])
            try await client.stop([1])
            let stopped = try #require(try await client.status().server(1))
            #expect(stopped.state == .stopped)
            #expect(stopped.lastExit == .signal(SIGKILL))
            let last = ensemble.events().suffix(4).map(\.what)
            #expect(last == [.stopRequested, .terminated, .killed, .exited])
        }
    }

    @Test func pauseAndResume() async throws {
        try await withEnsemble { ensemble in
            let client = try await ensemble.boot([try ensemble.spec(1)])
            let pid = try #require(try await client.status().server(1)?.pid)
            try await client.pause([1])
            try await eventually("it is stopped") { ProcessTable.stat(pid)?.state == UInt8(ascii: "T") }
            #expect(try await client.status().server(1)?.state == .paused)

            // A pause is a wish, and outlives the supervisor.
            try await ensemble.killSupervisor()
            _ = try await ensemble.connect()
            #expect(try await client.status().server(1)?.state == .paused)
            try await client.resume([1])
            #expect(try await client.wait(for: 1) { $0.state == .running }.pid == pid)

            // A stopped process can be stopped for good.
            try await client.pause([1])
            try await client.stop([1])
            #expect(try await client.status().server(1)?.lastExit == .signal(SIGTERM))
            await #expect(throws: ControlError.failed([.init(id: 1, message: "it is stopped")])) {
                try await client.pause([1])
            }
        }
    }

    @Test func secondSupervisorIsRefused() async throws {
        try await withEnsemble { ensemble in
            _ = try await ensemble.connect()
            let pid = try #require(ensemble.home.holder?.pid)
            let log = ensemble.directory + "/second.log"
            let second = try Spawn.detached(
                executable: Ensemble.tool, arguments: ["supervise", ensemble.directory], environment: [],
                workingDirectory: "/", log: log, closingOthers: true)
            var status: Int32 = 0
            waitpid(second, &status, 0)
            #expect((status >> 8) & 0xFF == 75)
            #expect(try text(log) == "\(ensemble.home.lock) is locked by the supervisor (pid \(pid))\n")
        }
    }

    @Test func twoConnectOrLaunchAtOnceGetOneSupervisor() async throws {
        try await withEnsemble { ensemble in
            let pids = try await withThrowingTaskGroup(of: Int32.self) { group in
                for _ in 0..<6 { group.addTask { try await ensemble.connect().status().pid } }
                return try await group.reduce(into: Set<Int32>()) { $0.insert($1) }
            }
            #expect(pids.count == 1)
        }
    }

    @Test func deepDirectoryHasASocketToo() async throws {
        let name = String(repeating: "long-name-", count: 20)
        try await withEnsemble(name) { ensemble in
            #expect(ensemble.home.socket.utf8.count > 200)
            let client = try await ensemble.boot([try ensemble.spec(1)])
            #expect(try await client.status().servers.count == 1)
        }
    }

    @Test func removedServerDirectoryIsAFailureThatNamesIt() async throws {
        try await withEnsemble { ensemble in
            var spec = try ensemble.spec(1)
            spec.requiredPaths = [spec.directory + "/data/myid"]
            mkdir(spec.directory + "/data", 0o755)
            try DurableFile.write("1\n".utf8, to: spec.directory + "/data/myid")
            let client = try await ensemble.boot([spec])
            let pid = try #require(try await client.status().server(1)?.pid)
            removeTree(spec.directory + "/data")
            kill(pid, SIGKILL)
            let failed = try await client.wait(for: 1) { $0.state == .failed }
            let missing = "cannot start without \(spec.directory)/data/myid: No such file or directory"
            #expect(failed.lastError == missing)
            await #expect(throws: ControlError.failed([.init(id: 1, message: missing)])) { try await client.start([1]) }

            // Mended, it starts by itself.
            mkdir(spec.directory + "/data", 0o755)
            try DurableFile.write("1\n".utf8, to: spec.directory + "/data/myid")
            try await client.wait(for: 1) { $0.state == .running }
        }
    }

    @Test func removedSupervisorDirectoryIsMadeAnew() async throws {
        try await withEnsemble { ensemble in
            let client = try await ensemble.boot([try ensemble.spec(1)])
            let before = try await client.status()
            removeTree(ensemble.home.directory)
            try await eventually("the socket is back") { access(ensemble.home.socket, F_OK) == 0 }
            let after = try await client.status()
            #expect(after.pid == before.pid)
            #expect(after.server(1)?.pid == before.server(1)?.pid)
            #expect(ensemble.home.holder?.pid == before.pid)
        }
    }

    @Test func removedEnsembleTakesItsServersAlong() async throws {
        try await withEnsemble { ensemble in
            let client = try await ensemble.boot([try ensemble.spec(1), try ensemble.spec(2)])
            let status = try await client.status()
            // Between its parts the supervisor may find its own directory removed, and the ensemble's still there: then it makes its own
            // anew. Who removes it tries again.
            try await eventually("\(ensemble.directory) is gone") {
                removeTree(ensemble.directory)
                return access(ensemble.directory, F_OK) != 0
            }
            for pid in status.servers.compactMap(\.pid) + [status.pid] {
                try await eventually("\(pid) is gone") { ProcessTable.identity(of: pid) == nil }
            }
        }
    }

    @Test func reloadAddsChangesAndRemoves() async throws {
        try await withEnsemble { ensemble in
            var one = try ensemble.spec(1, revision: "a")
            let two = try ensemble.spec(2, revision: "a")
            let client = try await ensemble.boot([one, two])
            let pid = try #require(try await client.status().server(1)?.pid)

            one.revision = "b"
            let three = try ensemble.spec(3)
            try await client.reload([one, three])
            let status = try await client.status()
            #expect(status.servers.map(\.id) == [1, 3])
            #expect(status.server(1)?.outdated == true)
            #expect(status.server(1)?.pid == pid)
            #expect(status.server(3)?.state == .stopped)
            #expect(ensemble.processes().keys.sorted() == [1])

            // That it is outdated is known to the next supervisor too.
            try await ensemble.killSupervisor()
            _ = try await ensemble.connect()
            #expect(try await client.status().server(1)?.outdated == true)
            try await client.restart([1])
            #expect(try await client.status().server(1)?.outdated == false)
            await #expect(throws: ControlError.refused("no server 2, 9 in this ensemble; it has 1, 3")) {
                try await client.start([9, 1, 2])
            }
        }
    }

    @Test func termEndsTheServersInOrderAndTheNextSupervisorStartsThem() async throws {
        try await withEnsemble { ensemble in
            let client = try await ensemble.boot([
                try ensemble.spec(1, "mode", "leader"), try ensemble.spec(2, "mode", "follower"),
                try ensemble.spec(3, "mode", "observer"),
            ])
            let pid = try await client.status().pid
            kill(pid, SIGTERM)
            try await eventually("the supervisor is gone") { ProcessTable.identity(of: pid) == nil }
            #expect(ensemble.processes().isEmpty)
            let ends = ensemble.events().filter { $0.what == .exited || $0.what == .terminated }
            #expect(ends.map(\.server) == [3, 3, 2, 2, 1, 1])
            _ = try await ensemble.connect()
            for id in [1, 2, 3] as [ServerID] { try await client.wait(for: id) { $0.state == .running } }
        }
    }

    @Test func shutdownCanLeaveTheServers() async throws {
        try await withEnsemble { ensemble in
            let client = try await ensemble.boot([try ensemble.spec(1)])
            let pid = try #require(try await client.status().server(1)?.pid)
            try await client.shutdown(stoppingServers: false)
            #expect(ensemble.processes()[1]?.map(\.pid) == [pid])
            _ = try await ensemble.connect()
            #expect(try await client.wait(for: 1) { $0.state == .running }.pid == pid)
        }
    }

    @Test func serverThatNeverServesStaysStarting() async throws {
        try await withEnsemble { ensemble in
            let client = try await ensemble.connect()
            try await client.reload([try ensemble.spec(1, "mute")])
            try await client.start([1])
            try await eventually("it is bound") { ensemble.events().contains { $0.what == .bound } }
            let status = try #require(try await client.status().server(1))
            #expect(status.state == .starting)
            #expect(status.mode == nil)
        }
    }

    @Test func eventsAreStreamedWithThoseBefore() async throws {
        try await withEnsemble { ensemble in
            let client = try await ensemble.boot([try ensemble.spec(1)])
            var seen: [SupervisorEvent] = []
            for try await event in client.events(since: 0) {
                seen.append(event)
                if seen.count == ensemble.events().count { try await client.stop([1]) }
                if event.what == .exited { break }
            }
            #expect(seen.map(\.sequence) == Array(1...UInt64(seen.count)))
            #expect(
                seen.map(\.what) == [
                    .supervisorStarted, .added, .startRequested, .spawned, .bound, .serving, .stopRequested,
                    .terminated, .exited,
                ])
            #expect(seen.filter { $0.what == .startRequested }.map(\.cause) == ["test"])
            #expect(Set(seen.map(\.sequence)).count == seen.count)
        }
    }

    @Test func supervisorThatCannotStartSaysWhy() async throws {
        try await withEnsemble { ensemble in
            let broken = SupervisorLauncher(executable: "/bin/sh", arguments: ["-c", "echo no such thing >&2; exit 1"])
            await #expect(throws: ControlError.launchFailed("no such thing")) {
                _ = try await ControlClient.connectOrLaunch(
                    ensembleDirectory: ensemble.directory, launcher: broken, by: "test")
            }
        }
    }
}
