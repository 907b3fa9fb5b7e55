import Diagnostics

extension KnownKeys {
    /// What settings do together that are each fine by themselves, for settings that are no zoo.cfg yet: limits, session
    /// timeouts, four-letter words, TLS and SASL. `check` is for each of them alone.
    ///
    /// Rule ids: `limit-overflow`, `limit-order`, `limit-tight`, `tick-short`, `session-timeout`, `whitelist-word`,
    /// `whitelist-wide`, `quorum-sasl`, `tls-factory`.
    package static func checkTogether(
        _ settings: [(key: String, keyLocation: SourceLocation, value: PlacedText)], file: String? = nil
    ) -> [Diagnostic] {
        let entries = settings.map { setting in
            ZooCfg.Entry(
                key: setting.key, keyLocation: setting.keyLocation, placedValue: setting.value, isContinued: false)
        }
        var checker = ConfigChecker(settings: entries, file: file)
        checker.checkLimits()
        checker.checkSecurity()
        return checker.problems
    }
}

extension ConfigChecker {
    /// For checks that look at settings only: there are no server lines and no document.
    fileprivate init(settings: [ZooCfg.Entry], file: String?) {
        cfg = ZooCfg()
        self.file = file
        surroundings = ZooCfg.Surroundings()
        effective = Dictionary(settings.map { ($0.key, $0) }) { _, last in last }
    }
}
