import DequeModule
import Jute
import Membership
import SASL
import ZooKeeperProtocol

/// A client's session as a state machine: inputs come with the time, effects and bytes go out, nothing else happens.
///
/// ```
/// idle ─start─► connecting ─► handshaking ─► (authenticating) ─► connected
///                   ▲ │            │                 │               │
///                   │ └── failed ──┴─────────────────┴───── lost ────┤
///                   └───────── waiting ◄─────────────────────────────┘       any ─► ended
/// ```
///
/// The shell calls one input, then carries out `takeEffects()` in order, sends `output`, and calls `tick` at `deadline`.
/// After the effect `disconnect` it must report nothing more of that connection.
///
/// What happens to a request when the connection breaks: one that was sent fails with `connectionLoss`, because nobody
/// can know whether it happened; one that was not sent waits for the next connection. Nothing is sent twice but
/// credentials, watches and, with `repeatsReads`, reads, where that does no harm.
///
/// An expired session is the end (`ended`), or with `renewsSession` a new one is asked for: what waits fails, watches that fire
/// once end, and those of `watch` go on. So it is too when servers end each connection of this session unanswered for longer than its
/// timeout, and would take a new client: a server whose data begins anew refuses everybody who has seen more than it has.
struct ClientSession {
    /// Milliseconds of a clock that only moves forward.
    typealias Instant = Int64
    typealias RequestID = UInt64
    typealias WatcherID = ClientWatches.WatcherID

    struct Settings {
        var servers: [ServerAddress]
        /// In milliseconds, as all times here.
        var sessionTimeout: Int32
        var connectTimeout: Instant
        var requestTimeout: Instant
        var allowsReadOnly = false
        /// Unsent requests fail when no server could be reached.
        var failsWithoutConnection = false
        var maxRequestLength = 0xf_ffff
        var credentials: SessionCredentials?
        var shufflesServers = true
        /// The servers are those of /zookeeper/config, once that is known.
        var followsConfiguration = false
        var sasl: SASLCredentials?
        /// An expired session is followed by a new one.
        var renewsSession = false
        /// Reads whose answer is lost are sent again.
        var repeatsReads = false
    }

    struct Reply: Hashable {
        var zxid: ZXID
        /// The bytes behind the header.
        var body: [UInt8]
    }

    struct Failure: Error, Hashable {
        var code: ErrorCode
        var detail: String?
        /// The last zxid seen when the request was sent; nil if it was not, or if it was answered.
        var sentAfter: ZXID?

        init(_ code: ErrorCode, _ detail: String? = nil, sentAfter: ZXID? = nil) {
            self.code = code
            self.detail = detail
            self.sentAfter = sentAfter
        }
    }

    enum Effect: Hashable {
        /// Open a connection; then comes `connectionOpened` or `connectionEnded`.
        case connect(ServerAddress)
        /// Send what `output` holds, then close the connection, or give up opening it.
        case disconnect
        case succeed(RequestID, Reply)
        case fail(RequestID, Failure)
        /// For the client's observer: every event, and watches that it took back.
        case notify(WatcherEvent)
        case tell(WatcherID, WatcherEvent)
        /// A watch of `watch` is in place, or again: of what happened before nothing is told.
        case readAgain(WatcherID)
        /// The watcher is told nothing more.
        case dismiss(WatcherID, Failure)
        /// Before what fails because of it: whoever is told of the failure finds the state that explains it.
        case enter(SessionState)
    }

    private enum Phase {
        case idle
        /// A TCP connection is being opened.
        case connecting(giveUp: Instant)
        /// The ConnectRequest is sent.
        case handshaking(giveUp: Instant)
        /// The server has taken the session; what waits is sent when it knows the user.
        case authenticating(DigestMD5Client, isReadOnly: Bool, giveUp: Instant)
        case connected(Connection)
        /// Every server was tried; the next round begins then.
        case waiting(until: Instant)
        case ended(SessionState)
    }

