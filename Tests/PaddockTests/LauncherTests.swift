import Foundation
import TestSupport
import Testing

/// `bin/paddock` and `bin/build-release` on a host that has no Swift toolchain.
@Suite struct LauncherTests {
    /// A copy of the scripts with sources that are newer than what is built, and a PATH without Swift.
    private func withCopy(_ body: (String) async throws -> Void) async throws {
        let directory = try TemporaryDirectory("launcher")
        defer { directory.remove() }
        let files = FileManager.default
        let root = directory.path
        for folder in ["bin", "Sources", "templates", "tools", ".build-release/release"] {
            try files.createDirectory(atPath: "\(root)/\(folder)", withIntermediateDirectories: true)
        }
        for script in ["paddock", "build-release", "products.sh", "zkCli.sh", "zkServer.sh", "zk-environment.sh"] {
            try files.copyItem(atPath: "\(CommandLineTool.packageRoot)/bin/\(script)", toPath: "\(root)/bin/\(script)")
        }
        for tool in ["bash", "sh", "dirname", "readlink", "find", "date", "cat", "grep", "sed", "id"] {
            let place = ["/usr/bin/", "/bin/"].map { $0 + tool }.first { files.fileExists(atPath: $0) }
            try files.createSymbolicLink(atPath: "\(root)/tools/\(tool)", withDestinationPath: try #require(place))
        }
        try "".write(toFile: "\(root)/Package.swift", atomically: true, encoding: .utf8)
        try await body(root)
    }

    /// What a script prints, both outputs together, and its exit code in a last line.
    private func run(_ root: String, _ words: String..., environment: [String: String] = [:]) async throws -> String {
        try await run(root, words, environment: environment)
    }

    private func run(_ root: String, _ words: [String], environment: [String: String] = [:]) async throws -> String {
        let output = "\(root)/output"
        try? FileManager.default.removeItem(atPath: output)
        let process = try ChildProcess(
            "/bin/sh", ["-c", "\"$@\"; echo \"exit $?\"", "sh", "\(root)/bin/\(words[0])"] + words.dropFirst(),
            environment: environment.merging(["PATH": "\(root)/tools"]) { $1 }, output: output)
        try await eventually("\(words) ends") { !process.isRunning }
        return try String(contentsOfFile: output, encoding: .utf8)
    }

    @Test func binariesThatAreThereAreUsedAndSaidToBeOld() async throws {
        try await withCopy { root in
            let binary = "\(root)/.build-release/release/paddock"
            try ExecutableFile.write("#!/bin/sh\necho \"paddock $*\"\n", to: binary)
            try FileManager.default.setAttributes(
                [.modificationDate: Date(timeIntervalSince1970: 1_700_000_000)], ofItemAtPath: binary)
            let status = try await run(root, "paddock", "status")
            #expect(status.contains("no Swift toolchain on PATH: paddock of 2023-11-14"))
            #expect(status.hasSuffix("may be older than the sources\npaddock status\nexit 0\n"))
            #expect(try await run(root, "paddock", "up", "--help") == "paddock up --help\nexit 0\n")
            let missing = try await run(root, "build-release", "paddock", "zkserver")
            #expect(missing.contains("zkserver is not built, and no Swift toolchain on PATH. Install Swift 6.3"))
            #expect(missing.hasSuffix("exit 69\n"))
        }
    }

    /// A line that is being typed is no place for messages, nor for a build of minutes.
    @Test func aCompletionBuildsNothingAndSaysNothing() async throws {
        try await withCopy { root in
            let line = ["---completion", "stop", "--", "positional@0", "2", "0", "paddock", "stop", "up"]
            #expect(try await run(root, ["paddock"] + line) == "exit 0\n")
            try ExecutableFile.write(
                "#!/bin/sh\necho \"paddock $*\"\n", to: "\(root)/.build-release/release/paddock")
            #expect(try await run(root, ["paddock"] + line) == "paddock \(line.joined(separator: " "))\nexit 0\n")
        }
    }

    /// Somebody else's checkout, whose sources have changed since the last build.
    @Test func inACheckoutOfAnotherUserTheBinariesAreUsed() async throws {
        try await withCopy { root in
            let files = FileManager.default
            try files.createSymbolicLink(atPath: "\(root)/tools/swift", withDestinationPath: "/bin/false")
            let (release, binary) = ("\(root)/.build-release", "\(root)/.build-release/release/paddock")
            try ExecutableFile.write("#!/bin/sh\necho \"paddock $*\"\n", to: binary)
            try files.setAttributes(
                [.modificationDate: Date(timeIntervalSince1970: 1_700_000_000)], ofItemAtPath: binary)
            try files.setAttributes([.posixPermissions: 0o555], ofItemAtPath: release)
            let status = try await run(root, "paddock", "status")
            let missing = try await run(root, "build-release", "zkserver")
            try files.setAttributes([.posixPermissions: 0o755], ofItemAtPath: release)
            #expect(status.contains("\(release) is not writable for this user: paddock of 2023-11-14"))
            #expect(status.hasSuffix("may be older than the sources\npaddock status\nexit 0\n"))
            #expect(missing.contains("Let its owner run bin/build-release zkserver, or use a clone of your own."))
            #expect(missing.hasSuffix("exit 69\n"))
        }
    }

    /// The program with TLS is wanted by who asks for TLS, and by nobody else.
    @Test func theShellWithTLSIsTakenForOptionsThatAskForIt() async throws {
        try await withCopy { root in
            let file = "\(root)/client.cfg"
            try "a=b\n zookeeper.client.secure = TRUE\n".write(toFile: file, atomically: true, encoding: .utf8)
            let secure = "-Dzookeeper.client.secure=true"
            for (flags, words, program) in [
                (["CLIENT_JVMFLAGS": "-Xmx1g \(secure)"], [], "zkcli-tls"),
                (["JVMFLAGS": "\(secure) -Da"], [], "zkcli-tls"),
                ([:], ["-client-configuration", file], "zkcli-tls"), ([:], ["get", file], "zkcli"),
                (["CLIENT_JVMFLAGS": "\(secure)ish -Dzookeeper.client.secure=false"], [], "zkcli"),
                ([:], ["-client-configuration", "\(root)/none"], "zkcli"),
            ] as [([String: String], [String], String)] {
                let text = try await run(root, "zkCli.sh", words.first ?? "ls", words.last ?? "/", environment: flags)
                #expect(text.hasPrefix("paddock: \(program) is not built, and no Swift toolchain"), "\(flags) \(words)")
            }
        }
    }

    /// So does `paddock`, which has the program with TLS ask servers elsewhere; nobody else waits for its build.
    @Test func whatAsksServersOverTLSIsBuiltForWhoAsksForIt() async throws {
        try await withCopy { root in
            let (only, both) = ("\(root)/only.cfg", "\(root)/both.cfg")
            try "secureClientPort=2281\n".write(toFile: only, atomically: true, encoding: .utf8)
            try "clientPort=2181\nsecureClientPort = 2281\n".write(toFile: both, atomically: true, encoding: .utf8)
            try ExecutableFile.write("#!/bin/sh\necho \"paddock $*\"\n", to: "\(root)/.build-release/release/paddock")
            let secure = ["CLIENT_JVMFLAGS": "-Dzookeeper.client.secure=true"]
            for (flags, words, program) in [
                ([:], ["status", "--remote", "a:1", "--tls"], "zkcli-tls"),
                ([:], ["status", "--remote=a:1", "--ca", "x"], "zkcli-tls"),
                ([:], ["check", "--remote", "a:1", "--certificate=x"], "zkcli-tls"),
                ([:], ["wait", "--remote", only], "zkcli-tls"), ([:], ["wait", "--remote=\(only)"], "zkcli-tls"),
                (secure, ["status", "--remote", "a:1"], "zkcli-tls"), (secure, ["shell"], "zkcli-tls"),
                ([:], ["status", "--remote", both], nil), ([:], ["check", only], nil),
                ([:], ["status", "--remote", "a:1"], nil), (secure, ["status"], nil), ([:], ["shell"], "zkcli"),
            ] as [([String: String], [String], String?)] {
                let text = try await run(root, ["paddock"] + words, environment: flags)
                let began = program.map { "paddock: \($0) is not built, and no Swift toolchain" }
                #expect(text.hasPrefix(began ?? "paddock \(words.joined(separator: " "))\nexit 0"), "\(words): \(text)")
            }
        }
    }

    /// A server that is to start is not built anew first: that it is old is said beside its start.
    @Test func aServerThatIsOlderThanItsSourcesStartsAndIsSaidToBeOld() async throws {
        try await withCopy { root in
            let (files, binary) = (FileManager.default, "\(root)/.build-release/release/zkserver")
            try "clientPort=1\n".write(toFile: "\(root)/zoo.cfg", atomically: true, encoding: .utf8)
            // It waits for the look at the sources, which goes on beside it.
            try ExecutableFile.write(
                """
                #!/bin/sh
                echo "zkserver $*"
                while ! grep -q older '\(root)/output' && [ ! -e '\(root)/go' ]; do :; done

                """, to: binary)
            try files.setAttributes(
                [.modificationDate: Date(timeIntervalSince1970: 1_700_000_000)], ofItemAtPath: binary)
            let old = try await run(root, "zkServer.sh", "start-foreground", "\(root)/zoo.cfg")
            #expect(old.contains("zkserver \(root)/zoo.cfg\n"))
            #expect(old.contains("paddock: zkserver of 2023-11-14"))
            #expect(old.contains("is older than its sources; bin/build-release zkserver builds it anew\n"))
            #expect(old.hasSuffix("exit 0\n"))

            try files.setAttributes([.modificationDate: Date().addingTimeInterval(60)], ofItemAtPath: binary)
            #expect(files.createFile(atPath: "\(root)/go", contents: nil))
            let new = try await run(root, "zkServer.sh", "start-foreground", "\(root)/zoo.cfg")
            #expect(new.contains("zkserver \(root)/zoo.cfg\n"))
            #expect(!new.contains("older"))
        }
    }

    @Test func helpBuildsNothing() async throws {
        try await withCopy { root in
            for words in [["--help"], ["up", "--help"], ["help"]] {
                let text = try await run(root, "paddock", words[0], words.last!)
                #expect(text.contains("paddock up [FILE]"))
                #expect(text.hasSuffix("exit 0\n"))
            }
        }
    }
}
