import TestSupport
import Testing
import ZooKeeperClient

/// TLS between the servers of an ensemble (`sslQuorum`), ours and Apache's.
@Suite(.serialized) struct QuorumTLSTests {
    /// The keys of a zoo.cfg, with the key and certificate of `name`.
    private func keys(_ name: String = "server", _ more: [String: String] = [:]) async throws -> [String: String] {
        let directory = try await TestCertificates.directory()
        return [
            "ssl.quorum.keyStore.location": directory + "/\(name).pem",
            "ssl.quorum.trustStore.location": directory + "/ca.pem",
        ].merging(more) { $1 }
    }

    private let dials = ["sslQuorum": "true"]
    private let takesBoth = ["portUnification": "true"]

    /// Three servers of ours under load: the leader dies, then a follower, and noise comes to their ports.
    @Test
    func ours() async throws {
        let directory = try await TestCertificates.directory()
        var settings = try await keys("server", dials)
        settings["ssl.quorum.handshakeDetectionTimeoutMillis"] = "3000"
        try await TestEnsemble.with(
            [.bundledTLS, .bundledTLS, .bundledTLS], observers: [.bundledTLS], settings: settings
        ) { ensemble in
            try await EnsembleLoad.with(ensemble) { load in
                try await load.progress()
                let leader = try await ensemble.leader()
                leader.kill()
                try await load.progress()
                try await ensemble.restart(leader)
                let follower = try await ensemble.followers()[0]
                follower.kill()
                try follower.loseData()
                try await load.progress()
                try await ensemble.restart(follower)
                try await load.progress()
            }
            let leader = try await ensemble.leader()
            let before = try #require(await leader.statistics).zxid
            let ports = ensemble.servers.flatMap { [$0.quorumPort, $0.electionPort] }
            let output = try await Python.run(
                try BundledServer.script("garbage_peers.py"),
                arguments: ["\(ensemble[4].address.port)"] + ports.map { "\($0)" })
            #expect(output == "done\n")
            for port in [leader.quorumPort, leader.electionPort] {
                let output = try await TestCertificates.talk(port, directory, ["halfway"])
                #expect(output == "closed\n")
            }
            #expect(leader.log.contains("no TLS handshake within 3000 ms"))
            try await ensemble.withClient { _ = try await $0.setData("/digest", []) }
            let after = try #require(await leader.statistics)
            #expect(after.mode == .leader && after.zxid.epoch == before.epoch, "nobody had to look for a leader")
            for port in ["the quorum port", "the election port"] {
                let closed = ["of", "on"].contains {
                    leader.log.contains("closing a connection \($0) \(port): no TLS handshake: what it says is not TLS")
                }
                #expect(closed, "\(leader.log.suffix(3000))")
            }
        }
    }

    /// Apache's servers and ours together; each kind leads, and each follows.
    @Test
    func mixed() async throws {
        let settings = try await keys("server", dials)
        try await TestEnsemble.with(
            [.apache, .apache, .bundledTLS], observers: [.bundledTLS], settings: settings
        ) { ensemble in
            try await EnsembleLoad.with(ensemble) { load in
                // Ours has the highest id: without Apache's leader it is the next.
                try await load.progress()
                let first = try await ensemble.leader()
                if first !== ensemble[3] {
                    first.kill()
                    let ours = try await makeLead(ensemble[3], in: ensemble, under: load)
                    #expect(ours)
                    try await ensemble.restart(first)
                }
                try await load.progress()
                #expect(await ensemble[1].mode == .follower)
                #expect(await ensemble[2].mode == .follower)
                #expect(ensemble[1].log.contains("Accepted TLS connection from"))

                // The same two processes connect once more: Java takes up the TLS session that it had.
                try await ensemble[3].pause()
                _ = try await ensemble.leader { $0 !== ensemble[3] }
                try await load.progress()
                ensemble[3].resume()
                try await eventually("the paused leader follows") { await ensemble[3].mode == .follower }
                let again = try await makeLead(ensemble[3], in: ensemble, under: load)
                #expect(again)
                for server in ensemble.servers where !server.isRunning { try await ensemble.restart(server) }
                try await load.progress()

                // All of the tree, from ours to Apache's.
                ensemble[2].kill()
                try ensemble[2].loseData()
                try await ensemble.restart(ensemble[2])
                try await load.progress()

                ensemble[3].kill()
                try await load.progress()
                let second = try await ensemble.leader()
                #expect(second.engine == .apache)
                // And from Apache's to ours.
                try ensemble[3].loseData()
                try await ensemble.restart(ensemble[3])
                #expect(await ensemble[3].mode == .follower)
                try await load.progress()
            }
        }
    }

