import Diagnostics
import ServerConfig

extension ServerSettings {
    /// Reads a zoo.cfg. What a value must look like is the key table's knowledge; an error here stops the server.
    ///
    /// - Parameter properties: what flags of a JVM set besides; diagnostics about one name the flag in the place of the file.
    /// - Returns: the settings, nil with errors; and the diagnostics: each key that this server does not know, or knows
    ///   and does not support, is a warning that names it.
    package static func read(
        _ zooCfg: ZooCfg, file: String, properties: SystemProperties = SystemProperties()
    ) -> (settings: ServerSettings?, diagnostics: [Diagnostic]) {
        let (cfg, flags) = zooCfg.adding(properties)
        var reader = SettingsReader(cfg: cfg, file: file)
        var settings = reader.settings()
        settings.text = zooCfg.withoutSecrets.text
        reader.reportUnused()
        var diagnostics = reader.diagnostics + settings.readEnsemble(cfg, file: file)
        for index in diagnostics.indices where diagnostics[index].file == file {
            if let flag = diagnostics[index].location.flatMap({ flags[$0.line] }) { diagnostics[index].isAbout(flag) }
        }
        diagnostics += properties.ignored.map {
            Diagnostic(.warning, rule: "jvm-flag", file: $0.flag, "has no effect: \($0.why)")
        }
        return (diagnostics.hasErrors ? nil : settings, diagnostics)
    }
}

extension Diagnostic {
    /// It is no line of the file that it is about, but a flag.
    fileprivate mutating func isAbout(_ flag: String) {
        file = flag
        location = nil
        mend = mend?.replacing("remove the line", with: "remove the flag").replacing("add a line", with: "add the flag")
    }
}

/// Reads the keys one after the other, and remembers which it has looked at.
struct SettingsReader {
    let cfg: ZooCfg
    let file: String
    var diagnostics: [Diagnostic] = []
    private var used: Set<String> = []

    init(cfg: ZooCfg, file: String) {
        self.cfg = cfg
        self.file = file
    }

    mutating func settings() -> ServerSettings {
        var settings = ServerSettings()
        readPlaces(into: &settings)
        readSessions(into: &settings)
        readStorage(into: &settings)
        readTree(into: &settings)
        readAdministration(into: &settings)
        return settings
    }

    private mutating func readPlaces(into settings: inout ServerSettings) {
        settings.dataDir = absolute(text("dataDir") ?? "")
        if settings.dataDir.isEmpty, diagnostics.isEmpty || cfg.entry("dataDir") == nil {
            diagnostics.append(
                Diagnostic(
                    .error, rule: "no-data-dir", file: file, "dataDir is not set",
                    mend: "add a line dataDir=/var/lib/zookeeper with the directory for this server's data"))
        }
        settings.dataLogDir = text("dataLogDir").map(absolute) ?? settings.dataDir
        let address = text("clientPortAddress")
        if let port = integer("clientPort"), port != 0 {
            settings.client = ServerSettings.Listen(host: address == "0.0.0.0" ? nil : address, port: port)
        }
        let secureAddress = text("secureClientPortAddress")
        if let port = integer("secureClientPort"), port != 0 {
            settings.secureClient = ServerSettings.Listen(
                host: secureAddress == "0.0.0.0" ? nil : secureAddress, port: port)
        }
        settings.unifiesClientPort = boolean("client.portUnification") ?? false
        if settings.secureClient != nil || settings.unifiesClientPort {
            settings.clientTLS = readTLS(TLSSettings.clientPrefix)
        }
        settings.quorumTLS = readQuorumTLS()
        settings.membersOnly = boolean("quorum.membersOnly") ?? false
        settings.backlog = integer("clientPortListenBacklog") ?? settings.backlog
        settings.createsDataDirectory = boolean("datadir.autocreate") ?? true
        settings.createsDatabase = boolean("db.autocreate") ?? true
    }

