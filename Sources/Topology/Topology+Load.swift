import Diagnostics
import ServerConfig

extension Topology {
    /// Reads and checks a topology. Every problem comes in one run, in the order of the file; the topology is nil when one
    /// of them is an error.
    ///
    /// - Parameters:
    ///   - file: how messages name the file.
    ///   - assignments: what was stored when the ensemble was last applied. The new ones are in the result.
    ///   - facts: what is known about this host; without its own running servers, whose ports are no conflict.
    ///   - freePorts: finds that many ports for `ports: auto` on which nothing listens, outside the ephemeral range.
    package static func load(
        bytes: some Collection<UInt8>, file: String? = nil, assignments: Assignments = Assignments(),
        facts: HostFacts = HostFacts(), freePorts: @escaping (Int) -> [Int] = { _ in [] }
    ) -> (topology: Topology?, diagnostics: [Diagnostic]) {
        let (document, problems) = TopologyDocument.read(bytes, file: file)
        guard let document else { return (nil, problems) }
        return document.resolved(assignments: assignments, facts: facts, freePorts: freePorts)
    }

    package static func load(
        text: String, file: String? = nil, assignments: Assignments = Assignments(), facts: HostFacts = HostFacts(),
        freePorts: @escaping (Int) -> [Int] = { _ in [] }
    ) -> (topology: Topology?, diagnostics: [Diagnostic]) {
        load(bytes: text.utf8, file: file, assignments: assignments, facts: facts, freePorts: freePorts)
    }
}
