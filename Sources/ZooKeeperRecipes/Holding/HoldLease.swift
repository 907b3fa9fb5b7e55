/// How long a session is surely alive without another answer of the ensemble: who holds something through it has until then.
///
/// A session lives for its timeout from when the *leader* last heard of it. What the client's own server answers does not prove that: a
/// follower cut off from the leader answers reads and pings for `syncLimit` more ticks, while the leader counts the session as silent.
/// So the holder has a round trip made through the leader (`sync`) now and then. An answered one proves that follower and leader
/// talked until after it was sent, and so that the leader was told of the client as it was at the round trip *before*: followers tell
/// whom they have heard every half tick. (tickTime/2 is less than ``beat``, as servers grant no session shorter than two ticks.)
///
/// Times are of the caller's clock. Both clocks must run at about the same speed; nothing else is asked of them.
struct HoldLease<Instant: InstantProtocol>: Sendable where Instant.Duration == Duration {
    private let timeout: Duration
    /// When the last two round trips that were answered had been sent.
    private var latest: Instant
    private var oneBefore: Instant

    /// - Parameters:
    ///   - timeout: The session's, as negotiated.
    ///   - sentAt: When a request that was decided by the leader, and is answered now, was sent.
    init(timeout: Duration, provenBy sentAt: Instant) {
        self.timeout = timeout
        latest = sentAt
        // A client is not silent for longer: it pings.
        oneBefore = sentAt.advanced(by: .zero - timeout / 3)
    }

    /// A round trip that was sent then is answered.
    mutating func proven(by sentAt: Instant) {
        guard sentAt > latest else { return }
        oneBefore = latest
        latest = sentAt
    }

    /// From a quarter of the timeout after the last round trip the next one is due.
    var nextBeat: Instant { latest.advanced(by: timeout / 4) }

    /// When the holder must have stopped. A tenth of the timeout is left for it to do that.
    var end: Instant { oneBefore.advanced(by: timeout * 9 / 10) }
}
