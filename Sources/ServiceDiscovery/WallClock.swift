import Glibc

/// The clock that somebody may set: for times that are shown, never to measure.
enum WallClock {
    /// Of the Unix epoch.
    static func milliseconds() -> Int64 {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000
    }
}
