import Foundation
import Glibc
import TestSupport
import Testing

/// `bin/zkServer.sh`: what it does with pid files, with flags of a JVM, and what it says when the server does not serve.
@Suite(.serialized) struct ZKServerScriptTests {
    /// A zoo.cfg with its directories, below one directory of its own.
    private struct Place {
        let directory: TemporaryDirectory
        let port: Int
        var zooCfg: String { directory.path + "/conf/zoo.cfg" }
        var data: String { directory.path + "/data" }
        var pidFile: String { data + "/zookeeper_server.pid" }
        var pid: pid_t? { (try? String(contentsOfFile: pidFile, encoding: .utf8)).flatMap { pid_t($0) } }

        /// Its processes are no children of Foundation's, which waits for what the server inherits, too.
        func run(_ words: String..., environment: [String: String] = [:]) async throws -> CommandLineTool.Result {
            let variables = ProcessInfo.processInfo.environment
                .merging([
                    "PADDOCK_ZKSERVER": CommandLineTool.server, "ZOO_LOG_DIR": directory.path + "/logs",
                    "ZOOCFGDIR": directory.path + "/conf",
                ]) { $1 }
                .merging(environment) { $1 }
            let base = directory.path + "/result"
            let script = CommandLineTool.packageRoot + "/bin/zkServer.sh"
            let process = try ChildProcess(
                "/bin/sh", ["-c", #""$@" >"$0.out" 2>"$0.err"; echo $? >"$0.status""#, base, script] + words,
                environment: variables, output: base)
            try await eventually("zkServer.sh \(words) ends") { !process.isRunning }
            func text(_ ending: String) throws -> String { try String(contentsOfFile: base + ending, encoding: .utf8) }
            return CommandLineTool.Result(
                status: Int32(try text(".status").trimmingCharacters(in: .newlines)) ?? -1, output: try text(".out"),
                errors: try text(".err"))
        }

        /// What the server answers to a four-letter word; nothing when there is none.
        func ask(_ word: String) async throws -> String {
            let output = directory.path + "/answer"
            try? FileManager.default.removeItem(atPath: output)
            let process = try ChildProcess(
                "/bin/bash",
                ["-c", "exec 3<>/dev/tcp/127.0.0.1/\(port) && printf \(word) >&3 && timeout 10 cat <&3"], output: output
            )
            try await eventually("an answer to \(word)") { !process.isRunning }
            return try String(contentsOfFile: output, encoding: .utf8)
        }
    }

    private func withPlace(_ settings: String = "", _ body: (Place) async throws -> Void) async throws {
        let place = Place(directory: try TemporaryDirectory("zkserver-script"), port: FreePorts.take(1)[0])
        defer { place.directory.remove() }
        try FileManager.default.createDirectory(
            atPath: place.directory.path + "/conf", withIntermediateDirectories: true)
        let text = """
            dataDir=\(place.data)
            clientPort=\(place.port)
            clientPortAddress=127.0.0.1
            admin.enableServer=false
            preAllocSize=64
            \(settings)

            """
        try text.write(toFile: place.zooCfg, atomically: true, encoding: .utf8)
        let result: Result<Void, any Error>
        do { result = .success(try await body(place)) } catch { result = .failure(error) }
        _ = try await place.run("stop")
        try result.get()
    }

    @Test func aPidFileOfAnotherProcessIsNotTrusted() async throws {
        try await withPlace { place in
            // It has nothing to do with ZooKeeper.
            let bystander = try ChildProcess("/bin/sleep", ["600"], output: place.directory.path + "/sleep")
            defer { bystander.killAndWait() }
            try FileManager.default.createDirectory(atPath: place.data, withIntermediateDirectories: true)
            try "\(bystander.pid)".write(toFile: place.pidFile, atomically: true, encoding: .utf8)
            let started = try await place.run("start")
            #expect(started.status == 0, "\(started.errors)")
            #expect(started.output == "Starting zookeeper ... STARTED\n")
            #expect(try await place.ask("srvr").contains("Mode: standalone"), "it serves when start returns")
            let pid = try #require(place.pid)
            #expect(pid != bystander.pid)

            let again = try await place.run("start")
            #expect(again.status == 1)
            #expect(again.output == "Starting zookeeper ... already running as process \(pid).\n")

            #expect(try await place.run("stop").output == "Stopping zookeeper ... STOPPED\n")
            #expect(try await !place.ask("srvr").contains("Mode:"))

            // Nobody's server: stop has nobody to signal.
            try "\(bystander.pid)".write(toFile: place.pidFile, atomically: true, encoding: .utf8)
            let stopped = try await place.run("stop")
            #expect(stopped.status == 0)
            #expect(
                stopped.output.contains("no zookeeper to stop (process \(bystander.pid) is 'sleep' and no server of"),
                "\(stopped.output)")
            #expect(place.pid == nil)
            #expect(bystander.isRunning)
        }
    }