    private struct Connection {
        var openedAt: Instant
        var lastSent: Instant
        var lastReceived: Instant
        /// When `close()` was called: the connection is dropped then, answered or not.
        var closingUntil: Instant?
    }

    /// A request that was sent. Replies come in the order of the requests.
    private struct Pending {
        var xid: Int32
        /// Nil when nobody waits any more, or nobody ever did (setWatches).
        var id: RequestID?
        var deadline: Instant
        var watch: WatchChange?
        /// Whom the watch that the request leaves is for; nil for the client's observer.
        var watcher: WatcherID?
        var sentAfter: ZXID
        /// What to send again when the answer is lost; nil for what is not repeated.
        var request: Request?
    }

    private struct Unsent {
        var id: RequestID
        var request: Request
        var deadline: Instant
        var watcher: WatcherID?
    }

    private struct Credential {
        var packet: AuthPacket
        /// Who waits for the answer, until there is one.
        var id: RequestID?
        var deadline: Instant
    }

    /// What a reply will do to the table of watches.
    private enum WatchChange {
        case insert(String, ClientWatches.Kind)
        case exists(String)
        case remove(String, WatcherType)
        /// addWatch or setWatches: those of `watch` to whom the answer says that their watch is in place.
        case place([WatcherID])

        /// The znode on which the request leaves a watch.
        var path: String? {
            switch self {
            case .insert(let path, _), .exists(let path): path
            case .remove, .place: nil
            }
        }
    }

    private let settings: Settings
    private var servers: ServerList
    /// Chance of the shell's, for the next SASL exchange.
    private var nonce: [UInt8] = []
    private var phase = Phase.idle

    private(set) var credentials: SessionCredentials?
    /// A session that only servers without a quorum have seen is unknown to all others.
    private var sessionIsKnown: Bool
    /// As negotiated, in milliseconds.
    private(set) var sessionTimeout: Int32
    private(set) var lastZXIDSeen = ZXID.zero
    /// Since when servers end connections of this session unanswered; nil since one has answered.
    private var unansweredSince: Instant?
    /// The connection under way asks as a new client does.
    private var asksAnew = false
    /// Why the last connection failed, for errors that say so.
    private(set) var lastProblem: String?

    private var nextXID: Int32 = 1
    private var pending = Deque<Pending>()
    private var unsent = Deque<Unsent>()
    private var identities: [Credential] = []
    /// Indexes of `identities`, in the order in which they were sent over this connection.
    private var unansweredIdentities = Deque<Int>()
    private var watches = ClientWatches()

    private var effects: [Effect] = []
    /// Frames to send. The shell empties it.
    var output = JuteWriter(capacity: 1024)

    /// `seed` decides the order of the servers and the jitter of waits.
    init(_ settings: Settings, seed: UInt64) {
        self.settings = settings
        servers = ServerList(settings.servers, shuffles: settings.shufflesServers, seed: seed)
        credentials = settings.credentials
        sessionIsKnown = settings.credentials != nil
        sessionTimeout = settings.sessionTimeout
    }

    var hasEffects: Bool { !effects.isEmpty }

    mutating func takeEffects() -> [Effect] {
        defer { effects.removeAll(keepingCapacity: true) }
        return effects
    }

    /// When `tick` must be called at the latest; nil for never.
    var deadline: Instant? {
        var earliest: Instant?
        func consider(_ instant: Instant?) {
            if let instant { earliest = min(earliest ?? instant, instant) }
        }
        switch phase {
        case .idle: break
        case .ended: return nil
        case .connecting(let giveUp), .handshaking(let giveUp), .authenticating(_, _, let giveUp): consider(giveUp)
        case .waiting(let until): consider(until)
        case .connected(let connection):
            consider(connection.lastSent + pingInterval)
            consider(connection.lastReceived + silenceLimit)
            consider(connection.closingUntil)
        }
        consider(pending.first { $0.id != nil }?.deadline)
        consider(unsent.first?.deadline)
        consider(identities.first { $0.id != nil }?.deadline)
        return earliest
    }

    // MARK: The connection

