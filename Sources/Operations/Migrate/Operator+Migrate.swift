import DurableFiles
import Planning
import Provisioning
import Supervision
import Topology
import ZooKeeperProtocol

extension Operator {
    /// The plan that `migrate` would carry out now.
    package func migrationPlan(
        _ name: String?, to engine: EngineChoice, servers words: [String] = [],
        options: MigrationOptions = MigrationOptions()
    ) async throws -> MigrationPlan {
        try await prepareMigration(try store.open(name), engine, words, options, looksOnly: true).plan
    }

    /// Switches the servers that `words` name (none: all) to another engine, one after the other as in a rolling restart, while a
    /// canary client writes. Their data directories stay as they are, so each comes back with what it had. The stored topology
    /// says of each server what runs it; where an earlier call stopped half way, this one goes on.
    ///
    /// Of an ensemble that is down only the topology changes.
    package func migrate(
        _ name: String?, to engine: EngineChoice, servers words: [String] = [],
        options: MigrationOptions = MigrationOptions()
    ) async throws -> MigrationReport {
        let name = try store.choose(name)
        return try await store.changing(name, command: command) { change in
            let migration = try await prepareMigration(try store.open(name), engine, words, options)
            let ensemble = migration.ensemble
            var report = MigrationReport(
                ensemble: name, engine: engine.name, steps: [], longestWriteGap: Seconds(.zero), writes: 0, lost: 0)
            guard let running = migration.running else {
                for step in migration.plan.steps { try change.did(step.text) }
                try migration.store(switched: migration.plan.steps.map(\.id))
                return report
            }
            guard !migration.plan.steps.isEmpty else { return report }
            let text = try migration.originalText()
            var switched: [ServerID] = []
            var procedure = RollingProcedure(name: "migration", text: { migration.step($0).text }) { id in
                switched.append(id)
                // The topology and the files first: whatever starts the server again from now on starts the new engine.
                let specifications = try specifications(try migration.store(switched: switched, from: text))
                try await order { try await running.control.reload(specifications) }
                try await order { try await running.control.restart([id]) }
            }
            procedure.wayBack = { "`paddock migrate --to \(migration.step($0).from) \($0)`" }
            tellDrift(running.sweep)
            let (steps, canary) = try await withCanary(ensemble.clients(running.sweep)) {
                try await roll(ensemble, running.control, running.machine, procedure, change)
            }
            let record = try conclude("migration to \(engine.name)", canary, change)
            report.steps = steps
            (report.longestWriteGap, report.writes, report.lost) = (
                Seconds(record.longestGap), record.writes, record.lost
            )
            return report
        }
    }

    private func prepareMigration(
        _ ensemble: Ensemble, _ engine: EngineChoice, _ words: [String], _ options: MigrationOptions,
        looksOnly: Bool = false
    ) async throws -> Migration {
        let (engine, isExact) = (try ensemble.engine(engine), engine.hasHome)
        let control = looksOnly ? try await controlIfRunning(ensemble.home) : try await controlIfUp(ensemble.home)
        let sweep = await ensemble.sweeper(control).settledSweep()
        let chosen = try ensemble.selection(sweep).resolve(words.isEmpty ? ["all"] : words)
        let processes = sweep.servers.compactMap(\.process)
        let steps = MigrationPlan.switching(
            chosen, to: engine, isExact: isExact, ensemble.topology, processes)
        var migration = Migration(
            ensemble: ensemble, engine: engine, plan: MigrationPlan(ensemble: ensemble.name, steps: steps))
        // Before anything is touched: an engine that is missing is no engine to switch to.
        let specifications = try specifications(migration.ensemble(switched: steps.map(\.id)))
        if let step = steps.first, let next = specifications.first(where: { $0.id == step.id }) {
            let version = next.engineVersion.map { " \($0)" } ?? ""
            migration.plan.target = "\(next.engine)\(version)" + (engine.home.map { ", \($0)" } ?? "")
        }
        if let control, processes.contains(where: { $0.pid != nil }) {
            let machine = RollingRestart(
                servers: Set(steps.map(\.id)).intersection(sweep.restartable), electorate: ensemble.electorate,
                options: RollingRestart.Options(
                    patience: ensemble.patience, pause: options.pause, force: options.force),
                now: .now())
            if let refusal = machine.refusal(sweep) { throw refusal }
            let order = machine.plan(sweep)
            migration.plan.steps = order.compactMap { id in steps.first { $0.id == id } }
            migration.running = (control, sweep, machine)
        }
        return migration
    }
}