    private mutating func readSessions(into settings: inout ServerSettings) {
        settings.tickTime = integer("tickTime") ?? settings.tickTime
        if settings.tickTime <= 0 { report("tickTime", "bad-value", "tickTime must be positive") }
        func orDefault(_ value: Int?, ticks: Int) -> Int {
            guard let value, value != -1 else { return ticks * settings.tickTime }
            return value
        }
        settings.minSessionTimeout = orDefault(integer("minSessionTimeout"), ticks: 2)
        settings.maxSessionTimeout = orDefault(integer("maxSessionTimeout"), ticks: 20)
        if settings.minSessionTimeout > settings.maxSessionTimeout {
            report(
                "minSessionTimeout", "session-timeouts",
                "minSessionTimeout \(settings.minSessionTimeout) is above maxSessionTimeout \(settings.maxSessionTimeout)"
            )
        }
        settings.maxClientConnections = integer("maxClientCnxns") ?? settings.maxClientConnections
        settings.maxConnections = integer("maxCnxns") ?? settings.maxConnections
        settings.keepsAlive = boolean("clientTcpKeepAlive") ?? false
        settings.sessionlessTimeout = integer("nio.sessionlessCnxnTimeout") ?? settings.sessionlessTimeout
        settings.sessionSecretPath = text("session.secretPath").map(absolute)
        settings.globalOutstandingLimit = integer("globalOutstandingLimit") ?? settings.globalOutstandingLimit
        // Reads are answered at once, so the requests in process are the outstanding ones.
        if let limit = integer("request_throttle_max_requests"), limit > 0 {
            settings.globalOutstandingLimit = min(settings.globalOutstandingLimit, limit)
        }
        readConnectionThrottle(into: &settings)
        settings.maxFrame = integer("jute.maxbuffer") ?? settings.maxFrame
        settings.extraSize = integer("jute.maxbuffer.extrasize")
        settings.largeRequestThreshold = integer("largeRequestThreshold") ?? settings.largeRequestThreshold
        settings.largeRequestMaxBytes = integer("largeRequestMaxBytes") ?? settings.largeRequestMaxBytes
        settings.localSessions = boolean("localSessionsEnabled") ?? false
        settings.localSessionsUpgrading = boolean("localSessionsUpgradingEnabled") ?? false
        settings.readOnlyMode = boolean("readonlymode.enabled") ?? false
    }

    private mutating func readConnectionThrottle(into settings: inout ServerSettings) {
        var throttle = ConnectionThrottle.Settings()
        throttle.tokens = integer("connection_throttle_tokens") ?? throttle.tokens
        throttle.fillTime = integer("connection_throttle_fill_time") ?? throttle.fillTime
        throttle.fillCount = integer("connection_throttle_fill_count") ?? throttle.fillCount
        let weights = (
            integer("connection_throttle_global_session_weight") ?? 3,
            integer("connection_throttle_local_session_weight") ?? 1,
            integer("connection_throttle_renew_session_weight") ?? 2
        )
        if boolean("connection_throttle_weight_enabled") ?? false {
            (throttle.globalWeight, throttle.localWeight, throttle.renewWeight) = weights
        }
        settings.connectionThrottle = throttle
    }

    private mutating func readStorage(into settings: inout ServerSettings) {
        settings.snapCount = max(2, integer("snapCount") ?? settings.snapCount)
        settings.snapSizeLimit =
            integer("snapSizeLimitInKb").map { $0 <= 0 ? Int.max : $0 << 10 } ?? settings.snapSizeLimit
        settings.preallocation = integer("preAllocSize").map { $0 << 10 } ?? settings.preallocation
        settings.logSizeLimit = integer("txnLogSizeLimitInKb").flatMap { $0 <= 0 ? nil : $0 << 10 }
        settings.forceSync = text("forceSync") != "no"
        settings.fsyncWarning = integer("fsync.warningthresholdms") ?? settings.fsyncWarning
        settings.digestEnabled = boolean("digest.enabled") ?? true
        settings.trustEmptySnapshot = boolean("snapshot.trust.empty") ?? false
        settings.purgeIntervalHours = integer("autopurge.purgeInterval") ?? 0
        settings.purgeRetainCount = max(3, integer("autopurge.snapRetainCount") ?? 3)
    }

