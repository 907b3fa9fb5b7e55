import Diagnostics

extension KnownKeys {
    /// What settings do together that are each fine by themselves, for settings that are no zoo.cfg yet: limits, session
    /// timeouts, four-letter words, TLS and SASL, and what the engine does not support. `check` is for each of them alone.
    ///
    /// Rule ids: `limit-overflow`, `limit-order`, `limit-tight`, `tick-short`, `session-timeout`, `whitelist-word`,
    /// `whitelist-wide`, `quorum-sasl`, `sasl-file`, `no-schemes`, `tls-factory`, `tls-key`, `tls-file`, `tls-version`,
    /// `unsupported-protection`, `unsupported-key`, `no-effect`.
    ///
    /// - Parameters:
    ///   - engine: what will run the server.
    ///   - isEnsemble: whether the server is in a quorum.
    ///   - host: what is known of the server's host; nil: nothing.
    package static func checkTogether(
        _ settings: [(key: String, keyLocation: SourceLocation, value: PlacedText)], file: String? = nil,
        engine: ServerEngine?, isEnsemble: Bool, host: HostFacts? = nil
    ) -> [Diagnostic] {
        let entries = settings.map { setting in
            ZooCfg.Entry(
                key: setting.key, keyLocation: setting.keyLocation, placedValue: setting.value, isContinued: false)
        }
        var checker = ConfigChecker(
            settings: entries, file: file, engine: engine, isEnsemble: isEnsemble, host: host)
        checker.checkLimits()
        checker.adviseOnLimits()
        checker.checkSecurity()
        checker.checkWhitelist()
        return checker.problems
    }
}

extension ConfigChecker {
    /// For checks that look at settings only: there are no server lines and no document.
    fileprivate init(
        settings: [ZooCfg.Entry], file: String?, engine: ServerEngine?, isEnsemble: Bool, host: HostFacts?
    ) {
        cfg = ZooCfg()
        self.file = file
        self.engine = engine
        self.isEnsemble = isEnsemble
        surroundings = ZooCfg.Surroundings(host: host)
        effective = Dictionary(settings.map { ($0.key, $0) }) { _, last in last }
    }
}