    /// Escapes, continued lines and the brackets of IPv6: the script and the server must see the same directory and the same port.
    @Test func valuesAreReadAsTheServerReadsThem() async throws {
        try await withPlace { place in
            let hasIPv6 = (try? String(contentsOfFile: "/proc/net/if_inet6", encoding: .utf8))?.contains(" lo") == true
            try """
            dataDir=\(place.directory.path)/d\\u00e4ta\\ of\\: it
            clientPo\\
               rt=\(place.port)
            clientPortAddress=\(hasIPv6 ? "[::1]" : "127.0.0.1")
            admin.enableServer=false

            """.write(toFile: place.zooCfg, atomically: true, encoding: .utf8)
            let started = try await place.run("start", environment: ["ZOO_START_TIMEOUT": "10"])
            #expect(
                started.output == "Starting zookeeper ... STARTED\n"
                    && started.errors.contains("does not serve") == false)
            let pidFile = place.directory.path + "/däta of: it/zookeeper_server.pid"
            #expect(FileManager.default.fileExists(atPath: pidFile))
            let status = try await place.run("status")
            #expect(status.status == 0 && status.output.contains("Mode: standalone"), "\(status.output)")
            #expect(try await place.run("stop").output == "Stopping zookeeper ... STOPPED\n")
        }
    }

    @Test func anAbsentConfigurationLeavesNothingBehind() async throws {
        try await withPlace { place in
            let result = try await place.run("start", place.directory.path + "/conf/absent.cfg")
            #expect(result.status == 1)
            #expect(result.errors.contains("cannot read the configuration \(place.directory.path)/conf/absent.cfg"))
            let left = try FileManager.default.contentsOfDirectory(atPath: place.directory.path)
            #expect(left.filter { !$0.hasPrefix("result") } == ["conf"])
        }
    }

    @Test func aServerThatDoesNotStartSaysWhyAndLeavesNoPidFile() async throws {
        try await withPlace("tickTime=soon") { place in
            try FileManager.default.createDirectory(atPath: place.data, withIntermediateDirectories: true)
            let result = try await place.run("start")
            #expect(result.status == 1)
            #expect(result.output == "Starting zookeeper ... FAILED TO START\n")
            #expect(result.errors.contains("tickTime is 'soon', not a whole number"), "\(result.errors)")
            #expect(place.pid == nil)
        }
    }

    @Test func aConfigurationWithoutDataDirectoryIsToldSo() async throws {
        try await withPlace { place in
            let bare = place.directory.path + "/conf/bare.cfg"
            try "clientPort=2181\n".write(toFile: bare, atomically: true, encoding: .utf8)
            let result = try await place.run("start", bare)
            #expect(result.status == 1)
            #expect(result.output == "Starting zookeeper ... FAILED TO START\n")
            #expect(result.errors.contains("dataDir is not set"), "\(result.errors)")
        }
    }

    @Test func aTakenPortIsNotTakenForTheServer() async throws {
        try await withPlace { place in
            #expect(try await place.run("start").status == 0)
            let other = place.directory.path + "/conf/other.cfg"
            let text = try String(contentsOfFile: place.zooCfg, encoding: .utf8)
                .replacingOccurrences(of: place.data, with: place.directory.path + "/other")
            try text.write(toFile: other, atomically: true, encoding: .utf8)
            let result = try await place.run("start", other)
            #expect(result.status == 1)
            #expect(result.output == "Starting zookeeper ... FAILED TO START\n")
            #expect(!FileManager.default.fileExists(atPath: place.directory.path + "/other/zookeeper_server.pid"))
        }
    }

    @Test func flagsOfTheJVMAreHeededOrNamed() async throws {
        try await withPlace("jute.maxbuffer=2000000") { place in
            try """
            SERVER_JVMFLAGS="-Xmx1g -Dzookeeper.4lw.commands.whitelist=*"
            JVMFLAGS="$JVMFLAGS -Dzookeeper.snapCount=7000 -Djute.maxbuffer=1000"
            """.write(toFile: place.directory.path + "/conf/java.env", atomically: true, encoding: .utf8)
            let started = try await place.run("start", environment: ["JVMFLAGS": "-Dzookeeper.tickTime=1000"])
            #expect(started.status == 0, "\(started.errors)")
            let named = started.errors.split(separator: "\n").filter { $0.hasPrefix("-") }
            #expect(
                named == [
                    "-Xmx1g: warning: has no effect: it is for a JVM, which this server does not have [jvm-flag]",
                    "-Dzookeeper.tickTime=1000: warning: has no effect: it is read from zoo.cfg only: write tickTime=1000 there [jvm-flag]",
                ])
            #expect(try await place.ask("mntr").contains("zk_server_state"))
        }
    }

    @Test func aProtectionThatIsAskedForByAFlagStopsTheStart() async throws {
        try await withPlace { place in
            let result = try await place.run(
                "start", environment: ["SERVER_JVMFLAGS": "-Dzookeeper.sessionRequireClientSASLAuth=true"])
            #expect(result.status == 1)
            #expect(
                result.errors.contains(
                    "-Dzookeeper.sessionRequireClientSASLAuth=true: error: sessionRequireClientSASLAuth asks every client for SASL"
                ), "\(result.errors)")
            #expect(result.errors.contains("mend: add authProvider.1="))
        }
    }
}
