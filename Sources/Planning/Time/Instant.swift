/// A moment on the steady clock, which nobody sets: how long things take is the difference of two of these. What a
/// wall clock shows is a `Timestamp`, which cannot be subtracted.
package struct Instant: Hashable, Comparable, Sendable {
    package var sinceBoot: Duration

    package init(sinceBoot: Duration) { self.sinceBoot = sinceBoot }

    package static func < (left: Instant, right: Instant) -> Bool { left.sinceBoot < right.sinceBoot }
    package static func - (left: Instant, right: Instant) -> Duration { left.sinceBoot - right.sinceBoot }
    package static func - (left: Instant, right: Duration) -> Instant { Instant(sinceBoot: left.sinceBoot - right) }
    package static func + (left: Instant, right: Duration) -> Instant { Instant(sinceBoot: left.sinceBoot + right) }
    package static func += (left: inout Instant, right: Duration) { left.sinceBoot += right }
}
