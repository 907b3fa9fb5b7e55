import Membership
import ServerConfig
import Topology

extension UpPlan {
    /// What is known before.
    package struct Situation: Hashable, Sendable {
        /// The voters and all servers as they were applied last; empty when nothing was.
        package var votersBefore: Set<ServerID>
        package var serversBefore: Set<ServerID>
        package var voters: Set<ServerID>
        package var servers: Set<ServerID>
        /// The servers that have a process.
        package var running: Set<ServerID>
        /// The running servers whose files are newer than they are.
        package var outdated: Set<ServerID> = []
        package var withData: Set<ServerID> = []
        package var leader: ServerID?
        /// Before or after the change one server stands alone, without quorum ports.
        package var isStandalone: Bool = false
        /// Servers whose quorum or election address is another one now than where the running servers look for them.
        package var relocated: Set<ServerID> = []
        /// Who is in the ensemble, when its servers keep that themselves; nil when they take it from their files.
        package var agreed: EnsembleConfiguration?
        /// As the topology has them, for `agreed`.
        package var lines: [ServerLine] = []
        /// How the voters' votes count.
        package var electorate: QuorumVerifier
        /// Leaders turn away who is not in their list (`quorum.membersOnly`).
        package var isClosed: Bool = false
    }
}

extension UpPlan.Situation {
    /// What was seen, and what is to be.
    ///
    /// - Parameters:
    ///   - members: of the topology, and of the one applied before (nil: none was), as they are planned
    ///   - rewritten: servers whose zoo.cfg is another one now
    ///   - fingerprints: of what each server would be started as now
    package init(
        _ topology: Topology, members: [Member], electorate: QuorumVerifier,
        before: (topology: Topology, members: [Member])?,
        sweep: Sweep?, rewritten: Set<ServerID>, fingerprints: [ServerID: String], withData: Set<ServerID>
    ) {
        let old = before?.topology
        func process(_ id: ServerID) -> ServerProcess? { sweep?.server(id)?.process }
        let outdated = topology.servers.map(\.id).filter { id in
            guard old?[id] != nil else { return false }
            if rewritten.contains(id) { return true }
            guard let process = process(id) else { return false }
            if process.isReplaced == true { return true }
            return process.launchedAs.map { $0 != fingerprints[id] } ?? process.outdated
        }
        let running = sweep?.servers.filter { $0.process?.pid != nil }.map(\.id)
        self.init(
            votersBefore: Set(old?.participants.map(\.id) ?? []), serversBefore: Set(old?.servers.map(\.id) ?? []),
            voters: Set(topology.participants.map(\.id)), servers: Set(topology.servers.map(\.id)),
            running: Set(running ?? []), outdated: Set(outdated), withData: withData, leader: sweep?.leader?.id,
            isStandalone: topology.isStandalone || old?.isStandalone == true,
            // What the sweep has comes from the servers themselves, where they said something.
            relocated: Self.relocated(members, from: sweep?.servers.map(\.member) ?? before?.members ?? []),
            agreed: sweep?.configuration.flatMap { $0.version > 0 ? $0 : nil }, lines: topology.serverLines,
            electorate: electorate,
            isClosed: topology.servers.contains { $0.engine == .bundled && $0.setting("quorum.membersOnly") == "true" })
    }

    /// Servers whose quorum or election address is not the one at which the running servers know them.
    private static func relocated(_ members: [Member], from known: [Member]) -> Set<ServerID> {
        let moved = members.filter { member in
            known.contains { $0.id == member.id && ($0.quorum, $0.election) != (member.quorum, member.election) }
        }
        return Set(moved.map(\.id))
    }
}
