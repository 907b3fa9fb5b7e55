import FoundationEssentials
import Glibc

/// Moments as this room counts them: seconds since 1970, and a steady clock for measuring.
enum Moment {
    static func now() -> Double { Date().timeIntervalSince1970 }

    /// Seconds on a clock that nobody sets, since some moment before: for how long things take.
    static func steady() -> Double { (ContinuousClock.now - origin).seconds }

    private static let origin = ContinuousClock.now

    /// `2026-11-24T03:54:05.123Z`
    static func text(_ seconds: Double) -> String {
        Date(timeIntervalSince1970: seconds).formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }
}

extension Duration {
    /// As a fraction of seconds.
    package var seconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }
}
