import Jute

/// Constants of the conversation between a leader and its learners.
package enum QuorumProtocol {
    /// The protocol version of learners and leaders since ZooKeeper 3.4: epochs are agreed on with LEADERINFO and
    /// ACKEPOCH.
    package static let version: Int32 = 0x10000
    /// What ends the stream behind SNAP, as a string.
    package static let snapshotSignature = "BenWasHere"
}

/// The type of a `QuorumPacket` (Apache's `Leader`). A struct: unknown types are logged and ignored, not errors.
package struct PacketType: RawRepresentable, Hashable, Sendable {
    package var rawValue: Int32

    package init(rawValue: Int32) {
        self.rawValue = rawValue
    }

    /// Learner to leader: a `ForwardedRequest`, zxid -1.
    package static let request = PacketType(rawValue: 1)
    /// Leader to follower: a `TxnEntry` to log and acknowledge.
    package static let proposal = PacketType(rawValue: 2)
    /// Learner to leader: everything up to this zxid is on disk.
    package static let ack = PacketType(rawValue: 3)
    /// Leader to follower: apply the oldest proposal, which has this zxid.
    package static let commit = PacketType(rawValue: 4)
    /// Leader to learner with null data; back with `SessionTouches`.
    package static let ping = PacketType(rawValue: 5)
    /// Learner to leader: a `SessionTimeout`; back with a `RevalidateReply`. zxid -1.
    package static let revalidate = PacketType(rawValue: 6)
    /// Leader to learner: the oldest sync in flight is done. zxid 0.
    package static let sync = PacketType(rawValue: 7)
    /// Leader to observer: a `TxnEntry` to apply.
    package static let inform = PacketType(rawValue: 8)
    /// As commit, and the configuration in it takes effect: the designated leader's id.
    package static let commitAndActivate = PacketType(rawValue: 9)
    /// Leader to learner, zxid epoch << 32: the configuration as text. Acknowledged once all before it is on disk.
    package static let newLeader = PacketType(rawValue: 10)
    /// Follower to leader, zxid acceptedEpoch << 32: a `LearnerInfo`.
    package static let followerInfo = PacketType(rawValue: 11)
    /// Leader to learner, zxid -1: serve clients.
    package static let upToDate = PacketType(rawValue: 12)
    /// Leader to learner: only what is missing follows.
    package static let diff = PacketType(rawValue: 13)
    /// Leader to learner: cut the log behind this zxid.
    package static let trunc = PacketType(rawValue: 14)
    /// Leader to learner: a snapshot follows, not in packets.
    package static let snap = PacketType(rawValue: 15)
    /// Observer to leader, as `followerInfo`.
    package static let observerInfo = PacketType(rawValue: 16)
    /// Leader to learner, zxid newEpoch << 32: the protocol version.
    package static let leaderInfo = PacketType(rawValue: 17)
    /// Learner to leader, zxid of the last logged txn: its currentEpoch, or -1 for "do not count me again".
    package static let ackEpoch = PacketType(rawValue: 18)
    /// Leader to observer: an `InformAndActivate`.
    package static let informAndActivate = PacketType(rawValue: 19)
}

extension PacketType: CustomStringConvertible {
    /// The name in Apache's logs, `FOLLOWERINFO`.
    package var description: String {
        let names = [
            "REQUEST", "PROPOSAL", "ACK", "COMMIT", "PING", "REVALIDATE", "SYNC", "INFORM", "COMMITANDACTIVATE",
            "NEWLEADER", "FOLLOWERINFO", "UPTODATE", "DIFF", "TRUNC", "SNAP", "OBSERVERINFO", "LEADERINFO", "ACKEPOCH",
            "INFORMANDACTIVATE",
        ]
        return (1...19).contains(rawValue) ? names[Int(rawValue) - 1] : "packet type \(rawValue)"
    }
}

/// What leader and learners send each other on the quorum port, one behind the other without a length.
///
/// A reader of the stream uses `JuteReader.readIfComplete`, and bounds what it holds back.
package struct QuorumPacket: JuteRecord {
    package var type: PacketType
    package var zxid: ZXID
    package var data: [UInt8]?
    /// Who asks, in the REQUEST of a client's operation; null in all other packets.
    package var authInfo: [AuthID]?

    package init(_ type: PacketType, zxid: ZXID, data: [UInt8]? = nil, authInfo: [AuthID]? = nil) {
        self.type = type
        self.zxid = zxid
        self.data = data
        self.authInfo = authInfo
    }

    /// With a record as its data.
    package init(_ type: PacketType, zxid: ZXID, record: some JuteEncodable, authInfo: [AuthID]? = nil) {
        self.init(type, zxid: zxid, data: record.encoded, authInfo: authInfo)
    }

    package init(from reader: inout JuteReader) throws(JuteError) {
        type = PacketType(rawValue: try reader.readInt32())
        zxid = try reader.readZXID()
        data = try reader.readBuffer()
        authInfo = try reader.readVector()
    }

    /// Goes to the next packet. Of a REQUEST it says what is asked for, without copying it.
    package static func skim(
        _ reader: inout JuteReader
    ) throws(JuteError) -> (type: PacketType, operation: (op: OpCode, body: UnsafeRawBufferPointer)?) {
        let type = PacketType(rawValue: try reader.readInt32())
        _ = try reader.readZXID()
        let data = try reader.readSlice()
        for _ in 0..<(try reader.readVectorCount() ?? 0) {
            _ = try reader.readSlice()
            _ = try reader.readSlice()
        }
        guard type == .request, let data else { return (type, nil) }
        var request = JuteReader(data, maxFieldLength: reader.maxFieldLength)
        // Session and cxid.
        _ = try request.readRaw(12)
        let op = OpCode(rawValue: try request.readInt32())
        return (type, (op, request.readRest()))
    }

    package func write(to writer: inout JuteWriter) {
        writer.write(type.rawValue)
        writer.write(zxid)
        writer.write(data)
        writer.write(authInfo)
    }
}
