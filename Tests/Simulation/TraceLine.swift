import Quorum
import ZooKeeperProtocol

/// One thing that happened in a run, in words.
package struct TraceLine: CustomStringConvertible, Sendable {
    /// What a script may show and hide.
    enum Kind: String, CaseIterable, Sendable {
        /// Servers that start, crash, change their role or configuration, and connections made and closed.
        case role = "roles"
        /// Txns applied.
        case txn = "txns"
        /// What is sent on the quorum port, and what is read there and of votes.
        case packet = "packets"
        case ping = "pings"
        case received
        /// Votes sent.
        case vote = "votes"
        /// Writes begun.
        case disk = "disks"
        case client = "clients"
    }

    /// Microseconds of simulated time.
    let time: Int
    let server: ServerID?
    let kind: Kind
    let text: String

    /// With its milliseconds.
    package var description: String {
        let milliseconds = String(time / 1000)
        return String(repeating: " ", count: max(0, 7 - milliseconds.count)) + milliseconds + " " + withoutTime
    }

    var withoutTime: String { (server.map { "\($0) " } ?? "") + text }
}

extension Notification {
    var words: String {
        let vote = leader == ServerID(.min) ? "nobody" : "\(leader)"
        return "\(state) \(vote), epoch \(peerEpoch), \(zxid.words), round \(electionEpoch)"
    }
}

extension ZXID {
    var words: String { rawValue < 0 ? "no zxid" : description }
}

extension QuorumPacket {
    /// The zxid where it says something.
    var words: String {
        zxid == .zero || zxid.rawValue < 0 || type == .ping ? type.description : "\(type) \(zxid)"
    }
}

extension Quorum.Status {
    var words: String {
        switch self {
        case .looking(let departure): "looking: \(plain(departure))"
        case .preparingToLead: "preparing to lead"
        case .leading(let epoch): "leading, epoch \(epoch)"
        case .joining(let leader): "joining \(leader)"
        case .following(let leader, let epoch): "following \(leader), epoch \(epoch)"
        case .observing(let leader, let epoch): "observing \(leader), epoch \(epoch)"
        case .stopped: "stopped"
        }
    }
}

extension Quorum.Write {
    var words: String {
        switch self {
        case .append(let transaction): "txn \(transaction.zxid)"
        case .truncate(let zxid): "the log's end at \(zxid)"
        case .snapshot(_, let zxid): "a snapshot at \(zxid)"
        case .acceptedEpoch(let epoch): "acceptedEpoch \(epoch)"
        case .currentEpoch(let epoch): "currentEpoch \(epoch)"
        case .proposedConfiguration(let configuration):
            configuration.map { "proposed configuration \(ZXID(rawValue: $0.version))" } ?? "no proposed configuration"
        case .configuration(let configuration): "configuration \(ZXID(rawValue: configuration.version))"
        }
    }
}

/// A value as Swift writes it, without the names of its types' modules.
func plain(_ value: some Any) -> String { "\(value)".replacing(/(?:[A-Z]\w*\.)+/, with: "") }
