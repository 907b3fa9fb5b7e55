import Jute
import NIOCore
import NIOPosix
import ZooKeeperProtocol

/// A session with a ZooKeeper ensemble.
///
/// ```swift
/// let client = try await ZooKeeperClient.connect(to: ConnectString("127.0.0.1:2181,127.0.0.1:2182/app"))
/// try await client.create("/config", data: Array("on".utf8))
/// let (data, stat) = try await client.getData("/config")
/// await client.close()
/// ```
///
/// The client keeps the session alive and moves it to another server when a connection is lost; ``states`` tells how it
/// fares. Operations may be called from any task, any number at once: they are sent in the order of the calls, without waiting for each
/// other, and the servers carry them out in that order.
///
/// Operations throw ``ZooKeeperError``, or `CancellationError` when the calling task is cancelled. One that was not sent when the connection
/// broke waits for the next connection, up to ``ClientConfiguration/requestTimeout``. One that was sent may have happened or not: what is
/// done about it is said by ``RetryPolicy``, and where that cannot tell, it fails with `connectionLoss` and
/// ``ZooKeeperError/isOutcomeUnknown``.
public final class ZooKeeperClient: Sendable {
    /// The servers and the chroot of this client.
    public let connectString: ConnectString
    let configuration: ClientConfiguration
    let mailbox: Mailbox

    /// Starts a client, which connects in the background; operations wait for that.
    ///
    /// - Parameter observer: Called for everything that ``states`` tells and for every event of every watch, from the very beginning, and
    ///   before the results of operations that the server answered later are handed over. It is called on the client's thread and must
    ///   return at once.
    public init(
        _ connectString: ConnectString, configuration: ClientConfiguration = ClientConfiguration(),
        observer: (@Sendable (ClientNotification) -> Void)? = nil
    ) {
        self.connectString = connectString
        mailbox = Mailbox(whenExpired: configuration.whenExpired, observer: observer)
        self.configuration = configuration
        let loop = (configuration.eventLoopGroup ?? MultiThreadedEventLoopGroup.singleton).any()
        let settings = ClientSession.Settings(
            servers: connectString.servers, sessionTimeout: Int32(clamping: configuration.sessionTimeout.milliseconds),
            connectTimeout: configuration.connectTimeout.milliseconds,
            requestTimeout: configuration.requestTimeout.milliseconds, allowsReadOnly: configuration.allowsReadOnly,
            failsWithoutConnection: configuration.failsWithoutConnection,
            maxRequestLength: configuration.maxRequestLength,
            credentials: configuration.session, shufflesServers: configuration.shufflesServers,
            followsConfiguration: configuration.followsConfiguration, sasl: configuration.sasl,
            renewsSession: configuration.whenExpired == .renew,
            repeatsReads: configuration.retries != .never)
        loop.execute { [mailbox] in
            let shell = ClientShell(
                loop: loop, mailbox: mailbox, connectString: connectString, settings: settings,
                configuration: configuration)
            let box = NIOLoopBound(shell, eventLoop: loop)
            mailbox.setWake { loop.execute { box.value.drain() } }
            shell.start()
            shell.drain()
        }
    }

    /// Starts a client and waits for its session.
    ///
    /// - Throws: `connectionLoss` when no server has given one within ``ClientConfiguration/requestTimeout``;
    ///   `sessionExpired` when a session to be continued is gone.
    public static func connect(
        to connectString: ConnectString, configuration: ClientConfiguration = ClientConfiguration()
    ) async throws -> ZooKeeperClient {
        let client = ZooKeeperClient(connectString, configuration: configuration)
        do {
            try await client.waitUntilConnected()
        } catch {
            client.mailbox.close()
            throw error
        }
        return client
    }

    /// Connects, calls `body`, and closes the session whatever `body` does.
    @discardableResult
    public static func with<Result>(
        _ connectString: ConnectString, configuration: ClientConfiguration = ClientConfiguration(),
        isolation: isolated (any Actor)? = #isolation, _ body: (ZooKeeperClient) async throws -> Result
    ) async throws -> Result {
        let client = try await connect(to: connectString, configuration: configuration)
        do {
            let result = try await body(client)
            await client.close()
            return result
        } catch {
            await client.close()
            throw error
        }
    }

