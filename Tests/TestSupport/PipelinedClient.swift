import Foundation
import Glibc
import Jute
import NIOConcurrencyHelpers
import ZooKeeperClient
import ZooKeeperProtocol

/// A client of one server that does not wait for answers: each segment it sends holds writes, syncs and reads together. The
/// answers must come in that order, and each read must show the write in front of it.
///
/// On the wire itself, because client libraries choose their own segments. It keeps to its server and comes back when that does.
final class PipelinedClient: Sendable {
    private struct Progress {
        /// The last value written to its znode: begun, and acknowledged.
        var begun = 0
        var acknowledged = 0
        var problems: [String] = []
        var isStopping = false
        var hasEnded = false
    }

    let server: EnsembleServer
    private let path: String
    private let progress = NIOLockedValueBox(Progress())
    /// How long a server may leave a request without an answer while the connection stands.
    private static let patience = 60

    /// - Parameter path: of its znode, which nobody else writes.
    init(of server: EnsembleServer, path: String) {
        self.server = server
        self.path = path
    }

    var values: (begun: Int, acknowledged: Int) { progress.withLockedValue { ($0.begun, $0.acknowledged) } }
    var problems: [String] { progress.withLockedValue { $0.problems } }
    var hasEnded: Bool { progress.withLockedValue { $0.hasEnded } }

    func start() {
        Thread.detachNewThread { [self] in
            run()
            progress.withLockedValue { $0.hasEnded = true }
        }
    }

    func stop() { progress.withLockedValue { $0.isStopping = true } }

    private var isStopping: Bool { progress.withLockedValue { $0.isStopping } }

    private func complain(_ what: String) {
        progress.withLockedValue { $0.problems.append("the pipelining client of \(server): \(what)") }
    }

    // MARK: Conversation

    /// What the next connection needs to go on with the session.
    private struct Session {
        var id = SessionID.none
        var password: [UInt8] = []
        var lastSeen = ZXID.zero
        var xid: Int32 = 0
    }

    private func run() {
        var session = Session()
        while !isStopping {
            if let connection = try? Connection(port: server.address.port, patience: Self.patience) {
                converse(over: connection, &session)
            }
            // Between two tries to connect, as a client would: nothing is waited for.
            usleep(20_000)
        }
    }

    private func converse(over connection: Connection, _ session: inout Session) {
        do {
            try connection.send([
                ConnectRequest(
                    lastZXIDSeen: session.lastSeen, timeout: 30_000, session: session.id,
                    password: session.password.isEmpty ? [UInt8](repeating: 0, count: 16) : session.password,
                    readOnly: false
                ).encoded
            ])
            let response = try ConnectResponse(decoding: try connection.receive())
            guard response.timeout > 0 else {
                session.id = .none
                session.password = []
                return
            }
            session.id = response.session
            session.password = response.password ?? []
            try exchange([.sync, .read], over: connection, &session)
            while !isStopping {
                try exchange(
                    [.write, .sync, .read, .write, .read, .write, .write, .sync, .sync, .read], over: connection,
                    &session)
                // A pace that leaves the servers time for their other business.
                usleep(10_000)
            }
        } catch Connection.Failure.silent {
            if server.isAwake { complain("no answer within \(Self.patience) s") }
        } catch Connection.Failure.closed {
            // Servers come and go.
        } catch { complain("\(error)") }
    }

    private enum Step {
        case write, sync, read

        var op: OpCode {
            switch self {
            case .write: .setData
            case .sync: .sync
            case .read: .getData
            }
        }
    }

    /// Sends all steps in one segment, then takes the answers.
    private func exchange(_ steps: [Step], over connection: Connection, _ session: inout Session) throws {
        var asked: [(step: Step, xid: Int32, value: Int)] = []
        var frames: [[UInt8]] = []
        var value = progress.withLockedValue { $0.begun }
        for step in steps {
            session.xid += 1
            let header = RequestHeader(xid: session.xid, op: step.op).encoded
            switch step {
            case .write:
                value += 1
                frames.append(header + SetDataRequest(path: path, data: Array("\(value)".utf8), version: -1).encoded)
            case .sync: frames.append(header + PathRecord(path: path).encoded)
            case .read: frames.append(header + ReadRequest(path: path, watch: false).encoded)
            }
            asked.append((step, session.xid, value))
        }
        progress.withLockedValue { $0.begun = value }
        try connection.send(frames)
        var written: Int?
        for (step, xid, value) in asked {
            let (reply, data) = try answer(over: connection)
            guard reply.xid == xid, reply.error == .ok else {
                return complain("the answer to \(step) \(xid) is \(reply)")
            }
            session.lastSeen = max(session.lastSeen, reply.zxid)
            switch step {
            case .write:
                written = value
                progress.withLockedValue { $0.acknowledged = value }
            case .sync: break
            case .read:
                let shown = Int(String(decoding: data ?? [], as: UTF8.self)) ?? 0
                let (begun, acknowledged) = values
                let isRight = written.map { shown == $0 } ?? (acknowledged...begun).contains(shown)
                if !isRight { complain("reads \(shown) behind \(written ?? acknowledged)") }
            }
        }
    }

    private func answer(over connection: Connection) throws -> (ReplyHeader, data: [UInt8]?) {
        let frame = try connection.receive()
        return try frame.readJute { (reader) throws(JuteError) in
            let header = try ReplyHeader(from: &reader)
            // A string or a buffer; a setData has a Stat instead, which nobody looks at.
            return (header, reader.isAtEnd ? nil : try? reader.readBuffer())
        }
    }
}

/// A blocking connection to a client port of this machine.
private final class Connection {
    enum Failure: Error {
        case closed
        /// Nothing came in time.
        case silent
    }

    private let descriptor: CInt
    private var input: [UInt8] = []

    /// - Parameter patience: seconds that a receive waits.
    init(port: Int, patience: Int) throws {
        descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        var timeout = timeval(tv_sec: patience, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port).bigEndian)
        address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw Failure.closed }
    }

    deinit { close(descriptor) }

    /// Sends the frames with one call.
    func send(_ bodies: [[UInt8]]) throws {
        var writer = JuteWriter(capacity: 1024)
        for body in bodies { writer.frame { output in body.withUnsafeBytes { output.write(raw: $0) } } }
        let bytes = writer.bytes
        guard Glibc.send(descriptor, bytes, bytes.count, CInt(MSG_NOSIGNAL)) == bytes.count else {
            throw Failure.closed
        }
    }

    /// The next frame, without its length.
    func receive() throws -> [UInt8] {
        while true {
            if input.count >= 4 {
                let length = input.prefix(4).reduce(0) { $0 << 8 | Int($1) }
                if input.count >= 4 + length {
                    defer { input.removeFirst(4 + length) }
                    return [UInt8](input[4..<4 + length])
                }
            }
            var buffer = [UInt8](repeating: 0, count: 64 << 10)
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count < 0, errno == EAGAIN { throw Failure.silent }
            guard count > 0 else { throw Failure.closed }
            input += buffer.prefix(count)
        }
    }
}
