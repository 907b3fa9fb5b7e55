import Foundation
import TestSupport
import Testing
import ZooKeeperClient

/// Where the keys of the secure client port come from, and what is said about those that will not do.
@Suite(.serialized) struct TLSKeyTests {
    /// The server's key comes from PEM and PKCS12, with a password or without.
    @Test(arguments: [
        ["ssl.keyStore.location": "server.p12", "ssl.keyStore.password": "secret"],
        ["ssl.keyStore.location": "encrypted.pem", "ssl.keyStore.passwordPath": "password"],
    ])
    func stores(store: [String: String]) async throws {
        let directory = try await TestCertificates.directory()
        try "secret\n".write(toFile: directory + "/password", atomically: true, encoding: .utf8)
        try await serves(store.mapValues { $0 == "secret" ? $0 : directory + "/" + $0 }, directory)
    }

    /// Java's stores can be used when they are converted as the messages say.
    @Test
    func converted() async throws {
        let directory = try await TestCertificates.directory()
        let java = [
            "ssl.keyStore.location": directory + "/server.jks", "ssl.keyStore.password": "secret",
            "ssl.trustStore.location": directory + "/trust.jks", "ssl.trustStore.password": "secret",
            "ssl.trustStore.type": "JKS",
        ]
        let new = try TemporaryDirectory("converted")
        defer { new.remove() }
        let forKey = try await complaint(java, directory)
        let mendedKey = try await convert(forKey, in: new.path)
        #expect(mendedKey == ["ssl.keyStore.location": new.path + "/server.p12"])
        let half = java.merging(mendedKey) { $1 }
        let forTrust = try await complaint(half, directory)
        let mendedTrust = try await convert(forTrust, in: new.path)
        #expect(mendedTrust == ["ssl.trustStore.location": new.path + "/trust.pem"])
        var whole = half.merging(mendedTrust) { $1 }
        whole["ssl.trustStore.type"] = "PEM"
        try await serves(whole, directory)

        // And Apache's server takes them as they are.
        let port = FreePorts.take(1)[0]
        let theirs = TestCertificates.clientPort(
            port, directory,
            java.merging(["serverCnxnFactory": "org.apache.zookeeper.server.NettyServerCnxnFactory"]) { $1 })
        let output = try await StandaloneServer.with(.apache, settings: theirs) { _ in
            try await TestCertificates.talk(port, directory, ["whoami"])
        }
        #expect(output.hasPrefix("alice ['ip:127.0.0.1', 'x509:"))
    }

    /// Runs the command behind "convert it: " and returns the setting behind "and set ".
    private func convert(_ message: String, in directory: String) async throws -> [String: String] {
        let parts = message.components(separatedBy: "onvert it: ")[1].components(separatedBy: ", and set ")
        let log = directory + "/convert.log"
        let command = "cd \(directory) && \(parts[0])"
        let process = try ChildProcess(
            "/bin/sh", ["-c", "printf 'secret\nsecret\nsecret\n' | (\(command))"], output: log)
        try await eventually("the store is converted") { !process.isRunning }
        let words = parts[1].split(whereSeparator: \.isWhitespace)
        return [String(words[0]): directory + "/" + words[2]]
    }

    private func serves(_ settings: [String: String], _ directory: String) async throws {
        let port = FreePorts.take(1)[0]
        let all = TestCertificates.clientPort(port, directory, settings)
        try await BundledServer.with(build: .tls, settings: all) { _ in
            let output = try await TestCertificates.talk(port, directory, ["whoami"])
            #expect(output.hasPrefix("alice ['ip:127.0.0.1', 'x509:"))
        }
    }

    /// What a server says that does not start with these settings.
    private func complaint(_ settings: [String: String], _ directory: String) async throws -> String {
        let all = TestCertificates.clientPort(FreePorts.take(1)[0], directory, settings)
        let server = try BundledServer(build: .tls, settings: all)
        defer { server.directory.remove() }
        try server.launch()
        try await eventually("the server ends") { !server.isRunning }
        return server.log
    }

