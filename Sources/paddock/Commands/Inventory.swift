import ArgumentParser
import Operations
import Planning

struct Inventory: PaddockCommand {
    static let configuration = CommandConfiguration(
        commandName: "inventory",
        abstract: "Print a topology as an inventory for Ansible.",
        discussion: """
            Groups: ensemble, participants, observers, and host_ADDRESS for each host; a server is called ENSEMBLE-ID. As a
            script for `ansible-playbook -i`, in a file that may be executed:
              #!/bin/sh
              exec paddock inventory /etc/paddock/orders.yaml "$@"
            playbooks/README.md says what to run with it.
            """.paragraphs)

    @OptionGroup var global: GlobalOptions

    @Argument(help: "The topology (- for the standard input).", completion: .file(extensions: ["yaml", "yml"]))
    var file: String

    @OptionGroup var place: DestinationOptions

    @Flag(help: "Print everything; so without it, too. Ansible gives it to inventory scripts.")
    var list = false

    @Option(help: ArgumentHelp("Print the variables of this server only.", valueName: "name"))
    var host: String?

    func perform(_ terminal: Terminal) async throws -> ExitStatus {
        let (inventory, warnings) = try AnsibleInventory.read(
            try InputFile.topology(file), file: InputFile.name(file), place: place.templates)
        for warning in warnings { terminal.problem(warning.rendered()) }
        if let host {
            guard let variables = inventory.variables(of: host) else {
                throw OperationError(
                    .badUsage, "\(InputFile.name(file)) has no server that is called \(host)",
                    mend: "it has \(inventory.names.joined(separator: ", "))")
            }
            try printJSON(variables, terminal)
        } else {
            try printJSON(inventory, terminal)
        }
        return .done
    }
}
