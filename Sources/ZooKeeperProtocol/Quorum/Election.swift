import Jute

/// The state of a server in its ensemble, as votes tell it (Apache's `QuorumPeer.ServerState`).
package enum ServerState: Int32, Hashable, Sendable {
    case looking = 0
    case following = 1
    case leading = 2
    case observing = 3
}

extension ServerState: CustomStringConvertible {
    package var description: String {
        switch self {
        case .looking: "LOOKING"
        case .following: "FOLLOWING"
        case .leading: "LEADING"
        case .observing: "OBSERVING"
        }
    }
}

/// A vote, as servers tell it to each other on the election port.
package struct Notification: JuteRecord {
    package var state: ServerState
    /// The leader proposed or known. An observer looking for one says `Int64.min`, and so with zxid and peerEpoch.
    package var leader: ServerID
    /// The last zxid of that leader.
    package var zxid: ZXID
    /// The round of the election (the logical clock), not an epoch of Zab.
    package var electionEpoch: Int64
    /// The currentEpoch of that leader.
    package var peerEpoch: Epoch
    /// The version of this message: 2 since ZooKeeper 3.5, 0 from servers before 3.4.6.
    package var version: Int32
    /// The configuration the sender knows, as text; nil in messages before version 2.
    package var config: String?

    package init(
        state: ServerState, leader: ServerID, zxid: ZXID, electionEpoch: Int64, peerEpoch: Epoch, version: Int32 = 2,
        config: String?
    ) {
        self.state = state
        self.leader = leader
        self.zxid = zxid
        self.electionEpoch = electionEpoch
        self.peerEpoch = peerEpoch
        self.version = version
        self.config = config
    }

    /// The longest message taken; its frame's length must be above 0, too.
    package static let maxFrameLength = 524_288

    /// Reads a message that is the whole input (without its length): old servers' shorter forms are told by its size.
    package init(from reader: inout JuteReader) throws(JuteError) {
        let size = reader.remaining
        let stateOffset = reader.offset
        let rawState = try reader.readInt32()
        guard let state = ServerState(rawValue: rawState) else {
            throw .unknownValue(Int64(rawState), at: stateOffset)
        }
        self.state = state
        leader = ServerID(rawValue: try reader.readInt64())
        zxid = try reader.readZXID()
        electionEpoch = try reader.readInt64()
        peerEpoch = size == 28 ? zxid.epoch : Epoch(rawValue: try reader.readInt64())
        version = size == 28 || size == 40 ? 0 : try reader.readInt32()
        config = version > 1 ? try reader.readString() : nil
        _ = reader.readRest()
    }

    /// Always the long form: an old version in a short one would be taken for version 0.
    package func write(to writer: inout JuteWriter) {
        writer.write(state.rawValue)
        writer.write(leader.rawValue)
        writer.write(zxid)
        writer.write(electionEpoch)
        writer.write(peerEpoch.rawValue)
        writer.write(version)
        writer.write(config ?? "")
    }
}

/// What the dialler of an election connection says first, without a length before it: who it is, and where to call
/// it back.
package struct ElectionHello: JuteRecord {
    package enum Form: Hashable, Sendable {
        /// Before 3.5: the id alone.
        case idOnly
        case oneAddress
        /// `multiAddress.enabled`.
        case severalAddresses
    }

    package var form: Form
    package var server: ServerID
    /// `ip:port` or `[v6]:port`.
    package var addresses: [String]

    package init(_ form: Form, server: ServerID, addresses: [String]) {
        self.form = form
        self.server = server
        self.addresses = addresses
    }

    /// An observer that does not say who it is.
    package static let anonymous = ServerID(rawValue: .max)
    package static let maxAddressLength = 2048

    private static let oneAddressVersion: Int64 = -65536
    private static let severalAddressesVersion: Int64 = -65535

    package init(from reader: inout JuteReader) throws(JuteError) {
        let first = try reader.readInt64()
        switch first {
        case 0...:
            form = .idOnly
            server = ServerID(rawValue: first)
            addresses = []
            return
        case Self.oneAddressVersion: form = .oneAddress
        case Self.severalAddressesVersion: form = .severalAddresses
        default: throw .unknownValue(first, at: reader.offset - 8)
        }
        server = ServerID(rawValue: try reader.readInt64())
        let lengthOffset = reader.offset
        let length = try reader.readInt32()
        guard length >= 1, length <= Self.maxAddressLength else {
            throw .unreasonableLength(length, at: lengthOffset, limit: Self.maxAddressLength)
        }
        let text = String(decoding: try reader.readRaw(Int(length)), as: UTF8.self)
        addresses = text.split(separator: "|").map(String.init)
    }

    package func write(to writer: inout JuteWriter) {
        switch form {
        case .idOnly:
            writer.write(server.rawValue)
            return
        case .oneAddress: writer.write(Self.oneAddressVersion)
        case .severalAddresses: writer.write(Self.severalAddressesVersion)
        }
        writer.write(server.rawValue)
        writer.write(addresses.joined(separator: "|"))
    }
}
