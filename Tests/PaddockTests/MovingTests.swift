import Foundation
import TestSupport
import Testing

/// An ensemble moves from one host to several and back: what differs is told, and the data come along.
@Suite(.serialized) struct MovingTests {
    /// Every address of the loopback network is a host of its own, as far as servers and clients can tell.
    @Test func fromOneHostToThreeAndBack() async throws {
        try await CommandLineTool.with { paddock in
            let ports = FreePorts.take(24, in: 4_000..<9_000)
            func lines(_ hosts: [String], _ ports: ArraySlice<Int>) -> String {
                let ports = Array(ports)
                return hosts.enumerated().map { index, host in
                    let own = ports[(index * 4)..<(index * 4 + 4)]
                    let names = zip(["client", "quorum", "election", "admin"], own).map { "\($0): \($1)" }
                    return "  - {id: \(index + 1), host: \(host), ports: {\(names.joined(separator: ", "))}}\n"
                }.joined()
            }
            let head = "engine: bundled\nsettings: {tickTime: 500}\nservers:\n"
            let here = try paddock.write(
                "ensemble: here\n\(head)\(lines(["127.0.0.1", "127.0.0.1", "127.0.0.1"], ports[..<12]))",
                to: "here.yaml"
            )
            let there = try paddock.write(
                "ensemble: there\n\(head)\(lines(["127.0.0.2", "127.0.0.3", "127.0.0.4"], ports[12...]))",
                to: "there.yaml")

            let check = try paddock.run("check", there, "--from", here, "--json")
            #expect(check.status == 0, "\(check.output)\(check.errors)")
            let problems = try #require(try check.json()["problems"] as? [[String: Any]])
            let rules = problems.compactMap { $0["rule"] as? String }
            #expect(rules == ["move-line", "move-line", "move-line", "move-clients"], "\(problems)")
            let first = try #require(problems.first?["message"] as? String)
            #expect(
                first.hasPrefix("server.1=127.0.0.1:\(ports[1]):\(ports[2]):participant;127.0.0.1:\(ports[0]) becomes ")
            )
            #expect(first.contains(": another host; other ports (client \(ports[0]) → \(ports[12]), "))
            #expect(try paddock.run("check", there, "--from", here, "--strict").status == 1)
            #expect(try paddock.run("check", there, "--from", here + ".cfg").status == 65)

            func up(_ words: String...) throws {
                let done = try paddock.start(["up"] + words).wait()
                #expect(done.status == 0, "\(done.output)\(done.errors)")
            }
            func shell(_ ensemble: String, _ words: String...) throws -> String {
                let done = try paddock.start(["shell", "-e", ensemble, "--"] + words).wait()
                #expect(done.status == 0, "\(done.output)\(done.errors)")
                return done.output
            }
            try up(here)
            _ = try shell("here", "create", "/moved", "text")
            let backup = paddock.path("here.tar")
            #expect(try paddock.run("backup", "-e", "here", "-o", backup).status == 0)
            let restored = try paddock.run("restore", backup, there)
            #expect(restored.status == 0, "\(restored.output)\(restored.errors)")
            try up("-e", "there")
            #expect(try shell("there", "get", "/moved").contains("text"))
            #expect(try paddock.run("down", "-e", "here").status == 0)

            // And back, with what was written there.
            _ = try shell("there", "set", "/moved", "more")
            let back = paddock.path("there.tar")
            #expect(try paddock.run("backup", "-e", "there", "-o", back).status == 0)
            #expect(try paddock.run("down", "-e", "there").status == 0)
            let home = try paddock.run("restore", back, "-e", "here", "--move-aside")
            #expect(home.status == 0, "\(home.output)\(home.errors)")
            try up("-e", "here")
            #expect(try shell("here", "get", "/moved").contains("more"))
        }
    }
}
