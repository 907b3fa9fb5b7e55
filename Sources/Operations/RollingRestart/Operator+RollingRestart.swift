import Planning
import Supervision
import ZooKeeperProtocol

extension Operator {
    /// The plan that `rollingRestart` would carry out now.
    package func rollingRestartPlan(
        _ name: String?, options: RollingRestartOptions = RollingRestartOptions()
    ) async throws -> RollingRestartPlan {
        let ensemble = try store.open(name)
        let (_, sweep) = try await running(ensemble, looksOnly: true)
        let journal = RollingRestartJournal.read(ensemble, startsOver: options.startsOver)
        let machine = try machine(ensemble, sweep, journal, options)
        return RollingRestartPlan(
            ensemble: ensemble.name, servers: machine.plan(sweep), done: journal?.done(sweep) ?? [])
    }

    /// Restarts every server, one after the other (`RollingRestart`), while a canary client writes. Where an earlier call
    /// stopped half way, the servers that it restarted and that serve are left out.
    package func rollingRestart(
        _ name: String?, options: RollingRestartOptions = RollingRestartOptions()
    ) async throws -> RollingRestartReport {
        let name = try store.choose(name)
        return try await store.changing(name, command: command) { change in
            let ensemble = try store.open(name)
            let (control, sweep) = try await running(ensemble)
            let journal = RollingRestartJournal.read(ensemble, startsOver: options.startsOver)
            let machine = try machine(ensemble, sweep, journal, options)
            if let done = journal?.done(sweep), !done.isEmpty {
                report(.step("continuing the restart begun before: \(Wording.servers(done)) done already"))
            }
            // As they would be started by `up`, with the programs of now.
            let specifications = try specifications(ensemble)
            // One that still leaves would be stopped by this.
            if sweep.servers.compactMap(\.process).allSatisfy({ known in specifications.contains { $0.id == known.id } }
            ) {
                try await order { try await control.reload(specifications) }
            }
            tellDrift(sweep)
            try (journal ?? RollingRestartJournal(sweep)).write(ensemble)
            let procedure = RollingProcedure.restart(self, control, confirm: options.confirm)
            let (steps, canary) = try await withCanary(ensemble.clients(sweep)) {
                try await roll(ensemble, control, machine, procedure, change)
            }
            RollingRestartJournal.remove(ensemble)
            let record = try conclude("rolling restart", canary, change)
            return RollingRestartReport(
                steps: steps, longestWriteGap: Seconds(record.longestGap), writes: record.writes, lost: record.lost)
        }
    }

    /// Does `body` while a canary writes.
    func withCanary<Value>(
        _ members: [Member], _ body: () async throws -> Value
    ) async throws -> (Value, Canary.Result) {
        let canary = Canary(members)
        canary.start()
        let value: Value
        do {
            value = try await body()
        } catch {
            _ = await canary.finish()
            throw error
        }
        return (value, await canary.finish())
    }

    /// An ensemble that is down has nothing to restart: `up` starts it.
    private func running(_ ensemble: Ensemble, looksOnly: Bool = false) async throws -> (ControlClient, Sweep) {
        let found = looksOnly ? try await controlIfRunning(ensemble.home) : try await controlIfUp(ensemble.home)
        guard let control = found else { throw notRunning(ensemble) }
        let sweep = await ensemble.sweeper(control).settledSweep()
        guard sweep.servers.contains(where: { $0.process?.pid != nil }) else { throw notRunning(ensemble) }
        return (control, sweep)
    }

    private func notRunning(_ ensemble: Ensemble) -> OperationError {
        OperationError(.notRunning, "\(ensemble.name) is not running", mend: "`paddock up` starts it")
    }

    /// Records and tells what the canary saw of a procedure that is over.
    func conclude(_ procedure: String, _ canary: Canary.Result, _ change: Change) throws -> CanaryRecord {
        let record = canary.record
        try change.did("\(procedure): \(record.writes) writes acknowledged, \(record.lost) of them lost")
        if let failure = canary.failure {
            report(.warning("all is done, but the canary could not read back its last write: \(failure)"))
        }
        return record
    }

    /// Says where the ensemble is another one than its topology has it.
    func tellDrift(_ sweep: Sweep) {
        for drift in sweep.drift { report(.warning(drift.sentence)) }
    }

    private func machine(
        _ ensemble: Ensemble, _ sweep: Sweep, _ journal: RollingRestartJournal?, _ options: RollingRestartOptions
    ) throws(OperationError) -> RollingRestart {
        let machine = RollingRestart(
            servers: sweep.restartable.subtracting(journal?.done(sweep) ?? []),
            electorate: ensemble.electorate,
            options: RollingRestart.Options(patience: ensemble.patience, pause: options.pause, force: options.force),
            now: .now())
        if let refusal = machine.refusal(sweep) { throw refusal }
        return machine
    }

    /// Carries out what the machine says until it is finished.
    func roll(
        _ ensemble: Ensemble, _ control: ControlClient, _ machine: RollingRestart, _ procedure: RollingProcedure,
        _ change: Change
    ) async throws -> [RollingRestart.Step] {
        var machine = machine
        let sweeper = ensemble.sweeper(control)
        var told = ""
        var stepBegan = Instant.now()
        while true {
            let sweep = await sweeper.sweep()
            try Task.checkCancellation()
            switch machine.step(sweep, now: .now()) {
            case .restart(let id):
                if let confirm = procedure.confirm, await !confirm(id) {
                    throw OperationError(
                        .failed, "stopped before server \(id), as asked",
                        mend: "the same command continues here; everything runs")
                }
                let (role, text) = (sweep.server(id)?.role ?? .unknown, procedure.text(id))
                report(.step("\(text) (\(role.rawValue))"))
                try change.did(text)
                stepBegan = .now()
                do {
                    try await procedure.carryOut(id)
                } catch let error as OperationError {
                    if case .failed(let why, let server) = machine.orderFailed(error.message) {
                        throw stopped(procedure, why, server, ensemble)
                    }
                }
            case .wait(let what):
                if what != told { report(.waiting(what)) }
                told = what
                try await Task.sleep(for: Self.pause(after: .now() - stepBegan))
            case .completed(let step):
                report(.step("server \(step.id) is back and has caught up"))
            case .finished: return machine.steps
            case .failed(let why, let server): throw stopped(procedure, why, server, ensemble)
            }
        }
    }

    private func stopped(
        _ procedure: RollingProcedure, _ why: String, _ server: ServerID?, _ ensemble: Ensemble
    ) -> OperationError {
        var details: [String] = []
        if let id = server, let member = ensemble.members.first(where: { $0.id == id }) {
            let lines = FileTail.lastLines(15, of: member.logFile)
            if !lines.isEmpty { details = ["the last lines of \(member.logFile):"] + lines.map { "  \($0)" } }
        }
        return OperationError(
            .failed, "the \(procedure.name) stopped: \(why)",
            mend: "nothing else was touched; put it right and repeat the command, which continues here"
                + (server.flatMap(procedure.wayBack).map { ", or go back: \($0)" } ?? ""),
            details: details)
    }
}
