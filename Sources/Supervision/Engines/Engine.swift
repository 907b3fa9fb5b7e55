/// A ZooKeeper server program: what the toolkit must know to run one. Apache's distribution is one, the bundled server another.
///
/// A server is known beyond this only by what ZooKeeper defines: zoo.cfg, myid, signals, its ports.
package protocol Engine: Sendable {
    /// The word of the topology: `apache` or `bundled`.
    var name: String { get }
    /// E.g. `3.8.0`; nil when the installation does not say.
    var version: String? { get }

    /// How to run one server in the foreground, so that the spawned process *is* the server (no shell in between):
    /// its pid is then the one to watch and to signal.
    /// - Parameters:
    ///   - configuration: absolute path of the zoo.cfg
    ///   - directory: the server's own directory (`…/server.1`), where it is run
    ///   - logLevel: `debug`, `warn`, …; nil: what the caller's ZOO_LOG_LEVEL says, else the engine's own
    func launch(configuration: String, directory: String, logLevel: String?) -> Launch
}

extension Engine {
    /// As Apache's scripts and the bundled server have it.
    static var logLevelVariable: String { "ZOO_LOG_LEVEL" }

    /// What a server wants to know of its user, and what changes what it writes (its log's level and times).
    static func inherited(from environment: [String: String]) -> [String: String] {
        environment.filter { Launch.incidental.contains($0.key) || ["TZ", logLevelVariable].contains($0.key) }
    }
}

/// A program to run, complete: nothing is inherited from whoever runs it, so a restart next week by another
/// supervisor is the same start.
package struct Launch: Codable, Hashable, Sendable {
    /// Absolute.
    package var executable: String
    /// Without the program's name.
    package var arguments: [String]
    package var environment: [String: String]
    /// Variables that the topology sets. Nil in the record of an earlier version.
    package var chosenVariables: [String]?
    package var workingDirectory: String
    /// Written before the start where they do not exist yet; a file that is there is the user's and stays.
    package var files: [File]

    /// Variables of whoever starts a server, handed on to it: another value makes no other server of it.
    static let incidental: Set<String> = ["PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TMPDIR"]

    /// The variables that make the server what it is.
    var characteristicEnvironment: [String: String] {
        environment.filter { !Self.incidental.contains($0.key) || chosenVariables?.contains($0.key) == true }
    }

    package struct File: Codable, Hashable, Sendable {
        package var path: String
        package var content: String

        package init(path: String, content: String) {
            self.path = path
            self.content = content
        }
    }

    package init(
        executable: String, arguments: [String] = [], environment: [String: String] = [:],
        chosenVariables: [String] = [], workingDirectory: String, files: [File] = []
    ) {
        self.executable = executable
        self.arguments = arguments
        self.environment = environment
        self.chosenVariables = chosenVariables
        self.workingDirectory = workingDirectory
        self.files = files
    }
}

/// An engine that cannot be used on this machine. The command line exits with 69 for any of these.
package enum EngineError: Error, Hashable, Sendable, CustomStringConvertible {
    /// No distribution at any of the places looked at.
    case noZooKeeper(searched: [String])
    /// The `home` the user gave holds no ZooKeeper.
    case notAHome(String)
    case noJava(searched: [String])
    /// The bundled server was not built, or is elsewhere.
    case noBundledServer(searched: String)
    /// What `$PADDOCK_ZKSERVER` names is no program.
    case notAServer(String)
    /// zkcli was not built, or is elsewhere.
    case noShell(searched: String)
    /// What `$PADDOCK_ZKCLI` names is no program.
    case notAShell(String)

    package var description: String {
        switch self {
        case .noZooKeeper(let searched):
            "no Apache ZooKeeper found (looked at \(searched.joined(separator: ", "))); \(Self.mend)"
        case .notAHome(let path):
            "\(path) is no ZooKeeper home: neither lib/zookeeper-*.jar nor Debian's ../java/zookeeper.jar is there; "
                + "name the directory that has bin/zkServer.sh in it, or \(Self.mend)"
        case .noJava(let searched):
            "no Java found (looked at \(searched.joined(separator: ", "))); "
                + "install one: apt-get install default-jre-headless"
        case .noBundledServer(let path):
            "the bundled server is not here: there is no program \(path); \(Installation.wayToGet(path)), "
                + "or name it with PADDOCK_ZKSERVER"
        case .notAServer(let path):
            "PADDOCK_ZKSERVER is \(path), where no program is; name a zkserver, or unset it: then it is the one beside paddock"
        case .noShell(let path):
            "the shell is not here: there is no program \(path); \(Installation.wayToGet(path)), "
                + "or name it with PADDOCK_ZKCLI"
        case .notAShell(let path):
            "PADDOCK_ZKCLI is \(path), where no program is; name a zkcli, or unset it: then it is the one beside paddock"
        }
    }

    private static let mend = "install it: apt-get install zookeeper default-jre-headless"
}
