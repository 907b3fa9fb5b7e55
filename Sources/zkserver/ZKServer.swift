import Diagnostics
import Glibc
import Logging
import ServerConfig
import ZooKeeperServer

/// `zkserver CONFIG`: the bundled server in the foreground, until SIGTERM or SIGINT.
@main
struct ZKServer {
    static func main() {
        let arguments = Array(CommandLine.arguments.dropFirst())
        guard arguments.count == 1, let file = arguments.first, !file.hasPrefix("-") else {
            if arguments == ["--version"] { return print("zkserver \(ServerVersion.text)") }
            complain("usage: zkserver CONFIG\n  CONFIG is a zoo.cfg, as for Apache ZooKeeper")
            exit(arguments == ["--help"] || arguments == ["-h"] ? 0 : 64)
        }
        // Before any thread exists, so that all inherit it: these are waited for, below.
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGTERM)
        sigaddset(&signals, SIGINT)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        signal(SIGPIPE, SIG_IGN)
        raiseFileLimit()

        let logger = Logger(label: "zkserver") { _ in
            var handler = LineLogHandler()
            // ZOO_LOG_LEVEL=debug shows every connection between servers.
            if let level = getenv("ZOO_LOG_LEVEL").flatMap({ Logger.Level(rawValue: String(cString: $0).lowercased()) })
            {
                handler.logLevel = level
            }
            return handler
        }
        let settings = readSettings(file)
        let server: Server
        do {
            server = try Server.start(settings, logger: logger) { _ in
                // What the clients were told is on the disk; what they were not told, they ask again.
                exit(10)
            }
        } catch {
            complain("zkserver: \(error)")
            exit(1)
        }
        var received: Int32 = 0
        sigwait(&signals, &received)
        logger.info("stopping: \(received == SIGTERM ? "SIGTERM" : "SIGINT")")
        do { try server.stop() } catch {
            complain("zkserver: could not stop cleanly: \(error)")
            exit(1)
        }
    }

    private static func readSettings(_ file: String) -> ServerSettings {
        let bytes: [UInt8]
        do { bytes = try ConfigFile.read(file) } catch {
            complain("zkserver: \(error)")
            exit(65)
        }
        let cfg = ZooCfg(bytes: bytes)
        let (settings, diagnostics) = ServerSettings.read(cfg, file: file)
        for diagnostic in diagnostics { complain(diagnostic.rendered(source: cfg.text)) }
        guard let settings else { exit(65) }
        return settings
    }

    /// As many connections as the system allows, not as many as a shell's default.
    private static func raiseFileLimit() {
        var limit = rlimit()
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        guard getrlimit(resource, &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(resource, &limit)
    }

    private static func complain(_ message: String) {
        var line = message + "\n"
        _ = line.withUTF8 { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
