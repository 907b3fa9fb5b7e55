import Planning
import Supervision
import ZooKeeperProtocol

extension Operator {
    /// Waits until the ensemble is *ready*: every server answers `srvr` with the mode of its role, exactly one leads and counts every
    /// other participant as synced, every observer has caught up, and a session on each server has written.
    ///
    /// - Parameter patience: seconds; the ensemble's own when nil
    func waitUntilReady(
        _ ensemble: Ensemble, _ control: ControlClient, patience: Double? = nil
    ) async throws -> Timeline {
        let patience = patience ?? ensemble.patience
        let readiness = Readiness(electorate: ensemble.electorate)
        let sweeper = ensemble.sweeper(control)
        let clock = ContinuousClock()
        let start = clock.now
        var timeline = Timeline()
        var told = ""
        var members: [Member] = []
        while true {
            let sweep = await sweeper.sweep()
            try Task.checkCancellation()
            members = sweep.servers.map(\.member).filter(\.isInTopology)
            for passage in timeline.observe(sweep, at: Moment.now()) { report(.passed(passage)) }
            let lacks = readiness.lacks(sweep)
            if lacks.isEmpty { break }
            let text = lacks.map(\.sentence).joined(separator: "; ")
            if text != told { report(.waiting(text)) }
            told = text
            let waited = (clock.now - start).seconds
            if waited > patience || lacks.contains(where: \.isFinal) {
                throw notReady(ensemble, lacks, waited: waited)
            }
            try await Task.sleep(for: Pace.pause(after: waited))
        }
        let remaining = max(10, patience - (clock.now - start).seconds)
        try await writeThroughEach(members, of: ensemble, patience: remaining, &timeline)
        return timeline
    }

    /// Waits until each of these servers answers on its client port, which every one does that has found no leader yet.
    func waitUntilBound(_ ids: [ServerID], _ ensemble: Ensemble, _ control: ControlClient) async throws {
        let clock = ContinuousClock()
        let start = clock.now
        let sweeper = ensemble.sweeper(control)
        while true {
            let sweep = await sweeper.sweep()
            try Task.checkCancellation()
            let silent = ids.compactMap { sweep.server($0) }.filter { $0.role == .unknown }
            if silent.isEmpty { return }
            let lacks = Readiness(electorate: ensemble.electorate).lacks(sweep)
                .filter { lack in silent.contains { $0.id == lack.server } }
            let waited = (clock.now - start).seconds
            if waited > ensemble.patience || lacks.contains(where: \.isFinal) {
                throw notReady(ensemble, lacks, waited: waited)
            }
            try await Task.sleep(for: Pace.pause(after: waited))
        }
    }

    /// Waits until each of these servers serves, or answers where the ensemble has no quorum. One that dies meanwhile is an error with the
    /// last lines of its log.
    func waitUntilBack(_ ids: [ServerID], _ ensemble: Ensemble, _ control: ControlClient) async throws {
        let clock = ContinuousClock()
        let start = clock.now
        let sweeper = ensemble.sweeper(control)
        var told = ""
        while true {
            let sweep = await sweeper.sweep()
            try Task.checkCancellation()
            let canElect = ensemble.electorate.isQuorum(sweep.ableToVote)
            let waiting = ids.compactMap { sweep.server($0) }
                .filter { canElect ? !$0.isInItsRole : $0.role == .unknown }
            let lacks = Readiness(electorate: ensemble.electorate).lacks(sweep)
                .filter { lack in waiting.contains { $0.id == lack.server } }
            if lacks.isEmpty { return }
            let died = waiting.filter { [.backingOff, .failed].contains($0.process?.state) }.map(\.id)
            let waited = (clock.now - start).seconds
            if waited > ensemble.patience || lacks.contains(where: \.isFinal) || !died.isEmpty {
                throw notReady(ensemble, lacks.filter { died.isEmpty || died.contains($0.server!) }, waited: waited)
            }
            let text = lacks.map(\.sentence).joined(separator: "; ")
            if text != told { report(.waiting(text)) }
            told = text
            try await Task.sleep(for: Pace.pause(after: waited))
        }
    }

    private func writeThroughEach(
        _ members: [Member], of ensemble: Ensemble, patience: Double, _ timeline: inout Timeline
    ) async throws {
        report(.waiting("one write through each server"))
        let sweeper = ensemble.sweeper(nil)
        let results = await withTaskGroup(of: (ServerID, Double, String?).self) { group in
            for member in members {
                group.addTask {
                    let failure = await TestWrite.perform(on: member, patience: .seconds(patience)) {
                        guard !member.servesWhenLeading else { return false }
                        return await sweeper.sweep().leader?.id == member.id
                    }
                    return (member.id, Moment.now(), failure)
                }
            }
            var results: [(ServerID, Double, String?)] = []
            for await result in group { results.append(result) }
            return results.sorted { $0.0 < $1.0 }
        }
        try Task.checkCancellation()
        for (id, time, failure) in results {
            if let failure {
                throw notReady(
                    ensemble, [Readiness.Lack(id, "serves, but a session could not write through it: \(failure)")],
                    waited: patience)
            }
            for passage in timeline.wrote(id, at: time) { report(.passed(passage)) }
        }
    }

    /// What is lacking, and the last lines of the log of the server that is to blame.
    func notReady(_ ensemble: Ensemble, _ lacks: [Readiness.Lack], waited: Double) -> OperationError {
        let culprit = lacks.first { $0.isFinal } ?? lacks.first { $0.server != nil } ?? lacks.first
        var details = lacks.count > 1 ? lacks.map(\.sentence) : []
        if let id = culprit?.server, let member = ensemble.members.first(where: { $0.id == id }) {
            let lines = FileTail.lastLines(15, of: member.logFile)
            if lines.isEmpty {
                details.append("the log of server \(id), \(member.logFile), is empty")
            } else {
                details.append("the last lines of \(member.logFile):")
                details += lines.map { "  \($0)" }
            }
        }
        let headline =
            culprit.map { "\(ensemble.name) is not ready: \($0.sentence)" } ?? "\(ensemble.name) is not ready"
        return OperationError(
            .failed, "\(headline)\(waited < 1 ? "" : " (waited \(Int(waited)) s)")",
            mend: "put right what the log says and repeat the command, or `paddock down`", details: details)
    }
}
