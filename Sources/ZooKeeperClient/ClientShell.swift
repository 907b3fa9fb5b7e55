import Glibc
import Jute
import Logging
import NIOCore
import NIOPosix
import ZooKeeperProtocol

/// Carries out what a `ClientSession` decides: sockets, the clock, and the tasks that wait. It decides nothing.
///
/// Lives on one event loop and is used there only.
final class ClientShell {
    private let loop: any EventLoop
    private let mailbox: Mailbox
    private let connectString: ConnectString
    private let configuration: ClientConfiguration
    private let metrics: ClientMetrics?
    private var session: ClientSession
    /// The connection in use; it is also what tells an event of the present connection from a late one of an old.
    private var connection: ServerConnection?
    private var timer: (at: ClientSession.Instant, scheduled: Scheduled<Void>)?
    private var state = SessionState.connecting
    /// How often a connection was opened: by that another one of a name's addresses comes first.
    private var attempts = 0

    init(
        loop: any EventLoop, mailbox: Mailbox, connectString: ConnectString, settings: ClientSession.Settings,
        configuration: ClientConfiguration
    ) {
        self.loop = loop
        self.mailbox = mailbox
        self.connectString = connectString
        self.configuration = configuration
        metrics = mailbox.metrics
        session = ClientSession(settings, seed: .random(in: .min ... .max))
    }

    func start() {
        session.start(now: now)
        finishTurn()
    }

    /// Takes what tasks have left.
    func drain() {
        let now = now
        for message in mailbox.takeMessages() {
            switch message {
            case .request(let id, let request, let watcher):
                session.submit(request, id: id, watcher: watcher, now: now)
            case .cancel(let id): session.cancel(id)
            case .forgetWatches(let path, let type): session.forgetWatches(path, type)
            case .watch(let path, let recursive, let watcher):
                session.watch(path, recursive: recursive, for: watcher, now: now)
            case .forget(let watcher): session.forget(watcher, now: now)
            case .close: session.close(now: now)
            }
        }
        finishTurn()
    }

    // MARK: From the connection

    fileprivate func opened(_ source: ServerConnection) {
        guard source === connection else { return }
        session.connectionOpened(nonce: configuration.sasl == nil ? [] : Self.nonce(), now: now)
        finishTurn()
    }

    fileprivate func received(_ frame: UnsafeRawBufferPointer, from source: ServerConnection) {
        guard source === connection else { return }
        // It does not listen to frames behind one that has made it drop the connection: all effects of a read come together.
        session.received(frame, now: now)
    }

    fileprivate func receivedGarbage(_ problem: String, from source: ServerConnection) {
        guard source === connection else { return }
        session.receivedGarbage(problem, now: now)
        finishTurn()
    }

    fileprivate func ended(_ problem: String, _ source: ServerConnection) {
        guard source === connection else { return }
        connection = nil
        session.connectionEnded(problem, now: now)
        finishTurn()
    }

    fileprivate func readComplete() {
        finishTurn()
    }

    // MARK: Helpers

    private var now: ClientSession.Instant {
        ClientSession.Instant(NIODeadline.now().uptimeNanoseconds / 1_000_000)
    }

    /// Carries out the effects, sends what there is in one write, and sets the timer.
    private func finishTurn() {
        applyEffects()
        flush()
        schedule()
    }

    private func applyEffects() {
        var answers: [(id: ClientSession.RequestID, result: Mailbox.Result)] = []
        func handOver() {
            if answers.isEmpty { return }
            mailbox.resume(answers)
            answers.removeAll(keepingCapacity: true)
        }
        for effect in session.takeEffects() {
            switch effect {
            case .succeed(let id, let reply):
                answers.append((id, .success(reply)))
                continue
            case .fail(let id, let failure):
                answers.append((id, .failure(failure)))
                continue
            default: handOver()
            }
            switch effect {
            case .succeed, .fail: break
            case .connect(let server): connect(to: server)
            case .disconnect:
                flush()
                connection?.close()
                connection = nil
            case .notify(let event): mailbox.publish(watchEvent(event))
            case .tell(let watcher, let event): mailbox.tell(watcher, .event(watchEvent(event)))
            case .readAgain(let watcher): mailbox.tell(watcher, .readAgain)
            case .dismiss(let watcher, let failure): mailbox.dismiss(watcher, failure)
            case .enter(let state):
                self.state = state
                log(state)
                publishStatus()
                if mailbox.ends(state) { leave() }
            }
        }
        handOver()
    }

