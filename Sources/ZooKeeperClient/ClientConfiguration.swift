/// How a client behaves.
public struct ClientConfiguration: Hashable, Sendable {
    /// How long the servers keep the session without hearing from this client. They round it to their limits
    /// (2 to 20 ticks by default).
    public var sessionTimeout: Duration = .seconds(10)
    /// How long one server may take to accept the connection and the session, before the next one is tried.
    public var connectTimeout: Duration = .seconds(3)
    /// How long an operation may take, time without a connection included.
    public var requestTimeout: Duration = .seconds(30)
    /// Whether operations fail with `connectionLoss` as soon as every server was tried in vain, as with Java's client, instead
    /// of waiting for one up to ``requestTimeout``.
    public var failsWithoutConnection = false
    /// Whether a server without a quorum will do, for reads.
    public var allowsReadOnly = false
    /// A session of before to continue; a new one when nil.
    public var session: SessionCredentials?
    /// The longest request sent, in bytes: what servers take by default (`jute.maxbuffer`). They drop the connection
    /// for a longer one.
    public var maxRequestLength = 0xf_ffff
    /// The longest reply taken, in bytes. A longer one breaks the connection.
    public var maxReplyLength = 16 << 20

    public init() {}
}
