import Glibc
import Membership
import Planning
import Supervision
import Synchronization
import Testing
import ZooKeeperProtocol

@testable import Operations

/// Ensembles of real servers with real supervisors, in a state directory of their own.
struct RealEnsembles: Sendable {
    let store: EnsembleStore
    let told = Told()

    /// What the operations told, in order.
    final class Told: Sendable {
        private let entries = Mutex<[Progress]>([])
        private let listener = Mutex<(@Sendable (Progress) -> Void)?>(nil)

        func append(_ progress: Progress) {
            entries.withLock { $0.append(progress) }
            listener.withLock { $0 }?(progress)
        }

        /// Called with each progress, in the task that tells it; nil: nobody listens any more.
        func listen(_ body: (@Sendable (Progress) -> Void)?) { listener.withLock { $0 = body } }

        var all: [Progress] { entries.withLock { $0 } }
        var steps: [String] { all.compactMap { if case .step(let text) = $0 { text } else { nil } } }
        func clear() { entries.withLock { $0 = [] } }
    }

    func command(_ command: String) -> Operator {
        // The executable of the target SupervisionTestTool lies beside that of the tests.
        var path = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &path, path.count)
        let executable = String(decoding: path.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let tool = executable.split(separator: "/").dropLast().map { "/\($0)" }.joined() + "/SupervisionTestTool"
        return Operator(
            store: store, command: "paddock \(command)",
            launcher: { SupervisorLauncher(executable: tool, arguments: ["supervise", $0]) },
            report: { [told] in told.append($0) })
    }

    /// Whatever happens in `body`, nothing runs afterwards.
    static func with(_ body: (RealEnsembles) async throws -> Void) async throws {
        try await withTemporaryDirectory { directory in
            let ensembles = RealEnsembles(store: EnsembleStore(directory: directory))
            let result: Result<Void, any Error>
            do { result = .success(try await body(ensembles)) } catch { result = .failure(error) }
            for name in ensembles.store.names() {
                do { _ = try await ensembles.command("destroy").down(name, destroy: true) } catch {
                    Issue.record("\(name) could not be destroyed: \(error)")
                }
            }
            try result.get()
        }
    }
}

/// On both engines; Apache ZooKeeper is that of Debian's package.
@Suite(.serialized) struct RealEnsembleTests {
    static func demo(_ engine: String) -> String {
        // Apache 3.8.0 now and then finds digests that differ when its servers restart among creates and deletes, and goes on counting. Then
        // the rolling restart stops, as it should; what is tested here is another thing.
        let digests = engine == "apache" ? ", digest.enabled: false" : ""
        return """
            ensemble: demo
            engine: \(engine)
            ports: auto
            settings: {tickTime: 500, initLimit: 20, syncLimit: 10\(digests)}
            participants: 3
            observers: 1

            """
    }

