import Diagnostics
import ServerConfig
import YAML

/// A topology as its file has it: read, so that its name is known, and not resolved yet.
package struct TopologyDocument {
    var draft: Draft
    private let problems: Problems

    /// The document is nil when the bytes are no topology at all.
    package static func read(
        _ bytes: some Collection<UInt8>, file: String?
    ) -> (document: TopologyDocument?, diagnostics: [Diagnostic]) {
        var problems = Problems(file: file)
        do throws(YAMLError) {
            let draft = TopologyReader.read(try YAML.parse(bytes: bytes, file: file), into: &problems)
            return (draft.map { TopologyDocument(draft: $0, problems: problems) }, problems.inOrder)
        } catch {
            return (nil, error.diagnostics)
        }
    }

    /// Empty when the file does not say it, or not well.
    package var ensemble: String { draft.ensemble }

    /// Checks the topology and fills in what the file leaves open; see ``Topology/load(bytes:file:assignments:facts:freePorts:)``.
    package func resolved(
        assignments: Assignments = Assignments(), facts: HostFacts = HostFacts(),
        freePorts: @escaping (Int) -> [Int] = { _ in [] }
    ) -> (topology: Topology?, diagnostics: [Diagnostic]) {
        var problems = problems
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
}
