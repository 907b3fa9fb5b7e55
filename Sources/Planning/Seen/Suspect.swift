import ZooKeeperProtocol

/// A server whose data cannot be trusted.
package struct Suspect: Hashable, Sendable {
    package enum Reason: Hashable, Sendable {
        /// It counted that many digest mismatches.
        case counted(Int)
        /// It leads, and all of these that follow counted some.
        case isLeader(of: [ServerID])
    }

    package var id: ServerID
    package var reason: Reason

    /// What was seen, and how it is mended.
    package var sentence: String {
        let mend = "it cannot be trusted, and `paddock reset \(id)` fetches it anew"
        return switch reason {
        case .counted(let count):
            "server \(id) found \(Wording.count(count, "time")) that its data is not what the leader has: \(mend)"
        case .isLeader(let followers):
            "\(Wording.servers(followers)) found that their data is not what server \(id), which leads, has: \(mend)"
        }
    }
}
