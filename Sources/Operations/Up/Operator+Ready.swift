import Planning
import Supervision
import ZooKeeperProtocol

extension Operator {
    /// Waits until the ensemble is *ready*: every server answers `srvr` with the mode of its role, exactly one leads and counts every
    /// other participant as synced, every observer has caught up, and a session on each server has written.
    func waitUntilReady(_ ensemble: Ensemble, _ control: ControlClient) async throws -> Timeline {
        let readiness = Readiness(electorate: ensemble.electorate)
        let start = Instant.now()
        var timeline = Timeline()
        var told = ""
        var members: [Member] = []
        try await watch(ensemble, control) { sweep, waited in
            members = sweep.servers.map(\.member).filter(\.isInTopology)
            for passage in timeline.observe(sweep, at: .now()) { report(.passed(passage)) }
            let lacks = readiness.lacks(sweep)
            tell(lacks, unless: &told)
            try giveUp(ensemble, lacks, waited)
            return lacks.isEmpty
        }
        let remaining = max(.seconds(10), ensemble.patience - (.now() - start))
        try await writeThroughEach(members, of: ensemble, patience: remaining, &timeline)
        return timeline
    }

    /// Waits until each of these servers answers on its client port, which every one does that has found no leader yet.
    func waitUntilBound(_ ids: [ServerID], _ ensemble: Ensemble, _ control: ControlClient) async throws {
        let readiness = Readiness(electorate: ensemble.electorate)
        try await watch(ensemble, control) { sweep, waited in
            let silent = ids.compactMap { sweep.server($0) }.filter { $0.role == .unknown }
            if silent.isEmpty { return true }
            let lacks = readiness.lacks(sweep).filter { lack in silent.contains { $0.id == lack.server } }
            try giveUp(ensemble, lacks, waited)
            return false
        }
    }

    /// Waits until each of these servers serves, or answers where the ensemble has no quorum. One that dies meanwhile is an error with the
    /// last lines of its log.
    func waitUntilBack(_ ids: [ServerID], _ ensemble: Ensemble, _ control: ControlClient) async throws {
        let readiness = Readiness(electorate: ensemble.electorate)
        var told = ""
        try await watch(ensemble, control) { sweep, waited in
            let canElect = sweep.electorate(planned: ensemble.electorate).isQuorum(sweep.ableToVote)
            let waiting = ids.compactMap { sweep.server($0) }
                .filter { canElect ? !$0.isInItsRole : $0.role == .unknown }
            let lacks = readiness.lacks(sweep).filter { lack in waiting.contains { $0.id == lack.server } }
            let died = waiting.filter { [.backingOff, .failed].contains($0.process?.state) }.map(\.id)
            if !lacks.isEmpty, !died.isEmpty {
                throw notReady(ensemble, lacks.filter { died.contains($0.server!) }, waited: waited)
            }
            tell(lacks, unless: &told)
            try giveUp(ensemble, lacks, waited)
            return lacks.isEmpty
        }
    }

    /// Tells what is waited for when it changes.
    private func tell(_ lacks: [Readiness.Lack], unless told: inout String) {
        let text = lacks.map(\.sentence).joined(separator: "; ")
        if !lacks.isEmpty, text != told { report(.waiting(text)) }
        told = text
    }

    /// Throws where longer waiting is of no use.
    private func giveUp(_ ensemble: Ensemble, _ lacks: [Readiness.Lack], _ waited: Duration) throws {
        if !lacks.isEmpty, waited > ensemble.patience || lacks.contains(where: \.isFinal) {
            throw notReady(ensemble, lacks, waited: waited)
        }
    }

    private func writeThroughEach(
        _ members: [Member], of ensemble: Ensemble, patience: Duration, _ timeline: inout Timeline
    ) async throws {
        report(.waiting("one write through each server"))
        let sweeper = ensemble.sweeper(nil)
        let results = await withTaskGroup(of: (ServerID, Instant, String?).self) { group in
            for member in members {
                group.addTask {
                    let failure = await TestWrite.perform(on: member, patience: patience) {
                        guard !member.servesWhenLeading else { return false }
                        return await sweeper.sweep().leader?.id == member.id
                    }
                    return (member.id, .now(), failure)
                }
            }
            var results: [(ServerID, Instant, String?)] = []
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
    func notReady(_ ensemble: Ensemble, _ lacks: [Readiness.Lack], waited: Duration) -> OperationError {
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
            .failed, "\(headline)\(waited < .seconds(1) ? "" : " (waited \(waited.wholeSeconds) s)")",
            mend: "put right what the log says and repeat the command, or `paddock down`", details: details)
    }
}