    private mutating func readTree(into settings: inout ServerSettings) {
        settings.extendedTypes = boolean("extendedTypesEnabled") ?? false
        settings.enforcesQuota = boolean("enforceQuota") ?? false
        settings.skipsACL = text("skipACL") == "yes"
        settings.acceptsDigest = boolean("DigestAuthenticationProvider.enabled") ?? true
        readEnforcedSchemes(into: &settings)
        settings.superDigest = text("DigestAuthenticationProvider.superDigest")
        settings.superUserX509 = text("X509AuthenticationProvider.superUser")
        settings.containerCheckInterval = integer("znode.container.checkIntervalMs") ?? settings.containerCheckInterval
        settings.containerMaxPerMinute = max(
            1, integer("znode.container.maxPerMinute") ?? settings.containerMaxPerMinute)
        settings.containerMaxNeverUsed = integer("znode.container.maxNeverUsedIntervalMs") ?? 0
        settings.reconfigEnabled = boolean("reconfigEnabled") ?? false
    }

    private mutating func readEnforcedSchemes(into settings: inout ServerSettings) {
        let schemes = (text("enforce.auth.schemes") ?? "").split(separator: ",").map(\.trimmedBlanks)
            .filter { !$0.isEmpty }
        guard boolean("enforce.auth.enabled") ?? false else { return }
        if schemes.isEmpty {
            report(
                "enforce.auth.enabled", "no-schemes", "enforce.auth.enabled is true, but enforce.auth.schemes is empty",
                mend: "name the schemes that count, for example enforce.auth.schemes=digest,x509")
        }
        settings.enforcedSchemes = schemes
    }

    private mutating func readAdministration(into settings: inout ServerSettings) {
        if let words = text("4lw.commands.whitelist") { settings.words = WordWhitelist(words) }
        if settings.readOnlyMode { settings.words.insert("isro") }
        // Apache's server listens on all addresses (decision 0006).
        let address = text("admin.serverAddress") ?? "127.0.0.1"
        let port = integer("admin.serverPort") ?? 8080
        let url = text("admin.commandURL") ?? "/commands"
        let idle = integer("admin.idleTimeout") ?? 30000
        if boolean("admin.enableServer") ?? true {
            settings.admin = ServerSettings.Admin(
                address: ServerSettings.Listen(host: address == "0.0.0.0" ? nil : address, port: port), commandURL: url,
                idleTimeout: idle)
        }
        let provider = text("metricsProvider.className") ?? ""
        let metricsHost = text("metricsProvider.httpHost") ?? "0.0.0.0"
        let metricsPort = integer("metricsProvider.httpPort") ?? 7000
        if provider.hasSuffix("PrometheusMetricsProvider") {
            settings.metrics = ServerSettings.Listen(
                host: metricsHost == "0.0.0.0" ? nil : metricsHost, port: metricsPort)
        }
    }

    /// Keys of a quorum's configuration; which of them mean something here is decided by who starts the server.
    private static let quorumKeys: Set<String> = [
        "initLimit", "syncLimit", "electionAlg", "peerType", "standaloneEnabled", "dynamicConfigFile",
        "quorumListenOnAllIPs", "leaderServes", "cnxTimeout", "connectToLearnerMasterLimit", "commitLogCount",
        "forceSnapshotSync", "snapshotSizeFactor", "fastleader.minNotificationInterval",
        "fastleader.maxNotificationInterval",
    ]

    /// Keys that close a door: who sets one must not be left with an open door and a warning.
    private static let protections: Set<String> = [
        "sessionRequireClientSASLAuth", "DigestAuthenticationProvider.digestAlg", "admin.forceHttps", "ssl.crl",
        "ssl.ocsp", "ssl.quorum.crl", "ssl.quorum.ocsp", "fips-mode",
    ]

