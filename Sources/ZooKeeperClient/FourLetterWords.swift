import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// One of the words that a server answers in plain text on its client port.
///
/// Which ones it answers is set with `4lw.commands.whitelist` in its zoo.cfg; `srvr` always is.
public struct FourLetterWord: RawRepresentable, Hashable, Sendable {
    public var rawValue: String

    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    public static let ruok = FourLetterWord(rawValue: "ruok")
    public static let srvr = FourLetterWord(rawValue: "srvr")
    public static let stat = FourLetterWord(rawValue: "stat")
    public static let mntr = FourLetterWord(rawValue: "mntr")
    public static let isro = FourLetterWord(rawValue: "isro")
    public static let conf = FourLetterWord(rawValue: "conf")
    public static let cons = FourLetterWord(rawValue: "cons")
    public static let dump = FourLetterWord(rawValue: "dump")
    public static let envi = FourLetterWord(rawValue: "envi")
    public static let wchs = FourLetterWord(rawValue: "wchs")
}

/// Why a server gave no (useful) answer to a four-letter word.
public struct FourLetterWordError: Error, Hashable, Sendable {
    public enum Reason: Hashable, Sendable {
        /// No connection; with the system's reason.
        case unreachable(String)
        case timedOut(Duration)
        /// The connection was closed before the answer was complete.
        case connectionLost(String)
        /// The answer is longer than any that a server gives.
        case answerTooLong
        /// The server's `4lw.commands.whitelist` leaves the word out.
        case notInWhitelist
        /// The server runs, but belongs to no quorum.
        case notServing
        /// The answer has not the form it should have; with its beginning.
        case unexpectedAnswer(String)
    }

    public var word: FourLetterWord
    public var server: ServerAddress
    public var reason: Reason

    public init(word: FourLetterWord, server: ServerAddress, reason: Reason) {
        self.word = word
        self.server = server
        self.reason = reason
    }
}

extension FourLetterWordError: CustomStringConvertible {
    public var description: String {
        "\(word.rawValue) to \(server): \(reason)"
    }
}

extension FourLetterWordError.Reason: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unreachable(let reason): "cannot connect: \(reason)"
        case .timedOut(let timeout): "no answer within \(timeout)"
        case .connectionLost(let reason): "the connection broke: \(reason)"
        case .answerTooLong: "the answer is too long; is that a ZooKeeper server?"
        case .notInWhitelist: "the server refuses the word; add it to 4lw.commands.whitelist in its zoo.cfg"
        case .notServing: "the server runs, but is not serving requests: it has no quorum"
        case .unexpectedAnswer(let answer): "not the answer of a ZooKeeper server: \(answer)"
        }
    }
}

/// Asks servers with four-letter words: no session, one short connection for each.
///
/// Every call ends within its timeout. Errors are ``FourLetterWordError``, or `CancellationError` when the calling task is
/// cancelled.
public enum FourLetterWords {
    /// The longest answer taken, in bytes: `dump` and `wchp` of a busy server are some megabytes.
    static let maxAnswerLength = 64 << 20

