import Diagnostics
import Planning
import Provisioning
import Topology

extension AnsibleInventory {
    /// The inventory of a topology; the same wherever it is made.
    package static func read(
        _ bytes: [UInt8], file: String, place: PlaceTemplates
    ) throws -> (inventory: AnsibleInventory, warnings: [Diagnostic]) {
        let text = String(decoding: bytes, as: UTF8.self)
        let (topology, problems) = Topology.load(bytes: bytes, file: file)
        guard let topology else { throw InvalidTopology(problems, file: file, text: text) }
        var place = place
        place.prefix = place.prefix ?? AnsibleInventory.prefix
        return (AnsibleInventory(topology, layout: try place.layout(topology, root: "/")), problems)
    }
}
