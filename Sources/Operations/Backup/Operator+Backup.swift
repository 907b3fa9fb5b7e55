import Backup
import DataTree
import DurableFiles
import Glibc
import Membership
import Planning
import Storage
import Supervision
import Topology
import ZooKeeperClient
import ZooKeeperProtocol

/// What is backed up.
package enum BackupSource: Sendable {
    /// An ensemble of the state directory; of it this server, or when nil the one that suits best.
    case ensemble(String?, server: ServerID?)
    /// A server that may have been started by somebody else, and what its ensemble is called.
    case place(ServerPlace, name: String?)
}

extension Operator {
    /// Writes a backup of all that the ensemble had acknowledged when this began: the tree at one zxid. Servers may run and be written to
    /// meanwhile; of stopped ones it is what the best of them has.
    ///
    /// - Parameter output: the file; nil: named after the ensemble and the time, in the working directory.
    package func backup(_ source: BackupSource, to output: String?) async throws -> BackupReport {
        let began = Instant.now()
        let (candidates, name) = try await candidates(source)
        let taken = Timestamp.now()
        let path = EnsembleStore.absolute(
            output ?? "\(name ?? "zookeeper")-\(taken.compact)Z.backup.tar", from: EnsembleStore.workingDirectory())
        guard access(path, F_OK) != 0 else {
            throw OperationError(
                .failed, "\(path) is there already, and a backup never takes the place of another file",
                mend: "give another name with -o, or remove it")
        }
        var failures: [String] = []
        for candidate in candidates {
            try Task.checkCancellation()
            report(.step("reading the data of \(candidate.place.name) in \(candidate.place.dataDir)"))
            let reading: Reading
            do {
                reading = try await read(candidate)
            } catch let error as OperationError {
                failures.append(error.message)
                if candidates.count > 1 { report(.warning(error.message)) }
                continue
            }
            let notes = candidate.notes + reading.notes
            for note in notes { report(.warning(note)) }
            report(.step("writing \(path) at zxid \(reading.tree.lastZXID), and reading it back"))
            let archive = try writeArchive(reading, candidate, name: name, taken: taken, to: path)
            return BackupReport(archive, seconds: Seconds(.now() - began), notes: notes)
        }
        throw OperationError(
            .failed, "no backup was made: " + (failures.last ?? "there is no server with data"),
            mend: "see `paddock status`; name a server whose data is whole with --server",
            details: failures.dropLast().map { $0 })
    }

    /// Reads a backup, every byte of it, and loads it.
    package func examineBackup(_ path: String) throws -> BackupReport {
        let archive = try Self.opened(path)
        do { _ = try archive.tree() } catch { throw Self.refusal(error) }
        return BackupReport(archive)
    }

    static func opened(_ path: String) throws(OperationError) -> BackupArchive {
        do { return try BackupArchive(reading: path) } catch { throw refusal(error) }
    }

    static func refusal(_ error: BackupError) -> OperationError {
        switch error {
        case .file, .storage: OperationError(.failed, error.description)
        case .notABackup: OperationError(.badInput, error.description, mend: "name a file that `paddock backup` made")
        case .damaged:
            OperationError(
                .badInput, error.description, mend: "take another copy of it, or an older backup; nothing was touched")
        case .unknownVersion:
            OperationError(.badInput, error.description, mend: "use the Paddock that made it, or a later one")
        }
    }

    // MARK: - Whose data

    /// A server whose data can be taken.
    private struct Candidate {
        var place: ServerPlace
        /// Those that know what is committed. Empty where none serves: then what the log ends with counts.
        var witnesses: [ServerAddress]
        var notes: [String] = []
        var version: String?
    }

    private struct Reading {
        var tree: DataTree
        var notes: [String]
        var epoch: Epoch
    }

