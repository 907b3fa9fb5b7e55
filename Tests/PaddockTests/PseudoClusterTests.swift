import Foundation
import Glibc
import TestSupport
import Testing

/// A whole life of a pseudo-cluster, through the command line alone.
@Suite(.serialized) struct PseudoClusterTests {

    private struct Server {
        var id: Int
        var role: String
        var state: String
        var pid: pid_t
        var restarts: Int
        var client: String
    }

    private func servers(_ status: [String: Any]) -> [Server] {
        (status["servers"] as? [[String: Any]] ?? []).map {
            Server(
                id: $0["id"] as? Int ?? 0, role: $0["role"] as? String ?? "", state: $0["state"] as? String ?? "",
                pid: pid_t($0["pid"] as? Int ?? 0), restarts: $0["restarts"] as? Int ?? 0,
                client: $0["client"] as? String ?? "")
        }
    }

    private func eventuallyHealthy(_ paddock: CommandLineTool) async throws -> [Server] {
        var last = ""
        do {
            try await eventually("the ensemble is healthy", within: .seconds(60)) {
                let result = try paddock.run("status", "--json")
                last = result.output + result.errors
                return result.status == 0
            }
        } catch {
            Issue.record("\(last)")
            throw error
        }
        return servers(try paddock.run("status", "--json").json())
    }

    @Test(arguments: ["bundled", "apache"]) func upFaultsRollingRestartAndDown(engine: String) async throws {
        try await CommandLineTool.with { paddock in
            let topology =
                "ensemble: demo\nengine: \(engine)\nparticipants: 3\nobservers: 1\nports: auto\nsettings: {tickTime: 500}\n"
            let file = try paddock.write(topology, to: "demo.yaml")
            let up = try paddock.run("up", file, "--json")
            #expect(up.status == 0, "\(up.errors)")
            var all = try await eventuallyHealthy(paddock)
            #expect(all.map(\.role).sorted() == ["follower", "follower", "leader", "observer"])
            #expect(all[3].role == "observer")

            try again(paddock, file, all)
            try kazoo(writeTo: all[0].client, readFrom: all[3].client)
            try takingTheQuorumAway(paddock)
            all = try await eventuallyHealthy(paddock)

            // Any process may be killed at any moment; nobody has to do anything about it.
            let leader = try #require(all.first { $0.role == "leader" })
            kill(leader.pid, SIGKILL)
            try await eventually("the killed leader is back", within: .seconds(60)) {
                let now = servers(try paddock.run("status", "--json").json()).first { $0.id == leader.id }
                return now?.restarts == leader.restarts + 1 && now?.state == "running"
            }
            all = try await eventuallyHealthy(paddock)

            let status = try paddock.run("status", "--json").json()
            let supervisor = try #require((status["supervisor"] as? [String: Any])?["pid"] as? Int)
            kill(pid_t(supervisor), SIGKILL)
            try await eventually("the supervisor is gone") {
                try paddock.run("status", "--json").json()["supervisor"] is NSNull
            }
            let alone = try paddock.run("status", "--json")
            #expect(alone.status == 3)
            #expect(servers(try alone.json()).map(\.pid) == all.map(\.pid), "servers outlive their supervisor")
            #expect(try paddock.run("wait", "--for", "quorum", "--timeout", "0").status == 0)
            #expect(try paddock.run("up").status == 0)
            let adopted = try await eventuallyHealthy(paddock)
            #expect(adopted.map(\.pid) == all.map(\.pid), "the next supervisor takes them over")
            if engine == "bundled" {
                for columns in [60, 80] { try await nothingWraps(paddock, columns) }
                try readersThatLeave(paddock)
            }

            try rollingRestart(paddock)
            #expect(try paddock.run("down").status == 0)
            #expect(try paddock.run("status").status == 5)
            #expect(try paddock.run("up").status == 0, "the stored topology boots again")
            #expect(try paddock.run("destroy", "demo", "--yes").status == 0)
            #expect(!FileManager.default.fileExists(atPath: paddock.path("demo")))
        }
    }

