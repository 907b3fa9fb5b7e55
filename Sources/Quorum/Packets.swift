import Jute
import ZooKeeperProtocol

/// The packets of 8.2 as this server sends them.
extension QuorumPacket {
    static let upToDate = QuorumPacket(.upToDate, zxid: ZXID(rawValue: -1))
    static let sync = QuorumPacket(.sync, zxid: .zero)

    static func learnerInfo(_ info: LearnerInfo, observer: Bool, acceptedEpoch: Epoch) -> QuorumPacket {
        QuorumPacket(
            observer ? .observerInfo : .followerInfo, zxid: ZXID(epoch: acceptedEpoch, counter: 0), record: info)
    }

    static func leaderInfo(_ epoch: Epoch) -> QuorumPacket {
        QuorumPacket(.leaderInfo, zxid: ZXID(epoch: epoch, counter: 0), number: QuorumProtocol.version)
    }

    /// - Parameter currentEpoch: nil when this epoch was promised before and must not be counted again.
    static func ackEpoch(_ last: ZXID, currentEpoch: Epoch?) -> QuorumPacket {
        QuorumPacket(.ackEpoch, zxid: last, number: Int32(truncatingIfNeeded: currentEpoch?.rawValue ?? -1))
    }

    static func newLeader(_ epoch: Epoch, _ configuration: String) -> QuorumPacket {
        QuorumPacket(.newLeader, zxid: ZXID(epoch: epoch, counter: 0), data: [UInt8](configuration.utf8))
    }

    static func diff(_ zxid: ZXID) -> QuorumPacket { QuorumPacket(.diff, zxid: zxid) }
    static func truncate(_ zxid: ZXID) -> QuorumPacket { QuorumPacket(.trunc, zxid: zxid) }
    static func ack(_ zxid: ZXID) -> QuorumPacket { QuorumPacket(.ack, zxid: zxid) }
    static func commit(_ zxid: ZXID) -> QuorumPacket { QuorumPacket(.commit, zxid: zxid) }
    static func ping(_ zxid: ZXID) -> QuorumPacket { QuorumPacket(.ping, zxid: zxid) }

    package static func pong(_ zxid: ZXID, _ sessions: [SessionTimeout]) -> QuorumPacket {
        QuorumPacket(.ping, zxid: zxid, record: SessionTouches(sessions: sessions))
    }

    static func proposal(_ transaction: Transaction) -> QuorumPacket {
        QuorumPacket(.proposal, zxid: transaction.zxid, data: transaction.bytes)
    }

    static func commitAndActivate(_ zxid: ZXID, leader: ServerID) -> QuorumPacket {
        var writer = JuteWriter(capacity: 8)
        writer.write(leader.rawValue)
        return QuorumPacket(.commitAndActivate, zxid: zxid, data: writer.bytes)
    }

    static func informAndActivate(_ transaction: Transaction, leader: ServerID) -> QuorumPacket {
        var writer = JuteWriter(capacity: 8)
        writer.write(leader.rawValue)
        return QuorumPacket(.informAndActivate, zxid: transaction.zxid, data: writer.bytes + transaction.bytes)
    }

    static func inform(_ transaction: Transaction) -> QuorumPacket {
        QuorumPacket(.inform, zxid: transaction.zxid, data: transaction.bytes)
    }

    static func revalidate(_ session: SessionID, timeout: Int32) -> QuorumPacket {
        QuorumPacket(
            .revalidate, zxid: ZXID(rawValue: -1), record: SessionTimeout(session: session, timeout: timeout))
    }

    static func revalidated(_ session: SessionID, isValid: Bool) -> QuorumPacket {
        QuorumPacket(
            .revalidate, zxid: ZXID(rawValue: -1), record: RevalidateReply(session: session, isValid: isValid))
    }

    static func request(_ request: Quorum.Request) -> QuorumPacket {
        QuorumPacket(
            .request, zxid: ZXID(rawValue: -1), record: request.operation, authInfo: request.authInfo)
    }

    private init(_ type: PacketType, zxid: ZXID, number: Int32) {
        var writer = JuteWriter(capacity: 4)
        writer.write(number)
        self.init(type, zxid: zxid, data: writer.bytes)
    }
}

/// What others put into the data of their packets; nil when it is malformed.
extension QuorumPacket {
    var learnerInfo: LearnerInfo? { record() }

    /// A learner's answer to PING.
    package var touches: [SessionTimeout]? {
        data == nil ? [] : (record() as SessionTouches?)?.sessions
    }

    /// A learner's REVALIDATE.
    var revalidationRequest: SessionTimeout? { record() }

    /// A leader's REVALIDATE.
    var revalidation: RevalidateReply? { record() }

    var request: Quorum.Request? {
        (record() as ForwardedRequest?).map { Quorum.Request($0, authInfo: authInfo) }
    }

    /// COMMITANDACTIVATE and INFORMANDACTIVATE: who is to lead.
    var designatedLeader: ServerID? {
        guard let data else { return nil }
        let id = try? data.readJute { (reader) throws(JuteError) in try reader.readInt64() }
        return id.map { ServerID($0) }
    }

    /// ACKEPOCH: the learner's currentEpoch, nil if it is not to be counted.
    var promise: Promise? {
        guard let data else { return nil }
        let epoch = try? data.readJute { (reader) throws(JuteError) in try reader.readInt32() }
        guard let epoch else { return nil }
        return Promise(currentEpoch: epoch == -1 ? nil : Epoch(rawValue: Int64(epoch)))
    }

    struct Promise {
        var currentEpoch: Epoch?
    }

    private func record<Record: JuteRecord>() -> Record? {
        guard let data else { return nil }
        return try? Record(decoding: data)
    }
}
