import Foundation
import TestSupport
import Testing
import ZooKeeperClient

/// SASL DIGEST-MD5: kazoo, Apache's client and Curator against the bundled server, and the servers of an ensemble among themselves.
@Suite(.serialized) struct SASLTests {
    private static let module = "org.apache.zookeeper.server.auth.DigestLoginModule required"
    private static let provider = "org.apache.zookeeper.server.auth.SASLAuthenticationProvider"

    private static func write(_ text: String, to path: String) throws {
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
    }

    /// A JAAS file for servers and clients.
    private static func jaas(in directory: TemporaryDirectory) throws -> String {
        let path = directory.path + "/jaas.conf"
        try write(
            #"""
            // Who may come in.
            Server {
                \#(module)
                user_bob="secret"
                user_ann="κ:ss, \"w\" \\"
                user_root="toor";
            };
            Client { \#(module) username="bob" password="secret"; };
            Ann { \#(module) username="ann" password="κ:ss, \"w\" \\"; };
            Wrong { \#(module) username="bob" password="wrong"; };

            """#, to: path)
        return path
    }

    /// The script does not know who serves. kazoo hashes a password as UTF-8 also where the RFC, and Java, have ISO 8859-1: so there is a
    /// letter in it that only UTF-8 has.
    @Test(arguments: [Engine.bundled, .apache])
    func kazooProvesWhoItIsAndItsZnodesAreItsOwn(engine: Engine) async throws {
        let directory = try TemporaryDirectory("sasl")
        defer { directory.remove() }
        let jaas = try Self.jaas(in: directory)
        let settings = ["authProvider.1": Self.provider, "superUser": "root"]
        let script = try BundledServer.script("sasl.py")
        if engine == .bundled {
            let users = directory.path + "/users"
            try Self.write("# name:password\nbob:secret\nann:κ:ss, \"w\" \\\nroot:toor\n", to: users)
            let ways = [
                (["java.security.auth.login.config": jaas].merging(settings) { $1 }, "no"),
                (["sasl.usersPath": users, "superUser.1": "root", "sessionRequireClientSASLAuth": "true"], "yes"),
            ]
            for (settings, isRequired) in ways {
                try await BundledServer.with(settings: settings) { server in
                    let output = try await Python.run(script, arguments: ["\(server.port)", isRequired])
                    #expect(output == "done\n")
                    #expect(!server.log.contains("secret") && !server.log.contains("toor"), "\(server.log)")
                    let words =
                        isRequired == "yes"
                        ? "it has proved none of sasl" : "the password of the SASL user \"bob\" is wrong"
                    #expect(server.log.contains(words), "\(server.log)")
                }
            }
        } else {
            let options = ["JAVA_TOOL_OPTIONS": "-Dfile.encoding=UTF-8 -Djava.security.auth.login.config=\(jaas)"]
            try await StandaloneServer.with(.apache, settings: settings, environment: options) { server in
                let output = try await Python.run(script, arguments: ["\(server.port)", "no"])
                #expect(output == "done\n")
            }
        }
    }

    @Test func apachesClientAndCuratorWithAJAASSectionConnectAndFailAsWithApachesServer()
        async throws
    {
        let directory = try TemporaryDirectory("sasl")
        defer { directory.remove() }
        let jaas = try Self.jaas(in: directory)
        try BundledServer.script("SASLClient.java").write(
            toFile: directory.path + "/SASLClient.java", atomically: true, encoding: .utf8)
        let jars = [
            "zookeeper", "zookeeper-jute", "slf4j-api", "slf4j-nop", "netty-handler", "netty-common",
            "curator-framework",
            "curator-client", "guava", "jackson-databind", "jackson-core", "jackson-annotations",
        ].map { "/usr/share/java/\($0).jar" }
        let settings = ["java.security.auth.login.config": jaas, "authProvider.1": Self.provider]
        try await BundledServer.with(settings: settings) { server in
            let output = directory.path + "/output"
            let process = try ChildProcess(
                "/usr/bin/java",
                [
                    "-Dfile.encoding=UTF-8", "-Djava.security.auth.login.config=\(jaas)", "-cp",
                    jars.joined(separator: ":"), directory.path + "/SASLClient.java", "\(server.port)",
                ], output: output)
            try await eventually("the Java program ends", within: .seconds(60)) { !process.isRunning }
            let text = try String(contentsOfFile: output, encoding: .utf8)
            #expect(text.hasSuffix("AUTHFAILED\ndone\n"), "\(text) \(server.log)")
        }
    }

    @Test func zkcliWithAJAASSectionIsWhoItSaysAndFailsAsApachesWithAWrongPassword() async throws {
        let directory = try TemporaryDirectory("sasl")
        defer { directory.remove() }
        let jaas = try Self.jaas(in: directory)
        let settings = ["java.security.auth.login.config": jaas, "authProvider.1": Self.provider]
        try await BundledServer.with(settings: settings) { server in
            let at = "\(server.address)"
            var flags = ["java.security.auth.login.config": jaas]
            let who = try await BundledServer.shell(at: at, flags: flags, "whoami")
            #expect(who.hasSuffix("\nAuth scheme: User\nsasl: bob\nip: 127.0.0.1\nexit 0\n"), "\(who)")
            let states = ["SyncConnected", "SaslAuthenticated"].map {
                "\nWATCHER::\n\nWatchedEvent state:\($0) type:None path:null\n"
            }
            #expect(who.contains(states.joined()), "\(who)")
            let made = try await BundledServer.shell(at: at, flags: flags, "create", "/bob", "data", "sasl:bob:cdrwa")
            #expect(made.hasSuffix("\nCreated /bob\nexit 0\n"), "\(made)")
            // Another one, from the file of -client-configuration, may not read it.
            let file = directory.path + "/client.cfg"
            try Self.write("java.security.auth.login.config=\(jaas)\nzookeeper.sasl.clientconfig=Ann\n", to: file)
            let ann = try await BundledServer.shell(at: at, flags: [:], file: file, "get", "/bob")
            #expect(ann.hasSuffix("\nInsufficient permission : /bob\nexit 1\n"), "\(ann)")
            // As Apache's: flags may be meant for the server on the same host.
            flags["zookeeper.sasl.clientconfig"] = "None"
            let nobody = try await BundledServer.shell(at: at, flags: flags, "whoami")
            #expect(nobody.contains("\(jaas) (java.security.auth.login.config) has no section None; "), "\(nobody)")
            #expect(nobody.contains("WatchedEvent state:AuthFailed type:None path:null\n"), "\(nobody)")
            #expect(nobody.hasSuffix("\nAuth scheme: User\nip: 127.0.0.1\nexit 0\n"), "\(nobody)")
            flags["zookeeper.sasl.clientconfig"] = "Wrong"
            let wrong = try await BundledServer.shell(at: at, flags: flags, "get", "/bob")
            #expect(wrong.contains("WatchedEvent state:AuthFailed type:None path:null\n"), "\(wrong)")
            #expect(
                wrong.hasSuffix(
                    "\nKeeperErrorCode = AuthFailed for /bob\nthe servers refused credentials\n\(at): the server has refused the SASL user or password, or has no SASL\nexit 1\n"
                ), "\(wrong)")
        }
    }

    // MARK: Between servers

    private static func quorumJAAS(_ learner: String, in directory: TemporaryDirectory, name: String) throws -> String {
        let path = directory.path + "/" + name
        try write(
            """
            QuorumServer { \(module) user_zk="between us"; };
            QuorumLearner { \(module) username="zk" password="\(learner)"; };

            """, to: path)
        return path
    }

    @Test func apachesServerAndOursProveThemselvesToEachOtherWhoeverLeadsAWrongPasswordKeepsOut()
        async throws
    {
        let directory = try TemporaryDirectory("sasl")
        defer { directory.remove() }
        let good = try Self.quorumJAAS("between us", in: directory, name: "good")
        let wrong = try Self.quorumJAAS("guessed", in: directory, name: "wrong")
        let settings = [
            "java.security.auth.login.config": good, "quorum.auth.enableSasl": "true",
            "quorum.auth.learnerRequireSasl": "true", "quorum.auth.serverRequireSasl": "true",
        ]
        // Apache's does not read that key of zoo.cfg.
        let environment = ["JAVA_TOOL_OPTIONS": "-Djava.security.auth.login.config=\(good)"]
        try await TestEnsemble.with(
            [.bundled, .bundled, .apache], settings: settings, environment: environment
        ) { ensemble in
            try await ensemble.withClient { try await $0.create("/a") }
            // Whichever leads, it goes, and comes back to follow: both kinds have led then, and both have followed.
            var led: Set<Engine> = []
            for _ in 0..<4 where led != [.apache, .bundled] {
                let leader = try await ensemble.leader()
                led.insert(leader.engine)
                leader.kill()
                _ = try await ensemble.leader { $0 !== leader }
                try await ensemble.withClient { _ = try await $0.setData("/a", [1]) }
                try await ensemble.restart(leader)
            }
            #expect(ensemble[3].log.contains("Successfully completed the authentication using SASL"))
            _ = try await ensemble.agreedDigest()

            let stray = ensemble[1]
            stray.kill()
            for (settings, words) in [
                (["java.security.auth.login.config": wrong], "has refused the SASL user or password"),
                (
                    [
                        "quorum.auth.enableSasl": "false", "quorum.auth.learnerRequireSasl": "false",
                        "quorum.auth.serverRequireSasl": "false",
                    ], ""
                ),
            ] {
                try ensemble.configure(stray, settings: settings)
                try stray.start()
                let leader = try await ensemble.leader()
                try await eventually("the stray server is turned away") {
                    let log = leader.log + ensemble[2].log + ensemble[3].log
                    return (words.isEmpty || stray.log.contains(words))
                        && (log.contains("the password of the SASL user \"zk\" is wrong")
                            || log.contains("Failed to authenticate using SASL"))
                }
                #expect(await stray.mode == nil, "it is no member")
                stray.kill()
            }
            try ensemble.configure(stray)
            try await ensemble.restart(stray)
            _ = try await ensemble.agreedDigest()
        }
    }

    @Test func aServerSaysWhatIsWrongWithItsUsersAndDoesNotStart() async throws {
        let directory = try TemporaryDirectory("sasl")
        defer { directory.remove() }
        let kerberos = directory.path + "/kerberos"
        try Self.write(
            "Server { com.sun.security.auth.module.Krb5LoginModule required useKeyTab=true; };\n", to: kerberos)
        let broken = directory.path + "/broken"
        try Self.write("Server {\n  \(Self.module) user_bob=secret\n", to: broken)
        for (settings, words) in [
            (
                ["java.security.auth.login.config": kerberos],
                "\(kerberos) (java.security.auth.login.config) cannot be used: section Server asks for Kerberos (com.sun.security.auth.module.Krb5LoginModule), and there is DIGEST-MD5 only: use org.apache.zookeeper.server.auth.DigestLoginModule"
            ),
            (
                ["java.security.auth.login.config": broken],
                "cannot be used: line 3: an option, or ';' behind the last one, is missing"
            ),
            (
                ["java.security.auth.login.config": directory.path + "/none"],
                "/none (java.security.auth.login.config) cannot be read: "
            ),
            (["sasl.usersPath": broken], "cannot be used: line 1: it is not user:password"),
        ] {
            let server = try BundledServer(settings: settings)
            defer {
                server.kill()
                server.directory.remove()
            }
            try server.launch()
            try await eventually("it ends") { !server.isRunning }
            #expect(server.log.contains(words), "\(server.log)")
            #expect(!server.log.contains("secret"))
        }
    }
}
