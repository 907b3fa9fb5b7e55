/// How often servers are looked at while something is waited for.
enum Pace {
    /// Between two looks, when `waited` seconds have passed. A bundled server is up in some tens of milliseconds; to ask a JVM that
    /// takes seconds as often would only slow it down.
    static func pause(after waited: Double) -> Duration { .milliseconds(waited < 2 ? 20 : 100) }
}
