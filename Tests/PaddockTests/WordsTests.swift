import Foundation
import Testing

/// What the command line says and with which code it ends, where no server is needed.
@Suite struct WordsTests {
    @Test func theTwoMisspeltLinesAreNamedWithLineColumnAndMend() async throws {
        try await CommandLineTool.with { paddock in
            let file = try paddock.write(
                "tickTime=2000\nserver.1=IP1:2888:3888\nserver.2=IP2.2888:3888\nserver.3=IP3:2888:2888\n", to: "zoo.cfg"
            )
            let result = try paddock.run("check", file)
            #expect(result.status == 1)
            #expect(
                result.output.contains(
                    """
                    \(file):3:13: error: server.2 has '.' where ':' belongs, before the quorum port 2888 [server-line-dot]
                        server.2=IP2.2888:3888
                                    ^
                      mend: write server.2=IP2:2888:3888
                    """))
            #expect(
                result.output.contains(
                    """
                    \(file):4:19: error: server.3 has 2888 as its quorum port and as its election port [election-port]
                        server.3=IP3:2888:2888
                                          ^
                      mend: give it another election port, e.g. server.3=IP3:2888:3888
                    """))
        }
    }

    @Test func severalFilesAreOneEnsemble() async throws {
        try await CommandLineTool.with { paddock in
            let cfg =
                "initLimit=10\nsyncLimit=5\ndataDir=/nowhere/data\nclientPort=2181\n"
                + "server.1=localhost:2888:3888\nserver.2=localhost:2889:3889\nserver.3=localhost:2890:3890\n"
            for number in 1...3 { _ = try paddock.write(cfg, to: "zoo\(number).cfg") }
            let result = try paddock.run("check", "--elsewhere", paddock.home.path)
            #expect(result.status == 1)
            #expect(result.output.contains("zoo1.cfg: ok (zoo.cfg, for another machine)"))
            for file in ["zoo2.cfg", "zoo3.cfg"] {
                #expect(
                    result.output.contains("\(file):4:12: error: the client port is 2181, which is the client port of ")
                )
                #expect(result.output.contains("\(file):3:9: error: dataDir /nowhere/data is the dataDir of "))
            }
            let empty = try paddock.run("check", "/proc/self/task")
            #expect(empty.status == 65)
        }
    }

    @Test func theExcerptIsOfTheFileNamed() async throws {
        try await CommandLineTool.with { paddock in
            _ = try paddock.write("$ZOO_MY_ID\n", to: "myid")
            let file = try paddock.write(
                "tickTime=2000\ninitLimit=10\nsyncLimit=5\ndataDir=.\nclientPort=2181\n"
                    + "server.1=127.0.0.1:2888:3888\nserver.2=127.0.0.1:2889:3889\nserver.3=127.0.0.1:2890:3890\n",
                to: "zoo.cfg")
            let result = try paddock.run("check", file)
            #expect(result.output.contains("myid:1:1: error: '$ZOO_MY_ID' is not a server id"))
            #expect(result.output.contains("[myid-invalid]\n    $ZOO_MY_ID\n    ^\n"))
            #expect(
                result.errors.contains("was checked as a file of this machine; --elsewhere if it is for another one"))
        }
    }

    @Test func theEngineDecides() async throws {
        try await CommandLineTool.with { paddock in
            let file = try paddock.write(
                "dataDir=/srv/zk\nclientPort=2181\nDigestAuthenticationProvider.digestAlg=sha256\n", to: "zoo.cfg")
            #expect(try paddock.run("check", "--elsewhere", file).status == 1)
            #expect(try paddock.run("check", "--elsewhere", "--engine", "bundled", file).status == 1)
            #expect(try paddock.run("check", "--elsewhere", "--engine", "apache", file).status == 0)
        }
    }

    @Test func aProblemInJSONHasItsPlace() async throws {
        try await CommandLineTool.with { paddock in
            let result = try paddock.run(
                "check", "--json", "-",
                input: "ensemble: demo\nparticipants: 3\nports: auto\nsettings: {tickTme: 2000}\n")
            let problems = try #require(try result.json()["problems"] as? [[String: Any]])
            let problem = try #require(problems.first)
            #expect(problem["file"] as? String == "<stdin>")
            #expect(problem["line"] as? Int == 4)
            #expect(problem["column"] as? Int == 12)
            #expect(problem["severity"] as? String == "error")
        }
    }

    @Test func strictTurnsWarningsIntoFailure() async throws {
        try await CommandLineTool.with { paddock in
            let even = "ensemble: demo\nparticipants: 4\nports: auto\n"
            let usual = try paddock.run("check", "-", input: even)
            #expect(usual.status == 0)
            let strict = try paddock.run("check", "--strict", "-", input: even)
            #expect(strict.status == 1)
        }
    }

    @Test func generateIsRepeatableAndDiffChangesNothing() async throws {
        try await CommandLineTool.with { paddock in
            let file = try paddock.write("ensemble: demo\nparticipants: 3\nobservers: 1\n", to: "demo.yaml")
            #expect(try paddock.run("generate", file, "-o", paddock.path("a"), "--diff").status == 2)
            #expect(!FileManager.default.fileExists(atPath: paddock.path("a")))
            #expect(try paddock.run("generate", file, "-o", paddock.path("a")).status == 0)
            let again = try paddock.run("generate", file, "-o", paddock.path("a"), "--diff")
            #expect(again.status == 0)
            #expect(again.output.isEmpty)
            let other = try paddock.write(
                "ensemble: demo\nparticipants: 3\nobservers: 1\nsettings: {tickTime: 1000}\n", to: "demo.yaml")
            let changed = try paddock.run("generate", other, "-o", paddock.path("a"), "--diff")
            #expect(changed.status == 2)
            #expect(changed.output.contains("-tickTime=2000\n+tickTime=1000\n"))
        }
    }

    @Test func newWritesATopologyThatPassesTheCheckAndOverwritesNothing() async throws {
        try await CommandLineTool.with { paddock in
            let file = paddock.path("My Orders.yaml")
            let new = try paddock.run("new", file, "--participants", "5")
            #expect(new.status == 0)
            // What to type next begins as this command did.
            #expect(new.errors == "wrote \(file)\n  \(CommandLineTool.binary) up '\(file)'\n")
            #expect(try String(contentsOfFile: file, encoding: .utf8).contains("ensemble: my-orders"))
            let again = try paddock.run("new", file)
            #expect(again.status == 1)
            #expect(again.errors == "error: \(file) exists already and is left as it is\n  mend: choose another name\n")
            let single = try paddock.run("new", "--participants", "1", "--observers", "0")
            #expect(try paddock.run("check", "-", input: single.output).status == 0)
        }
    }

    /// Who has a zoo.cfg is told how it becomes a topology, by every command that takes one.
    @Test(arguments: [["up"], ["generate", "-o", "out"], ["export", "compose", "-o", "out"], ["inventory"]])
    func aZooCfgIsNoTopology(words: [String]) async throws {
        try await CommandLineTool.with { paddock in
            let file = try paddock.write(
                "# ours\ntickTime=2000\ndataDir=/srv/zookeeper\nclientPort=2181\n", to: "zoo.cfg")
            let refused = try paddock.start(words + [file]).wait()
            #expect(refused.status == 65)
            #expect(
                refused.errors
                    == "error: \(file) is a zoo.cfg, and no topology\n  mend: `paddock import \(file) -o topology.yaml` writes the topology that has these settings\n"
            )
        }
    }

    /// Paragraphs of the help end where the terminal does, and not in the middle of its lines as well.
    @Test func theHelpFillsTheLinesOfATerminal() async throws {
        try await CommandLineTool.with { paddock in
            for words in [["--help"], ["run", "--help"], ["up", "--help"], ["registry", "register", "--help"]] {
                let help = try paddock.start(words, environment: ["COLUMNS": "80"]).wait().output
                let lines = help.components(separatedBy: "\nUSAGE:")[0].components(separatedBy: "\n")
                #expect(lines.count > 3 && lines.allSatisfy { $0.count <= 80 })
                for (line, next) in zip(lines, lines.dropFirst()) where !line.isEmpty && !line.hasPrefix(" ") {
                    guard let word = next.split(separator: " ").first, !next.hasPrefix(" ") else { continue }
                    #expect(line.count + 1 + word.count >= 80, "\(word) would have fitted behind: \(line)")
                }
            }
        }
    }

    /// The line that editors look for names the schema from the topology's directory, whatever directory `new` is called in.
    @Test func newWritesTheSchemaBesideATopology() async throws {
        try await CommandLineTool.with { paddock in
            let directory = paddock.path("with a blank")
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            let schema = directory + "/topology.schema.json"
            let file = directory + "/demo.yaml"
            #expect(try paddock.run("new", file, "--schema", "--json").json()["schema"] as? String == schema)
            let text = try String(contentsOfFile: file, encoding: .utf8)
            #expect(text.hasPrefix("# yaml-language-server: $schema=topology.schema.json\n# A ZooKeeper ensemble."))
            #expect(try String(contentsOfFile: schema, encoding: .utf8) == (try paddock.run("schema").output))
            #expect(try paddock.run("check", file).status == 0)
            // What somebody has put there stays.
            try "{}".write(toFile: schema, atomically: true, encoding: .utf8)
            let second = try paddock.run("new", directory + "/second.yaml", "--schema")
            #expect(second.status == 0)
            #expect(second.errors.contains("\(schema) exists already and is left as it is"))
            #expect(try String(contentsOfFile: schema, encoding: .utf8) == "{}")
            #expect(!(try paddock.run("new").output.contains("yaml-language-server")))
        }
    }

    struct Refusal: CustomTestStringConvertible, Sendable {
        var words: [String]
        var status: Int32
        var errors: String
        var testDescription: String { words.joined(separator: " ") }
    }

    @Test(arguments: [
        Refusal(
            words: ["status"], status: 5,
            errors: "error: there is no ensemble in HOME\n  mend: `paddock up` boots one\n"),
        Refusal(
            words: ["status", "-e", "other"], status: 64,
            errors:
                "error: there is no ensemble other in HOME (there is none yet)\n  mend: `paddock up FILE` makes one\n"),
        Refusal(
            words: ["up", "/nowhere.yaml"], status: 65,
            errors: "error: cannot open /nowhere.yaml: No such file or directory\n"),
        Refusal(
            words: ["registry", "resolv", "web"], status: 64,
            errors: "error: there is no command 'registry resolv'. Did you mean 'registry resolve'?\n"),
        Refusal(
            words: ["export", "nomad", "t.yaml", "-o", "out"], status: 64,
            errors: "error: there is no command 'export nomad'. There are systemd, compose, kubernetes.\n"),
        Refusal(words: ["run"], status: 64, errors: "there is no command to run"),
        Refusal(
            words: ["run", "--", "no-such-command"], status: 64,
            errors: "error: there is no command no-such-command on the PATH\n  mend: check the command after --\n"),
        Refusal(
            words: ["run", "--", "/no/such/command"], status: 64,
            errors: "error: cannot run /no/such/command: No such file or directory\n"),
        Refusal(
            words: ["stopp", "1"], status: 64,
            errors:
                "error: there is no command 'stopp'. Did you mean 'stop'?\n  mend: `paddock --help` lists the commands\n"
        ),
        Refusal(
            words: ["--quiet", "statsu"], status: 64, errors: "there is no command 'statsu'. Did you mean 'status'?"),
        Refusal(words: ["xyzzy"], status: 64, errors: "error: there is no command 'xyzzy'.\n"),
        Refusal(words: ["status", "-e", ".."], status: 64, errors: "error: '..' is no name of an ensemble\n"),
        Refusal(words: ["destroy", "../x", "--yes"], status: 64, errors: "'../x' is no name of an ensemble"),
        Refusal(words: ["new", "--participants", "0"], status: 64, errors: "--participants takes 1…255, not 0"),
        Refusal(words: ["new", "--schema"], status: 64, errors: "--schema writes a file beside FILE: name FILE, too"),
        Refusal(words: ["logs", "--since", "yesterday"], status: 64, errors: "not 'yesterday'"),
    ])
    func aRefusalSaysWhyAndEndsWithItsCode(_ refusal: Refusal) async throws {
        try await CommandLineTool.with { paddock in
            let result = try paddock.start(refusal.words).wait()
            #expect(result.status == refusal.status)
            let expected = refusal.errors.replacingOccurrences(of: "HOME", with: paddock.home.path)
            #expect(result.errors.contains(expected), "\(result.errors)")
            #expect(result.output.isEmpty)
        }
    }

    @Test func aFailureIsOneJSONDocumentToo() async throws {
        try await CommandLineTool.with { paddock in
            for words in [["status", "--json"], ["--json", "status"]] {
                let result = try paddock.start(words).wait()
                #expect(result.status == 5)
                let error = try #require(try result.json()["error"] as? [String: Any])
                #expect(error["exitCode"] as? Int == 5)
                #expect(error["message"] as? String == "there is no ensemble in \(paddock.home.path)")
                #expect(error["mend"] as? String == "`paddock up` boots one")
            }
            for words in [
                ["statsu", "--json"], ["new", "--json", "--participants", "0"], ["up", "--json", "--nope"],
            ] {
                let result = try paddock.start(words).wait()
                #expect(result.status == 64)
                let error = try #require(try result.json()["error"] as? [String: Any], "\(result.output)")
                #expect(error["exitCode"] as? Int == 64)
            }
            let new = try paddock.run("new", "--json")
            #expect(try new.json()["topology"] as? String == (try paddock.run("new").output))
        }
    }

    @Test func anEnsembleIsNamedInOneWay() async throws {
        try await CommandLineTool.with { paddock in
            let file = try paddock.write("ensemble: demo\nparticipants: 1\nports: auto\n", to: "demo.yaml")
            let other = try paddock.run("up", file, "-e", "other")
            #expect(other.status == 64)
            #expect(other.errors.contains("the topology is of the ensemble demo, and not of other"))
            let named = try paddock.run("status", environment: ["PADDOCK_ENSEMBLE": "orders"])
            #expect(named.status == 64)
            #expect(named.errors.contains("there is no ensemble orders in"))
        }
    }

    @Test func aMissingEngineIsExit69AndSaysHowToGetIt() async throws {
        try await CommandLineTool.with { paddock in
            let topology = "ensemble: demo\nparticipants: 1\nports: auto\nengine: {apache: {home: /nowhere}}\n"
            let home = try paddock.run("up", "-", input: topology)
            #expect(home.status == 69)
            #expect(home.errors.contains("/nowhere"))
            #expect(home.errors.contains("install it: apt-get install zookeeper"))
            let bundled = try paddock.run(
                "up", "-", environment: ["PADDOCK_ZKSERVER": "/nowhere"],
                input: "ensemble: demo\nparticipants: 1\nports: auto\n")
            #expect(bundled.status == 69)
            #expect(
                bundled.errors.contains(
                    "PADDOCK_ZKSERVER is /nowhere, where no program is; name a zkserver, or unset it: then it is the one beside paddock"
                ))
        }
    }

    @Test(arguments: ["1e30s", "1e300", "1e9d", "-1s", "nan", "inf", "10 s"])
    func aDurationThatIsNoneIsRefused(_ duration: String) async throws {
        try await CommandLineTool.with { paddock in
            let result = try paddock.run("wait", "--timeout=\(duration)")
            #expect(result.status == 64, "\(result.errors)")
            #expect(result.errors.contains("--timeout"), "\(result.errors)")
        }
    }

    @Test func completionScriptsNameTheCommands() async throws {
        try await CommandLineTool.with { paddock in
            for shell in ["bash", "zsh", "fish"] {
                let result = try paddock.run("--generate-completion-script", shell)
                #expect(result.status == 0)
                #expect(result.output.contains("rolling-restart"))
            }
        }
    }
}