    private func watchEvent(_ event: WatcherEvent) -> WatchEvent {
        WatchEvent(type: event.type, path: connectString.relative(event.path))
    }

    private func publishStatus() {
        mailbox.publish(
            Mailbox.Status(
                state: state, credentials: session.credentials, sessionTimeout: session.sessionTimeout,
                lastProblem: session.lastProblem))
    }

    private func log(_ state: SessionState) {
        metrics?.entered(state)
        guard let logger = configuration.logger else { return }
        var metadata: Logger.Metadata = [:]
        if let id = session.credentials?.id { metadata["session"] = "\(id)" }
        if !state.isConnected, let problem = session.lastProblem { metadata["problem"] = "\(problem)" }
        logger.info("ZooKeeper session: \(state)", metadata: metadata)
    }

    private func connect(to server: ServerAddress) {
        let connection = newConnection()
        publishStatus()
        attempts += 1
        configuration.logger?.debug("connecting to ZooKeeper", metadata: ["server": "\(server)"])
        if let address = try? SocketAddress(ipAddress: server.host, port: server.port) {
            return open(connection, to: server, [address][...])
        }
        // Asked for anew each time: what a name stands for changes.
        NIOThreadPool.singleton.runIfActive(eventLoop: loop) { [resolve = configuration.resolve] in try resolve(server)
        }
        .assumeIsolated()
        .whenComplete { [weak self] result in
            guard let self, !connection.isClosed else { return }
            switch result {
            case .success(let addresses):
                let first = attempts % addresses.count
                open(connection, to: server, (addresses[first...] + addresses[..<first])[...])
            case .failure(let error): ended(reason(of: error), connection)
            }
        }
    }

    private func newConnection() -> ServerConnection {
        let connection = ServerConnection(shell: self, maxFrameLength: configuration.maxReplyLength)
        self.connection = connection
        return connection
    }

    /// Tries the addresses one after the other, each with a connection of its own: a channel that has failed is taken apart only when the
    /// next one is there already.
    private func open(_ connection: ServerConnection, to server: ServerAddress, _ addresses: ArraySlice<SocketAddress>)
    {
        let box = NIOLoopBound(connection, eventLoop: loop)
        let share = configuration.connectTimeout.milliseconds / Int64(addresses.count)
        ClientBootstrap(group: loop)
            .connectTimeout(.milliseconds(max(share, 1)))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { [transport = configuration.transport] channel in
                channel.eventLoop.makeCompletedFuture {
                    try transport?.configure(channel, to: server)
                    try channel.pipeline.syncOperations.addHandler(box.value)
                }
            }
            .connect(to: addresses[addresses.startIndex])
            .assumeIsolated()
            .whenFailure { [weak self] error in
                guard let self, !connection.isClosed else { return }
                let others = addresses.dropFirst()
                if others.isEmpty {
                    ended(reason(of: error), connection)
                } else {
                    connection.close()
                    open(newConnection(), to: server, others)
                }
            }
    }

    private static func nonce() -> [UInt8] {
        var random = SystemRandomNumberGenerator()
        return (0..<16).map { _ in UInt8.random(in: .min ... .max, using: &random) }
    }

    private func flush() {
        guard !session.output.isEmpty, let connection else { return }
        session.output.withUnsafeBytes { connection.send($0) }
        session.output.removeAll(keepingCapacity: session.output.capacity <= 256 << 10)
    }

