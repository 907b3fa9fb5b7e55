import DurableFiles
import Provisioning
import Topology
import ZooKeeperProtocol

/// Where servers come back to with `migrate`: the options of an engine (its home, its heap) that no server has any more. They are read
/// from the topology as it was when servers last left that engine: `topology.apache.yaml` beside `topology.yaml`.
extension Ensemble {
    private func keptTopology(_ engine: String) -> String { "\(directory)/topology.\(engine).yaml" }

    /// What `choice` means here: with the options of the servers that have that engine now, else of those that had it last. A home
    /// that `choice` names goes before theirs.
    func engine(_ choice: EngineChoice) throws -> EngineChoice {
        if let current = topology.servers.map(\.engine).first(where: { $0.name == choice.name }) {
            return choice.home.map { current.at(home: $0) } ?? current
        }
        guard let text = try? DurableFile.read(keptTopology(choice.name)),
            let kept = Topology.load(bytes: text, assignments: topology.assignments).topology?.usual(choice),
            kept.name == choice.name
        else { return choice }
        return choice.home.map { kept.at(home: $0) } ?? kept
    }

    /// Keeps `text`, the topology of before, for those of `servers` that leave an engine that has options.
    func keepEngines(_ text: String, leaving servers: [ServerID]) throws(FileError) {
        for engine in Set(servers.compactMap { topology[$0]?.engine }) where engine.hasOptions {
            try DurableFile.write(text.utf8, to: keptTopology(engine.name))
        }
    }
}
