import DurableFiles
import Glibc
import Supervision
import Testing

@testable import Operations

/// Secrets do not leave the machine, in whatever file, format or log they stand.
@Suite struct SecretsTests {
    @Test(arguments: [
        ("ssl.keyStore.password=hunter2\n", "ssl.keyStore.password=(removed)\n"),
        ("  ssl.trustStore.password: hun\\\n    ter2\n", "ssl.trustStore.password=(removed)\n"),
        ("a\\u0070assword x=y\n", "apassword=(removed)\n"),
        (
            "DigestAuthenticationProvider.superDigest=super:abc=\n",
            "DigestAuthenticationProvider.superDigest=(removed)\n"
        ),
        ("digest.enabled=true\n", "digest.enabled=true\n"),
        ("ssl.keyStore.passwordPath=/etc/key\n", "ssl.keyStore.passwordPath=/etc/key\n"),
        ("connection_throttle_tokens=5\n", "connection_throttle_tokens=5\n"),
        ("server.1=127.0.0.1:2888:3888;2181\n", "server.1=127.0.0.1:2888:3888;2181\n"),
        ("# ssl.keyStore.password=old\n", "# ssl.keyStore.password=(removed)\n"),
    ])
    func aLineOfProperties(_ text: String, _ redacted: String) {
        #expect(Secrets().redacted(text, .properties) == redacted)
    }

    @Test func aTopologyIsRedactedByWhatItMeans() {
        let text = """
            ensemble: demo # password: in a comment
            engine: {apache: {jvmFlags: [-Dzookeeper.ssl.keyStore.password=f1a9, -Xms1g], environment: {MY_TOKEN: t0k}}}
            settings:
              ssl.trustStore.password: >-
                block
                scalar
              tickTime: 2000
            """
        let redacted = Secrets().redacted(text, .yaml)
        for secret in ["in a comment", "f1a9", "t0k", "block", "scalar"] { #expect(!redacted.contains(secret)) }
        for kept in ["ensemble: demo", "-Xms1g", "tickTime: 2000"] { #expect(redacted.contains(kept), "\(redacted)") }
        #expect(!Secrets().redacted("a: [secret", .yaml).contains("secret\n"))
    }

    @Test func whatIsASecretInOneFileIsNoneInALog() {
        var secrets = Secrets()
        secrets.learn("settings: {DigestAuthenticationProvider.superDigest: 'super:9xK+/w=='}", .yaml)
        secrets.learn("ssl.keyStore.password=quo\\\"te\\\\d\ndigest.enabled=true\n", .properties)
        let log = "user 9xK+/w== logged in\n{\"a\":\"quo\\\"te\\\\d\"}\ntrue\n"
        #expect(secrets.redacted(log, .text) == "user (removed) logged in\n{\"a\":\"(removed)\"}\ntrue\n")
    }

    @Test func noCanaryGetsIntoABundle() async throws {
        try await withTemporaryDirectory { directory in
            let canary = { (name: String) in "canary-\(name)-3f7a" }
            let store = EnsembleStore(directory: directory + "/state")
            let root = store.root(of: "demo")
            for folder in ["conf", "logs", "data"] { try makeDirectories("\(root)/server.1/\(folder)") }
            try DurableFile.write(
                """
                # \(canary("comment"))
                ensemble: demo
                participants: 1
                engine: {apache: {jvmFlags: ['-Djavax.net.ssl.keyStorePassword=\(canary("flag"))']}}
                ports: {client: 1181, admin: 1180}
                settings:
                  ssl.trustStore.password: >-
                    \(canary("block"))
                """.utf8, to: "\(root)/topology.yaml")
            try DurableFile.write(
                "ssl.keyStore.pass\\\n  word = \(canary("continued"))\n".utf8, to: "\(root)/server.1/conf/zoo.cfg")
            try DurableFile.write(
                "superUser=\(canary("dynamic"))\n".utf8, to: "\(root)/server.1/conf/zoo.cfg.dynamic.100000000")
            let names = ["flag", "block", "continued", "dynamic"]
            let log = names.map { "2026-11-24 05:00:00.123 WARN  it was \(canary($0))\n" }.joined()
            try DurableFile.write(log.utf8, to: "\(root)/server.1/logs/server.log")
            try makeDirectories("\(root)/supervisor")
            try DurableFile.write(log.utf8, to: "\(root)/supervisor/supervisor.log")

            let operations = Operator(
                store: store, command: "paddock bundle", environment: ["PATH": "/usr/bin:/bin"],
                launcher: { _ in SupervisorLauncher(arguments: []) })
            let archive = try await operations.bundle("demo", to: directory + "/b.tar.gz")
            var status = stat()
            #expect(stat(archive, &status) == 0 && status.st_mode & 0o777 == 0o600)
            let unpacked = directory + "/unpacked"
            try makeDirectories(unpacked)
            let code = try await ChildCommand(
                ["tar", "-C", unpacked, "-xzf", archive], environment: ["PATH": "/usr/bin:/bin"]
            ).run()
            #expect(code == 0)
            var count = 0
            func look(_ path: String) throws {
                guard let entries = try? Directory.names(in: path) else {
                    let text = String(decoding: try DurableFile.read(path), as: UTF8.self)
                    #expect(!text.contains("canary"), "\(path):\n\(text)")
                    count += 1
                    return
                }
                for entry in entries { try look("\(path)/\(entry)") }
            }
            try look(unpacked)
            #expect(count > 8)
        }
    }
}
