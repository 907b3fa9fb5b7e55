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
/// Sessions are kept by the time at which they are looked at next, in steps of 20 ms, whatever tickTime is: never early,
/// and at most that much late. A sign of life only puts off a session's end; the session itself is moved when it is looked at,
/// so that neither a touch nor a look costs more with more sessions. Times are milliseconds of one clock that only goes
/// forward, handed in.
package struct SessionTracker: Sendable {
    private struct Session {
        var timeout: Int32
        var owner: SessionOwner?
        var isClosing = false
        /// How long it lives when nothing more is heard of it.
        var end: Int64 = 0
        /// Its end has come, and the learners have been asked whether they have heard of it.
        var isAskedFor = false
        /// The step in which it is looked at; nil when it is in no bucket (closing).
        var bucket: Int64?
        var next: SessionID?
        var previous: SessionID?
    }

    /// What a look at the sessions has found.
    package struct Due: Hashable, Sendable {
        /// By time and id. They are closing from now on: prepare a closeSession for each.
        package var over: [SessionID] = []
        /// The end of a session has come that a learner may have heard meanwhile: it is over if the next look, a step later,
        /// finds nothing new.
        package var learnersMustBeAsked = false
    }

    /// Milliseconds.
    package static let step: Int64 = 20

    private var sessions: [SessionID: Session] = [:]
    /// First session of each bucket.
    private var buckets: [Int64: SessionID] = [:]

    /// When `expire` must be called at the latest; there may be nothing to do then.
    package private(set) var nextLook = Int64.max

    package init() {}

    package var count: Int { sessions.count }

    /// Ids with the time at which each would expire, by time and id (`dump`); closing ones are not among them.
    ///
    /// - Parameter lastTouch: as for `expire`.
    package func expiries(lastTouch: (SessionID) -> Int64?) -> [(time: Int64, sessions: [SessionID])] {
        var expiries: [Int64: [SessionID]] = [:]
        for (id, session) in sessions where session.bucket != nil {
            expiries[bucket(of: end(of: id, session, lastTouch)) * Self.step, default: []].append(id)
        }
        return expiries.keys.sorted().map { ($0, expiries[$0]!.sorted()) }
    }

    // MARK: Sessions

    /// Starts to track a session, with its whole timeout from now on. Tracking a known one changes its timeout.
    package mutating func track(_ id: SessionID, timeout: Int32, now: Int64) {
        if sessions[id] == nil { sessions[id] = Session(timeout: timeout) }
        touch(id, timeout: timeout, now: now)
    }

    /// Its client has come with this timeout, which it has perhaps negotiated anew: it lives for that long from now on. False
    /// when there is no such session, or it is closing.
    @discardableResult
    package mutating func touch(_ id: SessionID, timeout: Int32, now: Int64) -> Bool {
        guard var session = sessions[id], !session.isClosing else { return false }
        (session.timeout, session.end, session.isAskedFor) = (timeout, now + Int64(timeout), false)
        sessions[id] = session
        // A later end is seen when it is looked at.
        let bucket = bucket(of: session.end)
        if session.bucket.map({ bucket < $0 }) ?? true {
            leaveBucket(id)
            enterBucket(id, bucket)
        }
        return true
    }

    /// It was heard at this time.
    package mutating func heard(_ id: SessionID, at time: Int64) {
        guard let timeout = sessions[id]?.timeout else { return }
        putOff(id, until: time + Int64(timeout))
    }

    /// It lives until then at least.
    package mutating func putOff(_ id: SessionID, until end: Int64) {
        guard let place = sessions.index(forKey: id), sessions.values[place].end < end else { return }
        sessions.values[place].end = end
        sessions.values[place].isAskedFor = false
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

    /// Looks at the sessions whose time may be over.
    ///
    /// - Parameters:
    ///   - askingLearners: whether others may have heard of a session that does not come through this server.
    ///   - lastTouch: when the session was last heard here; nil: it has no connection here.
    package mutating func expire(
        now: Int64, askingLearners: Bool = false, lastTouch: (SessionID) -> Int64? = { _ in nil }
    ) -> Due {
        var due = Due()
        guard nextLook <= now else { return due }
        let current = now / Self.step
        for bucket in buckets.keys.filter({ $0 <= current }).sorted() {
            for id in members(of: bucket) { look(at: id, in: current, askingLearners, lastTouch, &due) }
        }
        nextLook = buckets.keys.min().map { $0 * Self.step } ?? .max
        return due
    }

    private mutating func look(
        at id: SessionID, in current: Int64, _ askingLearners: Bool, _ lastTouch: (SessionID) -> Int64?,
        _ due: inout Due
    ) {
        var session = sessions[id]!
        let end = end(of: id, session, lastTouch)
        if end > session.end { (session.end, session.isAskedFor) = (end, false) }
        let bucket = bucket(of: end)
        let isOver = bucket <= current
        if isOver, !askingLearners || session.owner == .local || session.isAskedFor {
            markClosing(id)
            return due.over.append(id)
        }
        session.isAskedFor = isOver
        sessions[id] = session
        leaveBucket(id)
        enterBucket(id, isOver ? current + 1 : bucket)
        if isOver { due.learnersMustBeAsked = true }
    }

    private func end(of id: SessionID, _ session: Session, _ lastTouch: (SessionID) -> Int64?) -> Int64 {
        max(session.end, lastTouch(id).map { $0 + Int64(session.timeout) } ?? session.end)
    }

    /// Rounded up, as Apache rounds to the next tick.
    private func bucket(of end: Int64) -> Int64 { end / Self.step + 1 }

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
        nextLook = min(nextLook, bucket * Self.step)
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