    /// Values that ask for nothing that this server does not do anyway.
    private static let harmless = [
        "sessionRequireClientSASLAuth": "false", "DigestAuthenticationProvider.digestAlg": "sha1",
        "admin.forceHttps": "false", "ssl.crl": "false", "ssl.ocsp": "false", "ssl.quorum.crl": "false",
        "ssl.quorum.ocsp": "false", "fips-mode": "false",
        "closeSessionTxn.enabled": "true", "emulate353TTLNodes": "false", "snapshot.compression.method": "",
        "jmx.log4j.disable": "true",
    ]

    mutating func reportUnused() {
        for entry in cfg.effectiveEntries where !used.contains(entry.key) {
            let key = entry.key
            if Self.quorumKeys.contains(key) || ["server.", "group.", "weight."].contains(where: key.hasPrefix) {
                continue
            }
            if key.hasPrefix("metricsProvider.") || isOfIdleTLS(key) { continue }
            if let harmless = Self.harmless[key], entry.value.lowercased() == harmless { continue }
            if Self.protections.contains(key) {
                diagnostics.append(
                    Diagnostic(
                        .error, rule: "unsupported-protection", file: file, at: entry.keyLocation,
                        "\(key)=\(entry.value) is not supported by this server, and without it the server would be less protected than you asked for",
                        mend: "remove the line to run without it, or run Apache's server"))
                continue
            }
            if KnownKeys.jvmTuning.contains(key) {
                warn(entry, "no-effect", "\(key) tunes the JVM server and has no effect on this one", mend: nil)
            } else if KnownKeys.isKnown(key) {
                warn(entry, "unsupported-key", "\(key) is not supported by this server yet and is ignored", mend: nil)
            } else {
                warn(
                    entry, "unknown-key", "no ZooKeeper server knows \(key)",
                    mend: KnownKeys.nearest(key).map { "did you mean \($0)?" })
            }
        }
    }

    /// Whether the key is about TLS on ports that have none.
    private func isOfIdleTLS(_ key: String) -> Bool {
        guard key.hasPrefix(TLSSettings.clientPrefix) else { return false }
        let prefix = key.hasPrefix(TLSSettings.quorumPrefix) ? TLSSettings.quorumPrefix : TLSSettings.clientPrefix
        return !used.contains(prefix + "keyStore.location")
    }

    private mutating func warn(_ entry: ZooCfg.Entry, _ rule: String, _ message: String, mend: String?) {
        diagnostics.append(Diagnostic(.warning, rule: rule, file: file, at: entry.keyLocation, message, mend: mend))
    }

    mutating func report(_ key: String, _ rule: String, _ message: String, mend: String? = nil) {
        let location = cfg.entry(key)?.location
        diagnostics.append(Diagnostic(.error, rule: rule, file: file, at: location, message, mend: mend))
    }

    mutating func text(_ key: String) -> String? {
        used.insert(key)
        return cfg[key]
    }

    mutating func integer(_ key: String) -> Int? {
        guard let value = text(key) else { return nil }
        guard let number = Int(value) else {
            report(key, "bad-value", "\(key)=\(value) is not a whole number")
            return nil
        }
        if case .integer(let range) = KnownKeys.key(key)?.kind, !range.contains(Int64(number)) {
            report(key, "bad-value", "\(key)=\(value) is outside \(range.lowerBound)…\(range.upperBound)")
            return nil
        }
        if case .port = KnownKeys.key(key)?.kind, !(0...65535).contains(number) {
            report(key, "bad-value", "\(key)=\(value) is not a port")
            return nil
        }
        return number
    }

    mutating func boolean(_ key: String) -> Bool? {
        guard let value = text(key) else { return nil }
        switch value.lowercased() {
        case "true": return true
        case "false": return false
        default:
            report(key, "bad-value", "\(key)=\(value) is neither true nor false")
            return nil
        }
    }

    /// Relative paths are relative to the working directory, as in Apache's server.
    func absolute(_ path: String) -> String {
        guard !path.isEmpty, !path.hasPrefix("/") else { return path }
        return WorkingDirectory.path + "/" + path
    }
}