    mutating func start(now: Instant) {
        guard case .idle = phase else { return }
        effects.append(.enter(.connecting))
        connect(now: now)
    }

    /// - Parameter nonce: 16 bytes by chance that nobody can foretell, if SASL is wanted.
    mutating func connectionOpened(nonce: [UInt8] = [], now: Instant) {
        guard case .connecting(let giveUp) = phase else { return }
        self.nonce = nonce
        phase = .handshaking(giveUp: giveUp)
        let known = sessionIsKnown && !asksAnew ? credentials : nil
        output.removeAll()
        output.frame {
            $0.write(
                ConnectRequest(
                    lastZXIDSeen: asksAnew ? .zero : lastZXIDSeen, timeout: settings.sessionTimeout,
                    session: known?.id ?? .none, password: known?.password ?? [UInt8](repeating: 0, count: 16),
                    readOnly: settings.allowsReadOnly && !asksAnew))
        }
    }

    /// The connection could not be opened, was closed by the server, or broke.
    mutating func connectionEnded(_ problem: String, now: Instant) {
        switch phase {
        case .idle, .waiting, .ended: return
        case .connecting, .handshaking, .authenticating:
            if asksAnewNext(now: now) {
                lastProblem = "\(servers.current): \(problem)"
                return connect(now: now)
            }
            servers.failed()
        case .connected(let connection):
            if connection.closingUntil != nil { return end(.closed) }
            effects.append(.enter(.disconnected))
            loseSentRequests()
            if now - connection.openedAt < 1000 { servers.failed() } else { servers.served() }
        }
        asksAnew = false
        lastProblem = "\(servers.current): \(problem)"
        output.removeAll()
        servers.advance()
        if let wait = servers.waitBeforeNextRound() {
            if settings.failsWithoutConnection { refuseUnsentRequests() }
            phase = .waiting(until: now + wait)
        } else {
            connect(now: now)
        }
    }

    /// Whether the server that has just ended the connection is asked once more, as by a new client.
    private mutating func asksAnewNext(now: Instant) -> Bool {
        guard case .handshaking = phase, settings.renewsSession, sessionIsKnown, !asksAnew else { return false }
        let since = unansweredSince ?? now
        unansweredSince = since
        asksAnew = now - since >= Instant(sessionTimeout)
        return asksAnew
    }

    /// One frame of the server, without its length.
    mutating func received(_ frame: UnsafeRawBufferPointer, now: Instant) {
        do throws(JuteError) {
            var reader = JuteReader(frame, maxFieldLength: frame.count)
            switch phase {
            case .handshaking: try handshake(&reader, now: now)
            case .authenticating(let client, let isReadOnly, let giveUp):
                try authenticate(client, &reader, isReadOnly: isReadOnly, giveUp: giveUp, now: now)
            case .connected: try reply(&reader, now: now)
            case .idle, .connecting, .waiting, .ended: break
            }
        } catch {
            drop("the server's answer is not understood: \(error)", now: now)
        }
    }

    /// The stream from the server is no sequence of frames.
    mutating func receivedGarbage(_ problem: String, now: Instant) {
        drop(problem, now: now)
    }

    mutating func tick(now: Instant) {
        expireRequests(now: now)
        switch phase {
        case .idle, .ended: break
        case .waiting(let until):
            if now >= until { connect(now: now) }
        case .connecting(let giveUp):
            if now >= giveUp { drop("no connection within \(attemptTimeout) ms", now: now) }
        case .handshaking(let giveUp):
            if now >= giveUp { drop("no session within \(attemptTimeout) ms", now: now) }
        case .authenticating(_, _, let giveUp):
            if now >= giveUp { drop("no end of the SASL exchange within \(attemptTimeout) ms", now: now) }
        case .connected(let connection):
            if let closingUntil = connection.closingUntil, now >= closingUntil {
                drop("the session's end was not confirmed", now: now)
            } else if now - connection.lastReceived >= silenceLimit {
                drop("nothing heard for \(now - connection.lastReceived) ms", now: now)
            } else if now - connection.lastSent >= pingInterval {
                output.frame { $0.write(RequestHeader(xid: SpecialXID.ping, op: .ping)) }
                sent(now: now)
            }
        }
    }

