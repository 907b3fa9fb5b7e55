import TestSupport
import Testing

/// `paddock shell`: zkcli on an ensemble.
struct ShellTests {
    @Test func `lines of standard input are commands, on the ensemble or on one server`() async throws {
        try await CommandLineTool.with { paddock in
            let up = try paddock.run("up", "-", input: "ensemble: demo\nparticipants: 1\nports: auto\n")
            #expect(up.status == 0, "\(up.errors)")
            let piped = try paddock.run("shell", input: "create /a 'some text'\nget /a\nls /nosuch\n")
            #expect(piped.output.contains("\nWelcome to ZooKeeper!\n"))
            #expect(piped.output.hasSuffix("\nsome text\n"))
            #expect(piped.errors == "Created /a\nNode does not exist: /nosuch\n")
            #expect(piped.status == 1)
            let once = try paddock.run("shell", "1", "--", "ls", "/")
            #expect(once.output.hasSuffix("\n[a, zookeeper]\n"))
            #expect(once.status == 0)
        }
    }

    @Test func `a shell that is not there is exit 69, and how to get it`() async throws {
        try await CommandLineTool.with { paddock in
            let up = try paddock.run("up", "-", input: "ensemble: demo\nparticipants: 1\nports: auto\n")
            #expect(up.status == 0, "\(up.errors)")
            let missing = try paddock.run("shell", environment: ["PADDOCK_ZKCLI": "/nowhere"])
            #expect(missing.status == 69)
            #expect(missing.errors.contains("name the zkcli that bin/build-release zkcli builds"), "\(missing.errors)")
        }
    }
}
