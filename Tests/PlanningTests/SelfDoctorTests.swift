import Testing
import ZooKeeperProtocol

@testable import Planning

@Suite struct SelfDoctorTests {
    private static func server(_ id: Int64, version: String = "3.8.0-paddock-0.2", outdated: Bool = false)
        -> ServerProcess
    {
        ServerProcess(
            id: ServerID(id), state: .running, desired: .running, pid: 1, restarts: 0, engine: "bundled",
            engineVersion: version, outdated: outdated, clientHost: "127.0.0.1", clientPort: 2181, directory: "",
            logFile: "")
    }

    private static var well: SelfDoctor.Facts {
        var facts = SelfDoctor.Facts()
        facts.program = SelfDoctor.Program(path: "/a/paddock", version: "0.2")
        facts.found = [facts.program]
        facts.oldBuilds = []
        var running = SelfDoctor.Running(name: "demo")
        (running.supervisor, running.servers) = (7, [server(1), server(2)])
        facts.ensembles = [running]
        return facts
    }

    @Test func allIsWell() {
        #expect(
            SelfDoctor.findings(Self.well).map { "\($0.state.rawValue) \($0.subject): \($0.text)" } == [
                "good program: /a/paddock (0.2)", "good build: no program is older than its sources",
                "good PATH: has this one only",
                "good demo: servers 1 and 2 run bundled 3.8.0-paddock-0.2",
            ])
    }

    struct Case: Sendable {
        var subject: String
        var text: String
        var mend: String
        var change: @Sendable (inout SelfDoctor.Facts) -> Void
    }

    @Test(arguments: [
        Case(
            subject: "build", text: "zkserver, zkcli are older than the sources (Sources/a.swift)",
            mend: "bin/build-release zkserver zkcli"
        ) { $0.oldBuilds = ["zkserver", "zkcli"].map { SelfDoctor.OldBuild(program: $0, source: "Sources/a.swift") } },
        Case(
            subject: "PATH", text: "`paddock` is another one than this: /usr/lib/paddock/paddock (0.1)",
            mend: "remove what is not wanted, or put the directory of this one before it"
        ) { $0.found.insert(SelfDoctor.Program(path: "/usr/lib/paddock/paddock", version: "0.1"), at: 0) },
        Case(
            subject: "PATH", text: "has others behind this one: /b (version unknown)",
            mend: "remove what is not wanted: scripts with another PATH take it"
        ) { $0.found.append(SelfDoctor.Program(path: "/b", version: nil)) },
        Case(
            subject: "demo", text: "its supervisor (pid 7) runs a program that has been replaced since",
            mend: "`paddock up -e demo`: another supervisor takes over the servers, which go on"
        ) { $0.ensembles[0].isSupervisorReplaced = true },
        Case(
            subject: "demo", text: "server 2 runs an older program or configuration: bundled 3.8.0-paddock-0.1",
            mend: "`paddock rolling-restart -e demo` moves it without an outage"
        ) { $0.ensembles[0].servers[1] = server(2, version: "3.8.0-paddock-0.1", outdated: true) },
        Case(
            subject: "state directory", text: "of ensembles that are gone: /s/old",
            mend: "look at them, and remove them"
        ) { $0.remains = ["/s/old"] },
        Case(
            subject: "systemd", text: "starts ensembles that are gone: /u/paddock-old.service",
            mend: "remove these files, then `systemctl daemon-reload` (a user's: with --user)"
        ) { $0.units = ["/u/paddock-old.service"] },
    ])
    func whatIsOldIsSaidWithItsMend(_ example: Case) {
        var facts = Self.well
        example.change(&facts)
        let warnings = SelfDoctor.findings(facts).filter { $0.state != .good }
        #expect(warnings.map(\.subject) == [example.subject])
        #expect(warnings.first?.text == example.text)
        #expect(warnings.first?.mend == example.mend)
    }
}