    private func schedule() {
        guard let deadline = session.deadline else {
            timer?.scheduled.cancel()
            timer = nil
            return
        }
        // A timer that fires too early finds nothing to do and is set again: cheaper than moving it for each request.
        if let timer, timer.at <= deadline { return }
        timer?.scheduled.cancel()
        let delay = TimeAmount.milliseconds(max(deadline - now, 1))
        let scheduled = loop.assumeIsolated().scheduleTask(in: delay) { [weak self] () -> Void in self?.timerFired() }
        timer = (deadline, scheduled)
    }

    private func timerFired() {
        timer = nil
        session.tick(now: now)
        finishTurn()
    }

    /// Lets go of everything that refers to this shell.
    private func leave() {
        mailbox.setWake(nil)
    }
}

/// Cuts what a server sends into frames, all frames of a read at once.
private final class ServerConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let shell: ClientShell
    private let maxFrameLength: Int
    private var context: ChannelHandlerContext?
    /// The beginning of a frame whose end has not arrived.
    private var partial = ByteBuffer()
    private(set) var isClosed = false

    init(shell: ClientShell, maxFrameLength: Int) {
        self.shell = shell
        self.maxFrameLength = maxFrameLength
    }

    func send(_ bytes: UnsafeRawBufferPointer) {
        guard let context else { return }
        var buffer = context.channel.allocator.buffer(capacity: bytes.count)
        buffer.writeBytes(bytes)
        context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
    }

    func close() {
        isClosed = true
        context?.close(promise: nil)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        if isClosed { return context.close(promise: nil) }
        shell.opened(self)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = unwrapInboundIn(data)
        if partial.readableBytes > 0 {
            partial.writeBuffer(&buffer)
            cut(&partial)
            // Gives the memory back: a long reply is rare.
            if partial.readableBytes == 0 { partial = ByteBuffer() } else { partial.discardReadBytes() }
        } else {
            cut(&buffer)
            if buffer.readableBytes > 0 { partial = buffer }
        }
    }

    private func cut(_ buffer: inout ByteBuffer) {
        while !isClosed, let length = buffer.getInteger(at: buffer.readerIndex, as: Int32.self) {
            guard length >= 0, Int(length) <= maxFrameLength else {
                shell.receivedGarbage("a frame of \(length) bytes (limit \(maxFrameLength))", from: self)
                return
            }
            guard buffer.readableBytes >= 4 + Int(length) else { return }
            buffer.withUnsafeReadableBytes { bytes in
                shell.received(UnsafeRawBufferPointer(rebasing: bytes[4..<4 + Int(length)]), from: self)
            }
            buffer.moveReaderIndex(forwardBy: 4 + Int(length))
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        shell.readComplete()
    }

    func channelInactive(context: ChannelHandlerContext) {
        shell.ended("the server closed the connection", self)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        shell.ended(reason(of: error), self)
        context.close(promise: nil)
    }
}

extension SocketAddress {
    /// The name of a server stands for no address.
    struct Unresolved: Error, CustomStringConvertible {
        var description: String
    }

    /// All addresses that a name stands for. Blocks.
    static func all(of server: ServerAddress) throws -> [SocketAddress] {
        var hints = addrinfo()
        hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let outcome = getaddrinfo(server.host, "\(server.port)", &hints, &list)
        defer { if list != nil { freeaddrinfo(list) } }
        var addresses: [SocketAddress] = []
        var next = outcome == 0 ? list : nil
        while let info = next {
            if let address = info.pointee.ai_addr {
                switch info.pointee.ai_family {
                case AF_INET:
                    address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                        addresses.append(SocketAddress($0.pointee, host: server.host))
                    }
                case AF_INET6:
                    address.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) {
                        addresses.append(SocketAddress($0.pointee, host: server.host))
                    }
                default: break
                }
            }
            next = info.pointee.ai_next
        }
        guard !addresses.isEmpty else {
            let why = outcome == 0 ? "none of IPv4 or IPv6" : String(cString: gai_strerror(outcome))
            throw Unresolved(description: "the name \(server.host) has no address (\(why))")
        }
        return addresses
    }
}
