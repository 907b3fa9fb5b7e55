import DataTree
import Jute
import Testing
import ZooKeeperProtocol

@testable import RequestPipeline

/// A pipeline over an empty tree, with its clients and, in place of a quorum and a disk, what the test says.
final class Bench {
    var pipeline: RequestPipeline
    let replication: Stub
    var inboxes: [ClientID: [UInt8]] = [:]
    /// What the shell was asked for, but for lines of the log.
    var effects: [String] = []
    var lines: [String] = []
    private var now: Int64 = 10_000
    static let wall: Int64 = 1_700_000_000_000

    init(_ change: (inout PipelineOptions) -> Void = { _ in }) {
        var options = PipelineOptions()
        options.tickTime = 2000
        change(&options)
        replication = Stub()
        pipeline = RequestPipeline(
            options, tree: DataTree(), replication: replication, now: now, wall: Self.wall)
        settle()
    }

    func advance(by milliseconds: Int64) {
        now += milliseconds
        pipeline.advance(to: now, wall: Self.wall + now)
        pipeline.tick()
        settle()
    }

    /// Carries out the effects, and lets clients go on.
    func settle() {
        while let effect = pipeline.nextEffect() {
            switch effect {
            case .log(let line): lines.append(line.text)
            case .flush: flush()
            case .close(let id): effects.append("close \(id.rawValue)")
            case .resume(let id): effects.append("resume \(id.rawValue)")
            case .append(let zxid, _): effects.append("append \(zxid.counter)")
            case .keepMismatch: effects.append("mismatch")
            case .returnMemory: effects.append("memory")
            case .stopped: effects.append("stopped")
            case .quorum: effects.append("quorum")
            }
        }
    }

    func flush() {
        while let id = pipeline.nextDirty() {
            guard let output = pipeline.takeOutput(of: id) else { continue }
            inboxes[id, default: []] += output.bytes.bytes
            pipeline.giveBack(output.bytes)
            if output.closes { effects.append("close \(id.rawValue)") }
        }
    }

    func takeEffects() -> [String] {
        defer { effects = [] }
        return effects
    }

    // MARK: Clients

    func open(_ host: String = "10.0.0.1", port: Int = 5000) -> ClientID? {
        defer { settle() }
        return pipeline.accept(host: host, remote: "\(host):\(port)", isSecure: false)
    }

    func close(_ id: ClientID) {
        pipeline.closed(id)
        inboxes[id] = nil
        settle()
    }

    /// Puts in frames, one by one.
    func send(_ frames: [[UInt8]], from id: ClientID) -> RequestPipeline.Taken {
        var last = RequestPipeline.Taken.incomplete
        for frame in frames {
            var writer = JuteWriter()
            writer.frame { $0.write(raw: frame) }
            last = writer.withUnsafeBytes { pipeline.take($0, from: id) }
            settle()
        }
        return last
    }

    @discardableResult
    func ask(_ xid: Int32, _ op: OpCode, _ body: [UInt8] = [], from id: ClientID) -> RequestPipeline.Taken {
        send([RequestHeader(xid: xid, op: op).encoded + body], from: id)
    }

    /// What a client has got since the last call.
    func replies(_ id: ClientID) throws -> [Reply] {
        flush()
        defer { inboxes[id] = nil }
        return try frames(inboxes[id] ?? []).map { frame in
            try frame.withUnsafeBytes { bytes in
                var reader = JuteReader(bytes)
                let header = try ReplyHeader(from: &reader)
                return Reply(
                    xid: header.xid, zxid: header.zxid, error: header.error, body: [UInt8](reader.readRest()))
            }
        }
    }

    private func frames(_ bytes: [UInt8]) -> [[UInt8]] {
        var rest = bytes[...]
        var frames: [[UInt8]] = []
        while rest.count >= 4 {
            let length = Int(rest.prefix(4).reduce(0) { $0 << 8 | UInt32($1) })
            rest.removeFirst(4)
            frames.append([UInt8](rest.prefix(length)))
            rest.removeFirst(min(length, rest.count))
        }
        return frames
    }