    deinit {
        mailbox.close()
    }

    // MARK: The session

    /// What the session is at the moment.
    public var state: SessionState { mailbox.status.state }

    /// The session's states from now on, the present one first; ends behind a final one. Each call is a sequence of its
    /// own.
    public var states: AsyncStream<SessionState> { mailbox.states() }

    /// What it takes to continue this session elsewhere; nil before the first connection.
    public var session: SessionCredentials? { mailbox.status.credentials }

    /// The session timeout that the servers have granted.
    public var sessionTimeout: Duration { .milliseconds(mailbox.status.sessionTimeout) }

    /// Why the last connection failed, for messages to people: `127.0.0.1:2181: Connection refused`.
    public var lastProblem: String? { mailbox.status.lastProblem }

    /// Waits until operations are answered.
    ///
    /// - Throws: `connectionLoss` after ``ClientConfiguration/requestTimeout``, and what ends a session.
    public func waitUntilConnected() async throws {
        let timeout = configuration.requestTimeout
        let state: SessionState? = try await withThrowingTaskGroup(of: SessionState?.self) { group in
            group.addTask { [states, mailbox] in await states.first { $0.isConnected || mailbox.ends($0) } }
            group.addTask {
                try await Task.sleep(for: timeout)
                return nil
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
        try Task.checkCancellation()
        guard let state else {
            let detail = "no session within \(timeout)" + (lastProblem.map { "; \($0)" } ?? "")
            throw ZooKeeperError(.connectionLoss, operation: "connect to \(connectString)", detail: detail)
        }
        if !state.isConnected {
            let failure = ClientSession.failure(in: state)
            throw ZooKeeperError(failure.code, operation: "connect to \(connectString)", detail: failure.detail)
        }
    }

    /// Ends the session: the servers remove its ephemerals at once. Requests under way are answered before.
    ///
    /// Without a connection the servers do not hear of it, and the session ends by its timeout.
    public func close() async {
        mailbox.close()
        _ = await end()
    }

    /// Waits for the session's end, and tells how it ended; nil when the task is cancelled. A renewed session has not ended.
    public func end() async -> SessionState? {
        await states.first { mailbox.ends($0) }
    }

    // MARK: Requests

    /// Sends a request and reads its answer. `path` is as the client names it, for errors.
    func perform<Value>(
        _ request: Request, path: String? = nil, watcher: ClientSession.WatcherID? = nil,
        reading read: (inout JuteReader) throws(JuteError) -> Value
    ) async throws -> Value {
        try await named(request.op, path) { try await exchange(request, watcher: watcher, reading: read) }
    }

    /// As `perform`, with a `ClientSession.Failure` for what a ``ZooKeeperError`` will say.
    func exchange<Value>(
        _ request: Request, watcher: ClientSession.WatcherID? = nil,
        reading read: (inout JuteReader) throws(JuteError) -> Value
    ) async throws -> Value {
        let reply = try await mailbox.perform(request, watcher: watcher)
        do {
            return try reply.body.readJute(maxFieldLength: configuration.maxReplyLength, read)
        } catch {
            throw ClientSession.Failure(.marshallingError, "the answer is not understood: \(error)")
        }
    }

    /// Says of a failure what it is about.
    func named<Value>(_ operation: OpCode, _ path: String?, _ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let failure as ClientSession.Failure {
            throw ZooKeeperError(
                failure.code, operation: operation.description, path: path, detail: failure.detail,
                isOutcomeUnknown: failure.sentAfter != nil)
        }
    }

    /// The path in the ensemble's tree, once it is known to be one.
    func absolute(_ path: String, operation: OpCode, isSequential: Bool = false) throws -> String {
        // What the server will append makes "/" and "/a/" good beginnings.
        if let problem = ZNodePath.problem(in: isSequential ? path + "1" : path) {
            throw ZooKeeperError(
                .badArguments, operation: operation.description, path: path, detail: problem.description)
        }
        return isSequential && path == "/" ? (connectString.chroot ?? "") + "/" : connectString.absolute(path)
    }
}

extension Duration {
    var milliseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1000 + attoseconds / 1_000_000_000_000_000
    }
}
