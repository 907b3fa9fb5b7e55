import DurableFiles
import Membership
import Planning
import Provisioning
import ServerConfig
import Topology
import ZooKeeperProtocol

extension Operator {
    /// The health of an ensemble that may have been started by anybody, by what its servers say. What they do not say is unknown.
    ///
    /// - Throws: where no server can be asked over TLS at all.
    package func status(of remote: RemoteEnsemble) async throws -> EnsembleStatus {
        remote.status(try await remote.sweep())
    }

    /// Asks the servers, and compares what they say with each other, with what `remote` was read from, and with these files.
    package func check(
        _ remote: RemoteEnsemble, against inputs: [(file: String, bytes: [UInt8])]
    ) async throws -> CheckedFile {
        let files = inputs + (try remote.file.map { [(file: $0, bytes: try DurableFile.read($0))] } ?? [])
        let written = try files.flatMap { try Self.written(in: $0.file, $0.bytes) }
        let found = try await remote.sweep()
        return CheckedFile(
            file: remote.file ?? remote.addresses.map(\.description).joined(separator: ","), kind: .remote,
            sources: [:],
            problems: RemoteCheck.problems(found, remote.status(found), written: written))
    }

    private static func written(in file: String, _ bytes: [UInt8]) throws -> [RemoteCheck.Written] {
        let text = ZooCfg.decoded(bytes)
        switch CheckedFile.Kind(file: file, text: text) {
        case .topology:
            let (topology, problems) = Topology.load(bytes: bytes, file: file)
            guard let topology else { throw InvalidTopology(problems, file: file, text: text) }
            let configuration = topology.isStandalone ? nil : topology.configuration
            return topology.servers.enumerated().map { index, server in
                // The list is the same for all, and is compared once.
                RemoteCheck.Written(
                    file: file, id: server.id,
                    settings: server.settings + [Setting("clientPort", "\(server.ports.client)")],
                    configuration: index == 0 ? configuration : nil)
            }
        case .dynamicConfig, .remote:
            let members = EnsembleConfiguration.read(ZooCfg(text: text).effectiveEntries).config
            return [RemoteCheck.Written(file: file, settings: [], configuration: members)]
        case .zooCfg:
            let zooCfg = ZooCfgFile(path: file, bytes: bytes, place: nil) { HostFacts.gather(paths: $0) }
            var entries = zooCfg.cfg.effectiveEntries
            if case .text(let text, _) = zooCfg.surroundings.dynamicConfig {
                entries = ZooCfg(text: text).effectiveEntries
            }
            let members = EnsembleConfiguration.read(entries).config
            var id: ServerID?
            if case .text(let text, _) = zooCfg.surroundings.myid { id = MyID.parseLeniently(text) }
            // Of which server it is, is not known without a myid; what is the same for all may be compared all the same.
            let settings = zooCfg.cfg.effectiveEntries.map { Setting($0.key, $0.value) }.filter { setting in
                id != nil || members.servers.isEmpty || !["clientPort", "dataDir", "dataLogDir"].contains(setting.key)
            }
            return [
                RemoteCheck.Written(
                    file: file, id: id, settings: settings, configuration: members.servers.isEmpty ? nil : members)
            ]
        }
    }
}

extension RemoteEnsemble {
    func status(_ found: RemoteSweep) -> EnsembleStatus {
        let connect = addresses.map(\.description).joined(separator: ",")
        var status = EnsembleStatus(
            ensemble: name, connect: connect,
            electorate: found.sweep.configuration?.verifier ?? Self.alone(found.sweep),
            sweep: found.sweep, isHere: false)
        status.notes += found.notes.map(\.advice.sentence)
        if found.sweep.servers.contains(where: { $0.role == .unknown }) {
            status.notes.append("asked from \(LocalHost.name)")
        }
        return status
    }

    /// A server alone has the only vote.
    private static func alone(_ sweep: Sweep) -> QuorumVerifier? {
        guard sweep.servers.count == 1, let server = sweep.servers.first, server.role == .standalone else { return nil }
        return .majority(voters: ServerSet([server.id]))
    }
}