    /// The answer to a handshake; nil when there is none.
    func handshake(
        _ id: ClientID, session: SessionID = .none, password: [UInt8]? = nil, timeout: Int32 = 10_000,
        seen: ZXID = .zero, readOnly: Bool? = false
    ) throws -> ConnectResponse? {
        _ = send(
            [
                ConnectRequest(
                    lastZXIDSeen: seen, timeout: timeout, session: session,
                    password: password ?? [UInt8](repeating: 0, count: 16), readOnly: readOnly
                ).encoded
            ], from: id)
        return try response(id)
    }

    func response(_ id: ClientID) throws -> ConnectResponse? {
        flush()
        defer { inboxes[id] = nil }
        return try frames(inboxes[id] ?? []).first.map { frame in
            try frame.withUnsafeBytes { bytes in
                var reader = JuteReader(bytes)
                return try ConnectResponse(from: &reader)
            }
        }
    }

    /// A client with a session, whose createSession has been committed.
    func connect(timeout: Int32 = 10_000) throws -> (id: ClientID, session: SessionID) {
        let id = try #require(open())
        _ = try handshake(id, timeout: timeout)
        commit()
        let response = try #require(try response(id))
        return (id, response.session)
    }

    // MARK: Replication

    /// Commits so many of the txns that were proposed; nil: all.
    func commit(_ count: Int? = nil) {
        for _ in 0..<(count ?? replication.proposed.count) { pipeline.stored(1) }
        settle()
    }
}

struct Reply: Hashable {
    var xid: Int32
    var zxid: ZXID
    var error: ErrorCode
    var body: [UInt8]

    var type: EventType? {
        guard xid == SpecialXID.watchEvent else { return nil }
        return body.withUnsafeBytes { EventType(rawValue: Int32(bigEndian: $0.loadUnaligned(as: Int32.self))) }
    }
}

/// Writes go nowhere until the test commits them, or says what the leader answers.
final class Stub: Replication {
    var nextZXID: ZXID? = ZXID(rawValue: 1)
    private(set) var proposed: [(zxid: ZXID, bytes: [UInt8])] = []
    private(set) var forwarded: [ForwardedRequest] = []
    private(set) var revalidations: [SessionID] = []
    private(set) var touches: [SessionID] = []
    var touchRound: Int64 = 0
    private(set) var questions = 0
    var verdict: ReconfigVerdict?
    private(set) var differences = 0
    var now: Int64 = 0
    var nextDeadline: Int64 { .max }

    func propose(_ zxid: ZXID, _ entry: borrowing JuteWriter) {
        proposed.append((zxid, entry.bytes))
        nextZXID = zxid.next
    }
    func forward(_ operation: ForwardedRequest, authInfo: [AuthID]?) { forwarded.append(operation) }
    func revalidate(_ session: SessionID, timeout: Int32) { revalidations.append(session) }
    func touch(_ session: SessionID, timeout: Int32) { touches.append(session) }
    func askForTouches() { questions += 1 }
    func judge(reconfig body: UnsafeRawBufferPointer) -> ReconfigVerdict? { verdict }
    func dataDiffers() { differences += 1 }
    func start(_ pipeline: inout RequestPipeline) { pipeline.serve(.leading) }
    func stored(
        _ ticket: UInt64, _ forEachTxn: ((UnsafeRawBufferPointer) -> Void) -> Void, _ pipeline: inout RequestPipeline
    ) {
        let (_, bytes) = proposed.removeFirst()
        bytes.withUnsafeBytes { pipeline.commit($0) }
    }
    func nextEffect(_ pipeline: inout RequestPipeline) -> RequestPipeline.Effect? { nil }
    func tick() {}
    func shutDown(_ pipeline: inout RequestPipeline) {}
    func resetStatistics() {}

    /// Learner: the txns that the leader makes of what was forwarded.
    func takeForwarded() -> [ForwardedRequest] {
        defer { forwarded = [] }
        return forwarded
    }
}
