import DurableFiles
import Glibc
import Planning
import Supervision
import ZooKeeperProtocol

extension Operator {
    /// Lets a server fetch all its data from the others anew: stops it, moves its `version-2` aside (nothing is removed), starts it and
    /// waits until it is in its role and has what the leader had. Refuses where the others could not give it all back (``Reset``).
    package func reset(_ word: String, ensemble name: String?, dryRun: Bool = false) async throws -> ResetReport {
        let name = try store.choose(name)
        if dryRun { return try await prepareReset(try store.open(name), word, dryRun: true).report }
        return try await store.changing(name, command: command) { change in
            let ensemble = try store.open(name)
            var (reset, report, control) = try await prepareReset(ensemble, word, dryRun: false)
            let id = reset.server
            let began = Instant.now()
            self.report(.step("stop server \(id)"))
            try await order { try await control.stop([id]) }
            try change.did("stop server \(id)")
            do {
                try await waitForOthers(reset, ensemble, control)
            } catch {
                // Nothing was taken from it.
                try? await control.start([id])
                throw error
            }
            for directory in report.moved {
                self.report(.step("move \(directory.from) to \(directory.to)"))
                guard rename(directory.from, directory.to) == 0 else { throw FileError("rename", directory.from) }
                try DurableFile.syncDirectory(of: directory.to)
                try change.did("move \(directory.from) to \(directory.to)")
            }
            self.report(.step("start server \(id)"))
            try await order { try await control.start([id]) }
            try change.did("start server \(id)")
            try await waitUntilRefetched(reset, ensemble, control, report)
            report.seconds = Seconds(.now() - began)
            return report
        }
    }

    private func prepareReset(
        _ ensemble: Ensemble, _ word: String, dryRun: Bool
    ) async throws -> (reset: Reset, report: ResetReport, control: ControlClient) {
        let found = dryRun ? try await controlIfRunning(ensemble.home) : try await controlIfUp(ensemble.home)
        guard let control = found else {
            throw OperationError(
                .notRunning, "\(ensemble.name) is not running: there is nobody to fetch the data from",
                mend: "`paddock up` starts it")
        }
        let sweep = await ensemble.sweeper(control).settledSweep()
        let chosen = try ensemble.selection(sweep).resolve([word])
        guard let id = chosen.first, chosen.count == 1, let server = ensemble.topology[id] else {
            throw OperationError(
                .badUsage, "'\(word)' is not one server", mend: "name a server by its id, one at a time")
        }
        let reset = Reset(server: id, electorate: ensemble.electorate)
        if let refusal = reset.refusal(sweep) {
            throw OperationError(
                .failed, refusal,
                mend: "bring the others into service first, see `paddock status`; nothing was touched")
        }
        let stamp = Timestamp.now().compact
        let places = [ensemble.layout.server(id).data, server.setting("dataLogDir")].compactMap { $0 }
        var moved: [ResetReport.Moved] = []
        for place in places where access("\(place)/version-2", F_OK) == 0 {
            moved.append(ResetReport.Moved(from: "\(place)/version-2", to: "\(place)/version-2.before-reset-\(stamp)"))
        }
        return (
            reset,
            ResetReport(ensemble: ensemble.name, server: id, dryRun: dryRun, moved: moved, seconds: nil),
            control
        )
    }

    /// Until a quorum without the server has all that was acknowledged while it was there.
    private func waitForOthers(_ reset: Reset, _ ensemble: Ensemble, _ control: ControlClient) async throws {
        var mark: ZXID?
        try await watch(ensemble, control) { sweep, waited in
            if let leader = sweep.leader, leader.id != reset.server {
                if let mark, reset.othersHave(mark, sweep) { return true }
                mark = mark ?? leader.serving?.zxid
            } else {
                mark = nil
            }
            guard waited < ensemble.patience else {
                throw OperationError(
                    .failed,
                    "the other servers did not catch up without server \(reset.server) (waited \(waited.wholeSeconds) s); it keeps its data and is started again",
                    mend: "see `paddock status`")
            }
            return false
        }
    }

    private func waitUntilRefetched(
        _ reset: Reset, _ ensemble: Ensemble, _ control: ControlClient, _ report: ResetReport
    ) async throws {
        var mark: ZXID?
        try await watch(ensemble, control) { sweep, waited in
            mark = mark ?? sweep.leader?.serving?.zxid
            if let server = sweep.server(reset.server), server.isInItsRole, let zxid = server.serving?.zxid, let mark,
                Readiness.hasCaughtUp(zxid, to: mark)
            {
                return true
            }
            let lacks = Readiness(electorate: ensemble.electorate).lacks(sweep).filter { $0.server == reset.server }
            guard waited < ensemble.patience, !lacks.contains(where: \.isFinal) else {
                let error = notReady(ensemble, lacks, waited: waited)
                throw OperationError(
                    .failed, error.message,
                    mend: "what it held is in \(report.moved.map(\.to).joined(separator: " and ")); the others serve",
                    details: error.details)
            }
            return false
        }
    }
}
