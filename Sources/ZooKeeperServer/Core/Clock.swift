import Glibc

/// The two clocks of a server, in milliseconds.
enum Clock {
    /// Never goes back; says nothing about the date.
    static var monotonic: Int64 { milliseconds(CLOCK_MONOTONIC) }
    /// Since 1970: what txns and Stats carry.
    static var wall: Int64 { milliseconds(CLOCK_REALTIME) }

    private static func milliseconds(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}