    /// What TLS lacks is said with its key and its file.
    @Test(arguments: [
        (
            ["ssl.keyStore.location": "/nowhere.pem"],
            "ssl.keyStore.location: cannot open /nowhere.pem: No such file or directory"
        ),
        (
            ["ssl.keyStore.location": "/encrypted.pem"],
            "the private key in /encrypted.pem (ssl.keyStore.location) is encrypted: set ssl.keyStore.password or ssl.keyStore.passwordPath"
        ),
        (
            ["ssl.keyStore.location": "/encrypted.pem", "ssl.keyStore.password": "wrong"],
            "cannot read the private key in /encrypted.pem (ssl.keyStore.location) with the given password (ssl.keyStore.password, ssl.keyStore.passwordPath): the password does not fit, or it is damaged. openssl pkey -in FILE shows "
        ),
        (
            ["ssl.keyStore.location": "/server.crt", "ssl.keyStore.type": "PEM"],
            "/server.crt (ssl.keyStore.location) holds no private key in PEM: put it before the certificate"
        ),
        (
            ["ssl.keyStore.location": "/server.key", "ssl.keyStore.type": "PEM"],
            "/server.key (ssl.keyStore.location) holds no certificate in PEM: it must have "
        ),
        (
            ["ssl.keyStore.location": "/mismatch.pem"],
            "TLS cannot use /mismatch.pem (ssl.keyStore.location): its private key does not belong to its first certificate: "
        ),
        (
            ["ssl.keyStore.location": "/server.p12", "ssl.keyStore.password": "wrong"],
            "cannot open /server.p12 (ssl.keyStore.location) as PKCS12 with the given password (ssl.keyStore.password, ssl.keyStore.passwordPath): the password does not fit. openssl pkcs12 -info -in /server.p12 shows "
        ),
        (
            ["ssl.keyStore.passwordPath": "/no-password"],
            "ssl.keyStore.passwordPath: cannot open /no-password: No such file or directory"
        ),
        (
            ["ssl.trustStore.location": "/server.key"],
            "/server.key (ssl.trustStore.location) holds no certificate in PEM: it must have "
        ),
        (
            ["ssl.trustStore.location": ""],
            "secureClientPort needs the certificates that clients are checked against, and ssl.trustStore.location is not set [tls-key]"
        ),
        (
            ["ssl.keyStore.location": ""],
            "secureClientPort needs the server's key and certificate, and ssl.keyStore.location is not set [tls-key]"
        ),
        (
            ["ssl.enabledProtocols": "SSLv3"],
            "ssl.enabledProtocols names SSLv3, and the bundled server has TLSv1.2 and TLSv1.3 [tls-version]"
        ),
        (
            ["ssl.ciphersuites": "TLS_NOSUCH"],
            "ssl.ciphersuites names TLS_NOSUCH, which the bundled server does not have [tls-cipher]"
        ),
    ])
    func complaints(wrong: [String: String], expected: String) async throws {
        let directory = try await TestCertificates.directory()
        let log = try await complaint(wrong.mapValues { $0.hasPrefix("/") ? directory + $0 : $0 }, directory)
        // What the zoo.cfg alone shows is said with its place there.
        let beginning = expected.contains("[tls-") ? ": error: " : "zkserver-tls: "
        #expect(log.replacingOccurrences(of: directory, with: "").contains(beginning + expected), "\(log)")
    }

    /// Without a list of ciphers, none that lacks forward secrecy is spoken; with one, what it says.
    @Test
    func ciphers() async throws {
        let directory = try await TestCertificates.directory()
        let port = FreePorts.take(1)[0]
        let all = ["AES128-GCM-SHA256", "AES256-SHA", "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-SHA"]
        for (list, spoken) in [(nil, all[2...]), ("TLS_RSA_WITH_AES_128_GCM_SHA256", all[...0])]
            as [(
                String?, ArraySlice<String>
            )]
        {
            let settings = TestCertificates.clientPort(port, directory, list.map { ["ssl.ciphersuites": $0] } ?? [:])
            try await BundledServer.with(build: .tls, settings: settings) { _ in
                let output = try await TestCertificates.talk(port, directory, ["ciphers"] + all)
                #expect(output.split(separator: "\n").map(String.init) == Array(spoken))
            }
        }
    }

    /// A certificate whose time is over, or soon will be, is said at the start and shown by mntr.
    @Test
    func ends() async throws {
        let directory = try await TestCertificates.directory()
        for (file, days, words) in [("server.pem", 2, "runs out at "), ("expired.pem", -1, "ran out at ")] {
            let settings = TestCertificates.clientPort(
                FreePorts.take(1)[0], directory, ["ssl.keyStore.location": "\(directory)/\(file)"])
            try await BundledServer.with(build: .tls, settings: settings) { server in
                #expect(
                    server.log.contains("the certificate in \(directory)/\(file) (ssl.keyStore.location) \(words)"),
                    "\(server.log)")
                let mntr = try await FourLetterWords.mntr(server.address)
                let end = try #require(mntr.integer("zk_ssl_certificate_end"))
                let left = Double(end) - Date.now.timeIntervalSince1970
                #expect(abs(left / 86400 - Double(days)) < 1)
            }
        }
    }

    /// The server without TLS says which one has it.
    @Test
    func withoutTLS() async throws {
        let port = FreePorts.take(1)[0]
        let server = try BundledServer(settings: TestCertificates.clientPort(port, "/nowhere"))
        defer { server.directory.remove() }
        try server.launch()
        try await eventually("the server ends") { !server.isRunning }
        #expect(
            server.log.contains(
                "zkserver: zoo.cfg sets secureClientPort, and this is the server without TLS: run zkserver-tls with the same zoo.cfg"
            ))
    }
}
