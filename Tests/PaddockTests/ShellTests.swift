import TestSupport
import Testing

/// `paddock shell`: zkcli on an ensemble.
struct ShellTests {
    @Test func linesOfStandardInputAreCommandsOnTheEnsembleOrOnOneServer() async throws {
        try await CommandLineTool.with { paddock in
            let topology = "ensemble: demo\nparticipants: 1\nports: auto\nsettings: {jute.maxbuffer: 4194304}\n"
            let up = try paddock.run("up", "-", input: topology)
            #expect(up.status == 0, "\(up.errors)")
            let piped = try paddock.run("shell", input: "create /a 'some text'\nget /a\nls /nosuch\n")
            #expect(piped.output.contains("\nWelcome to ZooKeeper!\n"))
            #expect(piped.output.hasSuffix("\nsome text\n"))
            #expect(piped.errors == "Created /a\nNode does not exist: /nosuch\n")
            #expect(piped.status == 1)
            // A disk that is full: what was asked for did not arrive, and that is no success.
            for words in ["schema", "status --json", "shell -- ls /"] {
                let full = try paddock.shell("exec \(CommandLineTool.binary) \(words) >/dev/full")
                #expect(full.status == 1 && full.errors.contains("No space left on device"), "\(words): \(full.errors)")
            }
            let once = try paddock.run("shell", "1", "--", "ls", "/")
            #expect(once.output.hasSuffix("\n[a, zookeeper]\n"))
            #expect(once.status == 0)
            // As long as the server takes it, where the flags of Apache's shell say so.
            let long = String(repeating: "0123456789abcdef", count: 3 << 16)
            let refused = try paddock.run("shell", input: "create /long \(long)\n")
            #expect(refused.status == 1)
            let taken = try paddock.run(
                "shell", environment: ["CLIENT_JVMFLAGS": "-Xmx1g -Djute.maxbuffer=4194304"],
                input: "create /long \(long)\nget /long\n")
            #expect(taken.errors == "Created /long\n")
            #expect(taken.output.hasSuffix("\n\(long)\n"))
            #expect(taken.status == 0)
            let secure = try paddock.run(
                "shell", environment: ["CLIENT_JVMFLAGS": "-Dzookeeper.client.secure=true"], input: "ls /\n")
            #expect(secure.status == 64)
            #expect(secure.errors.contains("no server has a port for it"), "\(secure.errors)")
        }
    }

    @Test func aShellThatIsNotThereIsExit69AndHowToGetIt() async throws {
        try await CommandLineTool.with { paddock in
            let up = try paddock.run("up", "-", input: "ensemble: demo\nparticipants: 1\nports: auto\n")
            #expect(up.status == 0, "\(up.errors)")
            let missing = try paddock.run("shell", environment: ["PADDOCK_ZKCLI": "/nowhere"])
            #expect(missing.status == 69)
            #expect(missing.errors.contains("name a zkcli, or unset it"), "\(missing.errors)")
        }
    }
}
