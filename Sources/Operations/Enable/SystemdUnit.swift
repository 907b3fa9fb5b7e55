/// The unit with which systemd runs the supervisor of an ensemble of one machine.
struct SystemdUnit {
    enum Manager {
        /// The machine's: root's ensembles.
        case system
        /// The user's own.
        case user
    }

    var ensemble: String
    var manager: Manager
    /// Absolute paths.
    var executable: String
    var stateDirectory: String
    /// Where the supervisor looks for engines: what `up` was given of these.
    var environment: [String: String] = [:]

    var name: String { "paddock-\(ensemble).service" }

    /// Whether a unit's text is one of these, for an ensemble of that state directory.
    static func isOurs(_ text: String, stateDirectory: String) -> Bool {
        text.contains(". Written by `paddock enable`;") && text.contains(" --state-dir \(argument(stateDirectory))\n")
    }

    var text: String {
        let variables = environment.sorted { $0.key < $1.key }.map {
            "Environment=\(Self.word("\($0.key)=\($0.value)"))\n"
        }
        return """
            # The ensemble \(ensemble) of this machine. Written by `paddock enable`; `paddock disable` removes it.
            [Unit]
            Description=ZooKeeper ensemble \(ensemble) (Paddock's supervisor)
            \(manager == .system ? "After=network-online.target\nWants=network-online.target\n" : "")
            [Service]
            Type=notify
            ExecStart=\(Self.argument(executable)) supervise --ensemble \(ensemble) --state-dir \(Self.argument(stateDirectory))
            \(variables.joined())# Its servers go on if it dies, and the next one takes them over.
            KillMode=process
            Restart=on-failure
            RestartSec=1
            WatchdogSec=60
            TimeoutStopSec=120
            LimitNOFILE=1048576
            TasksMax=16384

            NoNewPrivileges=yes
            LockPersonality=yes
            RestrictRealtime=yes
            RestrictSUIDSGID=yes
            RestrictNamespaces=yes
            RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
            SystemCallArchitectures=native
            SystemCallFilter=@system-service
            UMask=0077
            \(manager == .system ? systemHardening : "")
            [Install]
            WantedBy=\(manager == .system ? "multi-user.target" : "default.target")

            """
    }

    /// What only the machine's manager can give.
    private var systemHardening: String {
        """
        CapabilityBoundingSet=
        ProtectSystem=strict
        ReadWritePaths=\(Self.word(stateDirectory))
        PrivateTmp=yes
        PrivateDevices=yes
        ProtectClock=yes
        ProtectControlGroups=yes
        ProtectHostname=yes
        ProtectKernelLogs=yes
        ProtectKernelModules=yes
        ProtectKernelTunables=yes
        SystemCallFilter=~@privileged @resources
        # A snapshot is written by a thread that makes itself less important.
        SystemCallFilter=setpriority ioprio_set
        SystemCallErrorNumber=EPERM

        """
    }

    /// As systemd reads one word: quoted, with what it would replace doubled.
    private static func word(_ text: String) -> String {
        let escaped = text.replacing("%", with: "%%").replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        return escaped.contains { $0.isWhitespace || "'\"\\;".contains($0) } ? "\"\(escaped)\"" : escaped
    }

    /// A word of a command line, where variables are replaced, too.
    private static func argument(_ text: String) -> String { word(text).replacing("$", with: "$$") }
}
