import Jute
import TestSupport
import Testing
import ZooKeeperProtocol

/// Damaged input never traps: it is an error, or a value that can be written and read again.
struct DecoderFuzzTests {
    @Test(arguments: 0..<8 as Range<UInt64>)
    func damagedBytesAreAnErrorOrAValue(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var values = 0
        for bytes in Self.corpus {
            for _ in 0..<3 {
                let damaged = random.damage(bytes)
                for decode in Self.decoders {
                    do {
                        try decode(damaged)
                        values += 1
                    } catch is JuteError {}
                }
            }
        }
        // If nothing is ever decoded the test looks at nothing.
        #expect(values > 1000)
    }

    /// Bodies behind the frame's length, packets, and log entries.
    static let corpus: [[UInt8]] = {
        let frames = Fixtures.names(in: "client").flatMap {
            Fixtures.load("client/\($0).json", as: Conversation.self).frames
        }
        let messages = Fixtures.names(in: "quorum").flatMap {
            Fixtures.load("quorum/\($0).json", as: LearnerStream.self).messages
        }
        let elections = Fixtures.names(in: "election").flatMap {
            Fixtures.load("election/\($0).json", as: ElectionCapture.self).connections.flatMap(\.messages)
        }
        let records = Fixtures.lines("log/records.jsonl", as: TxnGoldenTests.Record.self)
        return frames.filter { $0.hex_abbreviated != true }.map { Array(unhex($0.hex).dropFirst(4)) }
            + messages.map { unhex($0.hex) }
            + elections.map { unhex($0.hex) } + records.map { unhex($0.hex) }
    }()

    static let decoders: [@Sendable ([UInt8]) throws -> Void] = [
        again(ConnectRequest.self), again(ConnectResponse.self), again(WatcherEvent.self), again(Stat.self),
        again(QuorumPacket.self), again(Notification.self), again(ElectionHello.self), again(LearnerInfo.self),
        again(SessionTouches.self), again(ForwardedRequest.self), again(TxnEntry.self), again(AuthPacket.self),
        again(ACLResponse.self), again(Children2Response.self), again(WhoAmIResponse.self),
        { bytes in try bytes.readJute { (reader) throws in _ = try QuorumPacket.skim(&reader) } },
        { bytes in
            try bytes.readJute { (reader) throws in
                let header = try RequestHeader(from: &reader)
                guard let request = try Request(header.op, from: &reader) else { return }
                var writer = JuteWriter()
                request.write(to: &writer)
                try writer.bytes.readJute { (reader) throws in
                    #expect(try Request(header.op, from: &reader) == request)
                }
            }
        },
        { bytes in
            try Array(bytes.dropFirst(16)).readJute { (reader) throws in
                let results = try MultiResult.readAll(from: &reader)
                var writer = JuteWriter()
                MultiResult.write(results, to: &writer)
                try writer.bytes.readJute { (reader) throws in
                    #expect(try MultiResult.readAll(from: &reader) == results)
                }
            }
        },
    ]

    private static func again<Record: JuteRecord>(_ type: Record.Type) -> @Sendable ([UInt8]) throws -> Void {
        { bytes in
            let record = try bytes.readJute { (reader) throws(JuteError) in try Record(from: &reader) }
            #expect(try Record(decoding: record.encoded) == record, "\(record)")
        }
    }
}

extension SeededGenerator {
    /// Flips, overwrites, cuts and repeats: lengths and counts are hit often, because most of a record is such.
    mutating func damage(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...4, using: &self) where !bytes.isEmpty {
            let index = Int.random(in: 0..<bytes.count, using: &self)
            switch Int.random(in: 0..<5, using: &self) {
            case 0: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &self)
            case 1: bytes[index] = [0, 0x7f, 0x80, 0xff].randomElement(using: &self)!
            case 2: bytes.removeSubrange(index...)
            case 3: bytes.removeSubrange(index..<min(index + 4, bytes.count))
            default: bytes.insert(contentsOf: bytes[index...].prefix(8), at: index)
            }
        }
        return bytes
    }
}
