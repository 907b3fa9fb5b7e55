import CLinux
import Diagnostics
import Glibc
import Logging
import ServerConfig

/// The life of a server's process, `NAME [FLAG…] CONFIG`: in the foreground, until SIGTERM or SIGINT. The executables
/// differ only in what they plug in.
package enum ServerExecutable {
    /// - Parameters:
    ///   - name: of the executable.
    ///   - security: its TLS, nil when it has none.
    package static func run(name: String, security: TransportSecurityProvider?) {
        let arguments = Array(CommandLine.arguments.dropFirst())
        if arguments.count == 3, arguments[0] == "--probe", let probe = ServerProbe(rawValue: arguments[1]) {
            return answer(probe, configuration: arguments[2], name)
        }
        let flags = Array(arguments.dropLast())
        guard let file = arguments.last, !file.hasPrefix("-"), flags.allSatisfy({ $0.hasPrefix("-") }) else {
            if arguments == ["--version"] { return print("\(name) \(ServerVersion.text)") }
            // For the reference, and for who looks for a name: what `mntr` and the metrics endpoint tell.
            if arguments == ["--metrics"] { return print(MetricMeanings.lines.joined(separator: "\n")) }
            complain(
                """
                usage: \(name) [-DPROPERTY=VALUE…] CONFIG
                       \(name) --probe live|ready CONFIG
                  CONFIG is a zoo.cfg, as for Apache ZooKeeper. Flags are those of its JVM: -Dzookeeper.KEY=VALUE and
                  -Djute.maxbuffer=BYTES set what zoo.cfg does not; a flag that has no effect here is named.
                  --metrics instead of it lists the metrics and what they mean; --version says the version.
                  --probe asks the server of CONFIG that runs here, for who keeps containers: exit code 0 when it answers (live),
                  or takes requests as a member of a quorum or alone (ready); else 1.
                """)
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

        let logger = Logger(label: name) { _ in
            var handler = LineLogHandler()
            // ZOO_LOG_LEVEL=debug shows every connection between servers.
            if let level = getenv("ZOO_LOG_LEVEL").flatMap({ Self.level(String(cString: $0)) }) {
                handler.logLevel = level
            }
            return handler
        }
        let settings = readSettings(file, SystemProperties(flags: flags), name)
        let server: Server
        do {
            server = try Server.start(settings, security: security, logger: logger) { _ in
                // What the clients were told is on the disk; what they were not told, they ask again.
                exit(10)
            }
        } catch {
            complain("\(name): \(error)")
            exit(1)
        }
        clinux_notify("READY=1")
        let received = wait(&signals) { server.whenResponsive { clinux_notify("WATCHDOG=1") } }
        clinux_notify("STOPPING=1")
        logger.info("stopping: \(received == SIGTERM ? "SIGTERM" : "SIGINT")")
        do { try server.stop() } catch {
            complain("\(name): could not stop cleanly: \(error)")
            exit(1)
        }
    }

    /// Ends with 0 for a yes, and for anything else with 1 and a sentence.
    private static func answer(_ probe: ServerProbe, configuration file: String, _ name: String) {
        do {
            let (settings, diagnostics) = ServerSettings.read(ZooCfg(bytes: try ConfigFile.read(file)), file: file)
            guard let settings else {
                for diagnostic in diagnostics where diagnostic.severity == .error { complain(diagnostic.rendered()) }
                exit(65)
            }
            guard let address = settings.client else {
                complain("\(name): \(file) has no client port without TLS to ask at")
                exit(65)
            }
            try probe.ask(address)
        } catch {
            complain("\(name): not \(probe.rawValue): \(error)")
            exit(1)
        }
    }

    /// Returns the first of the signals. Until then, where a service manager watches over us (WATCHDOG_USEC), it is given a sign of life
    /// three times in the time that it grants.
    private static func wait(_ signals: inout sigset_t, signOfLife: () -> Void) -> Int32 {
        guard let granted = getenv("WATCHDOG_USEC").flatMap({ Int(String(cString: $0)) }), granted > 0 else {
            var received: Int32 = 0
            sigwait(&signals, &received)
            return received
        }
        var interval = timespec(tv_sec: granted / 3_000_000, tv_nsec: granted / 3 % 1_000_000 * 1000)
        while true {
            signOfLife()
            let received = sigtimedwait(&signals, nil, &interval)
            if received > 0 { return received }
        }
    }

    /// By its name here or in log4j (`warn`, `fatal`, `all`), in any case.
    private static func level(_ text: String) -> Logger.Level? {
        switch text.lowercased() {
        case "warn": .warning
        case "fatal", "off": .critical
        case "all": .trace
        case let name: Logger.Level(rawValue: name)
        }
    }

    private static func readSettings(
        _ file: String, _ properties: SystemProperties, _ name: String
    ) -> ServerSettings {
        let bytes: [UInt8]
        do { bytes = try ConfigFile.read(file) } catch {
            complain("\(name): \(error)")
            exit(65)
        }
        let cfg = ZooCfg(bytes: bytes)
        let (settings, diagnostics) = ServerSettings.read(cfg, file: file, properties: properties)
        for diagnostic in diagnostics {
            complain(diagnostic.rendered(source: diagnostic.file == file ? cfg.text : nil))
        }
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
