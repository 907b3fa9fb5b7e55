import Diagnostics
import Membership
import ServerConfig

/// zoo.cfg settings: each by itself (against `KnownKeys`), together on one server, and between servers.
struct SettingChecks {
    private let servers: [PlacedServer]
    private let isMultiHost: Bool
    private let facts: HostFacts

    static func check(_ servers: [PlacedServer], _ draft: Draft, facts: HostFacts, into problems: inout Problems) {
        let checks = SettingChecks(
            servers: servers, isMultiHost: Set(servers.map(\.machine)).count > 1, facts: facts)
        for setting in draft.allSettings { checks.check(setting, into: &problems) }
        checks.checkTogether(into: &problems)
        checks.checkDirectories(into: &problems)
        checks.checkDifferences(into: &problems)
    }

    // MARK: One setting

    private func check(_ setting: DraftSetting, into problems: inout Problems) {
        let (key, value) = (setting.key.value, setting.value.value)
        if let mend = Self.mendOfOwned(key, value) {
            problems.error(
                .ownedSetting, at: setting.key.location, "'\(shown(key))' is written by paddock itself", mend: mend)
            return
        }
        if let found = LookAlike.first(in: key) ?? LookAlike.first(in: value) {
            let isKey = LookAlike.first(in: key) != nil
            problems.error(
                .lookAlike, at: isKey ? setting.key.location : setting.value.location,
                "\(isKey ? "the key" : "the value of") '\(shown(key))' has \(found.name) (\(LookAlike.code(found.scalar))) in it",
                mend: "write \(shown(found.meant))")
            return
        }
        let found = KnownKeys.check(
            key: key, at: setting.key.location, value: value, at: setting.value.location, file: problems.file,
            engine: isForBundled(setting) ? .bundled : .apache)
        for var diagnostic in found {
            // A zoo.cfg may hold any property. Here a key that looks like a known one is a mistake.
            if diagnostic.rule == .unknownKey, KnownKeys.nearest(key) != nil { diagnostic.severity = .error }
            // The bundled server reads these in zoo.cfg, and Apache's is started with them as properties of its JVM.
            if diagnostic.rule == .jvmOnly { continue }
            // YAML has more than one opinion of a leading 0, so that the file means what its reader thinks.
            if diagnostic.rule == .leadingZero { diagnostic.severity = .error }
            diagnostic.edit = nil
            // What costs durability or opens the server is fine in a pseudo-cluster for tests.
            if diagnostic.rule == .unsafeSetting, !isMultiHost { continue }
            diagnostic.mend = diagnostic.mend.map(Self.inYAML)
            problems.add(diagnostic)
        }
        if key == "4lw.commands.whitelist" { checkWhitelist(setting, into: &problems) }
    }

    /// Whether all servers that get this setting run on the bundled engine.
    private func isForBundled(_ setting: DraftSetting) -> Bool {
        servers.allSatisfy { server in
            server.server.engine == .bundled
                || !server.settings.contains { $0.key.location == setting.key.location }
        }
    }

    /// What to do instead of setting a key that the generator writes; nil for all others.
    private static func mendOfOwned(_ key: String, _ value: String) -> String? {
        switch key {
        case "clientPort": "write ports: {client: \(shown(value))}"
        case "admin.serverPort": "write ports: {admin: \(shown(value))}"
        case "clientPortAddress": "remove it: clients are served at the host of the server"
        case "dataDir":
            "remove it: a server keeps its data in its own directory; put txn logs on another disk with dataLogDir"
        case "dynamicConfigFile": "remove it: the servers are those of this file"
        case "peerType": "write role: \(shown(value)) for the server"
        case _ where key.hasPrefix("server."): "name the server under 'servers'"
        case _ where key.hasPrefix("group."): "write group: \(shown(String(key.dropFirst(6)))) for each server of it"
        case _ where key.hasPrefix("weight."):
            "write weight: \(shown(value)) for server \(shown(String(key.dropFirst(7))))"
        default: nil
        }
    }

    /// Whether Paddock writes the key itself, so that it cannot be a setting.
    static func isOwned(_ key: String) -> Bool { mendOfOwned(key, "") != nil }

    private func checkWhitelist(_ setting: DraftSetting, into problems: inout Problems) {
        let words = setting.value.value.split(separator: ",").map { $0.filter { $0 != " " } }
        if words.contains("*") { return }
        let missing = ["srvr", "mntr"].filter { !words.contains($0) }
        guard !missing.isEmpty else { return }
        problems.warn(
            .whitelistNarrow, at: setting.value.location,
            "without \(missing.joined(separator: " and ")) nobody can see whether a server is ready and has caught up",
            mend: "add \(missing.joined(separator: ", "))")
    }

    // MARK: Settings of one server together

    /// What the generator writes when the file gives no value; the time limits are judged with it.
    private static let defaults = [("tickTime", "2000"), ("initLimit", "10"), ("syncLimit", "5")]

