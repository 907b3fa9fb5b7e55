import ServerConfig
import Topology

/// Whose images the servers run in, and whether the txn logs have a volume of their own.
package struct ContainerOptions: Hashable, Sendable {
    package var apacheImage: String
    package var paddockImage: String
    package var hasDataLog: Bool

    package init(apacheImage: String, paddockImage: String, hasDataLog: Bool = false) {
        self.apacheImage = apacheImage
        self.paddockImage = paddockImage
        self.hasDataLog = hasDataLog
    }

    /// The last 3.8 of the official image (https://hub.docker.com/_/zookeeper).
    package static let apacheImage = "docker.io/library/zookeeper:3.8.6"
}

/// How one server runs in a container. zoo.cfg and myid are files of the export, so that neither image makes its own.
struct ContainerServer {
    static let dataDirectory = "/data"
    static let dataLogDirectory = "/datalog"
    static let configurationDirectory = "/conf"

    /// What decides whether it is alive, or takes requests as a member of the quorum (or alone).
    enum Probe {
        /// It answers anything at all: a server that waits for a quorum is not to be killed for it.
        case live
        /// `srvr` with a mode of its own; not read-only.
        case ready
    }

    let server: TopologyServer
    let options: ContainerOptions

    private var apache: ApacheOptions? {
        if case .apache(let options) = server.engine { options } else { nil }
    }

    var image: String { apache == nil ? options.paddockImage : options.apacheImage }
    /// The image's user of that purpose, and its group.
    var user: Int { apache == nil ? 10001 : 1000 }

    private var program: String { "/usr/lib/paddock/zkserver\(server.hasTLS ? "-tls" : "")" }

    /// Instead of the image's own entry point; nil where that is right.
    var entryPoint: [String]? { apache == nil ? [program] : nil }

    var arguments: [String] {
        apache == nil ? ["\(Self.configurationDirectory)/zoo.cfg"] : ["zkServer.sh", "start-foreground"]
    }

    /// Directories that must be writable besides the data.
    var scratch: [String] { apache == nil ? ["/tmp"] : ["/tmp", "/logs"] }

    /// That of Apache's image.
    private static let library = ApacheLogging.logback

    /// The logging library's file, where it has one.
    var logging: (name: String, text: String)? {
        apache == nil ? nil : (Self.library.fileName, Self.library.fileContent())
    }

    var environment: [(name: String, value: String)] {
        let level = server.logLevel?.rawValue ?? "info"
        guard let apache else { return [("ZOO_LOG_LEVEL", level)] }
        let flags =
            [
                "-Xmx\(apache.heap ?? Self.defaultHeap)", "-XX:+ExitOnOutOfMemoryError",
                // A member that comes back has another address under its name.
                "-Dsun.net.inetaddr.ttl=5", "-Dsun.net.inetaddr.negative.ttl=1",
                "-Dzookeeper.jmx.log4j.disable=true",
            ]
            + Self.library.options(
                file: "\(Self.configurationDirectory)/\(Self.library.fileName)", level: level.uppercased())
            + server.properties + apache.jvmFlags
        // The image's entry point makes a zoo.cfg or a myid where these directories have none.
        return [
            ("JMXDISABLE", "true"), ("SERVER_JVMFLAGS", flags.joined(separator: " ")),
            ("ZOO_DATA_DIR", Self.dataDirectory),
        ] + apache.environment.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// Names of variables that the export itself gives a value.
    static let ownVariables = ["JMXDISABLE", "POD_NAME", "SERVER_JVMFLAGS", "ZOO_DATA_DIR", "ZOO_LOG_LEVEL"]

    /// The default of the official image.
    static let defaultHeap = "1g"

    /// What the container may use, in MiB: of a JVM a quarter more than its heap, and 256 besides.
    var memory: Int {
        guard let apache else { return 512 }
        return Self.mebibytes(apache.heap ?? Self.defaultHeap) * 5 / 4 + 256
    }

    /// Of a heap in Java's notation, which the topology has judged.
    static func mebibytes(_ heap: String) -> Int {
        let number = Int(heap.dropLast()) ?? 0
        switch heap.last {
        case "g", "G": return number << 10
        case "m", "M": return number
        default: return max(1, number >> 10)
        }
    }

    /// The command of a probe.
    /// - Parameter host: the name under which the container knows itself; a variable where a shell runs the command.
    func command(_ probe: Probe, host: String) -> [String] {
        guard apache != nil else {
            return [program, "--probe", probe == .live ? "live" : "ready", arguments[0]]
        }
        let asked = "exec 3<>/dev/tcp/\(host)/\(server.ports.client) && "
        // What answers that it does not answer this word lives, too.
        return [
            "bash", "-c",
            probe == .live
                ? asked + "printf ruok >&3 && grep -q . <&3"
                : asked + "printf srvr >&3 && grep -Eq '^Mode: (leader|follower|observer|standalone)$' <&3",
        ]
    }

    /// Files that its settings name, absolute paths.
    var files: [String] {
        server.settings.filter { KnownKeys.key($0.key)?.kind == .path && $0.key != "dataLogDir" }.map(\.value)
    }

    /// Its ports for the names of ports of containers and services; only those that it listens on for others.
    var ports: [(name: String, port: Int)] {
        var ports = [
            ("client", server.ports.client), ("quorum", server.ports.quorum), ("election", server.ports.election),
        ]
        if server.setting("admin.enableServer")?.lowercased() != "false" { ports.append(("admin", server.ports.admin)) }
        for (name, key) in [("secure", "secureClientPort"), ("metrics", "metricsProvider.httpPort")] {
            if let port = server.setting(key).flatMap({ Int($0) }), port > 0 { ports.append((name, port)) }
        }
        return ports
    }
}
