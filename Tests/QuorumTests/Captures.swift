import Foundation
import Jute
import Membership
import Testing
import ZooKeeperProtocol

@testable import Quorum

/// Conversations of Apache ZooKeeper 3.8.0 servers, recorded on the wire; the files are ZooKeeperProtocolTests'.
enum Captures {
    static func load<Value: Decodable>(_ path: String, as type: Value.Type = Value.self) -> Value {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let file = folder.appending(path: "ZooKeeperProtocolTests/Fixtures/\(path).json")
        return try! JSONDecoder().decode(Value.self, from: Data(contentsOf: file))
    }
}

/// A learner's conversation with its leader, decoded.
struct CapturedStream {
    struct Message {
        var fromLeader: Bool
        /// Nil for the raw bytes behind SNAP.
        var packet: QuorumPacket?
    }

    private struct File: Decodable {
        struct Message: Decodable {
            var dir: String
            var zxid: String?
            var hex: String
        }

        var leaderPort: Int
        var messages: [Message]
    }

    var messages: [Message] = []
    let leader: ServerID
    let learner: ServerID
    let isObserver: Bool
    let configuration: EnsembleConfiguration
    let acceptedEpoch: Epoch
    /// What the learner's ACKEPOCH says; nil for -1.
    let currentEpoch: Epoch?
    let lastZXID: ZXID
    let epoch: Epoch

    init(_ name: String) throws {
        let file = Captures.load("quorum/\(name)", as: File.self)
        var messages: [Message] = []
        for message in file.messages {
            let packet = message.zxid == nil ? nil : try QuorumPacket(decoding: bytes(message.hex))
            messages.append(Message(fromLeader: message.dir == "leader->learner", packet: packet))
        }
        self.messages = messages
        let packets = messages.compactMap(\.packet)
        func first(_ types: PacketType...) throws -> QuorumPacket {
            try #require(packets.first { types.contains($0.type) })
        }
        let info = try first(.followerInfo, .observerInfo)
        let ackEpoch = try first(.ackEpoch)
        let newLeader = try first(.newLeader)
        learner = try #require(info.learnerInfo).server
        isObserver = info.type == .observerInfo
        acceptedEpoch = info.zxid.epoch
        currentEpoch = try #require(ackEpoch.promise).currentEpoch
        lastZXID = ackEpoch.zxid
        epoch = newLeader.zxid.epoch
        let configuration = try #require(
            EnsembleConfiguration(text: String(decoding: newLeader.data ?? [], as: UTF8.self)))
        self.configuration = configuration
        leader = try #require(
            configuration.servers.first { $0.quorumAddress.hasSuffix(":\(file.leaderPort)") }?.id)
        cutAtGap()
    }

    /// The files leave out repetitive messages; a conversation with missing txns is followed up to there.
    private mutating func cutAtGap() {
        var last: ZXID?
        for (place, message) in messages.enumerated() {
            guard message.fromLeader, let packet = message.packet, [.proposal, .inform].contains(packet.type) else {
                continue
            }
            if let last, packet.zxid != last.next, packet.zxid.epoch == last.epoch {
                messages.removeSubrange(place...)
                return
            }
            last = packet.zxid
        }
    }

    func packets(fromLeader: Bool) -> [QuorumPacket] {
        messages.filter { $0.fromLeader == fromLeader }.compactMap(\.packet)
    }
}

func bytes(_ hex: String) -> [UInt8] {
    let digits = Array(hex.utf8)
    func value(_ digit: UInt8) -> UInt8 { digit <= 0x39 ? digit - 0x30 : (digit | 0x20) - 0x57 }
    return stride(from: 0, to: digits.count - 1, by: 2).map { value(digits[$0]) << 4 | value(digits[$0 + 1]) }
}