    // MARK: Requests

    /// A request of a user, whom `id` stands for in one effect to come, `succeed` or `fail`.
    ///
    /// - Parameter watcher: Whom the watch is for that the request leaves; nil for the client's observer.
    mutating func submit(_ request: Request, id: RequestID, watcher: WatcherID? = nil, now: Instant) {
        let deadline = now + settings.requestTimeout
        switch phase {
        case .ended(let state): effects.append(.fail(id, Self.failure(in: state)))
        case .connected(let connection) where connection.closingUntil != nil:
            effects.append(.fail(id, Self.failure(in: .closed)))
        case .connected:
            if case .auth(let packet) = request {
                identities.append(Credential(packet: packet, id: id, deadline: deadline))
                sendIdentity(identities.count - 1)
                sent(now: now)
            } else {
                send(request, id: id, deadline: deadline, watcher: watcher)
                sent(now: now)
            }
        case .idle, .connecting, .handshaking, .authenticating, .waiting:
            if case .auth(let packet) = request {
                identities.append(Credential(packet: packet, id: id, deadline: deadline))
            } else {
                unsent.append(Unsent(id: id, request: request, deadline: deadline, watcher: watcher))
            }
        }
    }

    /// Whoever made the request has stopped waiting. It is not sent if it was not yet.
    mutating func cancel(_ id: RequestID) {
        if let index = unsent.firstIndex(where: { $0.id == id }) {
            unsent.remove(at: index)
        } else if let index = pending.firstIndex(where: { $0.id == id }) {
            pending[index].id = nil
        } else if let index = identities.firstIndex(where: { $0.id == id }) {
            identities[index].id = nil
        }
    }

    /// Takes the observer's watches back without asking the servers, which are not to be reached: they will not be left again.
    mutating func forgetWatches(_ path: String, _ type: WatcherType) {
        forget(path, type)
    }

    /// From now on, and over every connection, `watcher` is told of changes of `path` or of everything below it too: `readAgain` whenever
    /// the watch is in place anew, `tell` for each event, `dismiss` when that ends, which only a refusal or the session's end does.
    mutating func watch(_ path: String, recursive: Bool, for watcher: WatcherID, now: Instant) {
        if case .ended(let state) = phase {
            effects.append(.dismiss(watcher, Self.failure(in: state)))
            return
        }
        let mode: AddWatchMode = recursive ? .persistentRecursive : .persistent
        watches.insert(path, .left(by: mode.rawValue), for: watcher)
        guard canSend else { return }
        send(
            .addWatch(AddWatchRequest(path: path, mode: mode.rawValue)), id: nil, deadline: .max,
            change: .place([watcher]))
        sent(now: now)
    }

    /// `watcher` is not there any more.
    mutating func forget(_ watcher: WatcherID, now: Instant) {
        watches.forget(watcher)
        removeUnwantedWatches(now: now)
    }

    /// Ends the session at the servers, behind the requests that are under way.
    mutating func close(now: Instant) {
        switch phase {
        case .ended: break
        case .idle, .waiting: end(.closed)
        case .connecting, .handshaking, .authenticating:
            effects.append(.disconnect)
            end(.closed)
        case .connected(var connection):
            guard connection.closingUntil == nil else { return }
            connection.closingUntil = now + settings.connectTimeout
            phase = .connected(connection)
            send(.closeSession, id: nil, deadline: .max)
        }
    }

    // MARK: Helpers

    /// For one server to take the connection and the session. All of them can be tried while the session lives, as with Java's client.
    private var attemptTimeout: Instant {
        min(settings.connectTimeout, max(Instant(sessionTimeout) / Instant(servers.count), 1))
    }
    /// Whether a request may be sent at once.
    private var canSend: Bool {
        if case .connected(let connection) = phase { connection.closingUntil == nil } else { false }
    }
    private var pingInterval: Instant { Instant(sessionTimeout) / 3 }
    /// Silence for so long means that the connection is dead; a third of the timeout is left to find another server.
    private var silenceLimit: Instant { Instant(sessionTimeout) * 2 / 3 }

