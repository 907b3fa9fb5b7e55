/// What each document of `--json` has in it: the reference, and what tests hold every document against.
///
/// A key is named by its path: `servers[].id` is in each element of `servers`, `variables.*` is any name. Numbers of seconds may have
/// a fraction; a time is in seconds of the Unix epoch.
struct JSONKeys {
    /// `status`, or `registry list`.
    var command: String
    var keys: [(path: String, meaning: String)]

    static let documents: [JSONKeys] =
        [
            JSONKeys(
                of: "(any command that fails)",
                [
                    ("error.exitCode", "The exit code."), ("error.message", "What went wrong."),
                    ("error.details", "More lines about it."), ("error.mend", "What to do; null where nobody knows."),
                ]),
            JSONKeys(
                of: "backup",
                [
                    ("file", "The backup."), ("size", "Its bytes."),
                    ("ensemble", "Whose it is; null for a bare directory."),
                    ("server", "The id of the server that it was read from."), ("engine", "The engine of that server."),
                    ("takenAt", "When, as text in UTC."), ("zxid", "The last txn in it."), ("epoch", "Its epoch."),
                    ("znodes", "How many znodes it has."), ("ephemerals", "How many of them are ephemeral."),
                    ("sessions", "How many sessions it has."),
                    ("seconds", "How long it took; null where it was only read."),
                    ("notes", "What to know about it."),
                ]),
            JSONKeys(of: "bundle", [("path", "The archive.")]),
            JSONKeys(
                of: "check",
                [
                    ("files[].file", "A file, as it was named."),
                    ("files[].kind", "topology, zoo.cfg, dynamic configuration or running servers."),
                    ("files[].machine", "here or elsewhere: which machine a zoo.cfg was taken to be for."),
                ] + problems),
            JSONKeys(of: "destroy", down), JSONKeys(of: "down", down),
            JSONKeys(of: "disable", enable), JSONKeys(of: "enable", enable),
            JSONKeys(of: "doctor", findings), JSONKeys(of: "self doctor", findings),
            JSONKeys(of: "env", [("variables.*", "A variable and its value.")]),
            JSONKeys(
                of: "explain",
                [
                    ("rules[].name", "The rule, as it stands behind messages."),
                    ("rules[].section", "What it is about."),
                    ("rules[].meaning", "When it speaks, and why that matters."),
                    ("rules[].message", "What it says, of a rule that `check` of a file alone does not show."),
                    ("rules[].mend", "What to do then."),
                    ("rules[].files[].name", "A file of its example; the first is the one to check."),
                    ("rules[].files[].text", "The content of that file."),
                    ("rules[].words", "Words behind `paddock check FILE` that the example needs."),
                    ("rules[].commands", "Or what is called beside the files, one after the other, behind `paddock`."),
                    ("topologyKeys[].place", "The mapping that the key is in."), ("topologyKeys[].name", "The key."),
                    ("topologyKeys[].meaning", "What it means."), ("topologyKeys[].example", "How it is written."),
                    ("settings[].name", "The key of zoo.cfg."), ("settings[].value", "What a value looks like."),
                    ("settings[].default", "The value that holds without it; absent when there is none."),
                    ("settings[].unit", "The unit of numbers; absent when there is none."),
                    ("settings[].meaning", "What it means."),
                    ("settings[].apache", "What Apache's server does with it: parsed, property, jvmOnly or unknown."),
                    (
                        "settings[].bundled",
                        "What the bundled server does with it: read, refused, nothingToTune or ignored."
                    ),
                    ("exitCodes[].code", "The exit code."), ("exitCodes[].meaning", "What it says."),
                    ("json[].command", "The command that prints the document."), ("json[].keys[].path", "The key."),
                    ("json[].keys[].meaning", "What it means."),
                ]),
            JSONKeys(of: "export compose", files), JSONKeys(of: "export kubernetes", files),
            JSONKeys(of: "export systemd", files), JSONKeys(of: "generate", files),
            JSONKeys(
                of: "import", [("topology", "The topology, as text; absent when there is an error.")] + problems),
            JSONKeys(
                of: "inventory",
                [
                    ("*.hosts", "The servers of a group, as Ansible's inventory scripts say it."),
                    ("*.children", "Groups of a group."), ("*.vars.*", "Variables of a group."),
                    ("_meta.hostvars.*.*", "Variables of a server, which the role zookeeper is told."),
                    ("*", "Variables of one server (--host)."),
                ]),
            JSONKeys(
                of: "list",
                [
                    ("ensembles[].name", "The ensemble."), ("ensembles[].directory", "Where it is."),
                    ("ensembles[].health", "healthy, degraded, no-quorum or down."),
                    ("ensembles[].participants", "How many vote."), ("ensembles[].observers", "How many have no vote."),
                    ("ensembles[].connect", "Where clients connect."),
                    ("ensembles[].problem", "Why nothing of that is known; null when it is."),
                ]),
            JSONKeys(
                of: "logs",
                [
                    ("server", "The id of the server."), ("time", "When; absent where the line does not say."),
                    ("text", "The line."),
                ]),
            JSONKeys(
                of: "migrate",
                rolling + [
                    ("ensemble", "The ensemble."), ("engine", "bundled or apache."),
                    ("target", "The engine with its place (--dry-run)."),
                    ("steps[].from", "The engine of now (--dry-run)."),
                    ("steps[].to", "The engine of then (--dry-run)."),
                ]),
            JSONKeys(
                of: "new",
                [
                    ("file", "Where it was written; absent when it was not."), ("topology", "The topology, as text."),
                    ("schema", "The schema beside it; absent where none was asked for."),
                ]),
            JSONKeys(of: "registry disable", registryChange),
            JSONKeys(of: "registry enable", registryChange),
            JSONKeys(
                of: "registry list",
                [("services[].name", "A service.")] + instance("services[].instances[]")),
            JSONKeys(
                of: "registry render",
                [
                    ("path", "The file."), ("changed", "Whether it became another."),
                    ("instances", "How many are in it."),
                    ("commandExitCode", "Of the command; null where none was run."),
                    ("text", "What would be in it (--dry-run)."),
                ]),
            JSONKeys(
                of: "registry resolve",
                [("service", "The service."), ("current", "Whether the registry says so now, and not the cache.")]
                    + instance("instances[]")),
            JSONKeys(of: "registry show", [("service", "The service.")] + instance("instances[]")),
            JSONKeys(
                of: "registry watch",
                [("change", "registered, changed or deregistered.")] + instance("instance")),
            JSONKeys(
                of: "reset",
                [
                    ("ensemble", "The ensemble."), ("server", "The id of the server."), dryRun,
                    ("moved[].from", "A directory with what the server held."), ("moved[].to", "Where it is now."),
                    ("seconds", "Until it had caught up; null in a dry run."),
                ]),
            JSONKeys(
                of: "restore",
                [
                    ("file", "The backup."), dryRun, ("ensemble", "The ensemble; null for a bare directory."),
                    ("zxid", "The last txn of the backup."), ("restoredZxid", "What the new ensemble begins with."),
                    ("epoch", "Its epoch."), ("znodes", "How many znodes it has."),
                    ("sessionsClosed", "Sessions of the backup, which are over."),
                    ("ephemeralsRemoved", "Their ephemerals, which are gone."),
                    ("servers[].id", "A server; null for a bare directory."),
                    ("servers[].dataDir", "Its data directory."),
                    ("servers[].change", "written or unchanged."), ("servers[].moved[].from", "What was in the way."),
                    ("servers[].moved[].to", "Where that is now."),
                ]),
            JSONKeys(
                of: "rolling-restart",
                rolling + [("ensemble", "The ensemble (--dry-run)."), ("done", "Those restarted already (--dry-run).")]),
            JSONKeys(of: "schema", [("*", "A JSON schema (draft 7), with or without --json.")]),
            JSONKeys(of: "status", status("")), JSONKeys(of: "wait", status("")),
            JSONKeys(
                of: "up",
                [
                    ("ensemble", "The ensemble."), dryRun, ("files[].path", "A file."),
                    ("files[].change", "created, changed, unchanged, hand-edited or rewritten-by-server."),
                    ("actions", "What was done, line by line."),
                    ("outage", "Why clients cannot be served meanwhile; absent when they can."),
                    ("timeline[].server", "The id of a server."), ("timeline[].station", "How far it came."),
                    ("timeline[].seconds", "After how long."),
                ] + status("status.")),
        ] + ["kill", "pause", "restart", "resume", "start", "stop"].map { JSONKeys(of: $0, action) }

