import Membership
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
/// Servers that keep their members themselves (since a reconfiguration) take none from files. There the ensemble is
/// asked to name who joins, before it is started, and to forget who leaves, before it is stopped, one after the
/// other.
///
/// A start from rest has the same trap: where some voters have data and others have none, the empty ones must not
/// make a quorum among themselves and overwrite the rest. They are started one by one, when all with data are up.
/// Where those that lost their data were a quorum, they may have acknowledged what nobody else has, and no order of
/// starting brings that back.
package struct UpPlan: Hashable, Sendable {
    package enum Action: Hashable, Sendable {
        /// Starts these at once.
        case start([ServerID])
        /// Lets the ensemble name this server in its configuration, as the line says.
        case name(ServerLine)
        /// Lets the ensemble forget this server.
        case forget(ServerID)
        /// Restarts a leader that will leave, so that another one leads.
        case passOnLead(ServerID)
        /// Restarts these one after the other (`RollingRestart`).
        case roll([ServerID])
        /// Stops these for good; their directories stay.
        case remove([ServerID])
        /// Stops these to start them again: an outage.
        case stop([ServerID])
    }

    /// What is done in order; `--dry-run` shows of it the `actions`, and the files apart.
    package enum Step: Hashable, Sendable {
        /// Writes the files that differ.
        case writeFiles
        /// Stores the topology as the one applied last.
        case storeTopology
        /// Tells the supervisor what its servers are from now on. Those named leave, and are kept until they are
        /// stopped.
        case reload(keeping: [ServerID])
        case act(Action)
        /// Waits until each answers on its client port.
        case awaitAnswers([ServerID])
    }

    package private(set) var steps: [Step] = []
    package var actions: [Action] {
        steps.compactMap { if case .act(let action) = $0 { action } else { nil } }
    }
    /// Why the service has to be interrupted, if it has to.
    package var outage: String?
    /// What may be lost by starting, if something may.
    package var loss: String?

    package init(_ situation: Situation) {
        loss = Self.loss(situation)
        let actions = decide(situation)
        steps = Self.steps(actions, situation, hasOutage: outage != nil)
    }

    /// The actions around the files: an ensemble is known from its first file on, because what can be seen can be
    /// taken down. Where an outage is planned, the new topology is stored when nothing of the old one runs: an `up`
    /// after an interruption in between must still see that voters change.
    private static func steps(_ actions: [Action], _ situation: Situation, hasOutage: Bool) -> [Step] {
        let isFirst = situation.serversBefore.isEmpty
        let before = hasOutage && !isFirst ? actions.prefix { !$0.isStart } : []
        let leaving = situation.serversBefore.subtracting(situation.servers).sorted()
        var steps: [Step] = isFirst ? [.storeTopology, .writeFiles] : [.writeFiles]
        steps += before.map { .act($0) }
        if !isFirst { steps.append(.storeTopology) }
        steps.append(.reload(keeping: leaving))
        var rest = actions.dropFirst(before.count)
        while let action = rest.popFirst() {
            steps.append(.act(action))
            if case .start(let ids) = action, rest.first?.isStart == true { steps.append(.awaitAnswers(ids)) }
        }
        if !leaving.isEmpty { steps.append(.reload(keeping: [])) }
        return steps
    }

    private mutating func decide(_ situation: Situation) -> [Action] {
        let leaving = situation.serversBefore.subtracting(situation.servers).sorted()
        let running = situation.running.intersection(situation.servers)
        if let agreed = situation.agreed, !situation.isStandalone {
            return Self.reconfiguring(agreed, situation, running: running, leaving: leaving)
        }
        guard !running.isEmpty else {
            return Self.start(situation.servers, situation, leader: nil)
                + (leaving.isEmpty ? [] : [.remove(leaving)])
        }
        let relocated = situation.relocated.intersection(running).sorted()
        if !relocated.isEmpty {
            outage =
                "the quorum or election address of \(Wording.servers(relocated)) changes, and servers that know the old one "
                + "and servers that know the new one do not find each other; all servers have to be stopped together"
            return Self.outage(situation, leaving: leaving, running: running)
        }
        let moved = situation.votersBefore.symmetricDifference(situation.voters)
        let isMemberChange = situation.serversBefore != situation.servers
        let joining = situation.voters.subtracting(situation.votersBefore)
        let isLockedOut = situation.isClosed && !joining.isEmpty
        if moved.count > 1 || isLockedOut || (situation.isStandalone && isMemberChange) {
            if isLockedOut, moved.count == 1, situation.votersBefore.count > 2 {
                outage =
                    "with quorum.membersOnly the servers would turn \(Wording.servers(joining.sorted())) away until they are restarted, "
                    + "and those that are restarted could not go on without it; all servers have to be stopped together"
            } else if situation.votersBefore.count > 2 {
                outage =
                    "\(Wording.servers(moved.sorted())) would join, leave or change their vote at once, and the old and "
                    + "the new voters could decide without each other; all servers have to be stopped together"
            } else {
                outage =
                    "\(Wording.count(situation.votersBefore.count, "voter")) cannot become "
                    + "\(Wording.number(situation.voters.count)) while running; all servers are stopped and started"
            }
            return Self.outage(situation, leaving: leaving, running: running)
        }
        var actions: [Action] = []
        let idle = situation.servers.subtracting(running)
        if !idle.isEmpty { actions += Self.start(idle, situation, leader: situation.leader) }
        if let leader = situation.leader, leaving.contains(leader) { actions.append(.passOnLead(leader)) }
        let outdated = situation.outdated.intersection(running).sorted()
        if !outdated.isEmpty { actions.append(.roll(outdated)) }
        if !leaving.isEmpty { actions.append(.remove(leaving)) }
        return actions
    }

    /// Each one that leaves before the rest stops makes the others hold all that was acknowledged until then.
    private static func outage(_ situation: Situation, leaving: [ServerID], running: Set<ServerID>) -> [Action] {
        leaving.map { .remove([$0]) } + [.stop(running.sorted())]
            + start(situation.servers, situation, leader: nil)
    }

    /// What only the user may decide; nil when nothing is at risk.
    package func refusal(_ situation: Situation) -> OperationError? {
        let details = ["what would be done:"] + actions.map { "  \($0.text)" }
        if let loss {
            return OperationError(
                .failed, loss,
                mend:
                    "bring the version-2 directories of those servers back if you have them, or give --force to go on without",
                details: details)
        }
        guard let outage, situation.votersBefore.count > 2 else { return nil }
        return OperationError(
            .failed, outage,
            mend: situation.relocated.isEmpty
                ? "change one voter at a time, or give --force to accept that the service stops meanwhile"
                : "keep the quorum and election ports, or give --force to accept that the service stops meanwhile",
            details: details)
    }

    /// Starts `ids`; where nobody leads, those with data first and the voters without any one by one.
    private static func start(_ ids: Set<ServerID>, _ situation: Situation, leader: ServerID?) -> [Action] {
        let empty = situation.voters.intersection(ids).subtracting(situation.withData).sorted()
        guard leader == nil, !empty.isEmpty, !situation.voters.isDisjoint(with: situation.withData) else {
            return [.start(ids.sorted())]
        }
        let first = ids.subtracting(empty).sorted()
        return (first.isEmpty ? [] : [.start(first)]) + empty.map { .start([$0]) }
    }

    /// Voters of before that have no data any more, when they were enough to acknowledge something by themselves.
    private static func loss(_ situation: Situation) -> String? {
        let empty = situation.votersBefore.intersection(situation.voters).subtracting(situation.withData)
        let rest = situation.voters.intersection(situation.withData).sorted()
        guard situation.leader == nil, !rest.isEmpty, situation.electorate.isQuorum(empty) else { return nil }
        return "\(Wording.servers(empty.sorted())), \(Wording.number(empty.count)) of "
            + "\(Wording.number(situation.electorate.voters.count)) voters, have no data: what they acknowledged without "
            + "\(Wording.servers(rest)) would be gone, and the ensemble would go on with what \(rest.count == 1 ? "that one has" : "those have")"
    }

    private static func reconfiguring(
        _ agreed: EnsembleConfiguration, _ situation: Situation, running: Set<ServerID>, leaving: [ServerID]
    ) -> [Action] {
        var actions: [Action] = []
        let known = Set(agreed.servers.map(\.id))
        let idle = situation.servers.subtracting(running)
        let idleMembers = idle.intersection(known)
        if !idleMembers.isEmpty { actions += start(idleMembers, situation, leader: situation.leader) }
        for line in situation.lines where agreed.server(line.id)?.role != line.role {
            actions.append(.name(line))
            if idle.contains(line.id), !known.contains(line.id) { actions.append(.start([line.id])) }
        }
        let outdated = situation.outdated.intersection(running).sorted()
        if !outdated.isEmpty { actions.append(.roll(outdated)) }
        for id in leaving {
            if known.contains(id) { actions.append(.forget(id)) }
            actions.append(.remove([id]))
        }
        return actions
    }
}

extension UpPlan.Action {
    /// As an order, for plans and progress.
    package var text: String {
        switch self {
        case .start(let ids): "start \(Wording.servers(ids))"
        case .name(let line): "reconfigure the ensemble: \(line.text())"
        case .forget(let id): "reconfigure the ensemble: without server \(id)"
        case .passOnLead(let id): "restart server \(id), which leads and will leave, so that another server leads"
        case .roll(let ids):
            "restart \(Wording.servers(ids))\(ids.count > 1 ? ", one after the other, the leader last" : "")"
        case .remove(let ids): "stop \(Wording.servers(ids)) for good (data stays in place)"
        case .stop(let ids): "stop \(Wording.servers(ids))"
        }
    }

    /// What is told when it begins; nil where it is one restart, which is told with the server's role.
    package var announcement: String? {
        if case .roll(let ids) = self, ids.count == 1 { nil } else { text }
    }

    package var isStart: Bool { if case .start = self { true } else { false } }
}