    private mutating func connect(now: Instant) {
        phase = .connecting(giveUp: now + attemptTimeout)
        effects.append(.connect(servers.take()))
    }

    private mutating func drop(_ problem: String, now: Instant) {
        effects.append(.disconnect)
        connectionEnded(problem, now: now)
    }

    private mutating func sent(now: Instant) {
        guard case .connected(var connection) = phase else { return }
        connection.lastSent = now
        phase = .connected(connection)
    }

    private mutating func handshake(_ reader: inout JuteReader, now: Instant) throws(JuteError) {
        // A ConnectResponse has 20 bytes or more. This is how a server without a quorum refuses a session.
        if reader.remaining == ReplyHeader.size {
            return drop("the server refuses the session: \(try ReplyHeader(from: &reader).error)", now: now)
        }
        let response = try ConnectResponse(from: &reader)
        guard response.isValid else {
            effects.append(.disconnect)
            return settings.renewsSession ? renew(now: now) : end(.expired)
        }
        if asksAnew {
            asksAnew = false
            loseSession()
            lastZXIDSeen = .zero
        }
        unansweredSince = nil
        credentials = SessionCredentials(id: response.session, password: response.password ?? [])
        sessionTimeout = response.timeout
        let isReadOnly = response.readOnly ?? false
        if !isReadOnly { sessionIsKnown = true }
        guard let sasl = settings.sasl else { return begin(isReadOnly: isReadOnly, now: now) }
        let client = DigestMD5Client(user: sasl.user, password: sasl.password, clientNonce: nonce)
        sendSASL(client.firstToken)
        phase = .authenticating(client, isReadOnly: isReadOnly, giveUp: now + attemptTimeout)
    }

    private mutating func authenticate(
        _ client: DigestMD5Client, _ reader: inout JuteReader, isReadOnly: Bool, giveUp: Instant, now: Instant
    ) throws(JuteError) {
        var client = client
        let header = try ReplyHeader(from: &reader)
        let token = header.error == .ok ? try SASLToken(from: &reader).token : nil
        do throws(SASLError) {
            switch try client.take(token) {
            case .send(let token):
                sendSASL(token)
                phase = .authenticating(client, isReadOnly: isReadOnly, giveUp: giveUp)
            case .done: begin(isReadOnly: isReadOnly, now: now)
            }
        } catch {
            lastProblem = "\(servers.current): \(error)"
            effects.append(.disconnect)
            end(.authenticationFailed)
        }
    }

    private mutating func sendSASL(_ token: [UInt8]) {
        output.frame {
            $0.write(RequestHeader(xid: nextXID, op: .sasl))
            $0.write(SASLToken(token: token))
        }
        nextXID = nextXID == .max ? 1 : nextXID + 1
    }

    /// The server takes requests.
    private mutating func begin(isReadOnly: Bool, now: Instant) {
        phase = .connected(Connection(openedAt: now, lastSent: now, lastReceived: now))
        effects.append(.enter(isReadOnly ? .connectedReadOnly : .connected))

        unansweredIdentities.removeAll()
        for index in identities.indices { sendIdentity(index) }
        watches.forget(Self.configurationWatcher)
        restoreWatches()
        if settings.followsConfiguration { askForConfiguration() }
        while let request = unsent.popFirst() {
            send(request.request, id: request.id, deadline: request.deadline, watcher: request.watcher)
        }
    }

    /// The session is gone; the same servers are asked for a new one.
    private mutating func renew(now: Instant) {
        loseSession()
        connect(now: now)
    }

