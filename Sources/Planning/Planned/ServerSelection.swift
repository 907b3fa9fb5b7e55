import ZooKeeperProtocol

/// Turns the words after `stop`, `logs`, … into servers: ids, `leader`, `followers`, `observers`, `all`.
package struct ServerSelection: Sendable {
    package var ensemble: String
    /// The ensemble's servers, ascending.
    package var servers: [ServerID]
    package var observers: Set<ServerID>
    /// Who leads and who follows now; nobody when nothing runs.
    package var leader: ServerID?
    package var followers: Set<ServerID>

    package init(
        ensemble: String, servers: [ServerID], observers: Set<ServerID>, leader: ServerID? = nil,
        followers: Set<ServerID> = []
    ) {
        self.ensemble = ensemble
        self.servers = servers.sorted()
        self.observers = observers
        self.leader = leader
        self.followers = followers
    }

    /// Whether a word depends on the roles of the moment, so that the servers must be asked first.
    package static func needsRoles(_ words: [String]) -> Bool { words.contains { $0 == "leader" || $0 == "followers" } }

    /// The servers meant, each once, ascending.
    package func resolve(_ words: [String]) throws(OperationError) -> [ServerID] {
        var chosen: Set<ServerID> = []
        for word in words {
            switch word {
            case "all": chosen.formUnion(servers)
            case "observers": chosen.formUnion(try some(observers, "observer", of: "has no observers"))
            case "followers": chosen.formUnion(try some(followers, "follower", of: "has no followers now"))
            case "leader":
                guard let leader else {
                    throw OperationError(
                        .failed, "no server of \(ensemble) leads now",
                        mend: "see `paddock status`, or name the servers by id")
                }
                chosen.insert(leader)
            default:
                guard let id = servers.first(where: { "\($0)" == word }) else {
                    throw OperationError(
                        .badUsage, "\(ensemble) has no server \(word)",
                        mend: "its servers are \(Wording.list(servers)); leader, followers, observers and all work too")
                }
                chosen.insert(id)
            }
        }
        return chosen.sorted()
    }

    private func some(
        _ ids: Set<ServerID>, _ noun: String, of complaint: String
    ) throws(OperationError) -> Set<ServerID> {
        guard !ids.isEmpty else {
            throw OperationError(
                .failed, "\(ensemble) \(complaint)", mend: "see `paddock status`, or name the servers by id")
        }
        return ids
    }
}
