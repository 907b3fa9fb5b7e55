import Backup
import DurableFiles
import Glibc
import Membership
import Planning
import Storage
import Supervision
import Topology
import ZooKeeperClient
import ZooKeeperProtocol

/// Where a backup is restored to.
package enum RestoreTarget: Sendable {
    /// All servers of an ensemble of the state directory. With a topology, of a new one, or of one that is there, as that says.
    case ensemble(String?, TopologySource?)
    /// One server on this machine, started by whoever.
    case place(ServerPlace)
}

package struct RestoreOptions: Hashable, Sendable {
    package var dryRun = false
    /// Data that is in the way is moved aside; nothing of it is removed.
    package var movesAside = false
    /// A zxid that was given out after the backup by servers whose data is no longer here.
    package var above = ZXID.zero

    package init() {}
}

extension Operator {
    /// Gives every server the tree of a backup to begin with. Only where nothing runs and there is nothing to lose; myid and configuration
    /// stay. The whole backup is verified, and every place looked at, before anything is written.
    package func restore(
        _ file: String, to target: RestoreTarget, options: RestoreOptions = RestoreOptions()
    ) async throws -> RestoreReport {
        let archive = try Self.opened(file)
        report(.step("loading \(file): \(archive.manifest.znodes) znodes at zxid \(archive.manifest.zxid)"))
        switch target {
        case .place(let place):
            let data = try restored(archive, at: [place], options)
            return try await restore(data, archive, [place], ensemble: nil, options) { _ in }
        case .ensemble(let word, let source):
            let name: String
            if let source {
                name = try await prepareLaying(source).ensemble.name
                if let word, word != name {
                    throw OperationError(
                        .badUsage, "the topology is of the ensemble \(name), and not of \(word)",
                        mend: "leave --ensemble out, or name the topology's own")
                }
            } else {
                name = try store.choose(word)
            }
            if options.dryRun {
                let ensemble = try await source.asyncMap { try await prepareLaying($0).ensemble } ?? store.open(name)
                let data = try restored(archive, at: places(of: ensemble), options)
                return try await restore(data, archive, into: ensemble, options) { _ in }
            }
            return try await store.changing(name, command: command) { change in
                try await refuseIfRunning(name)
                let planned = try await source.asyncMap { try await prepareLaying($0).ensemble } ?? store.open(name)
                let data = try restored(archive, at: places(of: planned), options)
                // Everything is judged before the first file is written.
                var look = options
                look.dryRun = true
                _ = try await restore(data, archive, into: planned, look) { _ in }
                let ensemble = try await source.asyncMap { try await lay($0) } ?? planned
                return try await restore(data, archive, into: ensemble, options) { try change.did($0) }
            }
        }
    }

    private func restore(
        _ data: RestoredData, _ archive: BackupArchive, into ensemble: Ensemble, _ options: RestoreOptions,
        _ did: (String) throws -> Void
    ) async throws -> RestoreReport {
        try await restore(data, archive, places(of: ensemble), ensemble: ensemble.name, options, did)
    }

    private func places(of ensemble: Ensemble) -> [ServerPlace] {
        let configuration = ensemble.lastConfiguration
        return ensemble.topology.servers.map { ensemble.place(of: $0, configuration) }
    }

    /// What the servers of these places begin with: above all that any of them is known to have given out.
    private func restored(
        _ archive: BackupArchive, at places: [ServerPlace], _ options: RestoreOptions
    ) throws -> RestoredData {
        do {
            let used = try places.map { try RestoredData.used(in: $0.directory, since: archive) }
            return try RestoredData(archive, above: max(options.above.epoch, used.max() ?? .zero))
        } catch let error as BackupError { throw Self.refusal(error) }
    }

    private func restore(
        _ data: RestoredData, _ archive: BackupArchive, _ places: [ServerPlace], ensemble: String?,
        _ options: RestoreOptions, _ did: (String) throws -> Void
    ) async throws -> RestoreReport {
        for place in places { try await refuseIfRunning(place) }
        let stamp = Timestamp.now().compact
        var servers: [RestoreReport.Server] = []
        var obstacles: [Obstacle] = []
        for place in places {
            let found: RestoredData.Place
            do { found = try data.place(place.directory) } catch { throw Self.refusal(error) }
            var moved: [ResetReport.Moved] = []
            switch found {
            case .free, .done: break
            case .taken, .strange:
                obstacles.append(Obstacle(place: place, found: found))
                moved = Set([place.dataDir, place.dataLogDir ?? place.dataDir]).sorted()
                    .filter { access("\($0)/version-2", F_OK) == 0 }
                    .map {
                        ResetReport.Moved(from: "\($0)/version-2", to: "\($0)/version-2.before-restore-\(stamp)")
                    }
            }
            servers.append(
                RestoreReport.Server(
                    id: place.id, dataDir: place.dataDir, change: found == .done ? .unchanged : .written, moved: moved))
        }
        if !obstacles.isEmpty, !options.movesAside { throw Self.refusal(obstacles, servers, archive) }
        if !options.dryRun {
            let locks = try places.map(Self.lock)
            for (place, server) in zip(places, servers) where server.change == .written {
                try Task.checkCancellation()
                try write(data, to: place, server, did)
            }
            _ = locks.count
        }
        let manifest = archive.manifest
        return RestoreReport(
            file: archive.path, dryRun: options.dryRun, ensemble: ensemble, zxid: manifest.zxid,
            restoredZxid: data.tree.lastZXID.description, epoch: data.epoch.rawValue, znodes: data.tree.nodeCount,
            sessionsClosed: data.sessions, ephemeralsRemoved: data.ephemerals, servers: servers)
    }