    private func checkTogether(into problems: inout Problems) {
        struct Case: Hashable {
            var settings: [SourceLocation]
            var engine: EngineChoice
        }
        var done: Set<Case> = []
        // Apache's first: of servers with the same settings one stands for all, and the bundled ones ask for less.
        let ordered = servers.filter { $0.server.engine != .bundled } + servers.filter { $0.server.engine == .bundled }
        for server in ordered
        where done.insert(Case(settings: server.settings.map(\.key.location), engine: server.server.engine)).inserted {
            guard let place = server.settings.first?.value.location else { continue }
            let times = server.setting("tickTime")?.value.location ?? place
            let settings = server.settings.map {
                (
                    key: $0.key.value, keyLocation: $0.key.location,
                    value: PlacedText($0.value.value, at: $0.value.location)
                )
            }
            let defaults = Self.defaults.filter { server.setting($0.0) == nil }.map { key, value in
                (key: key, keyLocation: times, value: PlacedText(value, at: times))
            }
            let isHere = HostAddress.isLoopback(server.server.host) || facts.isOurs(server.server.host)
            let found = KnownKeys.checkTogether(
                settings + defaults, file: problems.file, engine: server.server.engine.serverEngine,
                isEnsemble: servers.count > 1
                    || server.setting("standaloneEnabled")?.value.value.lowercased() == "false",
                host: isHere ? facts : nil)
            for var diagnostic in found {
                if diagnostic.rule == .whitelistWide, !isMultiHost { continue }
                diagnostic.edit = nil
                diagnostic.mend = diagnostic.mend.map {
                    Self.inYAML($0).replacing("run Apache's server", with: "write engine: apache")
                }
                problems.add(diagnostic)
            }
        }
    }

    /// A mend for zoo.cfg (`write tickTime=2000`) in the syntax of the topology (`write tickTime: 2000`).
    private static func inYAML(_ mend: String) -> String {
        mend.split(separator: " ", omittingEmptySubsequences: false).map { word in
            guard let equals = word.firstIndex(of: "="), KnownKeys.isKnown(String(word[..<equals])) else {
                return String(word)
            }
            return "\(word[..<equals]): \(word[word.index(after: equals)...])"
        }.joined(separator: " ")
    }

    private func checkDirectories(into problems: inout Problems) {
        var first: [String: PlacedServer] = [:]
        var reported: Set<SourceLocation> = []
        for server in servers {
            guard let setting = server.setting("dataLogDir") else { continue }
            let (path, place) = (setting.value.value, setting.value.location)
            if KnownKeys.key("dataLogDir")?.problem(with: path) != nil { continue }
            guard path.hasPrefix("/") else {
                if reported.insert(place).inserted {
                    problems.error(
                        .dataDirRelative, at: place,
                        "dataLogDir is '\(shown(path))', which depends on the working directory",
                        mend: "write the whole path, e.g. /var/lib/zookeeper-log/\(server.id)")
                }
                continue
            }
            let plain = path.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
            if let other = first["\(server.machine):\(plain)"] {
                guard reported.insert(place).inserted else { continue }
                problems.error(
                    .dataDirShared, at: place,
                    "servers \(other.id) and \(server.id) on \(server.server.host) have the same dataLogDir: each would destroy the other's log",
                    mend:
                        "give each server its own under 'servers', e.g. settings: {dataLogDir: /\(plain)/\(server.id)}")
            } else {
                first["\(server.machine):\(plain)"] = server
            }
        }
    }

    // MARK: Between servers

    private func checkDifferences(into problems: inout Problems) {
        guard let first = servers.first else { return }
        // The way of an ensemble from the clear to TLS, server by server.
        let takesBoth = servers.allSatisfy { value("portUnification", of: $0) == "true" }
        for (key, severity, consequence) in KnownKeys.shared where key != "sslQuorum" || !takesBoth {
            let usual = value(key, of: first)
            guard let other = servers.first(where: { value(key, of: $0) != usual }),
                let place = (other.setting(key) ?? first.setting(key))?.value.location
            else { continue }
            problems.report(
                severity, .settingDiffers, at: place,
                "\(key) is \(value(key, of: other)) on server \(other.id), but \(usual) on server \(first.id): \(consequence)",
                mend: "set it once, under the 'settings' of all servers")
        }
    }

    /// A value as it works on the server: the default where the file gives none.
    private func value(_ key: String, of server: PlacedServer) -> String {
        let given = server.setting(key)?.value.value
        if case .boolean = KnownKeys.key(key)?.kind {
            return (given ?? KnownKeys.key(key)?.defaultValue ?? "").lowercased()
        }
        return given.map(shown) ?? "unset"
    }
}

extension Draft {
    /// Each setting of the file once.
    fileprivate var allSettings: [DraftSetting] {
        guard case .named(let servers, _) = servers else { return settings }
        return settings + servers.value.flatMap(\.settings)
    }
}