    /// On a terminal of that width every line of `status` fits.
    private func nothingWraps(_ paddock: CommandLineTool, _ columns: Int) async throws {
        let script = """
            import fcntl, os, pty, re, struct, sys, termios
            pid, terminal = pty.fork()
            if pid == 0:
                fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack('HHHH', 40, int(sys.argv[1]), 0, 0))
                os.environ.update(PADDOCK_HOME=sys.argv[3], TERM='xterm')
                os.execv(sys.argv[2], [sys.argv[2], 'status'])
            data = b''
            try:
                while chunk := os.read(terminal, 4096): data += chunk
            except OSError: pass
            lines = re.sub(r'\\x1b[^m]*m', '', data.decode()).replace('\\r', '').split('\\n')
            print(max(map(len, lines)), len(lines))
            """
        let words = ["\(columns)", CommandLineTool.binary, paddock.home.path]
        let numbers = try await Python.run(script, arguments: words).split(separator: " ").compactMap {
            Int($0.trimmingCharacters(in: .newlines))
        }
        #expect(numbers.count == 2)
        #expect(numbers[0] <= columns && numbers[0] > columns / 2 && numbers[1] > 5, "\(numbers)")
    }

    private func readersThatLeave(_ paddock: CommandLineTool) throws {
        for words in ["status --watch | head -2", "logs -n 1 -f | head -1"] {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/bin/sh")
            process.arguments = ["-c", "timeout 20 \(CommandLineTool.binary) \(words) >/dev/null"]
            process.environment = ProcessInfo.processInfo.environment.merging(["PADDOCK_HOME": paddock.home.path]) {
                $1
            }
            let clock = ContinuousClock()
            let start = clock.now
            try process.run()
            process.waitUntilExit()
            #expect(clock.now - start < .seconds(15), "\(words) goes on without a reader")
        }
    }

    private func again(_ paddock: CommandLineTool, _ file: String, _ before: [Server]) throws {
        let second = try paddock.run("up", file, "--json")
        #expect(second.status == 0, "\(second.errors)")
        let status = try #require(try second.json()["status"] as? [String: Any])
        #expect(servers(status).map(\.pid) == before.map(\.pid))
    }

    /// Python's client writes through one server and reads it at the observer.
    private func kazoo(writeTo writer: String, readFrom observer: String) throws {
        let script = """
            from kazoo.client import KazooClient
            one, two = KazooClient('\(writer)'), KazooClient('\(observer)')
            one.start(timeout=30); two.start(timeout=30)
            path = one.create('/kazoo', b'through one server')
            two.sync(path)
            data, stat = two.get(path)
            assert data == b'through one server' and stat.version == 0, (data, stat)
            one.delete(path); one.stop(); two.stop()
            print('done')
            """
        let python = ProcessInfo.processInfo.environment["PADDOCK_PYTHON"] ?? "python3"
        let output = Pipe()
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [python, "-c", script]
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(text == "done\n")
    }

    private func takingTheQuorumAway(_ paddock: CommandLineTool) throws {
        let refused = try paddock.run("stop", "1", "2")
        #expect(refused.status == 1)
        #expect(refused.errors.contains("one vote of three would be left"), "\(refused.errors)")
        #expect(try paddock.run("status").status == 0)
        #expect(try paddock.run("stop", "1", "2", "--dry-run", "--force").status == 0)
        #expect(try paddock.run("status").status == 0)
        #expect(try paddock.run("stop", "1", "2", "--force").status == 0)
        #expect(try paddock.run("status").status == 4)
        #expect(try paddock.run("start", "1", "2").status == 0)
    }

