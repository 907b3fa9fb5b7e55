import Foundation
import TestSupport
import Testing
import ZooKeeperClient

/// The bundled server's secure client port, with certificates that openssl makes: to Python's TLS, to kazoo, to Apache's zkCli,
/// and beside Apache's server.
@Suite(.serialized) struct TLSTests {
    /// A directory with keys and certificates.
    private func withCertificates<Result>(
        isolation: isolated (any Actor)? = #isolation, _ body: (String) async throws -> Result
    ) async throws -> Result {
        let directory = try TemporaryDirectory("certificates")
        defer { directory.remove() }
        let script = BundledServer.packageRoot + "/Tests/InteropTests/Scripts/certificates.sh"
        let process = try ChildProcess("/bin/sh", [script, directory.path], output: directory.path + "/log")
        try await eventually("the certificates are made") { !process.isRunning }
        #expect(FileManager.default.fileExists(atPath: directory.path + "/encrypted.pem"))
        return try await body(directory.path)
    }

    private func settings(_ port: Int, _ directory: String, _ more: [String: String] = [:]) -> [String: String] {
        [
            "secureClientPort": "\(port)", "secureClientPortAddress": "127.0.0.1",
            "ssl.keyStore.location": directory + "/server.pem", "ssl.trustStore.location": directory + "/ca.crt",
            "ssl.trustStore.type": "PEM", "X509AuthenticationProvider.superUser": "CN=root,O=Example",
        ].merging(more) { $1 }
    }

    private func run(_ port: Int, _ directory: String, _ command: String) async throws -> String {
        try await Python.run(
            try BundledServer.script("wire.py") + BundledServer.script("tls.py"),
            arguments: ["\(port)", directory, command])
    }

