import Diagnostics
import ServerConfig
import YAML

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
        let root: YAMLNode
        do throws(YAMLError) {
            root = try YAML.parse(bytes: bytes, file: file)
        } catch {
            return (nil, error.diagnostics)
        }
        var problems = Problems(file: file)
        guard let draft = TopologyReader.read(root, into: &problems) else { return (nil, problems.inOrder) }
        let resolver = Resolver(draft, previous: assignments, freePorts: freePorts)
        let (servers, remembered) = resolver.resolve(into: &problems)

        IDChecks.check(servers, draft, previous: assignments, into: &problems)
        HostChecks.check(servers, draft, into: &problems)
        if !problems.contains(.portsExhausted) {
            PortChecks.check(servers, draft, facts: facts, into: &problems)
        }
        QuorumChecks.check(servers, draft, into: &problems)
        SettingChecks.check(servers, draft, facts: facts, into: &problems)

        let diagnostics = problems.inOrder
        guard !diagnostics.hasErrors else { return (nil, diagnostics) }
        let topology = Topology(
            ensemble: draft.ensemble, servers: servers.map(\.server), lineStyle: draft.lineStyle,
            assignments: remembered)
        return (topology, diagnostics)
    }

    package static func load(
        text: String, file: String? = nil, assignments: Assignments = Assignments(), facts: HostFacts = HostFacts(),
        freePorts: @escaping (Int) -> [Int] = { _ in [] }
    ) -> (topology: Topology?, diagnostics: [Diagnostic]) {
        load(bytes: text.utf8, file: file, assignments: assignments, facts: facts, freePorts: freePorts)
    }
}
