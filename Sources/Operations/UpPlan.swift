import ZooKeeperProtocol

/// What `up` has to do to the servers, in order, once the new files are written. Pure: `--dry-run` prints the same plan
/// that is carried out.
///
/// Files do not reach a running server before its restart, so for a while servers with the old and the new list of
/// voters work side by side. That is safe as long as every quorum of the old list meets every quorum of the new one,
/// which holds when one voter joins or leaves and for no larger step (of 3 and 5 voters, {1,2} and {3,4,5} are quorums
/// that do not meet). So:
///
/// - A server that joins is started first: a leader lets servers sync that its list does not name yet, so the newcomer has the data
///   by the time the others begin to count on it.
/// - A server that leaves is stopped last: as long as others count on it, it keeps its vote. When it leads, it is restarted
///   before the others are, because a server with the new list would not follow a leader that its list does not name.
/// - When more than one voter changes, all servers are stopped and started anew, those with data first.
///
/// A start from rest has the same trap: where some voters have data and others have none, the empty ones must not make a
/// quorum among themselves and overwrite the rest. They are started one by one, when all with data are up.
package struct UpPlan: Hashable, Sendable {
    package enum Action: Hashable, Sendable {
        /// Starts these at once, and when more follows waits until each answers on its client port.
        case start([ServerID])
        /// Restarts a leader that will leave, so that another one leads.
        case passOnLead(ServerID)
        /// Restarts these one after the other (`RollingRestart`).
        case roll([ServerID])
        /// Stops these for good; their directories stay.
        case remove([ServerID])
        /// Stops these to start them again: an outage.
        case stop([ServerID])
    }

    package var actions: [Action]
    /// Why the service has to be interrupted, if it has to.
    package var outage: String?

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
        package var outdated: Set<ServerID>
        package var withData: Set<ServerID>
        package var leader: ServerID?
        /// Before or after the change one server stands alone, without quorum ports.
        package var isStandalone: Bool

        package init(
            votersBefore: Set<ServerID>, serversBefore: Set<ServerID>, voters: Set<ServerID>, servers: Set<ServerID>,
            running: Set<ServerID>, outdated: Set<ServerID> = [], withData: Set<ServerID> = [],
            leader: ServerID? = nil, isStandalone: Bool = false
        ) {
            self.votersBefore = votersBefore
            self.serversBefore = serversBefore
            self.voters = voters
            self.servers = servers
            self.running = running
            self.outdated = outdated
            self.withData = withData
            self.leader = leader
            self.isStandalone = isStandalone
        }
    }

    package init(_ situation: Situation) {
        let leaving = situation.serversBefore.subtracting(situation.servers).sorted()
        let running = situation.running.intersection(situation.servers)
        guard !running.isEmpty else {
            actions = Self.startFromRest(situation)
            if !leaving.isEmpty { actions.append(.remove(leaving)) }
            return
        }
        let moved = situation.votersBefore.symmetricDifference(situation.voters)
        let isMemberChange = situation.serversBefore != situation.servers
        if moved.count > 1 || (situation.isStandalone && isMemberChange) {
            if situation.votersBefore.count > 2 {
                outage =
                    "\(Wording.servers(moved.sorted())) would join, leave or change their vote at once, and the old and "
                    + "the new voters could decide without each other; all servers have to be stopped together"
            } else {
                outage =
                    "\(Wording.count(situation.votersBefore.count, "voter")) cannot become "
                    + "\(Wording.number(situation.voters.count)) while running; all servers are stopped and started"
            }
            // Each one that leaves before the rest stops makes the others hold all that was acknowledged until then.
            actions = leaving.map { .remove([$0]) }
            actions.append(.stop(running.sorted()))
            actions += Self.startFromRest(situation)
            return
        }
        actions = []
        let idle = situation.servers.subtracting(running).sorted()
        if !idle.isEmpty { actions.append(.start(idle)) }
        if let leader = situation.leader, leaving.contains(leader) { actions.append(.passOnLead(leader)) }
        let outdated = situation.outdated.intersection(running).sorted()
        if !outdated.isEmpty { actions.append(.roll(outdated)) }
        if !leaving.isEmpty { actions.append(.remove(leaving)) }
    }

    private static func startFromRest(_ situation: Situation) -> [Action] {
        let empty = situation.voters.subtracting(situation.withData).sorted()
        let first = situation.servers.subtracting(empty).sorted()
        guard !empty.isEmpty, !situation.voters.isDisjoint(with: situation.withData) else {
            return [.start(situation.servers.sorted())]
        }
        return [.start(first)] + empty.map { .start([$0]) }
    }
}

extension UpPlan.Action {
    /// As an order, for plans and progress.
    package var text: String {
        switch self {
        case .start(let ids): "start \(Wording.servers(ids))"
        case .passOnLead(let id): "restart server \(id), which leads and will leave, so that another server leads"
        case .roll(let ids):
            "restart \(Wording.servers(ids))\(ids.count > 1 ? ", one after the other, the leader last" : "")"
        case .remove(let ids): "stop \(Wording.servers(ids)) for good (data stays in place)"
        case .stop(let ids): "stop \(Wording.servers(ids))"
        }
    }
}