    @Test("kazoo with client certificates: x509 ACLs, the super user, watches, large answers")
    func kazoo() async throws {
        try await withCertificates { directory in
            let port = FreePorts.take(1)[0]
            try await BundledServer.with(build: .tls, settings: settings(port, directory)) { server in
                let output = try await run(port, directory, "kazoo")
                #expect(
                    output
                        == "1.2.840.113549.1.9.1=#1611616c696365406578616d706c652e6f7267,CN=alice,OU=R\\+D,O=Example\\, Inc.,ST=Baden-Württemberg,C=DE\ndone\n"
                )
                #expect(try await FourLetterWords.conf(server.address).integer("secureClientPort") == port)
                // The plain port goes on.
                #expect(try await FourLetterWords.ruok(server.address))
            }
        }
    }

    @Test("Clients are who Apache's server says they are")
    func sameIdentities() async throws {
        try await withCertificates { directory in
            let ports = FreePorts.take(2)
            let theirs = settings(
                ports[0], directory, ["serverCnxnFactory": "org.apache.zookeeper.server.NettyServerCnxnFactory"])
            let apache = try await ApacheServer.with(settings: theirs) { _ in
                try await run(ports[0], directory, "whoami")
            }
            try await BundledServer.with(build: .tls, settings: settings(ports[1], directory)) { _ in
                #expect(try await run(ports[1], directory, "whoami") == apache)
                #expect(apache.contains("super:CN=root,O=Example"))
            }
        }
    }

    @Test(
        "Who shows no certificate that counts is refused, unless ssl.clientAuth is milder",
        arguments: [
            ("need", "plain True, none True, stranger True, alice False\n"),
            ("want", "plain True, none False, stranger True, alice False\n"),
            ("none", "plain True, none False, stranger False, alice False\n"),
        ])
    func refusals(auth: String, expected: String) async throws {
        try await withCertificates { directory in
            let port = FreePorts.take(1)[0]
            try await BundledServer.with(build: .tls, settings: settings(port, directory, ["ssl.clientAuth": auth])) {
                server in
                #expect(try await run(port, directory, "refusals") == expected)
                if auth == "need" { #expect(server.log.contains("closing a connection: no TLS handshake: ")) }
            }
        }
    }

    @Test(
        "The server's key comes from PEM and PKCS12, with a password or without",
        arguments: [
            ["ssl.keyStore.location": "server.p12", "ssl.keyStore.password": "secret"],
            ["ssl.keyStore.location": "encrypted.pem", "ssl.keyStore.passwordPath": "password"],
        ])
    func stores(store: [String: String]) async throws {
        try await withCertificates { directory in
            try "secret\n".write(toFile: directory + "/password", atomically: true, encoding: .utf8)
            let paths = store.mapValues { $0 == "secret" ? $0 : directory + "/" + $0 }
            let port = FreePorts.take(1)[0]
            try await BundledServer.with(build: .tls, settings: settings(port, directory, paths)) { _ in
                #expect(try await run(port, directory, "whoami").hasPrefix("alice ['ip:127.0.0.1', 'x509:"))
            }
        }
    }

    @Test("With client.portUnification one port takes both")
    func unification() async throws {
        try await withCertificates { directory in
            var both = settings(0, directory, ["client.portUnification": "true"])
            both["secureClientPort"] = nil
            both["secureClientPortAddress"] = nil
            try await BundledServer.with(build: .tls, settings: both) { server in
                #expect(try await run(server.port, directory, "kazoo").hasSuffix("done\n"))
                _ = try await Python.run(
                    try BundledServer.script("workload.py"), arguments: ["\(server.port)", "plain"])
            }
        }
    }

    @Test("Apache's zkCli, with a client certificate")
    func zkCli() async throws {
        try await withCertificates { directory in
            let port = FreePorts.take(1)[0]
            try await BundledServer.with(build: .tls, settings: settings(port, directory)) { _ in
                let output = try await Python.run(
                    try BundledServer.script("zkcli_tls.py"), arguments: ["\(port)", directory])
                #expect(output.contains("x509: CN=bob,O=Example") && output.contains("hello over TLS"), "\(output)")
            }
        }
    }

    @Test(
        "What TLS lacks is said with its key",
        arguments: [
            (
                ["ssl.keyStore.location": "nowhere.pem"],
                "cannot read a private key and its certificates from /nowhere.pem (ssl.keyStore.location, ssl.keyStore.password): "
            ),
            (
                ["ssl.keyStore.location": "store.jks"],
                "/store.jks (ssl.keyStore.location) is a JKS store, which only Java reads; convert it: keytool "
            ),
            (["ssl.enabledProtocols": "SSLv3"], "ssl.enabledProtocols names SSLv3; TLSv1.2 and TLSv1.3 can be had"),
            (
                ["ssl.ciphersuites": "TLS_NOSUCH"],
                "ssl.ciphersuites names TLS_NOSUCH; known are TLS_AES_128_GCM_SHA256, "
            ),
        ])
    func complaints(wrong: [String: String], expected: String) async throws {
        try await withCertificates { directory in
            let paths = wrong.mapValues { $0.contains(".") ? directory + "/" + $0 : $0 }
            let server = try BundledServer(build: .tls, settings: settings(FreePorts.take(1)[0], directory, paths))
            defer { server.directory.remove() }
            try server.launch()
            try await eventually("the server ends") { !server.isRunning }
            #expect(
                server.log.replacingOccurrences(of: directory, with: "").contains("zkserver-tls: " + expected),
                "\(server.log)")
        }
    }

    @Test("The server without TLS says which one has it")
    func withoutTLS() async throws {
        let server = try BundledServer(settings: settings(FreePorts.take(1)[0], "/nowhere"))
        defer { server.directory.remove() }
        try server.launch()
        try await eventually("the server ends") { !server.isRunning }
        #expect(
            server.log.contains(
                "zkserver: zoo.cfg sets secureClientPort, and this is the server without TLS: run zkserver-tls with the same zoo.cfg"
            ))
    }
}
