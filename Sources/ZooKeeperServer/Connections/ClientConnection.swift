import DataTree
import DequeModule
import Glibc
import Jute
import NIOCore
import ZooKeeperProtocol

/// One connection on a client port: cuts the bytes of a read into frames, hands them to the server, and sends everything
/// that a turn of the event loop answered with one write.
///
/// Can become: fresh → connecting → open → closing. A four-letter word goes from fresh to closing.
final class ClientConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    enum State {
        /// Nothing but a ConnectRequest or a four-letter word may come.
        case fresh
        /// The session is being made or renewed: later requests wait in the input.
        case connecting
        case open
        /// The last bytes are being sent; input is ignored.
        case closing
    }

    /// A request that waits for the writes of this connection before it.
    private enum Waiting {
        /// Takes its turn when the oldest write in flight is answered.
        case write
        /// - answer: about how many bytes its answer will have.
        case read(frame: [UInt8], received: Int64, answer: Int)
    }

    private unowned let server: ServerCore
    private(set) var channel: (any Channel)!
    var state = State.fresh {
        didSet { if oldValue == .fresh, state != .fresh { server.sessionless -= 1 } }
    }
    /// From the handshake on.
    var session = SessionID.none
    /// The session is known to this server only.
    var isLocal = false
    /// Of the session, milliseconds.
    var timeout: Int32 = 0
    /// Whether the ConnectRequest had the read-only byte, which the response must then have, too.
    var saidReadOnly: Bool?
    /// The connection's name in the tree's watch table, once the session is there.
    var treeID: ClientID?
    /// The session needs no further sign of life before this time.
    var touchedUntil: Int64 = 0
    /// Learner: the round of PINGs (`EnsembleMember.touchRound`) in which the leader was last told of the session.
    var touchedInRound: Int64 = -1
    /// Who the client is: its address from the start, then what auth packets added.
    var identities: [AuthID] = []
    /// `ip:port`, as the four-letter words show it.
    private(set) var remote = ""
    private(set) var remoteHost = ""
    /// Whether its bytes are encrypted on the way.
    private(set) var isSecure: Bool

    /// Received and not yet handled.
    private var input = ByteBuffer()
    /// Answered and not yet written to the channel; nil when there is nothing, so that an idle connection holds no memory.
    private var output: JuteWriter?
    /// Bytes of output that came when there was enough already.
    private var surplus = 0
    private var isReadingPaused = false
    private var isProcessing = false
    private var closesAfterFlush = false
    /// Requests wait until the client has read some of its output.
    private var isHeldBack = false
    private var goesOnSoon = false

    var isOpen: Bool { if case .open = state { true } else { false } }

    private var waiting: Deque<Waiting> = []
    private var waitingReads = 0
    /// Bytes of requests that wait, and about how many their answers will have.
    private var waitingBytes = 0
    private var waitingAnswers = 0
    var statistics = ConnectionStatistics()

    /// Output above which no further read of this connection is answered until the client has read some: one
    /// read of requests can ask for gigabytes.
    static let outputLimit = 1 << 20
    /// How much may come on top of that, events and answers to writes, before a client that does not read is given up.
    static let surplusLimit = 64 << 20
    /// Bytes of reads that may wait behind a write, and how many reads before the next write: what they ask for is answered
    /// before that write is, whether the client reads or not.
    static let waitingLimit = 256 << 10
    static let waitingReadsLimit = 256

    init(server: ServerCore, isSecure: Bool) {
        self.server = server
        self.isSecure = isSecure
    }

    // MARK: Channel events

    func handlerAdded(context: ChannelHandlerContext) {
        channel = context.channel
        if let address = context.channel.remoteAddress {
            remoteHost = address.plainHost
            remote =
                remoteHost.contains(":") ? "[\(remoteHost)]:\(address.port ?? 0)" : "\(remoteHost):\(address.port ?? 0)"
        }
        identities = [AuthID(scheme: "ip", id: remoteHost)]
    }

    func channelActive(context: ChannelHandlerContext) { server.connectionOpened(self) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        server.refreshClock()
        var buffer = Self.unwrapInboundIn(data)
        statistics.lastHeard = server.now
        if input.readableBytes == 0 { input = buffer } else { input.writeBuffer(&buffer) }
        processInput()
    }

    func channelReadComplete(context: ChannelHandlerContext) { server.flush() }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { goOnSoon() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        state = .closing
        input = ByteBuffer()
        output = nil
        while !waiting.isEmpty { forgetFirst() }
        server.connectionClosed(self)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard let peer = event as? PeerAuthenticated else { return context.fireUserInboundEventTriggered(event) }
        isSecure = true
        guard let subject = peer.subject else { return }
        identities = (identities + server.tree.access.identities(x509Subject: subject)).inApacheOrder
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let failure = error as? HandshakeFailure {
            server.metrics.handshakesFailed += 1
            server.logger.log(
                level: failure.isHangUp ? .debug : .warning, "closing a connection: \(failure)",
                metadata: ["client": "\(remote)"])
        } else {
            server.logger.debug("connection error", metadata: ["client": "\(remote)", "error": "\(error)"])
        }
        context.close(promise: nil)
    }

    // MARK: Input

    private enum Step {
        case consumed(Int)
        case incomplete
        /// Not now: what it needs will call `processInput` again.
        case wait
    }

    /// Handles every whole frame there is, in place.
    func processInput() {
        guard !isProcessing, input.readableBytes > 0 else { return resumeReading() }
        isProcessing = true
        defer { isProcessing = false }
        // Held apart, because handling a frame may close this connection.
        var buffer = input
        input = ByteBuffer()
        var mustWait = false
        buffer.readWithUnsafeReadableBytes { bytes in
            var offset = 0
            loop: while offset < bytes.count {
                switch step(UnsafeRawBufferPointer(rebasing: bytes[offset...])) {
                case .consumed(let count): offset += count
                case .incomplete: break loop
                case .wait:
                    mustWait = true
                    break loop
                }
            }
            return offset
        }
        if case .closing = state { return }
        if buffer.readableBytes > 0 { input = buffer }
        if mustWait { pauseReading() } else { resumeReading() }
    }

    private func step(_ bytes: UnsafeRawBufferPointer) -> Step {
        switch state {
        case .closing: return .consumed(bytes.count)
        case .connecting: return .wait
        case .fresh:
            guard bytes.count >= 4 else { return .incomplete }
            if let word = ServerWord(bytes) {
                guard bytes.count >= 4 + word.argumentLength else { return .incomplete }
                statistics.received += 1
                server.answer(
                    word, argument: UnsafeRawBufferPointer(rebasing: bytes[4..<4 + word.argumentLength]), on: self)
                return .consumed(bytes.count)
            }
        case .open:
            guard canAnswer else {
                isHeldBack = true
                return .wait
            }
            guard bytes.count >= 4 else { return .incomplete }
        }
        let length = Int(Int32(bitPattern: bytes.loadUnaligned(as: UInt32.self).bigEndian))
        guard length >= 0, length <= server.settings.maxFrame else {
            server.warnings.warn(
                "frame length",
                "closing a connection: frame length \(length) is not in 0…\(server.settings.maxFrame) (jute.maxbuffer)",
                metadata: ["client": "\(remote)"])
            close()
            return .consumed(bytes.count)
        }
        guard case .open = state else {
            guard bytes.count >= 4 + length else { return .incomplete }
            server.bytesReceived += Int64(4 + length)
            server.connect(UnsafeRawBufferPointer(rebasing: bytes[4..<4 + length]), on: self)
            return .consumed(4 + length)
        }
        switch server.admits(length, hasWaiting: !waiting.isEmpty) {
        case .now: break
        case .later: return .wait
        case .never:
            server.logger.warning(
                "closing a connection: with its request of \(length) bytes there would be more large ones than largeRequestMaxBytes=\(server.settings.largeRequestMaxBytes) allows",
                metadata: ["client": "\(remote)"])
            close()
            return .consumed(bytes.count)
        }
        guard bytes.count >= 4 + length else { return .incomplete }
        let frame = UnsafeRawBufferPointer(rebasing: bytes[4..<4 + length])
        if !waiting.isEmpty, hasNoRoom(for: frame) { return .wait }
        server.bytesReceived += Int64(4 + length)
        server.receive(frame, on: self)
        return .consumed(4 + length)
    }

    private func pauseReading() {
        // Each time: whoever was let go on and has to wait again must be let go on again. Who is held back by its own output goes
        // on when that is read.
        if !isHeldBack { server.paused(self) }
        guard !isReadingPaused else { return }
        isReadingPaused = true
        try? channel.syncOptions?.setOption(.autoRead, value: false)
    }

    private func resumeReading() {
        guard isReadingPaused else { return }
        isReadingPaused = false
        try? channel.syncOptions?.setOption(.autoRead, value: true)
    }

    // MARK: Waiting requests

    var hasWaiting: Bool { !waiting.isEmpty }
    var hasReadFirst: Bool { if case .read = waiting.first { true } else { false } }

    func waitForWrite() { waiting.append(.write) }

    /// - Parameter answer: about how many bytes its answer will have.
    func wait(for frame: UnsafeRawBufferPointer, received: Int64, answer: Int) {
        waiting.append(.read(frame: [UInt8](frame), received: received, answer: answer))
        waitingReads += 1
        waitingBytes += Self.cost(frame.count)
        waitingAnswers += answer
        server.readWaits(frame.count)
    }

    /// The next read, when no write is before it and the client takes its answer.
    ///
    /// - Parameter force: whether it must be answered in any case, because the write behind it has been applied.
    func takeRead(force: Bool) -> (frame: [UInt8], received: Int64)? {
        guard case .read(let frame, let received, _) = waiting.first else { return nil }
        guard force || canAnswer else {
            isHeldBack = true
            return nil
        }
        forgetFirst()
        return (frame, received)
    }

    /// A write is answered: it is the first.
    func writeIsDone() { forgetFirst() }

    private func forgetFirst() {
        guard case .read(let frame, _, let answer) = waiting.removeFirst() else { return }
        waitingReads -= 1
        waitingBytes -= Self.cost(frame.count)
        waitingAnswers -= answer
        server.readIsDone(frame.count)
    }

    /// Whether one more request would have too much wait behind the writes under way.
    private func hasNoRoom(for frame: UnsafeRawBufferPointer) -> Bool {
        if waitingBytes >= Self.waitingLimit { return true }
        guard waitingReads >= Self.waitingReadsLimit || waitingAnswers >= Self.outputLimit, frame.count >= 8 else {
            return false
        }
        let op = OpCode(rawValue: Int32(bigEndian: frame.loadUnaligned(fromByteOffset: 4, as: Int32.self)))
        return op != .ping && !DataTree.isRead(op)
    }

    /// What a read that waits costs beside its bytes.
    private static func cost(_ bytes: Int) -> Int { bytes + 64 }

    /// Goes on with what was held back, in a turn of its own: a quick client must not keep the others waiting.
    private func goOnSoon() {
        guard !goesOnSoon else { return }
        goesOnSoon = true
        let bound = NIOLoopBound(self, eventLoop: channel.eventLoop)
        channel.eventLoop.execute { bound.value.goOn() }
    }

    private func goOn() {
        goesOnSoon = false
        guard channel.isActive else { return }
        isHeldBack = false
        if output != nil { server.markDirty(self) }
        server.refreshClock()
        server.drainWaiting(self)
        processInput()
        server.flush()
    }

    // MARK: Output

    var outputCount: Int { output?.count ?? 0 }
    private var canAnswer: Bool { outputCount < Self.outputLimit && channel.isWritable }

    /// Calls `body` with this connection's output; what it writes goes out at the end of the turn.
    func write(_ body: (inout JuteWriter) -> Void) {
        if case .closing = state { return }
        if output == nil {
            output = server.takeWriter()
            surplus = 0
            server.markDirty(self)
        }
        let before = outputCount
        body(&output!)
        guard before >= Self.outputLimit else { return }
        surplus += outputCount - before
        if surplus > Self.surplusLimit {
            server.logger.warning(
                "closing a connection: its client does not read \(outputCount) bytes of events and replies",
                metadata: ["client": "\(remote)"])
            output = nil
            close()
        }
    }

    func flush() {
        guard let writer = output else { return }
        // A client that does not read gets nothing more until it has: its output gathers here.
        guard channel.isWritable || closesAfterFlush else { return }
        output = nil
        if isHeldBack { goOnSoon() }
        if writer.count >= ServerCore.largeBuffer { server.burst += writer.count }
        let buffer = writer.withUnsafeBytes { bytes in
            var buffer = channel.allocator.buffer(capacity: bytes.count)
            buffer.writeBytes(bytes)
            return buffer
        }
        server.giveBack(writer)
        guard closesAfterFlush else { return send(buffer) }
        // Only when the client has it: closing drops what the kernel has not taken yet.
        let closing: any Channel = channel
        closing.writeAndFlush(buffer).whenComplete { _ in closing.close(promise: nil) }
    }

    private func send(_ buffer: ByteBuffer) {
        guard isSecure else { return channel.writeAndFlush(buffer, promise: nil) }
        // A TLS record for each frame, as Apache's server sends them: kazoo takes one frame of a record, and waits at the
        // socket for what its TLS library has long decrypted.
        var rest = buffer
        while let length = rest.getInteger(at: rest.readerIndex, as: Int32.self),
            let frame = rest.readSlice(length: 4 + Int(length))
        {
            channel.write(frame, promise: nil)
        }
        channel.flush()
    }

    /// Closes after everything written so far has been sent.
    func closeAfterFlush() {
        closesAfterFlush = true
        state = .closing
        if output == nil { close() } else { server.markDirty(self) }
    }

    func close() {
        state = .closing
        channel.close(promise: nil)
    }

    /// Closes with RST: the client is refused before it said anything.
    func reset() {
        state = .closing
        // On the loop this takes effect before it returns.
        _ = (channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0))
        channel.close(promise: nil)
    }
}

/// What `cons` shows of a connection.
struct ConnectionStatistics {
    var received: Int64 = 0
    var sent: Int64 = 0
    /// Requests (xid above 0) not yet answered.
    var outstanding = 0
    /// Wall clock, milliseconds.
    var established: Int64 = 0
    /// Monotonic, milliseconds.
    var lastHeard: Int64 = 0
    var lastOperation: OpCode?
    var lastXID: Int32 = -1
    var lastZXID = ZXID(rawValue: -1)
    var lastResponseTime: Int64 = 0
    var lastLatency: Int64 = 0
    var latency = Summary()

    mutating func reset() {
        received = 0
        sent = 0
        lastOperation = nil
        lastXID = -1
        lastZXID = ZXID(rawValue: -1)
        lastResponseTime = 0
        lastLatency = 0
        latency = Summary()
    }
}