    /// One ensemble through its life, in one test: booting JVMs is what takes the time.
    @Test(arguments: ["bundled", "apache"]) func theLifeOfAnEnsemble(engine: String) async throws {
        try await RealEnsembles.with { ensembles in
            let source = TopologySource.text(Self.demo(engine), file: "demo.yaml")
            try await interruptWhenSpawned(ensembles, source)
            // Two at once: one does it, the other is refused or finds it done.
            async let other = Result { try await ensembles.command("up again").up(source) }
            let first = await Result { try await ensembles.command("up").up(source) }
            let second = await other
            let reports = [first, second].compactMap { try? $0.get() }
            let refusals = [first, second].compactMap { result -> (any Error)? in
                if case .failure(let error) = result { error } else { nil }
            }
            #expect(refusals.allSatisfy { ($0 as? OperationError)?.kind == .taken }, "\(refusals)")
            let report = try #require(reports.first)
            #expect(report.status?.health == .healthy, "\(report.status?.problems ?? [])")
            for station in Timeline.Station.allCases where station != .looking {
                for id in [1, 2, 3, 4] as [ServerID] {
                    #expect(report.timeline.elapsed(id, station) != nil, "server \(id) \(station)")
                }
            }

            let status = try await ensembles.command("status").status(nil)
            #expect(status.votes == Votes(have: 3, of: 3))
            #expect(status.servers.map(\.role).count { $0 == .follower } == 2)
            #expect(status.servers[3].role == .observer)
            #expect(status.servers.allSatisfy { ($0.memory ?? 0) > 1 << 20 && $0.engine == engine })

            // Nothing to do is nothing done.
            let again = try await ensembles.command("up").up(.stored(nil))
            #expect(again.actions == [])
            #expect(again.status?.servers.map(\.pid) == status.servers.map(\.pid))

            try await killTheSupervisor(ensembles, status)
            try await refuseToTakeTheQuorum(ensembles)
            try await rollOver(ensembles)
            try await applyChanges(ensembles, engine)

            let down = try await ensembles.command("down").down(nil)
            #expect(down.stopped.count == 5)
            #expect(try await ensembles.command("status").status(nil).health == .down)
            #expect(try await ensembles.command("down").down("demo").stopped == [])
            let idle = await #expect(throws: OperationError.self) {
                try await ensembles.command("rolling-restart").rollingRestart(nil)
            }
            #expect(idle?.kind == .notRunning)
        }
    }

    /// Ctrl-C in the middle of `up`.
    private func interruptWhenSpawned(_ ensembles: RealEnsembles, _ source: TopologySource) async throws {
        // In that very moment: bundled servers are ready before anybody who looks from outside could interrupt.
        ensembles.told.listen { progress in
            guard case .passed(let passage) = progress, passage.station == .spawned else { return }
            withUnsafeCurrentTask { $0?.cancel() }
        }
        let up = Task { try await ensembles.command("up").up(source) }
        await #expect(throws: CancellationError.self) { try await up.value }
        ensembles.told.listen(nil)
        #expect(ensembles.store.audit.entries(of: "demo").last?.did == "interrupted")
        #expect(ensembles.store.names() == ["demo"])
    }

    private func killTheSupervisor(_ ensembles: RealEnsembles, _ before: EnsembleStatus) async throws {
        // One that is only stopped would never answer: that is said at once.
        let stopped = try #require(before.supervisor?.pid)
        kill(stopped, SIGSTOP)
        try await eventually("the supervisor is stopped") {
            let state = try String(contentsOfFile: "/proc/\(stopped)/stat", encoding: .utf8)
            return state.contains(") T ")
        }
        let error = await #expect(throws: OperationError.self) {
            try await ensembles.command("paddock status").status(nil)
        }
        kill(stopped, SIGCONT)
        #expect(error?.description.contains("kill -CONT \(stopped)") == true, "\(String(describing: error))")

        let supervisor = try #require(before.supervisor?.pid)
        kill(supervisor, SIGKILL)
        // We launched it, so it is our child.
        waitpid(supervisor, nil, 0)
        // Who looks starts nothing, and still sees the processes.
        let alone = try await ensembles.command("status").status(nil)
        #expect(alone.supervisor == nil)
        #expect(alone.health == .degraded)
        #expect(alone.servers.map(\.pid) == before.servers.map(\.pid))
        let after = try #require(try await ensembles.command("up").up(.stored(nil)).status)
        #expect(after.health == .healthy, "\(after.problems)")
        #expect(after.supervisor != nil && after.supervisor?.pid != supervisor)
        #expect(after.servers.map(\.pid) == before.servers.map(\.pid))
    }

    private func refuseToTakeTheQuorum(_ ensembles: RealEnsembles) async throws {
        let stop = ensembles.command("stop 1 2")
        let refusal = await #expect(throws: OperationError.self) {
            try await stop.perform(.stop, on: ["1", "2"], ensemble: nil)
        }
        #expect(
            refusal?.message
                == "to stop servers 1 and 2 would take the quorum away: one vote of three would be left, two are needed"
        )
        let plan = try await stop.perform(.stop, on: ["1", "2"], ensemble: nil, force: true, dryRun: true)
        #expect(Set(plan.servers) == [1, 2])
        #expect(try await stop.status(nil).health == .healthy)

        _ = try await stop.perform(.stop, on: ["1", "2"], ensemble: nil, force: true)
        try await eventually("there is no quorum") {
            try await stop.status(nil).health == .noQuorum
        }
        _ = try await stop.perform(.start, on: ["1", "2"], ensemble: nil)
        try await eventually("the ensemble is healthy again") { try await stop.status(nil).health == .healthy }
    }

    private func rollOver(_ ensembles: RealEnsembles) async throws {
        let command = ensembles.command("rolling-restart")
        let before = try await command.status(nil)
        let leader = try #require(before.leader)
        let plan = try await command.rollingRestartPlan(nil)
        #expect(plan.servers.first == 4)
        #expect(plan.servers.last == leader)

        // Stopped half way, then continued where it stopped.
        let second = plan.servers[2]
        var options = RollingRestartOptions()
        options.confirm = { $0 != second }
        let stop = await #expect(throws: OperationError.self) {
            try await command.rollingRestart(nil, options: options)
        }
        #expect(stop?.message == "stopped before server \(second), as asked")
        #expect(try await command.rollingRestartPlan(nil).done == plan.servers.prefix(2).sorted())

        let report = try await PlainProgram.running(on: before.connect) { try await command.rollingRestart(nil) }
        #expect(report.steps.map(\.id) == Array(plan.servers.dropFirst(2)))
        #expect(report.steps.last?.role == .leader)
        #expect(report.lost == 0)
        // Two quick servers are through in a tenth of a second; a write is tried every 10 ms.
        #expect(report.writes >= report.steps.count)
        // What lies between the writes are the gaps: none can be longer than it is told.
        let took = report.steps.reduce(0) { $0 + $1.seconds.duration / .seconds(1) }
        #expect(Double(report.writes + 1) * (report.longestWriteGap.duration / .seconds(1)) >= took)
        #expect(report.longestWriteGap.duration > .zero)
        let after = try await command.status(nil)
        #expect(after.health == .healthy, "\(after.problems)")
        #expect(Set(after.servers.map(\.pid)).isDisjoint(with: Set(before.servers.map(\.pid))))
        #expect(access("\(command.store.root(of: "demo"))/rolling-restart.json", F_OK) != 0)
    }

    private func applyChanges(_ ensembles: RealEnsembles, _ engine: String) async throws {
        let before = try await ensembles.command("status").status(nil)
        // The same servers by name, one of them with another setting: only that one is restarted.
        let named = Self.demo(engine).replacing(
            "participants: 3\nobservers: 1\n",
            with: """
                servers:
                  - {id: 1, settings: {maxClientCnxns: 200}}
                  - {id: 2}
                  - {id: 3}
                  - {id: 4, role: observer}

                """)
        ensembles.told.clear()
        let rolled = try await ensembles.command("up").up(.text(named, file: "demo.yaml"))
        #expect(rolled.actions == [.roll([1])])
        #expect(ensembles.told.steps.count { $0.hasPrefix("restart server 1") } == 1, "\(ensembles.told.steps)")
        #expect(rolled.status?.servers.dropFirst().map(\.pid) == before.servers.dropFirst().map(\.pid))
        #expect(rolled.status?.servers.first?.pid != before.servers.first?.pid)
        let leader = try #require(rolled.status?.leader)

        // Every zoo.cfg names a server that joins, so all others are restarted, who leads last.
        ensembles.told.clear()
        let joined = try await ensembles.command("up").up(
            .text(named + "  - {id: 5, role: observer}\n", file: "demo.yaml"))
        #expect(joined.actions.first == .start([5]))
        #expect(joined.status?.health == .healthy)
        #expect(joined.status?.servers.count == 5)
        #expect(
            ensembles.told.steps.last { $0.hasPrefix("restart") } == "restart server \(leader) (leader)",
            "\(ensembles.told.steps)")
    }

    @Test func aTakenPortNamesItsHolder() async throws {
        try await RealEnsembles.with { ensembles in
            let port = FreePorts.find(1)[0]
            let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            defer { close(listener) }
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = in_port_t(port).bigEndian
            address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
            let bound = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(listener, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            try #require(bound == 0 && listen(listener, 1) == 0)
            let topology = "ensemble: taken\nparticipants: 1\nports: {client: \(port)}\n"
            let error = await #expect(throws: OperationError.self) {
                try await ensembles.command("up").up(.text(topology, file: "taken.yaml"))
            }
            #expect(error?.kind == .taken, "\(error?.description ?? "")")
            #expect(error?.description.contains("pid \(getpid())") == true, "\(error?.description ?? "")")
        }
    }

    @Test func aMissingEngineIsNamed() async throws {
        try await RealEnsembles.with { ensembles in
            let topology = "ensemble: bare\nparticipants: 1\nports: auto\nengine: {apache: {home: /no/such/home}}\n"
            await #expect(throws: EngineError.notAHome("/no/such/home")) {
                try await ensembles.command("up").up(.text(topology, file: "bare.yaml"))
            }
            #expect(ensembles.store.names() == [])
        }
    }

    @Test func aStateDirectoryThatIsAFileIsNamed() async throws {
        try await RealEnsembles.with { ensembles in
            var command = ensembles.command("up")
            command.store = EnsembleStore(directory: "/dev/null/state")
            let topology = "ensemble: nowhere\nparticipants: 1\nports: auto\n"
            let error = await #expect(throws: (any Error).self) {
                try await command.up(.text(topology, file: "nowhere.yaml"))
            }
            #expect("\(error!)".contains("/dev/null/state"))
        }
    }

    @Test func aServerThatNeverBecomesReadyIsShownWithItsLog() async throws {
        try await RealEnsembles.with { ensembles in
            let topology = """
                ensemble: broken
                engine: apache
                participants: 1
                ports: auto
                settings: {authProvider.1: no.such.Provider, metricsProvider.className: no.such.Metrics}

                """
            let error = await #expect(throws: OperationError.self) {
                try await ensembles.command("up").up(.text(topology, file: "broken.yaml"))
            }
            #expect(error?.message.hasPrefix("broken is not ready: server 1") == true, "\(error?.description ?? "")")
            #expect(error?.details.contains { $0.contains("no.such.Metrics") } == true, "\(error?.description ?? "")")
        }
    }

    @Test func aThrowAwayEnsembleLeavesNothingBehind() async throws {
        try await RealEnsembles.with { ensembles in
            let topology = "ensemble: short\nparticipants: 1\n"
            let code = try await ensembles.command("run").run(
                ["sh", "-c", "test -n \"$ZK_CONNECT\" && exit 7"], topology: topology, file: "short.yaml")
            #expect(code == 7)
            #expect(ensembles.store.names() == [])
        }
    }
}

extension Result where Failure == any Error {
    init(catching body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}

func eventually(_ what: String, within limit: Duration = .seconds(90), _ condition: () async throws -> Bool)
    async throws
{
    let deadline = ContinuousClock.now + limit
    while try await !condition() {
        guard ContinuousClock.now < deadline else {
            Issue.record("not within \(limit): \(what)")
            return
        }
        try await Task.sleep(for: .milliseconds(100))
    }
}
