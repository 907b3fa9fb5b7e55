import Jute
import Testing

@testable import ZooKeeperProtocol

/// Every frame that clients and Apache's server exchanged is read and written again: the bytes must be the same.
struct ClientGoldenTests {
    @Test(arguments: Fixtures.names(in: "client"))
    func aCapturedConversationSurvivesDecodingAndEncoding(name: String) throws {
        let conversation = Fixtures.load("client/\(name).json", as: Conversation.self)
        var malformed: [String] = []
        for frames in Dictionary(grouping: conversation.frames, by: \.conn).sorted(by: { $0.key < $1.key }).map(\.value)
        {
            // Some captures begin behind the handshake.
            var connection = CapturedConnection(connected: frames[0].what?.contains("onnect") == false)
            for frame in frames where !frame.hex.isEmpty {
                guard frame.hex_abbreviated != true else {
                    connection.skipRequest(unhex(String(frame.hex.prefix(24))))
                    continue
                }
                let bytes = unhex(frame.hex)
                do {
                    let again = try connection.reencode(bytes, fromClient: frame.dir == "c2s")
                    #expect(hex(again) == frame.hex, "\(frame.what ?? "")")
                } catch {
                    malformed.append("\(frame.what ?? ""): \(error)")
                }
            }
        }
        #expect(malformed == Self.malformed[name] ?? [])
    }

    /// What the capturing client sent to see the server refuse it.
    static let malformed: [String: [String]] = [
        "connect-truncated": [": the input ends at byte 20 where 8 more were needed"],
        "create-errors": [
            "create request: null at byte 12 where a value is needed",
            "create request: the input ends at byte 20 where 4 more were needed",
        ],
        "frame-negative": ["negative length prefix: the input ends at byte 4 where 4 more were needed"],
        "frame-too-large": ["length prefix too large: the input ends at byte 4 where 4 more were needed"],
        "multi": [
            "multi request: unknown value 99 at byte 12", "multi request: unknown value 7 at byte 12",
            "multiRead request: unknown value 3 at byte 12",
        ],
        "odd-requests": ["sync request: the input ends at byte 12 where 4 more were needed"],
        "opcode-0": ["0 request: unknown value 0 at byte 8"],
        "opcode-10": ["10 request: unknown value 10 at byte 8"],
        "opcode-unknown": ["50 request: unknown value 50 at byte 8"],
        "reads": ["getData request: the input ends at byte 12 where 4 more were needed"],
    ]
}

/// Follows one connection, since a frame's form depends on those before it.
struct CapturedConnection {
    private var connectRequestSeen: Bool
    private var connectResponseSeen: Bool
    private var pending: [Int32: [OpCode]] = [:]

    init(connected: Bool) {
        connectRequestSeen = connected
        connectResponseSeen = connected
    }

    /// The frame, length included, after decoding and encoding.
    mutating func reencode(_ frame: [UInt8], fromClient: Bool) throws -> [UInt8] {
        var writer = JuteWriter()
        try frame.readJute { (reader) throws in
            _ = try reader.readInt32()
            if fromClient {
                try writer.frame { writer throws in try request(&reader, &writer) }
            } else {
                try writer.frame { writer throws in try reply(&reader, &writer) }
            }
            try reader.requireEnd()
        }
        return writer.bytes
    }

    /// Takes note of a request of which only the header was kept.
    mutating func skipRequest(_ prefix: [UInt8]) {
        let header = try! RequestHeader(decoding: Array(prefix[4..<12]))
        pending[header.xid, default: []].append(header.op)
    }

    private mutating func request(_ reader: inout JuteReader, _ writer: inout JuteWriter) throws {
        guard connectRequestSeen else {
            connectRequestSeen = true
            return writer.write(try ConnectRequest(from: &reader))
        }
        let header = try RequestHeader(from: &reader)
        pending[header.xid, default: []].append(header.op)
        guard let body = try Request(header.op, from: &reader) else {
            throw JuteError.unknownValue(Int64(header.op.rawValue), at: 8)
        }
        #expect(body.op == header.op)
        writer.write(header)
        body.write(to: &writer)
    }

    private mutating func reply(_ reader: inout JuteReader, _ writer: inout JuteWriter) throws {
        guard connectResponseSeen else {
            connectResponseSeen = true
            return writer.write(try ConnectResponse(from: &reader))
        }
        let header = try ReplyHeader(from: &reader)
        writer.write(header)
        if header.xid == SpecialXID.watchEvent { return writer.write(try WatcherEvent(from: &reader)) }
        // The reply to a ping says xid -2, whatever the ping said: then nothing is pending.
        let op = pending[header.xid]?.first
        if op != nil { pending[header.xid]?.removeFirst() }
        guard header.error == .ok else { return }
        switch op {
        case .create, .sync: writer.write(try PathRecord(from: &reader))
        case .create2, .createContainer, .createTTL: writer.write(try Create2Response(from: &reader))
        case .exists, .setData, .setACL: writer.write(try Stat(from: &reader))
        case .getData, .reconfig: writer.write(try DataResponse(from: &reader))
        case .getACL: writer.write(try ACLResponse(from: &reader))
        case .getChildren, .getEphemerals: writer.write(try StringsRecord(from: &reader))
        case .getChildren2: writer.write(try Children2Response(from: &reader))
        case .multi, .multiRead: MultiResult.write(try MultiResult.readAll(from: &reader), to: &writer)
        case .getAllChildrenNumber: writer.write(try CountResponse(from: &reader))
        case .addWatch: writer.write(try reader.readInt32())
        case .whoAmI: writer.write(try WhoAmIResponse(from: &reader))
        case .sasl: writer.write(try SASLToken(from: &reader))
        default: break
        }
    }
}
