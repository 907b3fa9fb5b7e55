import NIOCore
import NIOHTTP1
import NIOPosix

/// What an HTTP request is answered with.
struct HTTPAnswer {
    var status = HTTPResponseStatus.ok
    var contentType: String?
    var body: String
}

/// A small HTTP/1.1 endpoint on the server's event loop: GET only, no request body, for the admin server and for metrics.
final class HTTPListener: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let answer: (String) -> HTTPAnswer
    private var head: HTTPRequestHead?

    /// - Parameter answer: from the path with its query.
    init(answer: @escaping (String) -> HTTPAnswer) { self.answer = answer }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch Self.unwrapInboundIn(data) {
        case .head(let head): self.head = head
        case .body: break
        case .end:
            guard let head else { return }
            self.head = nil
            respond(to: head, context)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is IdleStateHandler.IdleStateEvent { context.close(promise: nil) }
    }

    private func respond(to head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        let answer =
            head.method == .GET || head.method == .HEAD
            ? answer(head.uri) : HTTPAnswer(status: .methodNotAllowed, contentType: "text/plain", body: "GET only\n")
        let body = Array(answer.body.utf8)
        var headers = HTTPHeaders([("Content-Length", String(body.count))])
        if let type = answer.contentType { headers.add(name: "Content-Type", value: type) }
        if !head.isKeepAlive { headers.add(name: "Connection", value: "close") }
        let response = HTTPResponseHead(version: head.version, status: answer.status, headers: headers)
        context.write(Self.wrapOutboundOut(.head(response)), promise: nil)
        if head.method == .GET {
            context.write(Self.wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: body)))), promise: nil)
        }
        context.writeAndFlush(Self.wrapOutboundOut(.end(nil)), promise: nil)
        if !head.isKeepAlive { context.close(promise: nil) }
    }

    /// Listeners for `answer`, which runs on the server's loop.
    static func bootstrap(
        _ group: MultiThreadedEventLoopGroup, idleTimeout: TimeAmount, core: NIOLoopBound<ServerCore>,
        answer: @escaping @Sendable (ServerCore, String) -> HTTPAnswer
    ) -> ServerBootstrap {
        ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.configureHTTPServerPipeline(withErrorHandling: true)
                    try pipeline.addHandler(IdleStateHandler(allTimeout: idleTimeout))
                    try pipeline.addHandler(HTTPListener { answer(core.value, $0) })
                }
            }
    }
}

extension ServerCore {
    /// The admin server: `/commands` lists, `/commands/NAME?key=value` answers in JSON.
    func adminPage(_ uri: String) -> HTTPAnswer {
        let base = settings.admin?.commandURL ?? "/commands"
        let parts = uri.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let path = String(parts[0])
        if path == base || path == base + "/" {
            let links = AdminCommand.allCases.map { "<a href=\"\(base)/\($0.rawValue)\">\($0.rawValue)</a>\n<br/>\n" }
            return HTTPAnswer(body: links.joined())
        }
        guard path.hasPrefix(base + "/") else {
            return HTTPAnswer(status: .notFound, contentType: "text/plain", body: "404 Not Found: see \(base)\n")
        }
        var parameters: [String: String] = [:]
        for pair in parts.count > 1 ? parts[1].split(separator: "&") : [] {
            let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            parameters[String(sides[0])] = sides.count > 1 ? String(sides[1]) : ""
        }
        let answer = adminAnswer(String(path.dropFirst(base.count + 1)), parameters: parameters)
        return HTTPAnswer(contentType: "application/json", body: answer.text)
    }

    /// The metrics in Prometheus' text format, under the names of Apache's provider.
    func metricsPage(_ uri: String) -> HTTPAnswer {
        guard uri.split(separator: "?").first == "/metrics" else {
            return HTTPAnswer(status: .notFound, contentType: "text/plain", body: "404 Not Found: see /metrics\n")
        }
        refreshClock()
        var text = ""
        var previous = ""
        for metric in monitor() {
            text += metric.prometheus(isFirst: metric.name != previous)
            previous = metric.name
        }
        return HTTPAnswer(contentType: "text/plain; version=0.0.4; charset=utf-8", body: text)
    }
}
