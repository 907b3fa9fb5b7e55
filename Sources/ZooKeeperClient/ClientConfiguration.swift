/// What a client does when the servers have ended its session, and with it its ephemerals.
public enum ExpiryPolicy: Hashable, Sendable {
    /// The client is of no more use: everything fails with `sessionExpired`.
    case end
    /// The client gets a new session. Requests under way fail once with `sessionExpired`, and so do watches that fire once
    /// (``ZNodeWatch``); ``ZooKeeperClient/states`` tells `expired` and then `connecting`. ``ZooKeeperClient/changes(of:recursive:)``,
    /// ``ZooKeeperClient/values(of:)`` and ``ZooKeeperClient/childNames(of:)`` go on, and identities are told again.
    ///
    /// Ephemerals of the old session are gone: who holds a lock or leads must look at the states.
    case renew
}

/// How a client behaves.
public struct ClientConfiguration: Hashable, Sendable {
    /// How long the servers keep the session without hearing from this client. They round it to their limits
    /// (2 to 20 ticks by default).
    public var sessionTimeout: Duration = .seconds(10)
    /// How long one server may take to accept the connection and the session, before the next one is tried.
    public var connectTimeout: Duration = .seconds(3)
    /// How long a request may take, time without a connection included. Looking into a write whose answer was lost takes requests of
    /// its own (``RetryPolicy``).
    public var requestTimeout: Duration = .seconds(30)
    /// Whether operations fail with `connectionLoss` as soon as every server was tried in vain, as with Java's client, instead
    /// of waiting for one up to ``requestTimeout``.
    public var failsWithoutConnection = false
    /// Whether a server without a quorum will do, for reads.
    public var allowsReadOnly = false
    /// What is done about operations whose answer was lost with the connection.
    public var retries = RetryPolicy.untilDone
    /// What follows when the servers have ended the session.
    public var whenExpired = ExpiryPolicy.end
    /// A session of before to continue; a new one when nil.
    public var session: SessionCredentials?
    /// The longest request sent, in bytes: what servers take by default (`jute.maxbuffer`). They drop the connection
    /// for a longer one.
    public var maxRequestLength = 0xf_ffff
    /// The longest reply taken, in bytes. A longer one breaks the connection.
    public var maxReplyLength = 16 << 20

    public init() {}
}