    private mutating func loseSession() {
        effects.append(.enter(.expired))
        let failure = Self.failure(in: .expired)
        for request in unsent { effects.append(.fail(request.id, failure)) }
        unsent.removeAll()
        for watcher in watches.endOfSession() { effects.append(.dismiss(watcher, failure)) }
        credentials = nil
        sessionIsKnown = false
        sessionTimeout = settings.sessionTimeout
        output.removeAll()
        effects.append(.enter(.connecting))
    }

    private mutating func reply(_ reader: inout JuteReader, now: Instant) throws(JuteError) {
        guard case .connected(var connection) = phase else { return }
        connection.lastReceived = now
        phase = .connected(connection)
        let header = try ReplyHeader(from: &reader)
        switch header.xid {
        case SpecialXID.watchEvent:
            let event = try WatcherEvent(from: &reader)
            effects.append(.notify(event))
            for (watcher, event) in watches.take(event) {
                if watcher == Self.configurationWatcher {
                    askForConfiguration()
                } else {
                    effects.append(.tell(watcher, event))
                }
            }
            removeUnwantedWatches(now: now)
        case SpecialXID.ping: break
        case SpecialXID.auth: identityAnswered(header)
        default:
            guard let first = pending.popFirst() else {
                return drop("an answer (xid \(header.xid)) to no request", now: now)
            }
            guard first.xid == header.xid else {
                pending.prepend(first)
                return drop("an answer out of order: xid \(header.xid) where \(first.xid) was due", now: now)
            }
            if header.zxid > lastZXIDSeen { lastZXIDSeen = header.zxid }
            if let change = first.watch { apply(change, of: first, error: header.error, now: now) }
            if first.watcher == Self.configurationWatcher, header.error == .ok {
                servers.follow(try DataResponse(from: &reader).data ?? [])
            }
            if let id = first.id {
                if header.error == .ok {
                    effects.append(.succeed(id, Reply(zxid: header.zxid, body: [UInt8](reader.readRest()))))
                } else {
                    effects.append(.fail(id, Failure(header.error)))
                }
            }
            if connection.closingUntil != nil, pending.isEmpty {
                effects.append(.disconnect)
                end(.closed)
            }
        }
    }

    private mutating func identityAnswered(_ header: ReplyHeader) {
        guard let index = unansweredIdentities.popFirst() else { return }
        let id = identities[index].id
        identities[index].id = nil
        if header.error == .ok {
            if let id { effects.append(.succeed(id, Reply(zxid: header.zxid, body: []))) }
        } else {
            if let id { effects.append(.fail(id, Failure(header.error))) }
            effects.append(.disconnect)
            end(.authenticationFailed)
        }
    }

    private mutating func send(
        _ request: Request, id: RequestID?, deadline: Instant, watcher: WatcherID? = nil, change: WatchChange? = nil
    ) {
        let start = output.count
        let change = change ?? Self.watchChange(of: request)
        let repeated = settings.repeatsReads && id != nil && request.isRead ? request : nil
        let request = change == nil ? request : sharingWatches(request)
        let xid: Int32
        switch request {
        case .setWatches, .setWatches2: xid = SpecialXID.setWatches
        default: xid = nextXID
        }
        output.frame { writer in
            writer.write(RequestHeader(xid: xid, op: request.op))
            request.write(to: &writer)
        }
        let length = output.count - start - 4
        guard length <= settings.maxRequestLength else {
            output.truncate(to: start)
            if let id {
                let detail =
                    "the request of \(length) bytes is longer than \(settings.maxRequestLength) (jute.maxbuffer)"
                effects.append(.fail(id, Failure(.badArguments, detail)))
            }
            return
        }
        if xid == nextXID { nextXID = nextXID == .max ? 1 : nextXID + 1 }
        if let path = change?.path { watches.sent(path) }
        pending.append(
            Pending(
                xid: xid, id: id, deadline: deadline, watch: change, watcher: watcher, sentAfter: lastZXIDSeen,
                request: repeated))
    }

    private mutating func sendIdentity(_ index: Int) {
        output.frame { writer in
            writer.write(RequestHeader(xid: SpecialXID.auth, op: .auth))
            writer.write(identities[index].packet)
        }
        unansweredIdentities.append(index)
    }

