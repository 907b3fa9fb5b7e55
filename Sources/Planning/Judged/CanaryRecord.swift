/// The bookkeeping of a canary: which writes were acknowledged, how long it could not write, and whether one was lost.
///
/// The canary overwrites one znode and nobody else does, so each write that took effect raises the znode's version by
/// one, and an acknowledged write that is gone shows as a version that went back. Writes of unknown outcome (the
/// connection broke before the answer) may raise it too: versions may jump ahead.
package struct CanaryRecord: Hashable, Sendable {
    /// Acknowledged writes.
    package private(set) var writes = 0
    /// Acknowledged writes that a later answer shows to be gone.
    package private(set) var lost = 0
    package private(set) var longestGap = Duration.zero

    private var lastVersion: Int32?
    private var lastAcknowledged: Instant

    /// The gap before the first write counts from `start`.
    package init(start: Instant) { lastAcknowledged = start }

    /// A write was acknowledged, with the version that it gave the znode.
    package mutating func acknowledged(version: Int32, at now: Instant) {
        writes += 1
        observeGap(until: now)
        lastAcknowledged = now
        if let last = lastVersion, version <= last { lost += Int(last - version) + 1 }
        lastVersion = version
    }

    /// The last look, after the last write: what a read (after a sync) found; nil when the znode is gone.
    package mutating func finished(version: Int32?, at now: Instant) {
        observeGap(until: now)
        guard let last = lastVersion else { return }
        guard let version else {
            lost += writes
            return
        }
        if version < last { lost += Int(last - version) }
    }

    /// An ongoing gap counts even when no write ends it.
    package mutating func observeGap(until now: Instant) { longestGap = max(longestGap, now - lastAcknowledged) }
}
