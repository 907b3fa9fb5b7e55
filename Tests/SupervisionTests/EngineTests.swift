import DurableFiles
import Glibc
import TestSupport
import Testing

@testable import Supervision

/// Where engines are found, in trees made for the purpose.
@Suite struct EngineTests {
    /// Empty files; a trailing slash makes a directory.
    private func make(_ root: String, _ paths: String...) throws {
        for path in paths {
            var at = root
            for part in path.split(separator: "/") {
                at += "/\(part)"
                if at == "\(root)/\(path)" {
                    try DurableFile.write([], to: at, mode: 0o755)
                } else {
                    mkdir(at, 0o755)
                }
            }
        }
    }

    /// Who has a package has no bin/build-release, and who has a checkout no package.
    @Test(arguments: [
        ("/src/.build-release/x86_64-unknown-linux-gnu/release/zkcli", "build it with bin/build-release zkcli"),
        ("/src/.build/debug/zkserver-tls", "build it with bin/build-release zkserver-tls"),
        (
            "/usr/lib/paddock/zkserver-tls",
            "install the package anew: apt-get install --reinstall ./paddock_*.deb (it has zkserver-tls unless it was made without)"
        ),
        (
            "/home/a/.local/lib/paddock/zkcli",
            "run install.sh of the tarball again (it has zkcli unless it was made without)"
        ),
        (
            "/v/site-packages/paddock/_programs/zkserver",
            "install the wheel anew: pip install --force-reinstall paddock-*.whl"
        ),
        (
            "/v/site-packages/paddock/_programs/zkserver-tls",
            "the wheel has no programs with TLS: install the .deb or the tarball"
        ),
        ("/opt/zkserver", "put zkserver of the same version there"),
    ])
    func howToGetAProgramDependsOnWhereTheOthersCameFrom(_ program: String, _ way: String) {
        #expect(Installation.wayToGet(program) == way)
        #expect(
            EngineError.noBundledServer(searched: program).description
                == "the bundled server is not here: there is no program \(program); \(way), or name it with PADDOCK_ZKSERVER"
        )
    }

    /// Whoever starts a server hands on where his programs are and how he likes his language; that makes no other server of it.
    @Test func aServerIsWhatItIsWhoeverStartsIt() throws {
        func fingerprint(_ environment: [String: String], variables: [String: String] = [:]) -> String {
            var engine = ApacheEngine(
                distribution: ApacheDistribution(home: ApacheDistribution.debianHome)!, java: Java(executable: "/java"),
                environment: ApacheEngine.inherited(from: environment).merging(variables) { $1 })
            engine.chosenVariables = variables.keys.sorted()
            return ServerSpec(
                id: 1, directory: "/e/server.1",
                launch: engine.launch(configuration: "/zoo.cfg", directory: "/e/server.1"),
                clientHost: "127.0.0.1", clientPort: 2181, engine: "apache"
            ).fingerprint
        }
        let shell = [
            "PATH": "/usr/bin", "HOME": "/root", "USER": "root", "LANG": "C.UTF-8", "LC_ALL": "C", "SECRET": "x",
        ]
        #expect(fingerprint(shell) == fingerprint(["PATH": "/bin", "LANG": "de_DE.UTF-8", "TMPDIR": "/var/tmp"]))
        #expect(fingerprint(shell) != fingerprint(shell.merging(["TZ": "CET"]) { $1 }), "the times in its log")
        #expect(fingerprint(shell) != fingerprint(shell.merging(["ZOO_LOG_LEVEL": "debug"]) { $1 }))
        #expect(fingerprint(shell) != fingerprint(shell, variables: ["LANG": "de_DE.UTF-8"]), "the topology wants it")
        #expect(fingerprint(shell, variables: ["A": "1"]) != fingerprint(shell, variables: ["A": "2"]))
    }

    @Test func tarball() async throws {
        try await withTemporaryDirectory { root in
            try make(
                root, "zk/bin/zkServer.sh", "zk/lib/zookeeper-3.8.4.jar", "zk/lib/zookeeper-jute-3.8.4.jar",
                "zk/lib/logback-classic-1.2.10.jar", "java/bin/java", "bin/sh")
            try DurableFile.write("IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"21.0.2\"\n".utf8, to: root + "/java/release")
            let environment = ["JAVA_HOME": root + "/java", "PATH": root + "/bin", "LANG": "C", "SECRET": "x"]
            let engine = try ApacheEngine.find(home: root + "/zk", heap: "512m", environment: environment)
            #expect(engine.version == "3.8.4")
            #expect(engine.java == Java(executable: root + "/java/bin/java"))
            #expect(engine.java.version == "21.0.2")

            let launch = engine.launch(configuration: "/e/server.1/conf/zoo.cfg", directory: "/e/server.1")
            #expect(launch.executable == root + "/java/bin/java")
            #expect(launch.arguments.first == "-Xmx512m")
            #expect(
                launch.arguments.suffix(5) == [
                    "-Dlogback.configurationFile=/e/server.1/conf/logback.xml", "-cp", "\(root)/zk/lib/*",
                    "org.apache.zookeeper.server.quorum.QuorumPeerMain", "/e/server.1/conf/zoo.cfg",
                ])
            #expect(launch.environment == ["PATH": root + "/bin", "LANG": "C"])
            #expect(launch.workingDirectory == "/e/server.1")
            #expect(launch.files.map(\.path) == ["/e/server.1/conf/logback.xml"])
        }
    }

    @Test func tarballOfOldHasItsJarInTheHome() async throws {
        try await withTemporaryDirectory { root in
            try make(root, "zk/zookeeper-3.4.14.jar", "zk/bin/zkServer.sh", "zk/lib/slf4j-api-1.7.25.jar")
            let old = try #require(ApacheDistribution(home: root + "/zk"))
            #expect(old.version == "3.4.14")
            #expect(old.classPath == "\(root)/zk/*:\(root)/zk/lib/*")
            #expect(old.logging == .log4j)
        }
    }

    @Test func zkServerInThePathLeadsToItsHome() async throws {
        try await withTemporaryDirectory { root in
            try make(
                root, "brew/libexec/lib/zookeeper-3.9.1.jar", "brew/bin/zkServer.sh", "opt/bin/zkServer.sh",
                "opt/lib/zookeeper-3.7.2.jar", "own/bin/zkServer.sh")
            mkdir(root + "/links", 0o755)
            symlink(root + "/opt/bin/zkServer.sh", root + "/links/zkServer.sh")
            // The first is a script of that name without a ZooKeeper beside it, such as this project's own.
            let path = [root + "/own/bin", root + "/brew/bin", root + "/links", "relative"].joined(separator: ":")
            let found = ApacheDistribution.all(environment: ["PATH": path]).filter { $0.home.hasPrefix(root) }
            #expect(found.map(\.home) == [root + "/brew/libexec", root + "/opt"])
        }
    }

    @Test func givenHomeIsNotReplacedByAnother() async throws {
        try await withTemporaryDirectory { root in
            mkdir(root + "/empty", 0o755)
            let message =
                "\(root)/empty is no ZooKeeper home: neither lib/zookeeper-*.jar nor Debian's ../java/zookeeper.jar is there; "
                + "name the directory that has bin/zkServer.sh in it, "
                + "or install it: apt-get install zookeeper default-jre-headless"
            for (home, environment) in [(root + "/empty", [:]), (nil, ["ZOOKEEPER_HOME": root + "/empty"])] {
                let error = #expect(throws: EngineError.self) {
                    _ = try ApacheDistribution.find(home: home, environment: environment)
                }
                #expect(error?.description == message)
            }
        }
    }

    @Test func missingOnesSayWhatToInstall() {
        #expect(
            EngineError.noZooKeeper(searched: ["a", "b"]).description
                == "no Apache ZooKeeper found (looked at a, b); install it: apt-get install zookeeper default-jre-headless"
        )
        #expect(
            EngineError.noJava(searched: ["$PATH"]).description
                == "no Java found (looked at $PATH); install one: apt-get install default-jre-headless")
    }

    @Test func theBundledServerIsBesideTheProgramOrWhereTheVariableSays() async throws {
        try await withTemporaryDirectory { root in
            try make(root, "bin/paddock", "other place/zkserver")
            mkdir(root + "/links", 0o755)
            symlink(root + "/bin/paddock", root + "/links/paddock")
            let program = root + "/links/paddock"
            #expect(throws: EngineError.noBundledServer(searched: root + "/bin/zkserver")) {
                _ = try BundledEngine.find(environment: [:], beside: program)
            }
            try ExecutableFile.write("#!/bin/sh\necho zkserver 1.2, built today\n", to: root + "/bin/zkserver")
            let environment = ["LANG": "C", "SECRET": "x"]
            let engine = try BundledEngine.find(environment: environment, beside: program)
            #expect(engine.executable == root + "/bin/zkserver")
            #expect(engine.version == "1.2")
            let launch = engine.launch(configuration: "/e/server.1/conf/zoo.cfg", directory: "/e/server.1")
            #expect(
                launch
                    == Launch(
                        executable: root + "/bin/zkserver", arguments: ["/e/server.1/conf/zoo.cfg"],
                        environment: ["LANG": "C"], workingDirectory: "/e/server.1"))

            let missing = EngineError.noBundledServer(searched: root + "/bin/zkserver-tls")
            #expect(missing.description.contains("; put zkserver-tls of the same version there, or "))
            #expect(throws: missing) { _ = try BundledEngine.find(environment: [:], hasTLS: true, beside: program) }
            try ExecutableFile.write("#!/bin/sh\necho zkserver-tls 1.3\n", to: root + "/bin/zkserver-tls")
            let secure = try BundledEngine.find(environment: [:], hasTLS: true, beside: program)
            #expect(secure.executable == root + "/bin/zkserver-tls")
            #expect(secure.version == "1.3")

            let named = try BundledEngine.find(
                environment: ["PADDOCK_ZKSERVER": root + "/other place/zkserver"], beside: program)
            #expect(named.executable == root + "/other place/zkserver")
            #expect(named.version == nil)
            #expect(throws: EngineError.notAServer("/nowhere")) {
                _ = try BundledEngine.find(environment: ["PADDOCK_ZKSERVER": "/nowhere"], beside: program)
            }
        }
    }

    @Test func theShellIsBesideTheProgramOrWhereTheVariableSays() async throws {
        try await withTemporaryDirectory { root in
            try make(root, "bin/paddock", "bin/zkcli", "other place/zkcli", "empty/paddock")
            #expect(try ShellProgram.find(environment: [:], beside: root + "/bin/paddock") == root + "/bin/zkcli")
            #expect(throws: EngineError.noShell(searched: root + "/empty/zkcli")) {
                _ = try ShellProgram.find(environment: [:], beside: root + "/empty/paddock")
            }
            #expect(throws: EngineError.noShell(searched: root + "/bin/zkcli-tls")) {
                _ = try ShellProgram.find(environment: [:], withTLS: true, beside: root + "/bin/paddock")
            }
            #expect(ShellProgram.wantsTLS(environment: ["CLIENT_JVMFLAGS": "-Xmx1g -Dzookeeper.client.secure=true"]))
            #expect(!ShellProgram.wantsTLS(environment: ["JVMFLAGS": "-Dzookeeper.client.secure=false"]))
            let environment = ["PADDOCK_ZKCLI": root + "/other place/zkcli"]
            #expect(try ShellProgram.find(environment: environment) == root + "/other place/zkcli")
            #expect(throws: EngineError.notAShell("/nowhere")) {
                _ = try ShellProgram.find(environment: ["PADDOCK_ZKCLI": "/nowhere"])
            }
        }
    }

    @Test func flagsVariablesAndTheLevelOfTheLogReachTheServer() throws {
        let environment = ["PATH": "/usr/bin", "ZOO_LOG_LEVEL": "warn", "TZ": "CET"]
        func launch(_ flags: [String], _ logLevel: String?) throws -> Launch {
            try ApacheEngine.find(
                home: "/usr/share/zookeeper", flags: flags, variables: ["TZ": "UTC", "A": "b"], environment: environment
            ).launch(configuration: "/e/zoo.cfg", directory: "/e", logLevel: logLevel)
        }
        let plain = try launch([], nil)
        #expect(plain.arguments.contains("-XX:+UseSerialGC"))
        #expect(plain.arguments.contains("-Dpaddock.log.level=WARN"))
        #expect(plain.environment["TZ"] == "UTC")
        #expect(plain.environment["A"] == "b")
        let flags = ["-XX:+UseG1GC", "-Dzookeeper.snapCount=7"]
        let own = try launch(flags, "debug")
        #expect(!own.arguments.contains("-XX:+UseSerialGC"), "a JVM takes one collector")
        #expect(own.arguments.contains("-Dpaddock.log.level=DEBUG"))
        #expect(Array(own.arguments[..<own.arguments.firstIndex(of: "-cp")!].suffix(2)) == flags)
        let bundled = BundledEngine(executable: "/zkserver", environment: ["ZOO_LOG_LEVEL": "warn"])
        #expect(
            bundled.launch(configuration: "/e/zoo.cfg", directory: "/e", logLevel: "debug").environment
                == ["ZOO_LOG_LEVEL": "debug"])
    }

    @Test func debian() throws {
        let engine = try ApacheEngine.find(home: "/usr/share/zookeeper", environment: ["PATH": "/usr/bin"])
        #expect(engine.version == "3.8.0")
        for jar in engine.distribution.classPath.split(separator: ":") { #expect(Files.exists(String(jar))) }
    }
}
