import DurableFiles
import Planning
import Supervision
import ZooKeeperProtocol

extension Operator {
    /// Stops the servers and the supervisor; `destroy` also removes the ensemble's directory with its data (the caller has asked
    /// for confirmation). On an ensemble that is down already it makes sure of that.
    package func down(_ name: String?, destroy: Bool = false, dryRun: Bool = false) async throws -> DownReport {
        let name = try store.choose(name)
        if dryRun {
            let ensemble = try store.open(name)
            let sweep = await ensemble.sweeper(try await controlIfRunning(ensemble.home)).sweep()
            let running = sweep.servers.filter { $0.process?.pid != nil }.map(\.id)
            return DownReport(
                ensemble: name, stopped: sweep.stopOrder(running), removed: destroy ? ensemble.directory : nil,
                wasDryRun: true)
        }
        return try await store.changing(name, command: command) { change in
            let stopped = try await stopEverything(name, change, destroys: destroy)
            guard destroy else { return DownReport(ensemble: name, stopped: stopped, removed: nil, wasDryRun: false) }
            let directory = store.root(of: name)
            report(.step("removing \(directory)"))
            try removeTree(directory)
            try change.did("remove \(directory)")
            return DownReport(ensemble: name, stopped: stopped, removed: directory, wasDryRun: false)
        }
    }

    /// An ensemble whose stored topology cannot be read must still be stoppable: the supervisor knows its servers.
    ///
    /// - Parameter destroys: nobody is served any more and no data is kept, so that the servers need not end in good order.
    private func stopEverything(_ name: String, _ change: Change, destroys: Bool) async throws -> [ServerID] {
        let home = SupervisorHome(ensembleDirectory: store.root(of: name))
        guard let client = try await controlIfUp(home) else { return [] }
        var order: [ServerID] = []
        if let ensemble = try? store.open(name) {
            let sweep = await ensemble.sweeper(client).sweep()
            order = sweep.stopOrder(sweep.servers.filter { $0.process?.pid != nil }.map(\.id))
        }
        for id in order {
            try Task.checkCancellation()
            report(.step("stopping server \(id)"))
            if !destroys { try await self.order { try await client.stop([id]) } }
            try change.did("stop server \(id)")
        }
        // What is left: waiting to be restarted, failed, or of a topology that cannot be read. Stopped and not only ended, or the next
        // supervisor would start it again.
        try await self.order {
            let all = try await client.status().servers
            // At once, or one that is left would look for a leader.
            if destroys { try? await client.kill(all.filter { $0.pid != nil }.map(\.id)) }
            try await client.stop(all.map(\.id))
            try await client.shutdown(stoppingServers: true)
        }
        try change.did("stop the supervisor")
        return order
    }
}
