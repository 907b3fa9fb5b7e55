/// A bucket of tokens that slows down herds of clients: who asks for a session while it is empty is disconnected, and
/// comes again (Apache's `BlueThrottle`, without the adaptation of `connection_throttle_freeze_time`).
package struct ConnectionThrottle: Hashable, Sendable {
    package struct Settings: Hashable, Sendable {
        /// `connection_throttle_tokens`; 0: no throttle.
        package var tokens = 0
        /// `connection_throttle_fill_time`, milliseconds.
        package var fillTime = 1
        /// `connection_throttle_fill_count`: how many tokens come in each `fillTime`.
        package var fillCount = 1
        /// What each kind of session takes: `connection_throttle_*_session_weight`, or 1.
        package var globalWeight = 1
        package var localWeight = 1
        package var renewWeight = 1

        package init() {}
    }

    private let settings: Settings
    private var tokens: Int
    private var filledAt: Int64

    /// - Parameter now: milliseconds of a clock that does not go back.
    package init(_ settings: Settings, now: Int64) {
        self.settings = settings
        tokens = settings.tokens
        filledAt = now
    }

    /// Takes what a session needs; false when there is not enough.
    package mutating func admits(_ weight: (Settings) -> Int, now: Int64) -> Bool {
        guard settings.tokens > 0 else { return true }
        let fills = (now - filledAt) / Int64(max(settings.fillTime, 1))
        if fills > 0 {
            let (more, overflows) = Int(fills).multipliedReportingOverflow(by: settings.fillCount)
            tokens = overflows || more > settings.tokens - tokens ? settings.tokens : tokens + more
            filledAt = now
        }
        let needed = weight(settings)
        guard tokens >= needed else { return false }
        tokens -= needed
        return true
    }
}
