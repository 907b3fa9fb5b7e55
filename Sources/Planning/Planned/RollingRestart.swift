import Membership
import ZooKeeperProtocol

/// Restarting servers one after the other without taking the service away, as a state machine: it is fed what is seen
/// and says what to do next. It does no I/O and knows no clock but the `now` it is given.
///
///     choosing ──order──► restarting ──back and caught up──► pausing ──time──► choosing … finished
///        │                    │
///        └──── patience ──────┴──► failed (the rest is left running)
///
/// Servers that are not ready come first, then observers, then followers by id, the leader last; who that is is
/// looked up again before each step. Before each step every other server must serve and a quorum must remain without
/// the one to be stopped; after each, the server must be back in its role and have what the leader had when the step
/// began.
package struct RollingRestart: Sendable {
    package struct Options: Hashable, Sendable {
        /// How long the others may take to serve before a step, and the server to come back after it.
        package var patience: Duration
        /// Between two steps.
        package var pause: Duration
        /// Goes on where no quorum would remain: one or two participants cannot be restarted otherwise.
        package var force: Bool
        /// Servers that need not serve for a step to be taken: ones that were just added and are not in everybody's
        /// configuration yet.
        package var ignored: Set<ServerID>
        /// Who votes once all are restarted, where that changes: a quorum of those must remain, too.
        package var coming: QuorumVerifier?

        package init(
            patience: Duration, pause: Duration = .zero, force: Bool = false, ignored: Set<ServerID> = [],
            coming: QuorumVerifier? = nil
        ) {
            self.patience = patience
            self.pause = pause
            self.force = force
            self.ignored = ignored
            self.coming = coming
        }
    }

    package struct Step: Codable, Hashable, Sendable {
        package var id: ServerID
        /// When the step began.
        package var role: RoleWord
        /// From the order to stop until it was back and had caught up.
        package var seconds: Seconds
    }

    package enum Effect: Hashable, Sendable {
        /// Restart this server now (start it when it is stopped), then go on feeding sweeps.
        case restart(ServerID)
        /// Look again soon; what is waited for.
        case wait(String)
        /// The last step is over: this server is back.
        case completed(Step)
        case finished
        /// Nothing more is touched. The same call again gives the same.
        case failed(String, server: ServerID?)
    }

    private struct Restarting: Hashable, Sendable {
        var id: ServerID
        var role: RoleWord
        var began: Instant
        /// The leader's zxid when the step began; nil when nobody led.
        var mark: ZXID?
        /// The process that has to go; nil when there was none.
        var pid: Int32?
    }

    private enum State: Hashable, Sendable {
        /// Waits since the time given until the next step may be taken.
        case choosing(since: Instant)
        case restarting(Restarting)
        case pausing(until: Instant)
        case finished
        case failed(String, ServerID?)
    }

    /// Where the servers themselves do not say who votes.
    private let electorate: QuorumVerifier
    private let options: Options
    private var pending: Set<ServerID>
    private var state: State
    package private(set) var steps: [Step] = []

    package init(servers: Set<ServerID>, electorate: QuorumVerifier, options: Options, now: Instant) {
        self.electorate = electorate
        self.options = options
        pending = servers
        state = .choosing(since: now)
    }

    /// The steps still to be taken, in the order in which they would be if nobody changed its role: what `--dry-run`
    /// prints, and what `step` takes its next server from.
    package func plan(_ sweep: Sweep) -> [ServerID] {
        func rank(_ id: ServerID) -> Int {
            guard let server = sweep.server(id) else { return 0 }
            if sweep.leader?.id == id { return 3 }
            if !server.isInItsRole { return 0 }
            return server.member.role == .observer ? 1 : 2
        }
        return pending.sorted { (rank($0), $0) < (rank($1), $1) }
    }

    /// Why not to begin: a server without which there can be no quorum, however well the others are. To be asked
    /// before anything is touched.
    package func refusal(_ sweep: Sweep) -> OperationError? {
        guard !options.force else { return nil }
        let electorate = sweep.electorate(planned: electorate)
        let all = Set(electorate.voters)
        for id in plan(sweep) where all.contains(id) && !electorate.isQuorum(all.subtracting([id])) {
            return OperationError(
                .failed, Self.loss(of: id, QuorumGuard(electorate: electorate, able: all)),
                mend:
                    "nothing was touched; have more participants, or give --force to accept that nobody is served meanwhile"
            )
        }
        return nil
    }

    private static func loss(of id: ServerID, _ votes: QuorumGuard) -> String {
        "restarting server \(id) would take the quorum away: \(votes.consequence(ofTaking: [id]))"
    }

    package mutating func step(_ sweep: Sweep, now: Instant) -> Effect {
        switch state {
        case .choosing(let since): return choose(sweep, since: since, now: now)
        case .restarting(let restarting): return watch(restarting, sweep, now: now)
        case .pausing(let end):
            guard now >= end else { return .wait("pausing") }
            state = .choosing(since: now)
            return choose(sweep, since: now, now: now)
        case .finished: return .finished
        case .failed(let why, let server): return .failed(why, server: server)
        }
    }

    /// The order could not be carried out (the supervisor refused, the process did not start).
    package mutating func orderFailed(_ why: String) -> Effect {
        guard case .restarting(let restarting) = state else { return fail(why, nil) }
        return fail("server \(restarting.id) could not be restarted: \(why)", restarting.id)
    }

    private mutating func choose(_ sweep: Sweep, since: Instant, now: Instant) -> Effect {
        guard let next = plan(sweep).first else { return finish(sweep, since: since, now: now) }
        if let suspect = sweep.suspects.first {
            return fail("\(suspect.sentence); with one server less it could be the one that leads", suspect.id)
        }
        guard let server = sweep.server(next) else {
            return fail("server \(next) is not in the ensemble", next)
        }
        if let obstacle = obstacle(to: server, sweep) {
            // No waiting can make a quorum of the others where they all serve already.
            if obstacle.isFinal || now - since > options.patience { return fail(obstacle.text, next) }
            return .wait(obstacle.text)
        }
        state = .restarting(
            Restarting(
                id: next, role: server.role, began: now, mark: sweep.leader?.serving?.zxid,
                pid: server.process?.pid))
        return .restart(next)
    }

    /// All steps are done. The last one may have taken the leader from the others, and an observer takes a moment
    /// longer to find the new one: the end is when all that had to serve before each step serve again.
    private mutating func finish(_ sweep: Sweep, since: Instant, now: Instant) -> Effect {
        let looking = sweep.servers.filter { $0.isMember && !$0.isInItsRole && !options.ignored.contains($0.id) }
        guard !steps.isEmpty, let first = looking.first else {
            state = .finished
            return .finished
        }
        let text = "\(Wording.servers(looking.map(\.id))) must serve again"
        if now - since > options.patience {
            return fail("\(text) (waited \(options.patience.wholeSeconds) s)", first.id)
        }
        return .wait(text)
    }

    /// What stands against stopping `server` now.
    private func obstacle(to server: ServerObservation, _ sweep: Sweep) -> (text: String, isFinal: Bool)? {
        // A server that is not ready and has its own step ahead is no obstacle, or two of them would block each other.
        let idle = sweep.servers.filter { other in
            other.id != server.id && other.isMember && !other.isInItsRole && !pending.contains(other.id)
                && !options.ignored.contains(other.id)
        }
        if !idle.isEmpty {
            return ("\(Wording.servers(idle.map(\.id))) must serve before server \(server.id) is stopped", false)
        }
        guard !options.force else { return nil }
        let now = sweep.electorate(planned: electorate)
        // A server that is about to join votes as soon as those that lead know it.
        let joining = Set(sweep.servers.filter { $0.isInItsRole && $0.member.role == .participant }.map(\.id))
        let electorates = [(now, sweep.voting)] + (options.coming.map { [($0, joining)] } ?? [])
        for (electorate, voting) in electorates where voting.contains(server.id) {
            guard !electorate.isQuorum(voting.subtracting([server.id])) else { continue }
            return (
                Self.loss(of: server.id, QuorumGuard(electorate: electorate, able: voting)),
                !electorate.isQuorum(Set(electorate.voters).subtracting([server.id]))
            )
        }
        return nil
    }

    private mutating func watch(_ restarting: Restarting, _ sweep: Sweep, now: Instant) -> Effect {
        guard let lack = lack(of: restarting, sweep) else {
            let step = Step(id: restarting.id, role: restarting.role, seconds: Seconds(now - restarting.began))
            steps.append(step)
            pending.remove(restarting.id)
            let pauses = options.pause > .zero && !pending.isEmpty
            state = pauses ? .pausing(until: now + options.pause) : .choosing(since: now)
            return .completed(step)
        }
        let text = "server \(restarting.id) \(lack.text)"
        if lack.isFinal { return fail(text, restarting.id) }
        guard now - restarting.began <= options.patience else {
            return fail("\(text) (waited \(options.patience.wholeSeconds) s)", restarting.id)
        }
        return .wait(text)
    }

    /// What the restarted server still lacks; nil when it is back.
    private func lack(of restarting: Restarting, _ sweep: Sweep) -> (text: String, isFinal: Bool)? {
        guard let server = sweep.server(restarting.id) else { return ("is not in the ensemble", true) }
        if server.process?.state == .failed {
            return (
                "failed: \(server.process?.lastError ?? server.process?.lastExit?.description ?? "no reason known")",
                true
            )
        }
        if let before = restarting.pid, server.process?.pid == before || server.process?.pid == nil {
            return ("has not been started again", false)
        }
        guard server.isInItsRole, let zxid = server.serving?.zxid else { return ("is not back in its role", false) }
        guard sweep.leader != nil else { return ("is back, but no server leads", false) }
        if let mark = restarting.mark, !Readiness.hasCaughtUp(zxid, to: mark) {
            return ("has zxid \(zxid), the leader had \(mark) when the step began", false)
        }
        return nil
    }

    private mutating func fail(_ why: String, _ server: ServerID?) -> Effect {
        state = .failed(why, server)
        return .failed(why, server: server)
    }
}
