import Planning
import Supervision

extension Operator {
    /// The ensemble's health. Starts nothing.
    package func status(_ name: String?) async throws -> EnsembleStatus {
        let ensemble = try store.open(name)
        let control = try await controlIfRunning(ensemble.home)
        return await status(of: ensemble, control)
    }

    func status(of ensemble: Ensemble, _ control: ControlClient?) async -> EnsembleStatus {
        let sweep = await ensemble.sweeper(control, includesMemory: true).settledSweep()
        return EnsembleStatus(
            ensemble: ensemble.name, connect: ensemble.topology.connectString, electorate: ensemble.electorate,
            sweep: sweep)
    }

    package func environment(_ name: String?) throws -> ClientEnvironment { try store.open(name).environment }

    /// The ensembles of the state directory, by name, with their health.
    package func list() async -> [EnsembleSummary] {
        var summaries: [EnsembleSummary] = []
        for name in store.names() {
            do {
                let ensemble = try store.open(name)
                let control = try await controlIfRunning(ensemble.home)
                let status = await status(of: ensemble, control)
                summaries.append(
                    EnsembleSummary(
                        name: name, directory: ensemble.directory, health: status.health,
                        participants: ensemble.topology.participants.count,
                        observers: ensemble.topology.observers.count, connect: status.connect, problem: nil))
            } catch {
                summaries.append(
                    EnsembleSummary(
                        name: name, directory: store.root(of: name), health: nil, participants: nil, observers: nil,
                        connect: nil, problem: "\(error)"))
            }
        }
        return summaries
    }
}
