import ZooKeeperProtocol

/// Whether a server may throw away what it holds and fetch it from the others, and in which order that goes. Pure: it judges a sweep.
///
/// A txn is acknowledged when a quorum has it, and the server may be one of that quorum. So the others must be a quorum by
/// themselves, and once the server is stopped, a quorum of them must have caught up to where their leader was: then whatever
/// was acknowledged is with them.
package struct Reset: Hashable, Sendable {
    package var server: ServerID
    package var electorate: Electorate

    package init(server: ServerID, electorate: Electorate) {
        self.server = server
        self.electorate = electorate
    }

    /// Why not, before anything is touched; nil when it may begin.
    package func refusal(_ sweep: Sweep) -> String? {
        guard let target = sweep.server(server), target.isMember else {
            return "server \(server) is not in the ensemble's configuration, so that nobody would give it its data back"
        }
        let electorate = sweep.electorate(planned: electorate)
        guard electorate.voters.contains(where: { $0.id != server }) else {
            return "server \(server) has the only copy of the data"
        }
        let others = sweep.voting.subtracting([server])
        guard electorate.isQuorum(others) else {
            let votes = electorate.votes(of: others)
            return
                "without server \(server) there is no quorum to fetch from: \(Wording.count(votes.have, electorate.unit)) of "
                + "\(Wording.number(votes.of)) would be left, \(Wording.number(votes.need)) \(votes.need == 1 ? "is" : "are") needed"
        }
        // What a server fetches is the leader's.
        if let suspect = sweep.suspects.first, case .isLeader = suspect.reason, suspect.id != server {
            return suspect.sentence
        }
        return nil
    }

    /// Whether the others have all that was acknowledged until `mark`, where their leader was after the server had stopped.
    package func othersHave(_ mark: ZXID, _ sweep: Sweep) -> Bool {
        let holding = sweep.servers.filter { other in
            other.id != server && other.votes
                && (other.serving.map { Readiness.hasCaughtUp($0.zxid, to: mark) } ?? false)
        }
        return sweep.electorate(planned: electorate).isQuorum(Set(holding.map(\.id)))
    }
}

/// What `reset` did, or would do.
package struct ResetReport: Codable, Hashable, Sendable {
    package struct Moved: Codable, Hashable, Sendable {
        package var from: String
        package var to: String
    }

    package var version = 1
    package var ensemble: String
    package var server: Int64
    package var dryRun: Bool
    /// The directories with what the server held.
    package var moved: [Moved]
    /// From the order to stop until it had caught up; nil in a dry run.
    package var seconds: Double?

    private enum CodingKeys: String, CodingKey { case version, ensemble, server, dryRun, moved, seconds }

    /// Written by hand because the synthesised form leaves out what is nil.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(version, forKey: .version)
        try container.encode(ensemble, forKey: .ensemble)
        try container.encode(server, forKey: .server)
        try container.encode(dryRun, forKey: .dryRun)
        try container.encode(moved, forKey: .moved)
        try container.encode(seconds, forKey: .seconds)
    }
}
