import Diagnostics
import Foundation
import ServerConfig
import TestSupport
import Testing

/// `paddock check`, the bundled server's own judgement and Apache's parser over one corpus of zoo.cfg files. Each difference
/// is one of those listed here, with its reason.
@Suite(.serialized) struct ConfigJudgesTests {
    /// Rules by which a file is an error although Apache's parser takes it.
    private static let stricterThanApache: [Rule: String] = [
        .value: "Apache takes any number, and misbehaves with it later; of a property it takes any text for false",
        .serverLine: "a server without a host, which Apache would look up as ''",
        .serverPort: "port 0, which nobody can dial",
        .serverID: "negative ids, which peers take for a version of the protocol",
        .duplicateServer: "Apache silently drops one of the two",
        .electionPort: "Apache finds that out when it binds",
        .portConflict: "Apache finds that out when it binds",
        .hostAddress: "Apache looks up any name, and finds out that there is none",
        .loopbackAddress: "Apache starts, and cannot be reached",
        .placeholder: "Apache takes it for a name",
        .quotes: "Apache takes them for a part of the name",
        .path: "Apache makes a directory of that name",
        .lookAlike: "Apache takes it for a part of the name",
        .dataDirRelative: "Apache crashes when it first writes there",
        .clientAddress: "an address without its port, which Apache ignores beside a port of 0",
        .myidUnlisted: "Apache finds that out when it joins",
        .tlsFactory: "Apache finds that out when it opens the port",
        .tlsKey: "Apache finds that out when somebody connects",
        .noSchemes: "Apache finds that out when somebody connects",
        .multiAddress: "Apache allows it by a property of the JVM only",
        .noParticipants: "Apache finds that out when it starts the quorum",
        .limitOverflow: "Apache computes with a negative timeout",
        .sessionTimeout: "Apache compares before it fills in what is not set",
        .weight: "Apache takes the number, and no quorum forms",
        .group: "Apache takes the group, and crashes when it counts votes",
        .dataDirMissing: "Apache refuses that when it starts",
    ]

    /// Rules by which a file is an error although the bundled server starts with it.
    private static let advice: Set<Rule> = [
        .portConflict, .loopbackAddress, .dataDirUnwritable, .dataDirAbsent, .tlsFile,
    ]

