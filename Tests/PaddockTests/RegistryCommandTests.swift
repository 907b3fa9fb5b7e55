import Foundation
import Glibc
import TestSupport
import Testing

/// `paddock registry` on a running ensemble, as a user types it.
@Suite(.serialized) struct RegistryCommandTests {
    /// With an ensemble of one server.
    private static func withRegistry(_ body: (CommandLineTool) async throws -> Void) async throws {
        try await CommandLineTool.with { paddock in
            let file = try paddock.write(
                "ensemble: one\nparticipants: 1\nports: auto\nsettings: {tickTime: 250}\n", to: "one.yaml")
            let up = try paddock.run("up", file)
            #expect(up.status == 0, "\(up.errors)")
            try await body(paddock)
        }
    }

    private static func endpoints(_ paddock: CommandLineTool, _ service: String = "web") throws -> [String] {
        try paddock.run("registry", "resolve", service, "--all").output.split(separator: "\n").map(String.init)
    }

    /// What a command under way has printed on stderr so far.
    private static func register(
        _ paddock: CommandLineTool, _ words: [String], port: Int, id: String = "one", command: [String]
    ) throws -> CommandLineTool.Running {
        try paddock.start(
            ["registry", "register", "web", "--port", "\(port)", "--address", "127.0.0.1", "--id", id] + words + ["--"]
                + command)
    }