    private mutating func restoreWatches() {
        let (requests, lasting) = watches.restore(since: lastZXIDSeen)
        for (index, request) in requests.enumerated() {
            leave(request, change: index == requests.count - 1 ? .place(lasting) : nil)
        }
    }

    private mutating func leave(_ watches: SetWatches2, change: WatchChange? = nil) {
        let request: Request
        if watches.persistent == [] && watches.persistentRecursive == [] {
            // Servers before 3.6 know no other.
            request = .setWatches(
                SetWatches(
                    relativeZXID: watches.relativeZXID, data: watches.data, exist: watches.exist,
                    child: watches.child))
        } else {
            request = .setWatches2(watches)
        }
        send(request, id: nil, deadline: .max, change: change)
    }

    private mutating func loseSentRequests() {
        var again: [Unsent] = []
        for sent in pending {
            guard let id = sent.id else { continue }
            if let request = sent.request {
                again.append(Unsent(id: id, request: request, deadline: sent.deadline, watcher: sent.watcher))
            } else {
                effects.append(.fail(id, Failure(.connectionLoss, sentAfter: sent.sentAfter)))
            }
        }
        unsent.prepend(contentsOf: again)
        pending.removeAll()
        unansweredIdentities.removeAll()
        watches.connectionEnded()
    }

    private mutating func refuseUnsentRequests() {
        let failure = Failure(.connectionLoss, lastProblem)
        for request in unsent { effects.append(.fail(request.id, failure)) }
        unsent.removeAll()
        for index in identities.indices {
            guard let id = identities[index].id else { continue }
            identities[index].id = nil
            effects.append(.fail(id, failure))
        }
    }

    private mutating func expireRequests(now: Instant) {
        for index in pending.indices {
            guard let id = pending[index].id else { continue }
            // One timeout for all requests: behind the first that has time left, all have.
            if pending[index].deadline > now { break }
            effects.append(
                .fail(
                    id, Failure(.requestTimeout, "sent, and not answered in time", sentAfter: pending[index].sentAfter))
            )
            pending[index].id = nil
        }
        while let first = unsent.first, first.deadline <= now {
            unsent.removeFirst()
            effects.append(.fail(first.id, Failure(.operationTimeout, notSent)))
        }
        for index in identities.indices where identities[index].deadline <= now {
            if let id = identities[index].id {
                identities[index].id = nil
                effects.append(.fail(id, Failure(.operationTimeout, notSent)))
            }
        }
    }

    private var notSent: String {
        lastProblem.map { "not sent, as no server could be reached; the last one tried was \($0)" } ?? "not sent"
    }

    private mutating func end(_ state: SessionState) {
        phase = .ended(state)
        effects.append(.enter(state))
        let failure = Self.failure(in: state)
        // What was sent to a session that the servers have closed may have happened before that.
        for request in pending {
            guard let id = request.id else { continue }
            var failure = state == .closed ? Failure(.connectionLoss) : failure
            failure.sentAfter = request.sentAfter
            effects.append(.fail(id, failure))
        }
        for request in unsent { effects.append(.fail(request.id, failure)) }
        for identity in identities {
            if let id = identity.id { effects.append(.fail(id, failure)) }
        }
        pending.removeAll()
        unsent.removeAll()
        identities.removeAll()
        for watcher in watches.watchers { effects.append(.dismiss(watcher, failure)) }
        watches = ClientWatches()
    }

    static func failure(in state: SessionState) -> Failure {
        switch state {
        case .authenticationFailed: Failure(.authFailed, "the servers refused credentials")
        case .closed: Failure(.sessionExpired, "the client was closed")
        default: Failure(.sessionExpired)
        }
    }

    // MARK: Watches

