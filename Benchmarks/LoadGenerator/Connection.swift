import DequeModule
import Glibc
import Jute
import ZooKeeperProtocol

/// A client connection that keeps a number of requests in flight, and notes how long each took. It lives as long as the
/// process.
struct Connection {
    let descriptor: Int32
    var inFlight = 0
    /// When requests were sent, and how many of them are not yet answered. Replies come in this order.
    private var sent: Deque<(time: UInt64, count: Int)> = []
    /// Received, and not yet a whole frame.
    private let input = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 8)
    private var filled = 0
    private var output: [UInt8] = []

    /// Connects to this machine and asks for a session; `open` waits for it. So thousands of sessions are made at once.
    init(port: UInt16) throws(LoadError) {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let status = withUnsafeBytes(of: &address) {
            connect(descriptor, $0.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t($0.count))
        }
        guard status == 0 else {
            throw LoadError("cannot connect to port \(port): \(String(cString: strerror(errno)))")
        }
        var on: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        var writer = JuteWriter()
        writer.frame {
            $0.write(
                ConnectRequest(
                    protocolVersion: 0, lastZXIDSeen: .zero, timeout: 120_000, session: .none,
                    password: [UInt8](repeating: 0, count: 16), readOnly: nil))
        }
        try write(writer.bytes)
    }

    mutating func open() throws(LoadError) { try readFrame() }

    /// Sends one request and waits for its reply.
    mutating func call(_ op: OpCode, _ body: some JuteEncodable, allowing allowed: ErrorCode = .ok) throws(LoadError) {
        var writer = JuteWriter()
        Requests.append(op, body, to: &writer)
        try write(writer.bytes)
        try readFrame { (reply) throws(LoadError) in try Self.check(reply, allowing: allowed) }
    }

    mutating func children(of path: String) throws(LoadError) -> [String] {
        var writer = JuteWriter()
        Requests.append(.getChildren, ReadRequest(path: path, watch: false), to: &writer)
        try write(writer.bytes)
        var names: [String] = []
        try readFrame { (reply) throws(LoadError) in
            try Self.check(reply)
            var reader = JuteReader(UnsafeRawBufferPointer(rebasing: reply[16...]), maxFieldLength: reply.count)
            do { names = try reader.readStrings() ?? [] } catch { throw LoadError("children of \(path): \(error)") }
        }
        return names
    }

    /// All of them are under way at once.
    mutating func delete(_ paths: [String]) throws(LoadError) {
        var writer = JuteWriter()
        for path in paths { Requests.append(.delete, DeleteRequest(path: path, version: -1), to: &writer) }
        try write(writer.bytes)
        for _ in paths { try readFrame { (reply) throws(LoadError) in try Self.check(reply) } }
    }

    /// Sends `count` requests.
    mutating func send(_ count: Int, of requests: inout Requests) throws(LoadError) {
        guard count > 0 else { return }
        output.removeAll(keepingCapacity: true)
        requests.append(count, to: &output)
        sent.append((nanoseconds(), count))
        inFlight += count
        try write(output)
    }

    /// Reads what has come, and tells how long the replies took; returns their number.
    mutating func receive(_ answered: (_ microseconds: Int, _ times: Int) -> Void) throws(LoadError) -> Int {
        var replies = 0
        try readMore()
        var offset = 0
        while let frame = frame(at: offset) {
            try Self.check(frame)
            replies += 1
            offset += 4 + frame.count
        }
        consume(offset)
        inFlight -= replies
        let now = nanoseconds()
        var left = replies
        while left > 0 {
            let part = min(left, sent[0].count)
            answered(Int((now - sent[0].time) / 1000), part)
            left -= part
            sent[0].count -= part
            if sent[0].count == 0 { sent.removeFirst() }
        }
        return replies
    }

    // MARK: Bytes

    /// The next whole frame without its length, or nil when it has not all come.
    private func frame(at offset: Int) -> UnsafeRawBufferPointer? {
        guard filled - offset >= 4 else { return nil }
        let length = Int(UInt32(bigEndian: input.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
        guard filled - offset - 4 >= length else { return nil }
        return UnsafeRawBufferPointer(rebasing: input[(offset + 4)..<(offset + 4 + length)])
    }

    /// Of a reply: behind xid and zxid.
    private static func check(_ reply: UnsafeRawBufferPointer, allowing allowed: ErrorCode = .ok) throws(LoadError) {
        let code = reply.count < 16 ? -1 : Int32(bigEndian: reply.loadUnaligned(fromByteOffset: 12, as: Int32.self))
        guard code == 0 || code == allowed.rawValue else { throw LoadError("a request failed: \(code)") }
    }

    private mutating func consume(_ count: Int) {
        filled -= count
        if filled > 0 { memmove(input.baseAddress!, input.baseAddress! + count, filled) }
    }

    /// Waits for one frame; what it holds is told to `body`.
    private mutating func readFrame(
        _ body: (UnsafeRawBufferPointer) throws(LoadError) -> Void = { _ in }
    ) throws(LoadError) {
        while true {
            if let frame = frame(at: 0) {
                try body(frame)
                return consume(4 + frame.count)
            }
            try readMore()
        }
    }

    /// Takes what the socket has, and waits for something if it has nothing.
    private mutating func readMore() throws(LoadError) {
        let count = read(descriptor, input.baseAddress! + filled, input.count - filled)
        guard count > 0 else {
            throw LoadError(count == 0 ? "the server closed a connection" : String(cString: strerror(errno)))
        }
        filled += count
    }

    private func write(_ bytes: [UInt8]) throws(LoadError) {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress! + written, $0.count - written) }
            guard count > 0 else { throw LoadError(String(cString: strerror(errno))) }
            written += count
        }
    }
}

/// Why the load cannot go on.
struct LoadError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// Monotonic nanoseconds.
func nanoseconds() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}
