import Diagnostics
import DurableFiles
import Planning
import Provisioning
import ServerConfig
import Supervision
import Topology

extension Operator {
    /// Checks topologies, zoo.cfg files (with their dynamic files and myids, where they are) and dynamic files: each by itself,
    /// and the zoo.cfg files of one ensemble together. Ports that the servers of our own ensembles hold are no conflict: they
    /// are where they should be.
    ///
    /// - Parameters:
    ///   - place: which machine the zoo.cfg files are for; nil: their addresses say it.
    ///   - engine: what will run them; nil: whoever. A topology says it itself.
    package func check(
        _ inputs: [(file: String, bytes: [UInt8])], place: ZooCfgFile.Place? = nil, engine: ServerEngine? = nil
    ) async -> [CheckedFile] {
        let own = await ownServers()
        let facts = HostFacts.gather().ignoring(pids: own)
        var checked: [CheckedFile] = []
        var members: [EnsembleCheck.Member] = []
        for (file, bytes) in inputs {
            let text = ZooCfg.decoded(bytes)
            switch CheckedFile.Kind(file: file, text: text) {
            case .topology:
                checked.append(
                    CheckedFile(
                        file: file, kind: .topology, sources: [file: text],
                        problems: Self.checkTopology(bytes, file: file, facts: facts)))
            case .zooCfg:
                let zooCfg = ZooCfgFile(path: file, bytes: bytes, place: place) { paths in
                    var facts = facts
                    facts.paths = HostFacts.states(of: paths)
                    return facts
                }
                checked.append(
                    CheckedFile(
                        file: file, kind: .zooCfg, sources: zooCfg.sources, problems: zooCfg.check(engine: engine),
                        place: zooCfg.place))
                members.append(zooCfg.member)
            case .dynamicConfig:
                checked.append(
                    CheckedFile(
                        file: file, kind: .dynamicConfig, sources: [file: text],
                        problems: ZooCfg.checkDynamicFile(text, file: file)))
            case .remote: continue
            }
        }
        for problem in EnsembleCheck.check(members) {
            let index = checked.lastIndex { problem.file.map($0.sources.keys.contains) ?? false }
            if let index { checked[index].problems.append(problem) }
        }
        return checked
    }

    /// The files that its settings name are looked at, too, for servers on this machine.
    private static func checkTopology(_ bytes: [UInt8], file: String, facts: HostFacts) -> [Diagnostic] {
        let first = Topology.load(bytes: bytes, file: file, facts: facts, freePorts: FreePorts.find)
        let paths = (first.topology?.servers ?? []).flatMap(\.settings).map(\.value).filter { $0.hasPrefix("/") }
        if paths.isEmpty { return first.diagnostics }
        var facts = facts
        facts.paths = HostFacts.states(of: Array(Set(paths)))
        return Topology.load(bytes: bytes, file: file, facts: facts, freePorts: FreePorts.find).diagnostics
    }

    /// The processes that the supervisors of this state directory run.
    private func ownServers() async -> Set<Int32> {
        var pids: Set<Int32> = []
        for name in store.names() {
            let client = try? await ControlClient.connect(ensembleDirectory: store.root(of: name), by: command)
            for server in (try? await client?.status())?.servers ?? [] { if let pid = server.pid { pids.insert(pid) } }
        }
        return pids
    }

    /// What of the files changes when the ensemble of `old` becomes that of `new`; both are topologies. Where the ids and ports that an
    /// ensemble keeps for life are stored beside one, they count.
    package static func changes(
        from old: (file: String, bytes: [UInt8]), to new: (file: String, bytes: [UInt8])
    ) throws -> [Diagnostic] {
        func read(_ input: (file: String, bytes: [UInt8])) throws -> Topology {
            let path = EnsembleStore.absolute(input.file, from: EnsembleStore.workingDirectory())
            let layout = EnsembleLayout(root: Directory.parent(of: path))
            let (topology, problems) = Topology.load(
                bytes: input.bytes, file: input.file, assignments: try layout.storedAssignments(),
                freePorts: FreePorts.find)
            guard let topology else {
                throw InvalidTopology(problems, file: input.file, text: String(decoding: input.bytes, as: UTF8.self))
            }
            return topology
        }
        return try read(new).changes(from: try read(old), file: new.file)
    }
}
