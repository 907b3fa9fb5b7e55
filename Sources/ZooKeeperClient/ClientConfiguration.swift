import Logging
public import NIOCore

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

/// A user of the servers and the password, which SASL's DIGEST-MD5 proves without sending it.
public struct SASLCredentials: Hashable, Sendable {
    public var user: String
    public var password: String

    public init(user: String, password: String) {
        self.user = user
        self.password = password
    }
}

/// What carries a client's bytes on a TCP connection: TLS is one, in the library `ZooKeeperClientTLS`.
public protocol ClientTransport: Sendable {
    /// Adds its handlers to a new connection, before those of the client. Called on the connection's event loop.
    func configure(_ channel: any Channel, to server: ServerAddress) throws
}

/// How a client behaves.
public struct ClientConfiguration: Sendable {
    /// How long the servers keep the session without hearing from this client. They round it to their limits
    /// (2 to 20 ticks by default).
    public var sessionTimeout: Duration = .seconds(10)
    /// How long one server may take to accept the connection and the session, before the next one is tried; no longer than the session
    /// timeout divided by the number of servers, so that all can be tried while the session lives.
    public var connectTimeout: Duration = .seconds(3)
    /// How long a request may take, time without a connection included. Looking into a write whose answer was lost takes requests of
    /// its own (``RetryPolicy``).
    public var requestTimeout: Duration = .seconds(30)
    /// Whether operations fail with `connectionLoss` as soon as every server was tried in vain, as with Java's client, instead
    /// of waiting for one up to ``requestTimeout``. ``ZooKeeperClient/waitUntilConnected()`` and what begins with it wait all the same.
    public var failsWithoutConnection = false
    /// Whether the servers are tried in an order by chance, so that many clients spread over them.
    public var shufflesServers = true
    /// Whether the list of servers follows the ensemble's own (/zookeeper/config) from the first connection on. For ensembles
    /// that change with `reconfig`, and whose configuration names addresses that clients can reach.
    public var followsConfiguration = false
    /// Whether a server without a quorum will do, for reads.
    public var allowsReadOnly = false
    /// What is done about operations whose answer was lost with the connection.
    public var retries = RetryPolicy.untilDone
    /// What follows when the servers have ended the session.
    public var whenExpired = ExpiryPolicy.end
    /// Who the client is, by SASL (DIGEST-MD5). Proved to every server before anything else; a refusal ends the session.
    public var sasl: SASLCredentials?
    /// What carries the connections' bytes; plain TCP when nil.
    public var transport: (any ClientTransport)?
    /// Where the client lives: one of the group's event loops; those of NIOPosix. Nil for the group that all programs share.
    public var eventLoopGroup: (any EventLoopGroup)?
    /// Who is told how the session fares: `info` for its states, `debug` for each attempt to connect.
    public var logger: Logger?
    /// A session of before to continue; a new one when nil.
    public var session: SessionCredentials?
    /// The longest request sent, in bytes: what servers take by default (`jute.maxbuffer`). They drop the connection
    /// for a longer one.
    public var maxRequestLength = 0xf_ffff
    /// The longest reply taken, in bytes. A longer one breaks the connection.
    public var maxReplyLength = 16 << 20
    /// The addresses that a server's name stands for, one at least. Blocks.
    var resolve: @Sendable (ServerAddress) throws -> [SocketAddress] = { try SocketAddress.all(of: $0) }

    public init() {}
}