    /// More of it: `PADDOCK_CORPUS=SEED:COUNT bin/test --filter ConfigJudgesTests`.
    @Test func agree() async throws {
        let more = (ProcessInfo.processInfo.environment["PADDOCK_CORPUS"] ?? "1:250").split(separator: ":")
        let (seed, count) = (try #require(UInt64(more[0])), try #require(Int(more[more.count - 1])))
        let temporary = try TemporaryDirectory("config-judges")
        defer { temporary.remove() }
        let directory = temporary.path
        let dataDir = "\(directory)/data"
        try FileManager.default.createDirectory(atPath: dataDir, withIntermediateDirectories: true)
        try "1\n".write(toFile: "\(dataDir)/myid", atomically: false, encoding: .utf8)
        let keys = KnownKeys.all.map(\.name).filter { !["dataDir", "dataLogDir", "dynamicConfigFile"].contains($0) }
        var corpus = ConfigCorpus(dataDir: dataDir, keys: keys, seed: seed)
        let documents = corpus.sound + corpus.mutations(count)
        let answers = try await Self.apache(documents.map(\.text), in: directory)
        #expect(answers.count == documents.count)
        func surroundings(_ cfg: ZooCfg) -> ZooCfg.Surroundings {
            // A change may have hit the path itself.
            let isWhole = cfg["dataDir"] == dataDir
            let myid = isWhole ? ZooCfg.Companion.text("1\n", file: "myid") : .missing(file: "myid")
            return ZooCfg.Surroundings(dynamicConfig: .missing(file: "/nowhere"), myid: myid)
        }
        for (document, answer) in zip(documents, answers) {
            let cfg = ZooCfg(bytes: Array(document.text.utf8))
            func errors(_ engine: ServerEngine?) -> [Diagnostic] {
                cfg.check(file: "zoo.cfg", surroundings: surroundings(cfg), engine: engine).filter {
                    $0.severity == .error
                }
            }
            let (apache, bundled, either) = (errors(.apache), errors(.bundled), errors(nil))
            let judgement = cfg.judgement(file: "zoo.cfg", surroundings: surroundings(cfg)).filter {
                $0.severity == .error
            }
            // A name that this machine cannot resolve says nothing about the file.
            if !answer.contains("UnknownHostException"), answer != "ok", apache.isEmpty, !Self.isOfClass(answer) {
                Issue.record("Apache says '\(answer)', and check says nothing: \(document)")
            }
            for problem in apache where answer == "ok" && Self.stricterThanApache[problem.rule] == nil {
                Issue.record("Apache takes it, and check says \(problem.rendered()): \(document)")
            }
            if !judgement.isEmpty, bundled.isEmpty {
                Issue.record("the server says \(judgement[0].rendered()), and check says nothing: \(document)")
            }
            for problem in bundled where judgement.isEmpty && !Self.advice.contains(problem.rule) {
                Issue.record("the server takes it, and check says \(problem.rendered()): \(document)")
            }
            if either.isEmpty, !apache.isEmpty || !bundled.isEmpty {
                Issue.record("an engine refuses it, and check without one says nothing: \(document)")
            }
        }
        for document in corpus.sound {
            let cfg = ZooCfg(text: document.text)
            let problems = cfg.check(surroundings: surroundings(cfg))
            #expect(!problems.hasErrors, "\(document): \(problems)")
        }
    }

    /// A class of one's own may be on the class path, which a check cannot know.
    private static func isOfClass(_ answer: String) -> Bool { answer.contains("ClassNotFoundException") }

    /// What Apache's parser says to each of the files: one JVM for all.
    private static func apache(_ texts: [String], in directory: String) async throws -> [String] {
        var list = ""
        for (index, text) in texts.enumerated() {
            let file = "\(directory)/\(index).cfg"
            try Data(text.utf8).write(to: URL(fileURLWithPath: file))
            list += file + "\n"
        }
        try list.write(toFile: "\(directory)/list", atomically: false, encoding: .utf8)
        let jars = ["zookeeper", "zookeeper-jute", "slf4j-api", "slf4j-nop", "netty-handler", "netty-common"].map {
            "/usr/share/java/\($0).jar"
        }
        // `java FILE` compiles it in passing.
        try BundledServer.script("ParseConfigurations.java").write(
            toFile: "\(directory)/ParseConfigurations.java", atomically: false, encoding: .utf8)
        let output = try await run(
            "/usr/bin/java",
            ["-cp", jars.joined(separator: ":"), "\(directory)/ParseConfigurations.java", "\(directory)/list"],
            in: directory)
        return output.split(separator: "\n").map(String.init)
    }

    /// Both outputs of a program.
    private static func run(
        _ executable: String, _ arguments: [String], in directory: String
    ) async throws -> String {
        let output = "\(directory)/output"
        let process = try ChildProcess(executable, arguments, output: output)
        try await eventually("\(executable) ends", within: .seconds(60)) { !process.isRunning }
        return try String(contentsOfFile: output, encoding: .utf8)
    }

    /// The very binary says what its judgement says.
    @Test(arguments: [
        ("sessionRequireClientSASLAuth=true\n", "[no-schemes]"), ("tickTime=fast\n", "[value]"),
        ("dataLogDir=~/log\n", "[placeholder]"), ("clientPortAddress=127.0.0.1:2181\n", "[host-address]"),
    ])
    func theBinaryRefuses(line: String, rule: String) async throws {
        let temporary = try TemporaryDirectory("config-judges")
        defer { temporary.remove() }
        let file = "\(temporary.path)/zoo.cfg"
        try "dataDir=\(temporary.path)/data\nadmin.enableServer=false\n\(line)".write(
            toFile: file, atomically: false, encoding: .utf8)
        let output = try await Self.run(
            "/bin/sh", ["-c", "\"$0\" \"$1\"; echo \"exit $?\"", BundledServer.Build.debug.executable, file],
            in: temporary.path)
        #expect(output.hasSuffix("exit 65\n"), "\(output)")
        #expect(output.contains(rule), "\(output)")
    }
}