    private func rollingRestart(_ paddock: CommandLineTool) throws {
        let leader = servers(try paddock.run("status", "--json").json()).first { $0.role == "leader" }?.id
        let planned = try paddock.run("rolling-restart", "--dry-run", "--json").json()["steps"] as? [Int]
        #expect(planned?.first == 4)
        #expect(planned?.last == leader)
        // Nothing is measured with the wall clock, wherever that stands meanwhile.
        let clock = paddock.path("jumping-clock.so")
        let fixture = "\(CommandLineTool.packageRoot)/Tests/PaddockTests/Fixtures/jumping-clock.c"
        let compiler = try Process.run(
            URL(fileURLWithPath: "/usr/bin/env"), arguments: ["clang", "-shared", "-fPIC", "-o", clock, fixture])
        compiler.waitUntilExit()
        #expect(compiler.terminationStatus == 0)
        let began = ContinuousClock.now
        let result = try paddock.run("rolling-restart", "--json", environment: ["LD_PRELOAD": clock])
        let took = (ContinuousClock.now - began) / .seconds(1)
        #expect(result.status == 0, "\(result.errors)")
        let report = try result.json()
        #expect(report["lost"] as? Int == 0)
        #expect(report["writes"] as? Int ?? 0 > 0)
        let gap = report["longestWriteGap"] as? Double ?? 0
        #expect(gap > 0 && gap < took)
        let steps = report["steps"] as? [[String: Any]] ?? []
        let seconds = steps.compactMap { $0["seconds"] as? Double }
        #expect(seconds.allSatisfy { $0 > 0 } && seconds.reduce(0, +) < took, "\(seconds) of \(took) s")
        #expect(steps.compactMap { $0["id"] as? Int }.first == 4)
        #expect(steps.last?["role"] as? String == "leader")
        #expect(steps.count == 4)
    }

    @Test func twoUpsAtOnceAndCtrlCAtAnyMoment() async throws {
        try await CommandLineTool.with { paddock in
            let file = try paddock.write("ensemble: demo\nparticipants: 1\nports: auto\n", to: "demo.yaml")
            // Interrupted sooner and later; each time the next command finds its way.
            for milliseconds in [0, 20, 150, 600] {
                let interrupted = try paddock.start(["up", file])
                let end = ContinuousClock.now + .milliseconds(milliseconds)
                while ContinuousClock.now < end, interrupted.process.isRunning { usleepBriefly() }
                interrupted.process.interrupt()
                let status = try interrupted.wait().status
                #expect([0, 2, 130].contains(status), "\(status) after \(milliseconds) ms")
            }
            let first = try paddock.start(["up", file])
            let second = try paddock.start(["up", file])
            let results = [try first.wait(), try second.wait()]
            let statuses = results.map(\.status).sorted()
            #expect(statuses == [0, 75] || statuses == [0, 0], "\(results)")
            for refused in results where refused.status == 75 {
                #expect(refused.errors.contains("demo is being changed by"))
            }
            let status = try paddock.run("status", "--json").json()
            #expect(servers(status).map(\.role) == ["standalone"])
        }
    }

    /// One turn of waiting for a moment in time, which is what this test is about.
    private func usleepBriefly() { _ = poll(nil, 0, 1) }

    @Test func runLendsAnEnsembleAndRemovesIt() async throws {
        try await CommandLineTool.with { paddock in
            let file = try paddock.write("ensemble: lent\nparticipants: 1\n", to: "lent.yaml")
            let result = try paddock.run(
                "run", file, "--", "sh", "-c", "echo srvr | nc -q 2 $ZOOKEEPER_HOST $ZOOKEEPER_PORT; exit 7")
            #expect(result.status == 7, "\(result.errors)")
            #expect(result.output.contains("Mode: standalone"))
            let left = try FileManager.default.contentsOfDirectory(atPath: paddock.home.path)
            #expect(left.filter { $0.hasPrefix("lent-") }.isEmpty)
            #expect(result.errors.contains("the last lines of server 1:"), "the command failed")

            // Killed, it leaves nothing behind either: the supervisor watches it.
            let pidFile = paddock.path("pid")
            let running = try paddock.start(["run", file, "--", "sh", "-c", "echo $$ >\(pidFile); exec sleep 600"])
            try await eventually("the command runs") { FileManager.default.contents(atPath: pidFile)?.isEmpty == false }
            kill(running.process.processIdentifier, SIGKILL)
            try await eventually("the ensemble is gone") {
                try FileManager.default.contentsOfDirectory(atPath: paddock.home.path).allSatisfy {
                    !$0.hasPrefix("lent-")
                }
            }
            let child = try String(contentsOfFile: pidFile, encoding: .utf8).trimmingCharacters(in: .newlines)
            if let pid = pid_t(child) { kill(pid, SIGKILL) }
            #expect(try paddock.run("run", file, "--", "/nowhere/program").status == 64)
        }
    }
}
