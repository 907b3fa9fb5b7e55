import NIOCore
import NIOEmbedded
import Testing

@testable import ZooKeeperServer

@Suite struct HTTPTests {
    // MARK: Requests

    private func read(_ text: String) -> HTTPRequest.Reading {
        Array(text.utf8).withUnsafeBytes { HTTPRequest.read($0) }
    }

    /// Heads of requests.
    @Test(arguments: [
        ("GET /commands HTTP/1.1\r\nHost: x\r\n\r\n", HTTPRequest.Method.get, "/commands", true),
        ("GET /a?b=c HTTP/1.1\r\n\r\nGET /next", .get, "/a?b=c", true),
        ("\r\nGET / HTTP/1.1\n\n", .get, "/", true),
        ("HEAD / HTTP/1.1\r\nConnection: Keep-Alive, Close\r\n\r\n", .head, "/", false),
        ("GET / HTTP/1.0\r\n\r\n", .get, "/", false),
        ("POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello", .other, "/", false),
        ("GET / HTTP/1.1\r\ncontent-length: 0\r\n\r\n", .get, "/", true),
        ("GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", .get, "/", false),
    ])
    func requests(text: String, method: HTTPRequest.Method, target: String, keepsAlive: Bool) {
        guard case .request(let request, let length) = read(text) else { return #expect(Bool(false), "\(read(text))") }
        #expect(request == HTTPRequest(method: method, target: target, keepsAlive: keepsAlive))
        let rest = text.utf8.dropFirst(length)
        #expect(["", "GET /next", "hello"].contains(String(decoding: rest, as: UTF8.self)))
    }

    /// What is no request, or no whole one.
    @Test func others() {
        #expect(read("") == .incomplete)
        #expect(read("GET / HTTP/1.1\r\nHost: x\r\n") == .incomplete)
        for text in [
            "GET /\r\n\r\n", "ruok\n\n", "GET  HTTP/1.1\r\n\r\n", "GET / HTTP/2\r\n\r\n", "GET / HTTP/1.1\r\nx\r\n\r\n",
        ] {
            #expect(read(text) == .refused(.badRequest), "\(text)")
        }
        let long = String(repeating: "a", count: HTTPRequest.limit)
        #expect(read(long) == .refused(.headTooLarge))
        #expect(read("GET /\(long) HTTP/1.1\r\n\r\n") == .refused(.headTooLarge))
        #expect(read("GET / HTTP/1.1\r\n" + String(repeating: "a: b\r\n", count: 2000)) == .refused(.headTooLarge))
    }

    // MARK: Connections

    /// A connection to a port with pages of 40,000 bytes.
    private final class Reader {
        let channel = EmbeddedChannel()
        private let port: HTTPPort

        init(_ port: HTTPPort) throws {
            self.port = port
            try channel.pipeline.syncOperations.addHandler(HTTPConnection(port))
            try channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        }

        func ask(_ text: String) throws { try channel.writeInbound(ByteBuffer(string: text)) }

        /// What has been answered since the last call: the first line of each answer.
        func answers() throws -> [String] {
            var lines: [String] = []
            while let answer = try channel.readOutbound(as: ByteBuffer.self) {
                lines.append(String(String(buffer: answer).split(separator: "\r\n")[0]))
            }
            return lines
        }

        /// Until the loop has belonged to the clients for long enough.
        func waitForTurn() { channel.embeddedEventLoop.advanceTime(to: port.pace.next) }
    }

    private func port(capacity: Int = 8, idle: TimeAmount? = nil) -> HTTPPort {
        HTTPPort(capacity: capacity, idleTime: idle, pace: HTTPPort.Pace()) {
            HTTPAnswer(body: $0 + String(repeating: "x", count: 40_000))
        }
    }

    private let ok = "HTTP/1.1 200 OK"

    /// Who does not read its answers gets no more of them, and is asked for no more requests.
    @Test func flood() throws {
        let reader = try Reader(port())
        reader.channel.isWritable = false
        let many = String(repeating: "GET /monitor HTTP/1.1\r\n\r\n", count: 100)
        try reader.ask(many)
        reader.waitForTurn()
        #expect(try reader.answers() == [])
        reader.channel.isWritable = true
        reader.channel.pipeline.fireChannelWritabilityChanged()
        var count = 0
        while count < 100 {
            let more = try reader.answers()
            // One at a time: between two of them the loop is the clients'.
            try #require(more.count <= 1 && (more.isEmpty || more == [ok]))
            if more.isEmpty { reader.waitForTurn() }
            count += more.count
        }
    }

    /// Requests come in pieces and in a row; a HEAD has no body; an end is an end.
    @Test func pieces() throws {
        let reader = try Reader(port())
        try reader.ask("GET /a HT")
        #expect(try reader.answers() == [])
        try reader.ask("TP/1.1\r\n\r\nHEAD /b HTTP/1.1\r\nConnection: close\r\n\r\nGET /c HTTP/1.1\r\n\r\n")
        #expect(try reader.answers() == [ok])
        reader.waitForTurn()
        let last = try #require(try reader.channel.readOutbound(as: ByteBuffer.self))
        #expect(String(buffer: last).hasSuffix("Content-Length: 40002\r\nConnection: close\r\n\r\n"))
        reader.waitForTurn()
        #expect(try reader.answers() == [])
        #expect(!reader.channel.isActive)
    }

    /// What is no request is answered and closed.
    @Test(arguments: [
        ("nonsense\r\n\r\n", "HTTP/1.1 400 Bad Request"),
        (String(repeating: "a", count: 9000), "HTTP/1.1 431 Request Header Fields Too Large"),
        ("DELETE / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc", "HTTP/1.1 405 Method Not Allowed"),
    ])
    func refusals(text: String, line: String) throws {
        let reader = try Reader(port())
        try reader.ask(text)
        #expect(try reader.answers() == [line])
        #expect(!reader.channel.isActive)
    }

    /// Who closes its side before it reads gets its answer.
    @Test func halfClosed() throws {
        let reader = try Reader(port())
        try reader.ask("GET /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\n")
        reader.channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        #expect(try reader.answers() == [ok])
        reader.waitForTurn()
        #expect(try reader.answers() == [ok])
        #expect(!reader.channel.isActive)
    }

    /// When there are too many, the one that has gone without an answer for the longest is closed.
    @Test func capacity() throws {
        let port = port(capacity: 2)
        let first = try Reader(port)
        let second = try Reader(port)
        try first.ask("GET /a HTTP/1.1\r\n\r\n")
        #expect(try first.answers() == [ok])
        let third = try Reader(port)
        #expect([first, second, third].map(\.channel.isActive) == [true, false, true])
    }

    /// Who gets no answer for so long is closed, also one that sends a request byte by byte.
    @Test func idle() throws {
        let reader = try Reader(port(idle: .milliseconds(1)))
        try reader.ask("GET /a")
        let end = NIODeadline.now() + .seconds(10)
        while reader.channel.isActive, NIODeadline.now() < end {
            reader.channel.embeddedEventLoop.advanceTime(by: .milliseconds(2))
        }
        #expect(!reader.channel.isActive)
    }
}