    @Test func aServiceIsThereWhileItsCommandRunsAndIsWell() async throws {
        try await Self.withRegistry { paddock in
            let flag = paddock.path("well")
            let provider = try Self.register(
                paddock, ["--check", "test -e \(flag)", "--check-interval", "50ms"], port: 8080,
                command: ["sh", "-c", "trap 'echo told; exit 7' TERM; while :; do sleep 0.05; done"])
            #expect(try paddock.run("registry", "list").errors == "no service is registered\n")
            _ = try paddock.write("", to: "well")
            try await eventually("it is registered") { try Self.endpoints(paddock) == ["127.0.0.1:8080"] }
            try FileManager.default.removeItem(atPath: flag)
            try await eventually("it is ill") { try Self.endpoints(paddock) == [] }
            _ = try paddock.write("", to: "well")
            try await eventually("it is well again") { try Self.endpoints(paddock) == ["127.0.0.1:8080"] }
            // Signals are the command's, and so is the exit code.
            kill(provider.process.processIdentifier, SIGTERM)
            let result = try provider.wait()
            #expect(result.status == 7)
            #expect(result.output == "told\n")
            #expect(result.errors.contains("web 127.0.0.1:8080 is registered at /services/web/one"))
            #expect(
                result.errors.contains("web is not well and is deregistered: 'test -e \(flag)' ended with 1"))
            #expect(try Self.endpoints(paddock) == [])

            // One that runs elsewhere: until Ctrl-C.
            let elsewhere = try Self.register(paddock, [], port: 8081, command: [])
            try await eventually("it is registered") { try Self.endpoints(paddock) == ["127.0.0.1:8081"] }
            kill(elsewhere.process.processIdentifier, SIGINT)
            #expect(try elsewhere.wait().status == 130)
            #expect(try Self.endpoints(paddock) == [])
        }
    }

    @Test func aServiceGoesWithItsCommandsDeathAndWithPaddocksOwn() async throws {
        try await Self.withRegistry { paddock in
            let pidFile = paddock.path("pid")
            let provider = try Self.register(
                paddock, [], port: 8080, command: ["sh", "-c", "echo $$ >\(pidFile); exec sleep 600"])
            try await eventually("it is registered") { try Self.endpoints(paddock) == ["127.0.0.1:8080"] }
            let pid = try #require(
                pid_t(try String(contentsOfFile: pidFile, encoding: .utf8).trimmingCharacters(in: .newlines)))
            kill(pid, SIGKILL)
            #expect(try provider.wait().status == 128 + SIGKILL)
            #expect(try Self.endpoints(paddock) == [])

            let other = try Self.register(
                paddock, ["--session-timeout", "1s"], port: 8081,
                command: ["sh", "-c", "echo $$ >\(pidFile).2; exec sleep 600"])
            try await eventually("it is registered") { try Self.endpoints(paddock) == ["127.0.0.1:8081"] }
            kill(other.process.processIdentifier, SIGKILL)
            try await eventually("its session has ended") { try Self.endpoints(paddock) == [] }
            let orphan = try String(contentsOfFile: pidFile + ".2", encoding: .utf8).trimmingCharacters(in: .newlines)
            kill(try #require(pid_t(orphan)), SIGKILL)
        }
    }

    @Test func whatIsRegisteredIsListedDrainedRenderedWatchedAndRemembered() async throws {
        try await Self.withRegistry { paddock in
            let watch = try paddock.start(["--json", "registry", "watch", "web"])
            let port = FreePorts.take(1)[0]
            // The check of a real server: by HTTP, of its own address.
            let provider = try Self.register(
                paddock,
                [
                    "--check", "http:///", "--payload", #"{"zone":"a","weight":1.5}"#, "--uri",
                    "{scheme}://{address}:{port}/x",
                ],
                port: port, command: ["python3", "-m", "http.server", "--bind", "127.0.0.1", "\(port)"])
            let other = try Self.register(paddock, ["--quiet"], port: 2, id: "two", command: ["sleep", "600"])
            let both = ["127.0.0.1:\(port)", "127.0.0.1:2"]
            try await eventually("both are there") { try Self.endpoints(paddock) == both }

            let show = try paddock.run("registry", "show", "web", "--json").json()
            let first = try #require((show["instances"] as? [[String: Any]])?.first)
            #expect(first["id"] as? String == "one")
            #expect(first["uri"] as? String == "http://127.0.0.1:\(port)/x")
            #expect((first["payload"] as? [String: Any])?["weight"] as? Double == 1.5)
            #expect(first["enabled"] as? Bool == true)
            #expect((first["session"] as? String)?.hasPrefix("0x") == true)
            let list = try paddock.run("registry", "list", "--json").json()
            let services = try #require(list["services"] as? [[String: Any]])
            #expect(services.map { $0["name"] as? String } == ["web"])
            #expect(
                try paddock.run("registry", "list").output.contains(
                    "web              2        2  127.0.0.1:\(port),127.0.0.1:2"))

            #expect(
                try paddock.run("registry", "disable", "web", "two", "--dry-run").output
                    == "two of web would be disabled\n")
            #expect(try paddock.run("registry", "disable", "web", "two").output == "two of web is disabled\n")
            #expect(try paddock.run("registry", "disable", "web", "two", "--json").json()["changed"] as? Int == 0)
            #expect(try Self.endpoints(paddock) == [both[0]])
            let nobody = try paddock.run("registry", "resolve", "nobody")
            #expect(nobody.status == 1)
            #expect(nobody.errors.hasPrefix("error: nobody has no instance\n"))
            let run = try paddock.run(
                "registry", "run", "web", "--", "sh", "-c", "echo $WEB_HOST $WEB_PORT $WEB_ADDRESSES; exit 3")
            #expect(run.output == "127.0.0.1 \(port) \(both[0])\n")
            #expect(run.status == 3)
            // The very signal reaches the command, and its exit code is ours.
            let signalled = try paddock.start([
                "registry", "run", "web", "--", "sh", "-c",
                "trap 'exit 7' INT; touch \(paddock.path("runs")); while :; do sleep 0.02; done",
            ])
            try await eventually("it runs") { FileManager.default.fileExists(atPath: paddock.path("runs")) }
            kill(signalled.process.processIdentifier, SIGINT)
            #expect(try signalled.wait().status == 7)
            // A command that ends at once leaves one copy of the service and nothing half written.
            for _ in 0..<5 { _ = try Self.endpoints(paddock) }
            let copies = try FileManager.default.subpathsOfDirectory(atPath: paddock.home.path).filter {
                $0.contains("web.json")
            }
            #expect(copies.count == 1, "\(copies)")
            #expect(try paddock.run("registry", "enable", "web", "two").output == "two of web is enabled\n")
            let three = try paddock.run("registry", "resolve", "web", "-n", "3", "--strategy", "round-robin")
            #expect(three.output == "\(both[0])\n\(both[1])\n\(both[0])\n")

            let template = try paddock.write("{{#web}}\n{{endpoint}}\n{{/web}}\n{{^web}}\nnobody\n{{/web}}\n", to: "t")
            let rendered = paddock.path("rendered")
            let render = try paddock.start([
                "registry", "render", template, "-o", rendered, "--command", "cat \(rendered) >>\(rendered).all",
                "--json",
            ])
            func text(_ path: String) -> String { (try? String(contentsOfFile: path, encoding: .utf8)) ?? "" }
            try await eventually("it is rendered") { text(rendered) == both.map { "\($0)\n" }.joined() }
            kill(other.process.processIdentifier, SIGTERM)
            _ = try other.wait()
            try await eventually("it is rendered again") { text(rendered) == "\(both[0])\n" }
            try await eventually("the command has run") {
                text(rendered + ".all") == "\(both[0])\n\(both[1])\n\(both[0])\n"
            }
            // A file that cannot be written is no end: it is written when that is mended.
            let late = try paddock.start(["registry", "render", template, "-o", paddock.path("later/file")])
            try await eventually("it says so") {
                late.printedErrors.contains("file: No such file or directory; trying again")
            }
            try FileManager.default.createDirectory(atPath: paddock.path("later"), withIntermediateDirectories: false)
            try await eventually("it is written") { text(paddock.path("later/file")) == "\(both[0])\n" }
            kill(late.process.processIdentifier, SIGINT)
            #expect(try late.wait().errors.contains("file is written: 1 instance\n"))
            let once = try paddock.run("registry", "render", template, "-o", paddock.path("none/file"), "--once")
            #expect(once.status == 1)
            let dryRun = try paddock.run("registry", "render", template, "-o", paddock.path("none"), "--dry-run")
            #expect(dryRun.output == "\(both[0])\n")
            #expect(!FileManager.default.fileExists(atPath: paddock.path("none")))

            // While the registry is away, what was known is known, and the file stays.
            _ = try paddock.run("registry", "resolve", "web")
            #expect(try paddock.run("stop", "all", "--force").status == 0)
            let old = try paddock.run("registry", "resolve", "web", "--json", "--patience", "200ms")
            #expect(old.errors.contains("warning: the registry is away: 1 instance of web from "))
            #expect(try old.json()["current"] as? Bool == false)
            #expect((try old.json()["instances"] as? [[String: Any]])?.first?["endpoint"] as? String == both[0])
            let away = try paddock.run("registry", "list")
            // Not as when nobody is registered, which is 1.
            #expect(away.status == 5)
            #expect(try paddock.run("registry", "resolve", "other", "--patience", "100ms").status == 5)
            #expect(away.errors.hasPrefix("error: the registry at 127.0.0.1:"))
            #expect(away.errors.contains("  mend: `paddock up` boots an ensemble; --server HOST:PORT names another\n"))
            #expect(text(rendered) == "\(both[0])\n")
            #expect(try paddock.run("start", "all").status == 0)
            // Who is not back yet when the last instance leaves takes it for lost by the registry, and keeps it for a while. A change that
            // both tell shows that they are.
            #expect(try paddock.run("registry", "disable", "web", "one").output == "one of web is disabled\n")
            // The command comes after the file: that it has run says both.
            let before = "\(both[0])\n\(both[1])\n\(both[0])\n"
            try await eventually("it is rendered as drained") { text(rendered + ".all") == before + "nobody\n" }
            try await eventually("the change is told") { watch.printed.components(separatedBy: "changed").count == 4 }
            #expect(try paddock.run("registry", "enable", "web", "one").output == "one of web is enabled\n")
            try await eventually("it is rendered as before") {
                text(rendered + ".all") == before + "nobody\n\(both[0])\n"
            }
            #expect(text(rendered) == "\(both[0])\n")
            kill(provider.process.processIdentifier, SIGTERM)
            #expect(try provider.wait().status == 128 + SIGTERM)
            try await eventually("nobody is left", within: .seconds(30)) { text(rendered) == "nobody\n" }
            try await eventually("the command has run each time") {
                text(rendered + ".all") == "\(both[0])\n\(both[1])\n\(both[0])\nnobody\n\(both[0])\nnobody\n"
            }
            try await eventually("the last departure is told") {
                watch.printed.contains("deregistered") && watch.printed.split(separator: "\n").count == 8
            }
            kill(render.process.processIdentifier, SIGINT)
            #expect(try render.wait().status == 130)
            kill(watch.process.processIdentifier, SIGINT)
            let lines = try watch.wait().output.split(separator: "\n").map { line in
                let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
                return "\(object?["change"] ?? "") \((object?["instance"] as? [String: Any])?["id"] ?? "")"
            }
            #expect(
                Array(lines.dropFirst(2)) == [
                    "changed two", "changed two", "deregistered two", "changed one", "changed one", "deregistered one",
                ])
            #expect(Set(lines.prefix(2)) == ["registered one", "registered two"])
        }
    }

    @Test func whatCannotBeIsRefusedWithItsMend() async throws {
        try await CommandLineTool.with { paddock in
            let server = ["--server", "127.0.0.1:1"]
            func run(_ words: [String]) throws -> (Int32, String) {
                let result = try paddock.start(["registry"] + words).wait()
                return (result.status, result.errors)
            }
            let none = try run(["list"])
            #expect(none.0 == 5)
            #expect(none.1.hasPrefix("error: there is no ensemble in "))
            let wrong = try run(["list", "--server", "here:there"])
            #expect(wrong.0 == 64)
            #expect(wrong.1.hasSuffix("  mend: write --server HOST:PORT[,HOST:PORT…][/chroot]\n"))
            #expect(try run(["register", "web"] + server).1.contains("there is no --port"))
            #expect(try run(["register", "web", "--port", "70000"] + server).1.contains("from 1 to 65535"))
            #expect(
                try run(["register", "web", "--port", "1", "--payload", "{"] + server).1.contains(
                    "--payload takes JSON: "))
            let uri = try run(["register", "web", "--port", "1", "--uri", "http://{host}:{port}"] + server)
            #expect(uri.0 == 64)
            #expect(uri.1.contains("--uri has the field {host}; there are {scheme}, {name}, "))
            let named = try run(["register", "web", "--port", "1", "--id", "a", "--layout", "dubbo"] + server)
            #expect(named.1.contains("--id goes with --layout curator: dubbo names instances itself"))
            let lost = try run(
                ["register", "web", "--port", "1", "--payload", #"{"zone": "a", "shard": 1}"#, "--layout", "serverset"]
                    + server + ["--", "true"])
            #expect(
                lost.1.contains("the layout serverset has no place for payload.zone: consumers will not see it"))
            let slash = try run(["register", "a/b", "--port", "1"] + server + ["--", "true"])
            #expect(slash.0 == 64)
            #expect(slash.1.hasPrefix("error: the service name 'a/b' must not contain '/'"))
            let address = try run(["register", "a", "--port", "1", "--address", ""] + server + ["--", "true"])
            #expect(address.0 == 64)
            #expect(address.1.contains("--address takes a host name or an IP address, not ''"))
            let id = try run(["disable", "a", ""] + server)
            #expect(id.0 == 64)
            #expect(id.1.contains("the id is empty"))
            // What keeps a service from being registered is said, while its command runs.
            let ill = try run(["register", "a", "--port", "1", "--check", "false"] + server + ["--", "sleep", "1.5"])
            #expect(ill.0 == 0)
            #expect(ill.1.contains("a is not well, and not registered: "))
            let slow = try run(["register", "a", "--port", "1"] + server + ["--", "sleep", "3.5"])
            #expect(slow.1.contains("a is not registered yet: the registry does not answer"))
            let check = try run(["register", "a", "--port", "1", "--check", "https://x"] + server + ["--", "true"])
            #expect(check.1.contains("there is no TLS here\n  mend: write --check 'curl --fail"))
            let missing = try run(["register", "a", "--port", "1"] + server + ["--", "/no/such/program"])
            #expect(missing.0 == 64)
            #expect(missing.1.contains("cannot run /no/such/program: No such file or directory"))
            #expect(
                try run(["resolve", "web", "--patience", "100ms"] + server).1.contains(
                    "nothing is known of web: the registry did not answer within 0.1 seconds"))
            let template = try paddock.write("{{#a}}\n", to: "t")
            let refused = try run(["render", template, "-o", paddock.path("o"), "--once"] + server)
            #expect(refused.0 == 65)
            #expect(refused.1.hasPrefix("error: \(template) is no template: line "))
            #expect(refused.1.contains("has no end"))
            // A command is run whatever the registry does.
            #expect(try run(["register", "web", "--port", "1"] + server + ["--", "sh", "-c", "exit 9"]).0 == 9)
        }
    }

    /// Every `sh` block of Docs/registry.md, one after the other, as it stands there.
    @Test func theExamplesOfTheDocumentationRun() async throws {
        let root = CommandLineTool.packageRoot
        let text = try String(contentsOfFile: root + "/Docs/registry.md", encoding: .utf8)
        let blocks = text.components(separatedBy: "```")
        let scripts = blocks.filter { $0.hasPrefix("sh\n") }.map { String($0.dropFirst(3)) }
        #expect(scripts.count >= 4)
        try await Self.withRegistry { paddock in
            let port = FreePorts.take(1)[0]
            let script =
                "set -euo pipefail\ncd \(paddock.home.path)\nmkdir bin\nln -s \(CommandLineTool.binary) bin/paddock\nPATH=$PWD/bin:$PATH\ntrap 'kill $(jobs -p)' EXIT\n"
                + scripts.joined(separator: "\n").replacing("paddock up ", with: "paddock status ").replacing(
                    "9090", with: "\(port)")
            let process = try ChildProcess(
                "/bin/bash", ["-c", script + "\nkill $(jobs -p) 2>/dev/null; touch done"],
                environment: ProcessInfo.processInfo.environment.merging(["PADDOCK_HOME": paddock.home.path]) { $1 },
                output: paddock.path("output"))
            try await eventually("the examples end") { !process.isRunning }
            let output = try String(contentsOfFile: paddock.path("output"), encoding: .utf8)
            #expect(FileManager.default.fileExists(atPath: paddock.path("done")), "\(output)")
            #expect(output.contains("nobody\n"))
            #expect(output.contains("nginx -s reload\n"))
            let conf = try String(contentsOfFile: paddock.path("web.conf"), encoding: .utf8)
            #expect(conf.contains(":\(port);\n"))
            let targets = try JSONSerialization.jsonObject(
                with: Data(contentsOf: URL(fileURLWithPath: paddock.path("targets.json"))))
            #expect((targets as? [[String: Any]])?.count == 1)
        }
        // The Swift ones are of a program that is built, and run below.
        let consumer = try String(contentsOfFile: root + "/Examples/registry/Consumer/Consumer.swift", encoding: .utf8)
        for block in blocks where block.hasPrefix("swift\n") { #expect(consumer.contains(block.dropFirst(6))) }
    }

    @Test func theExampleRunsAndNoRequestFails() async throws {
        let directory = try TemporaryDirectory("example")
        defer { directory.remove() }
        let ports = FreePorts.take(2)
        let root = CommandLineTool.packageRoot
        let environment = [
            "PADDOCK": CommandLineTool.binary, "EXAMPLE_CONSUMER": root + "/.build/debug/example-consumer",
            "TMPDIR": directory.path,
        ]
        let process = try ChildProcess(
            root + "/Examples/registry/run", ports.map { "\($0)" },
            environment: ProcessInfo.processInfo.environment.merging(environment) { $1 },
            output: directory.path + "/output")
        try await eventually("the example ends") { !process.isRunning }
        #expect(
            try String(contentsOfFile: directory.path + "/output", encoding: .utf8) == """
                two providers are registered
                one was killed; left: 127.0.0.1:\(ports[1])
                the registry is away; the provider of before: 127.0.0.1:\(ports[1])
                the registry is back
                the consumer: more than 100 requests, 0 failed

                """)
    }
}