    /// Best first.
    private func candidates(_ source: BackupSource) async throws -> (candidates: [Candidate], name: String?) {
        switch source {
        case .place(let place, let name):
            var place = place
            var (answering, version): ([ServerAddress], String?) = ([], nil)
            for answer in try await RemoteEnsemble.ask(place.clients, timeout: .seconds(2)) {
                guard case .serving(let serving) = answer.answer, serving.role != .looking else { continue }
                answering.append(answer.address)
                if answer.address == place.client {
                    version = serving.version
                    place.engine = RemoteEnsemble.engine(answer)
                }
            }
            var candidate = Candidate(place: place, witnesses: answering)
            candidate.version = version
            guard let own = place.client else {
                candidate.notes.append(
                    "nobody said where the server of \(place.dataDir) takes clients, so that it could not be asked what is committed: if it runs, its last writes may not be acknowledged yet; name its zoo.cfg with --config to have it asked"
                )
                return ([candidate], name)
            }
            if answering.contains(own) {
                return ([candidate], name)
            }
            // What one serves that its own server does not have is not in its data.
            candidate.witnesses = []
            candidate.notes.append(Self.unwitnessed("the server at \(own)"))
            return ([candidate], name)
        case .ensemble(let word, let wanted):
            let ensemble = try store.open(word)
            let all = try await candidates(ensemble)
            guard let wanted else { return (all, ensemble.name) }
            guard let one = all.first(where: { $0.place.id == wanted }) else {
                throw OperationError(
                    .badUsage, "\(ensemble.name) has no server \(wanted)",
                    mend: "its servers: \(ensemble.topology.servers.map(\.id.description).joined(separator: ", "))")
            }
            return ([one], ensemble.name)
        }
    }

    private static func unwitnessed(_ who: String) -> String {
        "\(who) is not serving: the backup is of all that is in its files, the last of which may not have been acknowledged"
    }

    private func candidates(_ ensemble: Ensemble) async throws -> [Candidate] {
        let sweep = await ensemble.sweeper(try await controlIfRunning(ensemble.home)).settledSweep()
        let configuration = sweep.configuration ?? ensemble.lastConfiguration
        let suspects = Set(sweep.suspects.map(\.id))
        let witnesses = sweep.servers.filter { $0.serving != nil && $0.isMember }
        var found: [(candidate: Candidate, rank: (Int, ServerID))] = []
        for server in ensemble.topology.servers {
            let place = ensemble.place(of: server, configuration)
            let observation = sweep.server(server.id)
            var candidate = Candidate(
                place: place,
                witnesses: witnesses.map { ServerAddress(host: $0.member.clientHost, port: $0.member.clientPort) })
            candidate.version = observation?.process?.engineVersion
            // A follower has the least to do; one that does not serve knows nothing of what is committed.
            let rank: Int
            switch observation?.serving == nil ? RoleWord.unknown : observation?.role ?? .unknown {
            case .follower: rank = 0
            case .leader, .standalone: rank = 1
            case .observer: rank = 2
            case .looking, .unknown: rank = 3
            }
            if suspects.contains(server.id) {
                candidate.notes.append("server \(server.id) found that its data is not what the leader has")
            }
            found.append((candidate, (rank + (suspects.contains(server.id) ? 10 : 0), server.id)))
        }
        guard witnesses.isEmpty else {
            return found.filter { $0.candidate.place.id.map { id in witnesses.contains { $0.id == id } } ?? false }
                .sorted { $0.rank < $1.rank }.map(\.candidate)
        }
        return mostAdvancedFirst(found.map(\.candidate), ensemble, sweep)
    }

    /// Of servers that do not serve: the one that would win an election has all that was acknowledged.
    private func mostAdvancedFirst(_ candidates: [Candidate], _ ensemble: Ensemble, _ sweep: Sweep) -> [Candidate] {
        let runs = sweep.servers.contains { $0.process?.pid != nil || $0.role == .looking }
        let ranked = candidates.compactMap { candidate -> (Candidate, Epoch, ZXID)? in
            let directory = candidate.place.directory
            guard let last = try? directory.lastZXID() else { return nil }
            return (candidate, directory.currentEpoch() ?? last.epoch, last)
        }
        let participants = Set(ensemble.topology.participants.map(\.id))
        func rank(_ found: (Candidate, Epoch, ZXID)) -> (Int, Epoch, ZXID) {
            (found.0.place.id.map(participants.contains) == true ? 1 : 0, found.1, found.2)
        }
        return ranked.sorted { rank($0) > rank($1) }.map { found in
            var candidate = found.0
            if runs { candidate.notes.append(Self.unwitnessed(ensemble.name)) }
            return candidate
        }
    }