    private static func watchChange(of request: Request) -> WatchChange? {
        switch request {
        case .getData(let body) where body.watch: .insert(body.path, .data)
        case .exists(let body) where body.watch: .exists(body.path)
        case .getChildren(let body) where body.watch, .getChildren2(let body) where body.watch:
            .insert(body.path, .child)
        case .addWatch(let body): .insert(body.path, .left(by: body.mode))
        case .removeWatches(let body): WatcherType(rawValue: body.type).map { .remove(body.path, $0) }
        default: nil
        }
    }

    /// The request as it does no harm to watches that are there (see `ClientWatches`).
    private mutating func sharingWatches(_ request: Request) -> Request {
        func unwatched(_ body: ReadRequest) -> ReadRequest {
            ReadRequest(path: body.path, watch: body.watch && !watches.isHeld(body.path))
        }
        switch request {
        case .getData(let body): return .getData(unwatched(body))
        case .exists(let body): return .exists(unwatched(body))
        case .getChildren(let body): return .getChildren(unwatched(body))
        case .getChildren2(let body): return .getChildren2(unwatched(body))
        case .addWatch(var body):
            body.mode = watches.hold(body.path, .left(by: body.mode)).rawValue
            return .addWatch(body)
        default: return request
        }
    }

    private mutating func apply(_ change: WatchChange, of request: Pending, error: ErrorCode, now: Instant) {
        switch change {
        case .insert(let path, let kind):
            if error == .ok { watches.insert(path, kind, for: request.watcher) }
        case .exists(let path):
            if error == .ok { watches.insert(path, .data, for: request.watcher) }
            if error == .noNode { watches.insert(path, .exist, for: request.watcher) }
        case .remove(let path, let type):
            guard error == .ok else { return }
            forget(path, type)
            for request in watches.restore(path, since: lastZXIDSeen) { leave(request) }
        case .place(let watchers):
            for watcher in watchers where error == .ok && watches.contains(watcher) {
                effects.append(.readAgain(watcher))
            }
            if error != .ok {
                for watcher in watches.dismiss(watchers) { effects.append(.dismiss(watcher, Failure(error))) }
            }
        }
        if let path = change.path { watches.settled(path) }
        // Whoever asked has left before the answer came.
        if let watcher = request.watcher, watcher != Self.configurationWatcher, request.id == nil {
            watches.forget(watcher)
        }
        removeUnwantedWatches(now: now)
    }

    /// Tells of watches of the observer that are taken back, once for all of one kind, as Java's client does.
    private mutating func forget(_ path: String, _ type: WatcherType) {
        func forget(_ kinds: [ClientWatches.Kind], as event: EventType) {
            var found = false
            for kind in kinds where watches.contains(path, kind) {
                watches.remove(path, kind)
                found = true
            }
            if found { effects.append(.notify(WatcherEvent(type: event, state: .syncConnected, path: path))) }
        }
        if type != .data { forget([.child], as: .childWatchRemoved) }
        if type != .children { forget([.data, .exist], as: .dataWatchRemoved) }
        if type == .any { forget([.persistent, .persistentRecursive], as: .persistentWatchRemoved) }
    }

    private mutating func removeUnwantedWatches(now: Instant) {
        let unwanted = watches.takeUnwanted()
        guard !unwanted.isEmpty, canSend else { return }
        for watch in unwanted { send(.removeWatches(watch), id: nil, deadline: .max, change: .place([])) }
        sent(now: now)
    }
}

// MARK: - The configuration

extension ClientSession {
    /// Nobody else's: those of users count from 1.
    static let configurationWatcher: WatcherID = 0

    /// What the ensemble says of itself now, and when it says something else.
    private mutating func askForConfiguration() {
        send(
            .getData(ReadRequest(path: "/zookeeper/config", watch: true)), id: nil, deadline: .max,
            watcher: Self.configurationWatcher)
    }
}

extension Request {
    /// Whether it changes nothing, so that a second one does no harm.
    fileprivate var isRead: Bool {
        switch self {
        case .exists, .getData, .getChildren, .getChildren2, .getACL, .getAllChildrenNumber, .getEphemerals, .multiRead,
            .whoAmI, .sync, .addWatch, .checkWatches:
            true
        default: false
        }
    }
}
