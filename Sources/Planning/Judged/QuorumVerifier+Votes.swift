import Membership

extension QuorumVerifier {
    package func isQuorum(_ present: Set<ServerID>) -> Bool { isQuorum(ServerSet(present)) }

    package func votes(of present: Set<ServerID>) -> Votes { votes(of: ServerSet(present)) }

    /// What is counted: `vote` or `group`.
    package var unit: String { isHierarchical ? "group" : "vote" }
}
