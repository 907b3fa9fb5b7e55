import Jute
import TestSupport
import Testing
import ZooKeeperProtocol

struct QuorumGoldenTests {
    @Test(arguments: Fixtures.names(in: "quorum"))
    func aCapturedStreamOfPacketsSurvivesDecodingAndEncoding(name: String) throws {
        let stream = Fixtures.load("quorum/\(name).json", as: LearnerStream.self)
        for message in stream.messages where message.zxid != nil {
            let packet = try QuorumPacket(decoding: unhex(message.hex))
            #expect(hex(packet.encoded) == message.hex)
            #expect(packet.type.description == message.name)
            if let again = try reencoded(packet, toLeader: message.dir == "learner->leader") {
                #expect(hex(again) == hex(packet.data ?? []), "\(message.name)")
            }
        }
    }

    /// Whoever only skims packets sees the same of them.
    @Test(arguments: Fixtures.names(in: "quorum"))
    func skimmedPackets(name: String) throws {
        let stream = Fixtures.load("quorum/\(name).json", as: LearnerStream.self)
        let packets = stream.messages.filter { $0.zxid != nil }.map { unhex($0.hex) }
        try packets.flatMap { $0 }.readJute { (reader) throws in
            for bytes in packets {
                let packet = try QuorumPacket(decoding: bytes)
                let (type, operation) = try QuorumPacket.skim(&reader)
                #expect(type == packet.type)
                let request = try packet.type == .request ? ForwardedRequest(decoding: packet.data ?? []) : nil
                #expect(operation?.op == request?.op && operation.map { [UInt8]($0.body) } == request?.body)
            }
            #expect(reader.isAtEnd)
        }
    }

    /// The packet's data after decoding and encoding; nil for those that are text or nothing.
    private func reencoded(_ packet: QuorumPacket, toLeader: Bool) throws -> [UInt8]? {
        guard let data = packet.data else { return nil }
        switch packet.type {
        case .request: return try ForwardedRequest(decoding: data).encoded
        case .proposal, .inform: return try TxnEntry(decoding: data).encoded
        case .ping: return try SessionTouches(decoding: data).encoded
        case .revalidate where toLeader: return try SessionTimeout(decoding: data).encoded
        case .revalidate: return try RevalidateReply(decoding: data).encoded
        case .followerInfo, .observerInfo: return try LearnerInfo(decoding: data).encoded
        case .informAndActivate: return try InformAndActivate(decoding: data).encoded
        default: return nil
        }
    }

    @Test(arguments: [
        (
            QuorumPacket(
                .followerInfo, zxid: ZXID(epoch: Epoch(rawValue: 1), counter: 0),
                record: LearnerInfo(server: 3, configVersion: 0)),
            "0000000b0000000100000000000000140000000000000003000100000000000000000000ffffffff"
        ),
        (
            QuorumPacket(.leaderInfo, zxid: ZXID(epoch: Epoch(rawValue: 2), counter: 0), data: [0, 1, 0, 0]),
            "0000001100000002000000000000000400010000ffffffff"
        ),
        (
            QuorumPacket(.ackEpoch, zxid: ZXID(rawValue: 0x1_0000_000a), data: [0, 0, 0, 1]),
            "00000012000000010000000a0000000400000001ffffffff"
        ),
        (QuorumPacket(.trunc, zxid: ZXID(rawValue: 0x1_0000_0007)), "0000000e0000000100000007ffffffffffffffff"),
    ])
    func packetsHaveTheBytesOfTheReference(packet: QuorumPacket, bytes: String) {
        #expect(hex(packet.encoded) == bytes)
    }

    @Test func aPacketThatHasNotArrivedWholeIsWaitedFor() throws {
        let packet = QuorumPacket(
            .request, zxid: ZXID(rawValue: -1), data: [1, 2, 3], authInfo: [AuthID(scheme: "ip", id: "127.0.0.1")])
        let bytes = packet.encoded
        for count in 0..<bytes.count {
            try Array(bytes.prefix(count)).readJute { (reader) throws in
                #expect(try reader.readIfComplete(QuorumPacket.self) == nil)
                #expect(reader.offset == 0)
            }
        }
        try (bytes + bytes + [0]).readJute { (reader) throws in
            #expect(try reader.readIfComplete() == packet)
            #expect(try reader.readIfComplete() == packet)
            #expect(reader.remaining == 1)
        }
    }

    @Test(arguments: [
        ("0000000000000003", LearnerInfo(server: 3, protocolVersion: 0, configVersion: 0)),
        ("000000000000000300010000", LearnerInfo(server: 3, configVersion: 0)),
    ])
    func oldLearnersSayLessAboutThemselves(bytes: String, info: LearnerInfo) throws {
        #expect(try LearnerInfo(decoding: unhex(bytes)) == info)
    }
}
