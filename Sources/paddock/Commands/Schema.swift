import ArgumentParser
import Topology

struct SchemaCommand: PaddockCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema", abstract: "Print the JSON schema of topologies, for editors.",
        discussion: """
            For an editor with yaml-language-server: `paddock schema > topology.schema.json`, and as the first line of a topology
            beside it

              # yaml-language-server: $schema=topology.schema.json

            `paddock new FILE --schema` writes both.

            The schema takes all that `paddock check` takes; check knows more.
            """.paragraphs)

    @OptionGroup var global: GlobalOptions

    func perform(_ terminal: Terminal) async throws -> ExitStatus {
        try printJSON(TopologySchema.document, terminal)
        return .done
    }
}
