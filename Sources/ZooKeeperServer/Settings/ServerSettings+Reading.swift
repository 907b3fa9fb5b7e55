import Diagnostics
import DurableFiles
import Membership
import RequestPipeline
import ServerConfig

extension ServerSettings {
    /// Reads a zoo.cfg. Whether it can be one is judged by `ServerConfig`, with the words that `paddock check` has for it, too.
    ///
    /// - Parameter properties: what flags of a JVM set besides; diagnostics about one name the flag in the place of the file.
    /// - Returns: the settings, nil with errors; and the diagnostics: each key that this server does not know, or knows
    ///   and does not support, is a warning that names it.
    package static func read(
        _ zooCfg: ZooCfg, file: String, properties: SystemProperties = SystemProperties()
    ) -> (settings: ServerSettings?, diagnostics: [Diagnostic]) {
        let (cfg, flags) = zooCfg.adding(properties)
        var surroundings = ZooCfg.Surroundings()
        if let path = cfg["dynamicConfigFile"] { surroundings.dynamicConfig = .reading(path) }
        if let dataDir = cfg["dataDir"], !dataDir.isEmpty { surroundings.myid = .reading(dataDir + "/myid") }
        var diagnostics = cfg.judgement(file: file, surroundings: surroundings)
        for index in diagnostics.indices where diagnostics[index].file == file {
            if let flag = diagnostics[index].location.flatMap({ flags[$0.line] }) { diagnostics[index].isAbout(flag) }
        }
        diagnostics += properties.ignored.map {
            Diagnostic(.warning, rule: .jvmFlag, file: $0.flag, "has no effect: \($0.why)")
        }
        if diagnostics.hasErrors { return (nil, diagnostics) }
        var reader = SettingsReader(cfg: cfg)
        var settings = reader.settings()
        settings.text = zooCfg.textWithoutSecrets
        settings.readEnsemble(cfg, surroundings, file: file)
        return (settings, diagnostics)
    }
}

extension Diagnostic {
    /// It is no line of the file that it is about, but a flag.
    fileprivate mutating func isAbout(_ flag: String) {
        file = flag
        location = nil
        edit = nil
        mend = mend?.replacing("remove the line", with: "remove the flag")
    }
}

extension ZooCfg.Companion {
    /// The file at `path`; relative to the working directory, as Apache's server has it.
    fileprivate static func reading(_ path: String) -> ZooCfg.Companion {
        do throws(FileError) {
            return .text(ZooCfg.decoded(try ConfigFile.read(path)), file: path)
        } catch {
            return error.isMissing ? .missing(file: path) : .unreadable("\(error)", file: path)
        }
    }
}

/// Reads the keys one after the other. What does not fit was refused before.
struct SettingsReader {
    let cfg: ZooCfg
    /// The keys that were looked at.
    private(set) var used: Set<String> = []

