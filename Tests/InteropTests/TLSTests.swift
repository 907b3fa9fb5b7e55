import Foundation
import TestSupport
import Testing
import ZooKeeperClient

/// The bundled server's secure client port, with certificates that openssl makes: to Python's TLS, to kazoo, to Apache's zkCli,
/// and beside Apache's server.
@Suite(.serialized) struct TLSTests {
    private func settings(_ port: Int, _ directory: String, _ more: [String: String] = [:]) -> [String: String] {
        TestCertificates.clientPort(port, directory, more)
    }

    private func run(_ port: Int, _ directory: String, _ command: String...) async throws -> String {
        try await TestCertificates.talk(port, directory, command)
    }

    /// kazoo with client certificates: x509 ACLs, the super user, watches, large answers.
    @Test
    func kazoo() async throws {
        let directory = try await TestCertificates.directory()
        let port = FreePorts.take(1)[0]
        try await BundledServer.with(build: .tls, settings: settings(port, directory)) { server in
            let output = try await run(port, directory, "kazoo")
            #expect(
                output
                    == "1.2.840.113549.1.9.1=#1611616c696365406578616d706c652e6f7267,CN=alice,OU=R\\+D,O=Example\\, Inc.,ST=Baden-Württemberg,C=DE\ndone\n"
            )
            let conf = try await FourLetterWords.conf(server.address)
            #expect(conf.integer("secureClientPort") == port)
            // The plain port goes on.
            let isFine = try await FourLetterWords.ruok(server.address)
            #expect(isFine)
        }
    }

    /// Clients are who Apache's server says they are.
    @Test
    func sameIdentities() async throws {
        let directory = try await TestCertificates.directory()
        let ports = FreePorts.take(2)
        let theirs = settings(
            ports[0], directory, ["serverCnxnFactory": "org.apache.zookeeper.server.NettyServerCnxnFactory"])
        let apache = try await StandaloneServer.with(.apache, settings: theirs) { _ in
            try await (who: run(ports[0], directory, "whoami"), kazoo: run(ports[0], directory, "kazoo"))
        }
        try await BundledServer.with(build: .tls, settings: settings(ports[1], directory)) { _ in
            let who = try await run(ports[1], directory, "whoami")
            #expect(who == apache.who)
            // whoAmI shows no name of a super user, on neither server.
            #expect(who.contains("root ['ip:127.0.0.1', 'super:', 'x509:CN=root,O=Example']"))
            let kazoo = try await run(ports[1], directory, "kazoo")
            #expect(kazoo == apache.kazoo)
        }
    }

    /// Who shows no certificate that counts is refused, as by Apache's server, unless ssl.clientAuth is milder.
    @Test(arguments: [
        ("need", "plain True, none True, stranger True, expired True, alice False\n"),
        ("want", "plain True, none False, stranger True, expired True, alice False\n"),
        ("none", "plain True, none False, stranger False, expired False, alice False\n"),
    ])
    func refusals(auth: String, expected: String) async throws {
        let directory = try await TestCertificates.directory()
        let port = FreePorts.take(1)[0]
        let theirs = settings(
            port, directory,
            ["ssl.clientAuth": auth, "serverCnxnFactory": "org.apache.zookeeper.server.NettyServerCnxnFactory"])
        let apache = try await StandaloneServer.with(.apache, settings: theirs) { _ in
            try await run(port, directory, "refusals")
        }
        #expect(apache == expected)
        try await BundledServer.with(build: .tls, settings: settings(port, directory, ["ssl.clientAuth": auth])) {
            server in
            let output = try await run(port, directory, "refusals")
            #expect(output == expected)
            var reasons = ["what it says is not TLS"]
            if auth == "need" { reasons.append("it shows no certificate, and ssl.clientAuth is need") }
            if auth != "none" {
                reasons.append(
                    "the certificate of CN=alice,O=Example is not trusted: no certificate in ssl.trustStore.location has signed it"
                )
                reasons.append("the certificate of CN=alice,O=Example is not trusted: its time is over")
            }
            for reason in reasons {
                #expect(server.log.contains("closing a connection: no TLS handshake: " + reason), "\(server.log)")
            }
        }
    }

    /// With client.portUnification one port takes both.
    @Test
    func unification() async throws {
        let directory = try await TestCertificates.directory()
        var both = settings(0, directory, ["client.portUnification": "true"])
        both["secureClientPort"] = nil
        both["secureClientPortAddress"] = nil
        try await BundledServer.with(build: .tls, settings: both) { server in
            let output = try await run(server.port, directory, "kazoo")
            #expect(output.hasSuffix("done\n"))
            _ = try await Python.run(
                try BundledServer.script("workload.py"), arguments: ["\(server.port)", "plain"])
        }
    }

    /// Apache's zkCli, with a client certificate.
    @Test
    func zkCli() async throws {
        let directory = try await TestCertificates.directory()
        let port = FreePorts.take(1)[0]
        try await BundledServer.with(build: .tls, settings: settings(port, directory)) { _ in
            let output = try await Python.run(
                try BundledServer.script("zkcli_tls.py"), arguments: ["\(port)", directory])
            #expect(output.contains("x509: CN=bob,O=Example") && output.contains("hello over TLS"), "\(output)")
        }
    }

    /// zkcli-tls, with a client certificate in PEM and PKCS12; zkcli names it.
    @Test
    func ownShell() async throws {
        let directory = try await TestCertificates.directory()
        let port = FreePorts.take(1)[0]
        let program = BundledServer.packageRoot + "/.build/debug/zkcli-tls"
        try await BundledServer.with(build: .tls, settings: settings(port, directory)) { server in
            var flags = [
                "zookeeper.client.secure": "true", "zookeeper.ssl.keyStore.location": directory + "/bob.pem",
                "zookeeper.ssl.trustStore.location": directory + "/ca.crt", "zookeeper.ssl.trustStore.type": "PEM",
            ]
            for host in ["127.0.0.1", "localhost"] {
                let who = try await BundledServer.shell(program, at: "\(host):\(port)", flags: flags, "whoami")
                #expect(who.hasSuffix("\nx509: CN=bob,O=Example\nip: 127.0.0.1\nexit 0\n"), "\(who)")
            }
            // The plain program would not be secure, and so does not connect.
            let plain = try await BundledServer.shell(at: "\(server.address)", flags: flags, "get", "/")
            #expect(
                plain
                    == "CLIENT_JVMFLAGS: zookeeper.client.secure=true asks for TLS, which zkcli-tls has and this program has not: call bin/zkCli.sh, which takes that one, or build it with bin/build-release zkcli-tls\nexit 2\n"
            )
            flags["zookeeper.ssl.keyStore.location"] = directory + "/server.p12"
            flags["zookeeper.ssl.keyStore.password"] = "secret"
            let root = try await BundledServer.shell(program, at: "127.0.0.1:\(port)", flags: flags, "get", "/")
            #expect(root.hasSuffix("\n\nexit 0\n"), "\(root)")
            flags["zookeeper.ssl.keyStore.password"] = "guessed"
            let closed = try await BundledServer.shell(program, at: "127.0.0.1:\(port)", flags: flags, "get", "/")
            #expect(
                closed.contains("/server.p12 cannot be read as PKCS12, or the password does not fit: "), "\(closed)")
            #expect(closed.hasSuffix("exit 2\n"), "\(closed)")
            flags = [
                "zookeeper.client.secure": "true", "zookeeper.ssl.trustStore.location": directory + "/stranger-ca.crt",
            ]
            flags["zookeeper.ssl.trustStore.type"] = "PEM"
            let stranger = try await BundledServer.shell(program, at: "127.0.0.1:\(port)", flags: flags, "get", "/")
            #expect(stranger.contains("KeeperErrorCode = ConnectionLoss for /"), "\(stranger)")
            #expect(stranger.contains("CERTIFICATE_VERIFY_FAILED") && stranger.hasSuffix("exit 1\n"), "\(stranger)")
        }
    }

    /// Who takes up an earlier TLS session is who it was.
    @Test
    func resumption() async throws {
        let directory = try await TestCertificates.directory()
        let port = FreePorts.take(1)[0]
        try await BundledServer.with(build: .tls, settings: settings(port, directory)) { _ in
            let output = try await run(port, directory, "resume")
            let who = "['ip:127.0.0.1', 'x509:CN=bob,O=Example']\n"
            let expected = ["TLSv1_2", "TLSv1_3"].flatMap { version in
                ["False", "True", "True"].map { "\(version) \($0) \(who)" }
            }
            #expect(output == expected.joined())
        }
    }

    /// A server may have a secure port alone.
    @Test
    func secureOnly() async throws {
        let directory = try await TestCertificates.directory()
        let port = FreePorts.take(1)[0]
        let server = try BundledServer(
            build: .tls, settings: settings(port, directory, ["clientPort": "0", "clientPortAddress": ""]))
        defer {
            server.kill()
            server.directory.remove()
        }
        try server.launch()
        try await eventually("the server serves") { server.log.contains("serving TLS clients on 127.0.0.1:\(port)") }
        let output = try await run(port, directory, "whoami")
        #expect(output.hasPrefix("alice ['ip:127.0.0.1', 'x509:"))
        #expect(FreePorts.isFree(server.port))
        #expect(!server.log.contains("serving clients"))
    }

    /// `paddock status --remote` at a secure port of either engine; who is asked in the wrong language is told to be.
    @Test(arguments: [false, true])
    func remote(isApache: Bool) async throws {
        let directory = try await TestCertificates.directory()
        let port = FreePorts.take(1)[0]
        func ask(_ words: String..., within patience: String = "10s") async throws -> String {
            let output = directory + "/remote.\(port)"
            try? FileManager.default.removeItem(atPath: output)
            let process = try ChildProcess(
                BundledServer.paddock, ["status", "--remote"] + words + ["--answer-timeout", patience],
                environment: [
                    "PADDOCK_HOME": directory, "PADDOCK_ZKCLI": BundledServer.packageRoot + "/.build/debug/zkcli-tls",
                ], output: output)
            try await eventually("\(words) ends") { !process.isRunning }
            return try String(contentsOfFile: output, encoding: .utf8)
        }
        func look(_ plain: Int) async throws {
            let (ca, bob) = (directory + "/ca.crt", directory + "/bob.pem")
            let (secure, engine) = ("localhost:\(port)", isApache ? "apache" : "bundled")
            let answered = try await ask(secure, "--ca", ca, "--certificate", bob)
            #expect(answered.contains("remote is healthy") && answered.contains(engine), "\(answered)")
            #expect(
                try await ask(secure, within: "300ms").contains(
                    "it speaks TLS, and was asked in plain text: ask it with --tls"))
            #expect(try await ask("localhost:\(plain)", "--tls").contains("it speaks plain text, and was asked in TLS"))
            let nobody = try await ask(secure, "--ca", ca)
            #expect(nobody.contains("it may want a certificate of its clients (ssl.clientAuth), which"), "\(nobody)")
            let stranger = try await ask(secure, "--ca", ca, "--certificate", directory + "/stranger.pem")
            #expect(stranger.contains("it may not trust the certificate of \(directory)/stranger.pem"), "\(stranger)")
            let untrusted = try await ask(secure, "--ca", directory + "/stranger-ca.crt")
            #expect(untrusted.contains("stranger-ca.crt has signed its certificate"), "\(untrusted)")
            let elsewhere = try await ask("127.0.0.2:\(port)", "--ca", ca, "--certificate", bob)
            #expect(elsewhere.contains("its certificate does not name 127.0.0.2"), "\(elsewhere)")
        }
        let any = ["secureClientPortAddress": "0.0.0.0"]
        if isApache {
            let theirs = settings(
                port, directory,
                any.merging(["serverCnxnFactory": "org.apache.zookeeper.server.NettyServerCnxnFactory"]) { $1 })
            try await StandaloneServer.with(.apache, settings: theirs) { try await look($0.port) }
        } else {
            try await BundledServer.with(build: .tls, settings: settings(port, directory, any)) { server in
                try await look(server.port)
                // By its own file, from which it takes trust and identity, at no other port.
                let text = try String(contentsOfFile: server.directory.path + "/zoo.cfg", encoding: .utf8)
                let file = server.directory.path + "/secure.cfg"
                try text.split(separator: "\n").filter { !$0.hasPrefix("clientPort=") }.joined(separator: "\n")
                    .write(toFile: file, atomically: true, encoding: .utf8)
                #expect(try await ask(file).contains("remote is healthy"))
            }
        }
    }

    /// What is no TLS, or breaks off, harms nobody.
    @Test
    func garbage() async throws {
        let directory = try await TestCertificates.directory()
        let port = FreePorts.take(1)[0]
        try await BundledServer.with(build: .tls, settings: settings(port, directory)) { server in
            for seed in 1...3 {
                let output = try await run(port, directory, "garbage", "\(seed)", "\(server.port)")
                #expect(output == "done\n")
            }
            #expect(server.isRunning)
        }
    }

    /// Clients that stop in the middle of the handshake are closed, on both kinds of port.
    @Test
    func halfway() async throws {
        let directory = try await TestCertificates.directory()
        let port = FreePorts.take(1)[0]
        let both = ["client.portUnification": "true", "nio.sessionlessCnxnTimeout": "1000"]
        try await BundledServer.with(build: .tls, settings: settings(port, directory, both)) { server in
            for port in [port, server.port] {
                let output = try await run(port, directory, "halfway")
                #expect(output == "closed\n")
            }
        }
    }
}
