import Foundation
import PaddockTesting
import Testing

/// With `paddock` as users have it: what bin/test says with `PADDOCK_BINARY`.
@Suite struct TestEnsembleTests {
    @Test func anEnsembleIsThereForATestAndGoneBehindIt() async throws {
        let connectString = try await TestEnsemble.with(participants: 3, settings: ["tickTime": "500"]) { ensemble in
            #expect(ensemble.connectString.split(separator: ",").count == 3)
            let leader = try #require(try ensemble.leader())
            try ensemble.kill("leader")
            try ensemble.waitUntilHealthy()
            try ensemble.stop("\(leader)")
            do {
                try ensemble.stop("leader")
                Issue.record("that leaves no quorum")
            } catch let failure as TestEnsemble.Failure {
                #expect(failure.description.contains("--force"), "\(failure)")
            }
            try ensemble.start("\(leader)")
            #expect(try ensemble.logs().contains("LEADING"))
            return ensemble.connectString
        }
        let client = try #require(connectString.split(separator: ",").first)
        let port = try #require(client.split(separator: ":").last)
        let probe = Process()
        probe.executableURL = URL(fileURLWithPath: "/bin/bash")
        probe.arguments = ["-c", "exec 3<>/dev/tcp/127.0.0.1/\(port)"]
        probe.standardError = FileHandle.nullDevice
        try probe.run()
        probe.waitUntilExit()
        #expect(probe.terminationStatus != 0)
    }

    @Test func whatDoesNotStartIsSaid() async throws {
        do {
            try await TestEnsemble.with(topology: "ensemble: a\nparticipants: none\n") { _ in }
            Issue.record("it is no topology")
        } catch let failure as TestEnsemble.Failure {
            #expect(failure.exitCode == 65)
            #expect(failure.description.contains("participants"), "\(failure)")
        }
    }
}