    /// Whether `server` leads in the end; others that do are stopped for a while.
    private func makeLead(
        _ server: EnsembleServer, in ensemble: TestEnsemble, under load: EnsembleLoad
    ) async throws -> Bool {
        for _ in 0..<10 {
            try await load.progress()
            let leader = try await ensemble.leader()
            if leader === server { return true }
            let other = ensemble.others(than: server).first { $0 !== leader }!
            if !other.isRunning { try await ensemble.restart(other) }
            leader.kill()
        }
        return false
    }

    /// An ensemble in the clear goes over to TLS server by server, without a pause.
    @Test
    func rollOver() async throws {
        try await TestEnsemble.with([.apache, .bundledTLS, .bundledTLS]) { ensemble in
            try await EnsembleLoad.with(ensemble) { load in
                for settings in [
                    try await keys("server", takesBoth),
                    try await keys("server", takesBoth.merging(dials) { $1 }),
                    try await keys("server", dials),
                ] {
                    for server in ensemble.servers {
                        try await load.progress()
                        try ensemble.configure(server, settings: settings)
                        try await ensemble.restart(server)
                    }
                }
                try await load.progress()
            }
            // Now nobody takes a server that does not speak TLS.
            let stray = ensemble[3]
            try ensemble.configure(stray, settings: takesBoth.merging(try await keys()) { $1 })
            stray.kill()
            try stray.start()
            try await eventually("it is turned away") {
                ensemble[2].log.contains("no TLS handshake: what it says is not TLS")
            }
            #expect(await stray.mode == nil)
        }
    }

    /// A server with a certificate of another authority is refused, and both sides say why.
    @Test
    func stranger() async throws {
        let settings = try await keys("server", dials)
        try await TestEnsemble.with([.bundledTLS, .apache, .bundledTLS], settings: settings) { ensemble in
            try await EnsembleLoad.with(ensemble, writers: 2) { load in
                for id in [1, 3] {
                    let stranger = ensemble[id]
                    try ensemble.configure(stranger, settings: try await keys("stranger"))
                    stranger.kill()
                    try await load.progress()
                    try stranger.start()
                    let other = ensemble[4 - id]
                    try await eventually("the other server says why") {
                        other.log.contains(
                            "election port: no TLS handshake: the certificate of CN=alice,O=Example is not trusted: no certificate in ssl.quorum.trustStore.location has signed it"
                        )
                    }
                    try await eventually("the server itself is told") {
                        stranger.log.contains(
                            "no TLS handshake: the other end does not accept this server's certificate (ssl.quorum.keyStore.location)"
                        )
                    }
                    #expect(await stranger.mode == nil)
                    try await load.progress()
                    try ensemble.configure(stranger)
                    try await ensemble.restart(stranger)
                }
            }
        }
    }

    /// Certificates must be for the host they come from, as with Apache's servers, unless that is not wanted.
    @Test
    func hostnames() async throws {
        let settings = try await keys("server", dials)
        try await TestEnsemble.with([.bundledTLS, .apache, .bundledTLS], settings: settings) { ensemble in
            let elsewhere = try await keys("elsewhere")
            let stray = ensemble[1]
            try ensemble.configure(stray, settings: elsewhere)
            stray.kill()
            try stray.start()
            try await eventually("ours says why") {
                ensemble[3].log.contains(
                    "the certificate of CN=elsewhere is for elsewhere.example, and not for 127.0.0.1 or localhost")
            }
            try await eventually("Apache's says why") { ensemble[2].log.contains("Failed to verify hostname") }
            #expect(await stray.mode == nil)

            let anyHost = ["ssl.quorum.hostnameVerification": "false"]
            for server in [ensemble[2], ensemble[3]] {
                try ensemble.configure(server, settings: anyHost)
                try await ensemble.restart(server)
            }
            try await ensemble.waitUntilServing(stray)
        }
    }

    /// The server without TLS says which one has it; a key that is missing is named.
    @Test
    func complaints() async throws {
        let settings = try await keys("server", dials)
        try await TestEnsemble.with([.bundledTLS, .bundledTLS, .bundledTLS], settings: settings) { ensemble in
            let server = ensemble[1]
            server.kill()
            server.setEngine(.bundled)
            try server.start()
            try await eventually("it ends") { !server.isRunning }
            #expect(
                server.log.contains(
                    "zkserver: zoo.cfg sets sslQuorum, and this is the server without TLS: run zkserver-tls with the same zoo.cfg"
                ))

            server.setEngine(.bundledTLS)
            try ensemble.configure(server, settings: ["ssl.quorum.trustStore.location": ""])
            try server.start()
            try await eventually("it ends") { !server.isRunning }
            #expect(
                server.log.contains(
                    ": error: sslQuorum needs the certificates that the other servers are checked against, and ssl.quorum.trustStore.location is not set [tls-key]"
                ))
        }
    }
}