    private init(of command: String, _ keys: [Key]) {
        self.command = command
        let version: [Key] =
            ["inventory", "schema"].contains(command)
            ? [] : [("version", "Of the format: 1. It changes when a key goes or means something else.")]
        self.keys = (version + keys).map { (path: $0.0, meaning: $0.1) }
    }

    private typealias Key = (String, String)

    private static let dryRun: Key = ("dryRun", "Whether nothing was done.")

    private static let problems: [Key] = [
        ("problems[].file", "The file that it is in; absent when there is none."),
        ("problems[].line", "Counted from 1; absent where it is about the whole file."),
        ("problems[].column", "Counted from 1, in characters."), ("problems[].severity", "error or warning."),
        ("problems[].rule", "The name of the rule; see the rules."), ("problems[].message", "What is wrong."),
        ("problems[].mend", "What to do; absent where nobody knows."),
    ]

    private static let down: [Key] = [
        ("ensemble", "The ensemble."), dryRun, ("stopped", "The ids of the servers that were stopped."),
        ("removed", "The directory that was removed; absent when none was."),
    ]

    private static let findings: [Key] = [
        ("findings[].subject", "What was looked at."), ("findings[].state", "good, warning or missing."),
        ("findings[].text", "What was found."), ("findings[].mend", "What to do; absent when good."),
    ]