    init(cfg: ZooCfg) { self.cfg = cfg }

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
        settings.dataLogDir = text("dataLogDir").map(absolute) ?? settings.dataDir
        let address = host("clientPortAddress")
        if let port = integer("clientPort"), port != 0 {
            settings.client = ServerSettings.Listen(host: address, port: port)
        }
        let secureAddress = host("secureClientPortAddress")
        if let port = integer("secureClientPort"), port != 0 {
            settings.secureClient = ServerSettings.Listen(host: secureAddress, port: port)
        }
        settings.unifiesClientPort = boolean("client.portUnification") ?? false
        if settings.secureClient != nil || settings.unifiesClientPort {
            settings.clientTLS = readTLS(TLSSettings.clientPrefix)
        }
        settings.quorumTLS = readQuorumTLS()
        settings.membersOnly = boolean("quorum.membersOnly") ?? false
        read("clientPortListenBacklog", into: &settings.backlog)
        settings.createsDataDirectory = boolean("datadir.autocreate") ?? true
        settings.createsDatabase = boolean("db.autocreate") ?? true
    }

    private mutating func readSessions(into settings: inout ServerSettings) {
        read("tickTime", into: &settings.pipeline.tickTime)
        func orDefault(_ value: Int?, ticks: Int) -> Int {
            guard let value, value != -1 else { return ticks * settings.pipeline.tickTime }
            return value
        }
        settings.pipeline.minSessionTimeout = orDefault(integer("minSessionTimeout"), ticks: 2)
        settings.pipeline.maxSessionTimeout = orDefault(integer("maxSessionTimeout"), ticks: 20)
        read("maxClientCnxns", into: &settings.pipeline.maxClientConnections)
        read("maxCnxns", into: &settings.pipeline.maxConnections)
        settings.keepsAlive = boolean("clientTcpKeepAlive") ?? false
        read("nio.sessionlessCnxnTimeout", into: &settings.pipeline.sessionlessTimeout)
        settings.sessionSecretPath = text("session.secretPath").map(absolute)
        read("globalOutstandingLimit", into: &settings.pipeline.globalOutstandingLimit)
        // Reads are answered at once, so the requests in process are the outstanding ones.
        if let limit = integer("request_throttle_max_requests"), limit > 0 {
            settings.pipeline.globalOutstandingLimit = min(settings.pipeline.globalOutstandingLimit, limit)
        }
        readConnectionThrottle(into: &settings)
        read("jute.maxbuffer", into: &settings.pipeline.maxFrame)
        settings.extraSize = integer("jute.maxbuffer.extrasize")
        read("largeRequestThreshold", into: &settings.pipeline.largeRequestThreshold)
        read("largeRequestMaxBytes", into: &settings.pipeline.largeRequestMaxBytes)
        settings.pipeline.localSessions = boolean("localSessionsEnabled") ?? false
        settings.pipeline.localSessionsUpgrading = boolean("localSessionsUpgradingEnabled") ?? false
        settings.readOnlyMode = boolean("readonlymode.enabled") ?? false
    }

    private mutating func readConnectionThrottle(into settings: inout ServerSettings) {
        var throttle = ConnectionThrottle.Settings()
        read("connection_throttle_tokens", into: &throttle.tokens)
        read("connection_throttle_fill_time", into: &throttle.fillTime)
        read("connection_throttle_fill_count", into: &throttle.fillCount)
        let weights = (
            integer("connection_throttle_global_session_weight") ?? 3,
            integer("connection_throttle_local_session_weight") ?? 1,
            integer("connection_throttle_renew_session_weight") ?? 2
        )
        if boolean("connection_throttle_weight_enabled") ?? false {
            (throttle.globalWeight, throttle.localWeight, throttle.renewWeight) = weights
        }
        settings.pipeline.connectionThrottle = throttle
    }

    private mutating func readStorage(into settings: inout ServerSettings) {
        settings.snapCount = max(2, integer("snapCount") ?? settings.snapCount)
        settings.snapSizeLimit =
            integer("snapSizeLimitInKb").map { $0 <= 0 ? Int.max : $0 << 10 } ?? settings.snapSizeLimit
        settings.preallocation = integer("preAllocSize").map { $0 << 10 } ?? settings.preallocation
        settings.logSizeLimit = integer("txnLogSizeLimitInKb").flatMap { $0 <= 0 ? nil : $0 << 10 }
        settings.forceSync = text("forceSync") != "no"
        read("fsync.warningthresholdms", into: &settings.fsyncWarning)
        settings.pipeline.preparer.writesDigests = boolean("digest.enabled") ?? true
        settings.trustEmptySnapshot = boolean("snapshot.trust.empty") ?? false
        settings.purgeIntervalHours = integer("autopurge.purgeInterval") ?? 0
        settings.purgeRetainCount = max(3, integer("autopurge.snapRetainCount") ?? 3)
    }

    private mutating func readTree(into settings: inout ServerSettings) {
        settings.pipeline.preparer.allowsTTL = boolean("extendedTypesEnabled") ?? false
        settings.pipeline.preparer.enforcesQuotas = boolean("enforceQuota") ?? false
        settings.skipsACL = text("skipACL") == "yes"
        settings.acceptsDigest = boolean("DigestAuthenticationProvider.enabled") ?? true
        readEnforcedSchemes(into: &settings)
        settings.superDigest = text("DigestAuthenticationProvider.superDigest")
        settings.superUserX509 = text("X509AuthenticationProvider.superUser")
        settings.sasl = readSASL()
        settings.acceptsSASL = hasSASLProvider
        settings.saslUserOfAll = text("letAnySaslUserDoX")
        read("znode.container.checkIntervalMs", into: &settings.pipeline.containerCheckInterval)
        read("znode.container.maxPerMinute", into: &settings.pipeline.containerMaxPerMinute)
        settings.pipeline.containerMaxPerMinute = max(1, settings.pipeline.containerMaxPerMinute)
        read("znode.container.maxNeverUsedIntervalMs", into: &settings.pipeline.containerMaxNeverUsed)
        settings.pipeline.preparer.allowsReconfig = boolean("reconfigEnabled") ?? false
    }

    private mutating func readEnforcedSchemes(into settings: inout ServerSettings) {
        let schemes = JavaText.list(text("enforce.auth.schemes") ?? "")
        // As Apache's `AuthenticationHelper`: the older key wins.
        let requiresSASL = boolean("sessionRequireClientSASLAuth") ?? false
        if boolean("enforce.auth.enabled") ?? false { settings.pipeline.enforcedSchemes = schemes }
        if requiresSASL { settings.pipeline.enforcedSchemes = ["sasl"] }
    }

    private mutating func readAdministration(into settings: inout ServerSettings) {
        if let words = text("4lw.commands.whitelist") { settings.words = WordWhitelist(words) }
        if settings.readOnlyMode { settings.words.insert("isro") }
        // Apache's server listens on all addresses (decision 0006).
        let address = text("admin.serverAddress") == nil ? "127.0.0.1" : host("admin.serverAddress")
        let port = integer("admin.serverPort") ?? 8080
        let url = text("admin.commandURL") ?? "/commands"
        let idle = integer("admin.idleTimeout") ?? 30000
        if boolean("admin.enableServer") ?? true {
            settings.admin = ServerSettings.Admin(
                address: ServerSettings.Listen(host: address, port: port), commandURL: url, idleTimeout: idle)
        }
        let provider = text("metricsProvider.className") ?? ""
        let metricsHost = host("metricsProvider.httpHost")
        let metricsPort = integer("metricsProvider.httpPort") ?? 7000
        if provider.hasSuffix("PrometheusMetricsProvider") {
            settings.metrics = ServerSettings.Listen(host: metricsHost, port: metricsPort)
        }
    }

    mutating func text(_ key: String) -> String? {
        used.insert(key)
        return cfg[key]
    }

    mutating func integer(_ key: String) -> Int? { text(key).flatMap { Int($0) } }

    /// Keeps the default when the key is not there.
    private mutating func read(_ key: String, into value: inout Int) { value = integer(key) ?? value }

    mutating func boolean(_ key: String) -> Bool? { text(key).map { $0.lowercased() == "true" } }

    /// The address to listen on; nil: all of them.
    mutating func host(_ key: String) -> String? {
        guard let host = text(key), !host.isEmpty, host != "0.0.0.0" else { return nil }
        return HostAddress.unbracketed(host)
    }

    /// Relative paths are relative to the working directory, as in Apache's server.
    func absolute(_ path: String) -> String {
        guard !path.isEmpty, !path.hasPrefix("/") else { return path }
        return WorkingDirectory.path + "/" + path
    }
}
