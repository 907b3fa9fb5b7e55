import NIOCore

/// One connection to an HTTP port: takes a request, answers it, and takes the next only when the answer is on its way.
///
/// Can become: reading → waiting (for its turn, or for the client to read) → reading …, and from each → ending.
final class HTTPConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum State {
        /// For a whole request.
        case reading
        /// With one: its turn comes later.
        case waiting
        /// The last answer is being sent.
        case ending
    }

    private let port: HTTPPort
    private var channel: (any Channel)!
    private var state = State.reading
    private var input = ByteBuffer()
    private var reading = ReadingSwitch()
    /// The client sends nothing more, and may still read.
    private var isInputClosed = false
    private var watch: Scheduled<Void>?
    /// When it was opened or last got an answer.
    private(set) var lastProgress = NIODeadline.now()

    init(_ port: HTTPPort) { self.port = port }

    // MARK: Channel events

    func channelActive(context: ChannelHandlerContext) {
        channel = context.channel
        port.opened(self)
        if let idleTime = port.idleTime { watchIdleness(context.eventLoop, in: idleTime) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        state = .ending
        watch?.cancel()
        port.closed(self)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = Self.unwrapInboundIn(data)
        if input.readableBytes == 0 { input = buffer } else { input.writeBuffer(&buffer) }
        process()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        // It may be `send` that is told so, which would answer one request within the other.
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        context.eventLoop.execute { bound.value.process() }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case ChannelEvent.inputClosed? = event as? ChannelEvent else { return }
        isInputClosed = true
        process()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func close() {
        state = .ending
        channel.close(promise: nil)
    }

    private func watchIdleness(_ loop: any EventLoop, in time: TimeAmount) {
        let bound = NIOLoopBound(self, eventLoop: loop)
        watch = loop.scheduleTask(in: time) {
            let connection = bound.value
            guard let idleTime = connection.port.idleTime else { return }
            let rest = connection.lastProgress + idleTime - .now()
            if rest <= .zero { connection.close() } else { connection.watchIdleness(loop, in: rest) }
        }
    }

    // MARK: Requests

    private func process() {
        while case .reading = state {
            // What it has not read comes first: a connection holds one answer, not a queue of them.
            guard channel.isWritable else { return reading.set(false, on: channel) }
            switch input.withUnsafeReadableBytes(HTTPRequest.read) {
            case .incomplete:
                guard !isInputClosed else { return close() }
                return reading.set(true, on: channel)
            case .refused(let status):
                send(.refusal(status, "an HTTP/1.1 request of at most \(HTTPRequest.limit) bytes is wanted"), to: nil)
            case .request(let request, let length):
                let start = NIODeadline.now()
                guard start >= port.pace.next else { return wait() }
                input.moveReaderIndex(forwardBy: length)
                if input.readableBytes == 0 { input = ByteBuffer() }
                send(answer(request), to: request)
                lastProgress = .now()
                port.pace.made(from: start, to: lastProgress)
                if input.readableBytes > 0, case .reading = state { return wait() }
            }
        }
    }

    private func answer(_ request: HTTPRequest) -> HTTPAnswer {
        request.method == .other ? .refusal(.methodNotAllowed, "GET or HEAD") : port.answer(request.target)
    }

    private func wait() {
        reading.set(false, on: channel)
        state = .waiting
        let bound = NIOLoopBound(self, eventLoop: channel.eventLoop)
        channel.eventLoop.scheduleTask(deadline: port.pace.next) {
            let connection = bound.value
            guard case .waiting = connection.state else { return }
            connection.state = .reading
            connection.process()
        }
    }

    /// - Parameter request: nil when it made no sense.
    private func send(_ answer: HTTPAnswer, to request: HTTPRequest?) {
        let keepsAlive = request?.keepsAlive ?? false
        let text = answer.text(keepsAlive: keepsAlive, isHead: request?.method == .head)
        let written = channel.writeAndFlush(ByteBuffer(string: text))
        guard !keepsAlive else { return }
        reading.set(false, on: channel)
        state = .ending
        let channel = channel!
        written.whenComplete { _ in channel.close(promise: nil) }
    }
}