    private static let files: [Key] = [
        ("written", "Whether the files were written."), ("files[].path", "A file."),
        ("files[].change", "created, changed, unchanged, hand-edited or rewritten-by-server."),
        ("diff", "The changes as a unified diff; absent without --diff."),
    ]

    private static let enable: [Key] = [
        ("ensemble", "The ensemble."), ("unit", "The file of the systemd unit."),
        ("changed", "Whether it was not so before."), dryRun,
    ]

    private static let rolling: [Key] = [
        ("steps", "The servers in their order (--dry-run of rolling-restart)."), ("steps[].id", "The id of a server."),
        ("steps[].role", "What it was when the step began."),
        ("steps[].seconds", "Until it was back and had caught up."),
        ("longestWriteGap", "The longest time between two acknowledged writes, in seconds."),
        ("writes", "How many writes were acknowledged meanwhile."), ("lost", "How many of them were lost: 0."),
    ]

    private static let action: [Key] = [
        ("ensemble", "The ensemble."), ("action", "start, stop, restart, kill, pause or resume."),
        ("servers", "The ids of the servers."), ("consequence", "What it means for the quorum; absent when nothing."),
        dryRun,
    ]

    private static let registryChange: [Key] = [
        ("service", "The service."), ("id", "The instance."), ("enabled", "Whether it may be chosen."),
        ("changed", "How many znodes were changed: 0 when it was so already."),
    ]

    private static func instance(_ path: String) -> [Key] {
        let keys: [Key] = [
            ("id", "Of the instance."), ("node", "The name of its znode."), ("service", "Its service."),
            ("address", "Its host."), ("port", "Its port; null without one."),
            ("sslPort", "Its port with TLS; null without one."),
            ("endpoint", "host:port."), ("uri", "As its pattern says; null without one."),
            ("payload", "What it says of itself; any JSON."), ("kind", "Whether it ends with its session."),
            ("enabled", "Whether it may be chosen."), ("session", "The session that it ends with; null without one."),
            ("registrationTime", "When it was registered; null where it does not say."),
        ]
        return keys.map { ("\(path).\($0.0)", $0.1) }
    }

    private static func status(_ prefix: String) -> [Key] {
        let keys: [Key] = [
            ("version", "Of the format: 1."), ("ensemble", "The ensemble."),
            ("health", "healthy, degraded, no-quorum or down."), ("leader", "The id of the leader; null without one."),
            ("connect", "Where clients connect: host:port,…"), ("votes", "Null when nobody says who votes."),
            ("votes.have", "How many votes there are now."), ("votes.need", "How many a quorum needs."),
            ("votes.of", "How many there could be."), ("supervisor", "Null when none runs."),
            ("supervisor.pid", "Its process."), ("supervisor.uptime", "How long it has run, in seconds."),
            ("servers[].id", "Of the server; null when it does not say."),
            ("servers[].role", "leader, follower, observer, standalone, looking or unknown: what it says itself."),
            ("servers[].state", "stopped, starting, running, paused, backing-off or failed; null for one elsewhere."),
            ("servers[].engine", "bundled or apache."),
            ("servers[].version", "Of its program; null when it does not say."),
            ("servers[].outdated", "It runs with other files than it would be started with now."),
            ("servers[].pid", "Its process; null without one."),
            ("servers[].restarts", "How often the supervisor started it again; null when nobody counts."),
            ("servers[].uptime", "How long it has run, in seconds."), ("servers[].client", "Where clients connect."),
            ("servers[].quorum", "Its quorum address."), ("servers[].election", "Its election address."),
            ("servers[].admin", "Its admin address."), ("servers[].zxid", "The last txn that it has."),
            ("servers[].lag", "How many txns it is behind the leader; null when unknown."),
            ("servers[].connections", "How many clients it has."),
            ("servers[].latency", "Milliseconds a request took on average."),
            ("servers[].memory", "Its share of memory, in bytes."),
            ("servers[].directory", "Where it is; null for one elsewhere."),
            ("problems", "Why it is not healthy, line by line."), ("notes", "What will need care, line by line."),
        ]
        return keys.filter { !prefix.isEmpty || $0.0 != "version" }.map { (prefix + $0.0, $0.1) }
    }
}