    // MARK: - Reading

    /// How long a server that runs may take to write down what the ensemble has committed.
    private static let patience = Duration.seconds(15)

    private func read(_ candidate: Candidate) async throws -> Reading {
        var attempt = 1
        while true {
            do {
                return try await readOnce(candidate)
            } catch let error as StorageError {
                // A server that runs removes old files, and writes new ones.
                if case .file(let cause) = error, cause.isMissing, attempt < 5 {
                    attempt += 1
                    continue
                }
                throw OperationError(.failed, "\(candidate.place.name): \(error)")
            }
        }
    }

    private func readOnce(_ candidate: Candidate) async throws -> Reading {
        let directory = candidate.place.directory
        var reader = try DataReader(directory)
        // Asked for when the snapshot has been loaded: whatever the file is ahead of its name has been committed by now.
        let mark = await Self.committed(candidate.witnesses)
        let deadline = Instant.now() + Self.patience
        while try !reader.advance(to: mark) {
            guard let mark else {
                throw OperationError(
                    .failed, "\(candidate.place.name): a snapshot is ahead of the log, whose end is missing")
            }
            guard Instant.now() < deadline else {
                throw OperationError(
                    .failed,
                    "\(candidate.place.name) is behind: zxid \(mark) is committed, and its files end with \(reader.tree.lastZXID)"
                )
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        guard reader.tree.digestMismatches == 0 else {
            throw OperationError(
                .failed,
                "\(candidate.place.name): its data is not what the digests in its log say: it cannot be trusted")
        }
        var notes = reader.notes
        if mark == nil, !candidate.witnesses.isEmpty { notes.append(Self.unwitnessed("the ensemble")) }
        return Reading(
            tree: reader.tree, notes: notes, epoch: directory.currentEpoch() ?? reader.tree.lastZXID.epoch)
    }

    /// The highest zxid that one of these servers has processed, all asked at once; nil when none serves.
    private static func committed(_ witnesses: [ServerAddress]) async -> ZXID? {
        await withTaskGroup(of: ZXID?.self) { group in
            for address in witnesses {
                group.addTask { try? await FourLetterWords.srvr(address, timeout: .seconds(3)).zxid }
            }
            var highest: ZXID?
            for await zxid in group { if let zxid { highest = max(highest ?? zxid, zxid) } }
            return highest
        }
    }

    private func writeArchive(
        _ reading: Reading, _ candidate: Candidate, name: String?, taken: Timestamp, to path: String
    ) throws -> BackupArchive {
        let (tree, place) = (reading.tree, candidate.place)
        do {
            return try BackupArchive.write(tree, to: path) { snapshot in
                BackupManifest(
                    ensemble: name, server: place.id?.rawValue, engine: place.engine, engineVersion: candidate.version,
                    taken: taken.milliseconds, zxid: tree.lastZXID, epoch: reading.epoch, znodes: tree.nodeCount,
                    ephemerals: tree.ephemeralCount, sessions: tree.sessionCount, digest: tree.digest,
                    configuration: place.configuration?.text ?? "", hasTTL: tree.hasTTLNodes, snapshot: snapshot)
            }
        } catch BackupError.file(let error) {
            throw OperationError(
                .failed, "the backup was not written: \(error)",
                mend: "nothing of it is left; make room, or name another place with -o")
        }
    }
}

extension Ensemble {
    /// Who is in it as its files say, those that its servers rewrote going first; nil for a server alone.
    var lastConfiguration: EnsembleConfiguration? {
        RewrittenFiles.configuration(members) ?? (topology.isStandalone ? nil : topology.configuration)
    }

    func place(of server: TopologyServer, _ configuration: EnsembleConfiguration?) -> ServerPlace {
        ServerPlace(
            id: server.id, dataDir: layout.server(server.id).data, dataLogDir: server.setting("dataLogDir"),
            client: ServerAddress(host: server.host, port: server.ports.client), configuration: configuration,
            engine: server.engine.name)
    }
}