    /// Sends `word` and returns all that the server answers.
    ///
    /// - Parameter transport: What carries the connection, such as TLS to a `secureClientPort`; nil for TCP alone.
    /// - Throws: also `notInWhitelist` and `notServing`, which servers say as text.
    public static func send(
        _ word: FourLetterWord, to server: ServerAddress, timeout: Duration = .seconds(5),
        transport: (any ClientTransport)? = nil
    ) async throws -> String {
        @Sendable func failure(_ reason: FourLetterWordError.Reason) -> FourLetterWordError {
            FourLetterWordError(word: word, server: server, reason: reason)
        }
        let loop = MultiThreadedEventLoopGroup.singleton.any()
        let answered = loop.makePromise(of: [UInt8].self)
        // Who takes the connection and says nothing is another case than who does not take it.
        let isConnected = NIOLockedValueBox(false)
        let expiry = loop.scheduleTask(in: TimeAmount(timeout)) {
            let silence = FourLetterWordError.Reason.unreachable("no answer within \(timeout)")
            answered.fail(failure(isConnected.withLockedValue { $0 } ? .timedOut(timeout) : silence))
        }
        let connected = ClientBootstrap(group: loop)
            .connectTimeout(TimeAmount(timeout))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try transport?.configure(channel, to: server)
                    try channel.pipeline.syncOperations.addHandler(
                        AnswerCollector(word: word, answered: answered, failure: failure))
                }
            }
            .connect(to: server)
        connected.whenSuccess { _ in isConnected.withLockedValue { $0 = true } }
        connected.whenFailure { answered.fail(failure(.unreachable(reason(of: $0)))) }
        answered.futureResult.whenComplete { _ in
            expiry.cancel()
            connected.whenSuccess { $0.close(promise: nil) }
        }
        let bytes = try await withTaskCancellationHandler {
            try await answered.futureResult.get()
        } onCancel: {
            answered.fail(CancellationError())
        }
        let text = String(decoding: bytes, as: UTF8.self)
        if text.hasSuffix("is not executed because it is not in the whitelist.\n") { throw failure(.notInWhitelist) }
        if text == "This ZooKeeper instance is not currently serving requests\n" { throw failure(.notServing) }
        return text
    }

    /// Whether the process takes connections and answers. It says nothing about a quorum.
    public static func ruok(_ server: ServerAddress, timeout: Duration = .seconds(5)) async throws -> Bool {
        try await send(.ruok, to: server, timeout: timeout) == "imok"
    }

    /// The server's role and counters.
    public static func srvr(_ server: ServerAddress, timeout: Duration = .seconds(5)) async throws -> ServerStatistics {
        try srvr(answer: await send(.srvr, to: server, timeout: timeout), of: server)
    }

    /// The server's metrics, `zk_server_state` and some hundred others, in its order.
    public static func mntr(_ server: ServerAddress, timeout: Duration = .seconds(5)) async throws -> ServerValues {
        try mntr(answer: await send(.mntr, to: server, timeout: timeout), of: server)
    }

    /// The settings the server runs with; on quorum servers also its `server.N` lines and their `version`.
    public static func conf(_ server: ServerAddress, timeout: Duration = .seconds(5)) async throws -> ServerValues {
        try conf(answer: await send(.conf, to: server, timeout: timeout), of: server)
    }

    /// Whether the server takes writes.
    public static func isro(_ server: ServerAddress, timeout: Duration = .seconds(5)) async throws -> ServerAccess {
        let answer = try await send(.isro, to: server, timeout: timeout)
        guard let access = ServerAccess(rawValue: answer) else { throw unexpected(answer, to: .isro, from: server) }
        return access
    }

    /// What `srvr` answered.
    package static func srvr(answer: String, of server: ServerAddress) throws -> ServerStatistics {
        guard let statistics = ServerStatistics(parsing: answer) else {
            throw unexpected(answer, to: .srvr, from: server)
        }
        return statistics
    }

    /// What `mntr` answered.
    package static func mntr(answer: String, of server: ServerAddress) throws -> ServerValues {
        let values = ServerValues(parsing: answer, separator: "\t")
        guard values["zk_version"] != nil else { throw unexpected(answer, to: .mntr, from: server) }
        return values
    }

    /// What `conf` answered.
    package static func conf(answer: String, of server: ServerAddress) throws -> ServerValues {
        let values = ServerValues(parsing: answer, separator: "=")
        guard values["clientPort"] != nil else { throw unexpected(answer, to: .conf, from: server) }
        return values
    }

    private static func unexpected(
        _ answer: String, to word: FourLetterWord, from server: ServerAddress
    ) -> FourLetterWordError {
        let beginning = answer.prefix(80).replacing(with: " ") { $0.isNewline }
        return FourLetterWordError(word: word, server: server, reason: .unexpectedAnswer("\"\(beginning)\""))
    }
}

extension StringProtocol {
    fileprivate func replacing(with replacement: Character, where matches: (Character) -> Bool) -> String {
        String(map { matches($0) ? replacement : $0 })
    }
}

/// The system's words for why a connection failed, without the layers around them.
func reason(of error: any Error) -> String {
    switch error {
    case let error as NIOConnectionError:
        if let dns = error.dnsAError ?? error.dnsAAAAError, error.connectionErrors.isEmpty {
            return "the name \(error.host) has no address (\(dns))"
        }
        return error.connectionErrors.first.map { reason(of: $0.error) } ?? "no address of \(error.host) answered"
    case let error as IOError: return SystemError.text(error.errnoCode)
    case ChannelError.connectTimeout(let amount): return "no answer within \(amount.nanoseconds / 1_000_000) ms"
    default: return "\(error)"
    }
}

/// Gathers what the server says until it closes the connection.
private final class AnswerCollector: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let word: FourLetterWord
    private let answered: EventLoopPromise<[UInt8]>
    private let failure: @Sendable (FourLetterWordError.Reason) -> FourLetterWordError
    private var answer: [UInt8] = []

    init(
        word: FourLetterWord, answered: EventLoopPromise<[UInt8]>,
        failure: @escaping @Sendable (FourLetterWordError.Reason) -> FourLetterWordError
    ) {
        self.word = word
        self.answered = answered
        self.failure = failure
    }

    func channelActive(context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: word.rawValue)), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        answer.append(contentsOf: unwrapInboundIn(data).readableBytesView)
        if answer.count > FourLetterWords.maxAnswerLength { answered.fail(failure(.answerTooLong)) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        if answer.isEmpty {
            answered.fail(failure(.connectionLost("the server closed it without an answer")))
        } else {
            answered.succeed(answer)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        answered.fail(failure(.connectionLost(reason(of: error))))
        context.close(promise: nil)
    }
}

extension ClientBootstrap {
    /// An address needs no resolver, which works in a thread of its own and asks for both families.
    fileprivate func connect(to server: ServerAddress) -> EventLoopFuture<any Channel> {
        if let address = try? SocketAddress(ipAddress: server.host, port: server.port) { return connect(to: address) }
        return connect(host: server.host, port: server.port)
    }
}