    private func write(
        _ data: RestoredData, to place: ServerPlace, _ server: RestoreReport.Server, _ did: (String) throws -> Void
    ) throws {
        for directory in server.moved {
            report(.step("move \(directory.from) to \(directory.to)"))
            guard rename(directory.from, directory.to) == 0 else { throw FileError("rename", directory.from) }
            try DurableFile.syncDirectory(of: directory.to)
            try did("move \(directory.from) to \(directory.to)")
        }
        report(.step("writing the data of \(place.name) to \(place.dataDir)"))
        do {
            try data.write(
                dataDir: place.dataDir, dataLogDir: place.dataLogDir, configuration: place.configuration?.text ?? "",
                version: place.configuration?.version ?? 0)
        } catch {
            throw OperationError(
                .failed, "\(place.name) was not restored: \(error)",
                mend:
                    "its place is as empty as before; run the command again when the cause is gone, and start no server before it has succeeded"
            )
        }
        try did("restore \(place.name)")
    }

    // MARK: - What is in the way

    private struct Obstacle {
        var place: ServerPlace
        var found: RestoredData.Place
    }

    private static func refusal(
        _ obstacles: [Obstacle], _ servers: [RestoreReport.Server], _ archive: BackupArchive
    ) -> OperationError {
        var details: [String] = []
        for obstacle in obstacles {
            switch obstacle.found {
            case .taken(let snapshots, let logs, let last):
                details.append(
                    "\(obstacle.place.name) has \(Wording.count(snapshots, "snapshot")) and \(Wording.count(logs, "txn log")) in \(obstacle.place.dataDir), up to zxid \(last)"
                )
            case .strange(let paths):
                details.append("\(obstacle.place.name) has files of another kind: \(paths.joined(separator: ", "))")
            case .free, .done: continue
            }
        }
        let commands = servers.flatMap(\.moved).map { "mv \(Wording.shellWord($0.from)) \(Wording.shellWord($0.to))" }
        return OperationError(
            .failed,
            "there is data already, which the backup of \(archive.manifest.takenAt) (zxid \(archive.manifest.zxid)) would replace; nothing was touched",
            mend: "--move-aside moves it aside and removes nothing; by hand: \(commands.joined(separator: " && "))",
            details: details)
    }

    private func refuseIfRunning(_ name: String) async throws {
        let home = SupervisorHome(ensembleDirectory: store.root(of: name))
        guard store.exists(name), let control = try await controlIfRunning(home) else { return }
        let running = try await control.status().servers.filter { $0.pid != nil }.map(\.id)
        guard !running.isEmpty else { return }
        throw OperationError(
            .failed, "\(name) is running (\(Wording.servers(running))): data cannot be changed under its servers",
            mend: "`paddock down -e \(name)` stops it; nothing was touched")
    }

    /// A server that takes connections where this one would is this one, or one that it could not start beside.
    private func refuseIfRunning(_ place: ServerPlace) async throws {
        guard let client = place.client else { return }
        do {
            _ = try await FourLetterWords.send(.srvr, to: client, timeout: .seconds(2))
        } catch let error as FourLetterWordError {
            if case .unreachable = error.reason { return }
        }
        throw OperationError(
            .failed,
            "something answers at \(client): \(place.name) is running, and its data cannot be changed under it",
            mend: "stop it first; nothing was touched")
    }

    /// Keeps a bundled server from starting meanwhile, and shows one that runs without a port that was named. Where none has ever run, no
    /// file of ours is left: root's would keep the server's own user out.
    private static func lock(_ place: ServerPlace) throws -> DirectoryLock? {
        func hasLock(_ directory: String) -> Bool { access("\(directory)/paddock.lock", F_OK) == 0 }
        guard hasLock(place.dataDir) else { return nil }
        do {
            return try DirectoryLock(
                dataDir: place.dataDir, dataLogDir: place.dataLogDir.flatMap { hasLock($0) ? $0 : nil })
        } catch {
            guard case .locked(let directory, _, let holder) = error else { throw error }
            throw OperationError(
                .taken, "\(directory) is in use by \(holder): data cannot be changed under a server",
                mend: "stop it first; nothing was touched")
        }
    }
}

extension Optional {
    fileprivate func asyncMap<Result>(_ body: (Wrapped) async throws -> Result) async throws -> Result? {
        if let self { try await body(self) } else { nil }
    }
}
