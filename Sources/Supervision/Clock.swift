import FoundationEssentials
import Glibc
import Planning

extension Instant {
    package static func now() -> Instant {
        var now = timespec()
        clock_gettime(CLOCK_BOOTTIME, &now)
        return Instant(sinceBoot: .seconds(now.tv_sec) + .nanoseconds(now.tv_nsec))
    }
}

/// A moment of wall-clock time, in JSON `2026-11-24T04:05:06.789Z`. Somebody may set that clock: nothing is measured with it.
package struct Timestamp: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    /// Of the Unix epoch.
    package var milliseconds: Int64

    package init(milliseconds: Int64) { self.milliseconds = milliseconds }

    /// Of the Unix epoch.
    package init(seconds: Double) { milliseconds = Int64((seconds * 1000).rounded()) }

    package static func now() -> Timestamp { Timestamp(seconds: Date().timeIntervalSince1970) }

    /// Of the Unix epoch.
    package var seconds: Double { Double(milliseconds) / 1000 }

    package var description: String {
        Date(timeIntervalSince1970: seconds).formatted(Self.format)
    }

    /// For names of files: `20261124T040506`.
    package var compact: String { description.prefix(19).filter { $0 != ":" && $0 != "-" } }

    package init(from decoder: any Decoder) throws {
        self.init(seconds: try Self.format.parse(String(from: decoder)).timeIntervalSince1970)
    }

    package func encode(to encoder: any Encoder) throws { try description.encode(to: encoder) }

    package static func < (left: Timestamp, right: Timestamp) -> Bool { left.milliseconds < right.milliseconds }

    private static let format = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
}
