import Diagnostics
import ZooKeeperProtocol

/// Which part of the server a session's requests come through: one number for all local connections, one for each learner.
/// A request from another one than the session's owner has been overtaken by a move of the session.
package struct SessionOwner: RawRepresentable, Hashable, Sendable {
    package let rawValue: Int64

    package init(rawValue: Int64) { self.rawValue = rawValue }

    package static let local = SessionOwner(rawValue: 0)
}

/// When sessions expire, on the one server that decides it: standalone, or the leader (Apache's `SessionTrackerImpl`).
///
/// Expiry times are rounded up to the next tick, and sessions are kept by tick, so that neither a touch nor a tick costs
/// more with more sessions. Times are milliseconds of one clock that only goes forward, handed in.
package struct SessionTracker: Sendable {
    private struct Session {
        var timeout: Int32
        var owner: SessionOwner?
        var isClosing = false
        /// The tick at whose beginning it expires; nil when it is in no bucket (closing).
        var bucket: Int64?
        var next: SessionID?
        var previous: SessionID?
    }

    private var sessions: [SessionID: Session] = [:]
    /// First session of each bucket.
    private var buckets: [Int64: SessionID] = [:]
    private var nextBucket: Int64
    private let tickTime: Int64

    /// - Parameter tickTime: in milliseconds.
    package init(tickTime: Int32, now: Int64) {
        invariant(tickTime > 0, "tickTime is positive")
        self.tickTime = Int64(tickTime)
        nextBucket = now / Int64(tickTime) + 1
    }

    package var count: Int { sessions.count }

    /// Ids with the time at which each would expire, by time and id (`dump`); closing ones are not among them.
    package var expiries: [(time: Int64, sessions: [SessionID])] {
        buckets.keys.sorted().map { bucket in (bucket * tickTime, members(of: bucket)) }
    }

    // MARK: Sessions

    /// Starts to track a session, with its whole timeout from now on. Tracking a known one changes its timeout.
    package mutating func track(_ id: SessionID, timeout: Int32, now: Int64) {
        if sessions[id] == nil {
            sessions[id] = Session(timeout: timeout)
        } else {
            sessions[id]!.timeout = timeout
        }
        _ = touch(id, now: now)
    }

    /// A sign of life: any request. False when there is no such session, or it is closing.
    @discardableResult
    package mutating func touch(_ id: SessionID, now: Int64) -> Bool {
        guard let session = sessions[id], !session.isClosing else { return false }
        let bucket = max((now + Int64(session.timeout)) / tickTime + 1, nextBucket)
        if session.bucket != bucket {
            leaveBucket(id)
            enterBucket(id, bucket)
        }
        return true
    }

    /// As `touch`, with a timeout that the client has negotiated anew.
    @discardableResult
    package mutating func touch(_ id: SessionID, timeout: Int32, now: Int64) -> Bool {
        guard sessions[id] != nil, !sessions[id]!.isClosing else { return false }
        sessions[id]!.timeout = timeout
        return touch(id, now: now)
    }

    package func timeout(of id: SessionID) -> Int32? { sessions[id]?.timeout }

    /// From the time closeSession is prepared: no request of the session passes any more.
    package mutating func markClosing(_ id: SessionID) {
        guard sessions[id] != nil else { return }
        leaveBucket(id)
        sessions[id]!.isClosing = true
    }

    /// When closeSession has been applied.
    package mutating func remove(_ id: SessionID) {
        leaveBucket(id)
        sessions[id] = nil
    }

    package mutating func setOwner(_ owner: SessionOwner, of id: SessionID) { sessions[id]?.owner = owner }

    /// Whether a request may pass: SessionExpired for a session that is not known or closing, SessionMoved for one that
    /// came through another owner than the session's, which the connection's server answers by closing it.
    package mutating func check(_ id: SessionID, owner: SessionOwner) -> ErrorCode {
        guard let session = sessions[id], !session.isClosing else { return .sessionExpired }
        guard let current = session.owner else {
            sessions[id]!.owner = owner
            return .ok
        }
        return current == owner ? .ok : .sessionMoved
    }

    // MARK: Expiry

    /// The sessions whose time is over, by id. They are closing from now on: prepare a closeSession for each.
    package mutating func expire(now: Int64) -> [SessionID] {
        var expired: [SessionID] = []
        // A clock that jumped far ahead must not cost a step for each tick.
        if now / tickTime - nextBucket > Int64(buckets.count) {
            for bucket in buckets.keys.sorted() where bucket * tickTime <= now { expired += empty(bucket) }
            nextBucket = now / tickTime + 1
        }
        while nextBucket * tickTime <= now {
            expired += empty(nextBucket)
            nextBucket += 1
        }
        return expired
    }

    private mutating func empty(_ bucket: Int64) -> [SessionID] {
        let members = members(of: bucket)
        for id in members { markClosing(id) }
        return members
    }

    private func members(of bucket: Int64) -> [SessionID] {
        var members: [SessionID] = []
        var next = buckets[bucket]
        while let id = next {
            members.append(id)
            next = sessions[id]!.next
        }
        return members.sorted()
    }

    private mutating func enterBucket(_ id: SessionID, _ bucket: Int64) {
        let first = buckets[bucket]
        if let first { sessions[first]!.previous = id }
        sessions[id]!.bucket = bucket
        sessions[id]!.next = first
        sessions[id]!.previous = nil
        buckets[bucket] = id
    }

    private mutating func leaveBucket(_ id: SessionID) {
        guard let session = sessions[id], let bucket = session.bucket else { return }
        if let next = session.next { sessions[next]!.previous = session.previous }
        if let previous = session.previous {
            sessions[previous]!.next = session.next
        } else {
            buckets[bucket] = session.next
        }
        sessions[id]!.bucket = nil
        sessions[id]!.next = nil
        sessions[id]!.previous = nil
    }
}
