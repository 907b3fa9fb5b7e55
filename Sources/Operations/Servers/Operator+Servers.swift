import Planning
import Supervision
import ZooKeeperProtocol

extension Operator {
    /// Starts, stops, … the servers that `words` name. Refuses to take the quorum away unless `force`.
    package func perform(
        _ action: ServerAction, on words: [String], ensemble name: String?, force: Bool = false, dryRun: Bool = false
    ) async throws -> ServerActionReport {
        let ensemble = try store.open(name)
        if dryRun {
            let control = try await controlIfRunning(ensemble.home)
            let sweep = await ensemble.sweeper(control).sweep()
            return try plan(action, words, ensemble, sweep, force: force, dryRun: true)
        }
        return try await store.changing(ensemble.name, command: command) { change in
            let control = try await control(ensemble.home)
            let sweep = await ensemble.sweeper(control).sweep()
            let plan = try plan(action, words, ensemble, sweep, force: force, dryRun: false)
            if force, let consequence = plan.consequence, !guardian(ensemble, sweep).isSafe(without: plan.servers) {
                report(.warning(consequence))
            }
            try change.did("\(action.rawValue) \(Wording.servers(plan.servers))")
            try await order {
                let ids = plan.servers
                switch action {
                case .start: try await control.start(ensemble.launchOrder(ids))
                case .stop:
                    // One after the other: an orderly end hands the lead over once at most.
                    for id in ids { try await control.stop([id]) }
                case .restart: try await control.restart(ids)
                case .kill: try await control.kill(ids)
                case .pause: try await control.pause(ids)
                case .resume: try await control.resume(ids)
                }
            }
            switch action {
            case .start, .restart, .resume: try await waitUntilBack(plan.servers, ensemble, control)
            case .stop, .kill, .pause: break
            }
            return plan
        }
    }

    private func guardian(_ ensemble: Ensemble, _ sweep: Sweep) -> QuorumGuard {
        QuorumGuard(electorate: sweep.electorate(planned: ensemble.electorate), able: sweep.ableToVote)
    }

    private func plan(
        _ action: ServerAction, _ words: [String], _ ensemble: Ensemble, _ sweep: Sweep, force: Bool, dryRun: Bool
    ) throws -> ServerActionReport {
        guard !words.isEmpty else {
            throw OperationError(
                .badUsage, "which servers of \(ensemble.name) to \(action.rawValue)?",
                mend: "name ids, leader, followers, observers or all")
        }
        let chosen = try ensemble.selection(sweep).resolve(words)
        let guardian = guardian(ensemble, sweep)
        if action == .start, sweep.leader == nil, let risk = ensemble.riskOfStarting(chosen) {
            throw OperationError(
                .failed, risk, mend: "`paddock up` starts those with data first, and says what is at risk")
        }
        if action.takesAway { try guardian.check(action.rawValue, chosen, force: force) }
        return ServerActionReport(
            ensemble: ensemble.name, action: action, servers: action == .stop ? sweep.stopOrder(chosen) : chosen,
            consequence: action.takesAway ? guardian.consequence(ofTaking: chosen) : nil, wasDryRun: dryRun)
    }
}
