import ArgumentParser
import Operations
import Planning
import ServiceDiscovery
import ZooKeeperClient

/// A command that drains an instance or puts it back.
protocol EnablingCommand: EnsembleCommand where Options == GlobalOptions {
    static var enables: Bool { get }
    var registry: RegistryOptions { get }
    var target: DrainingTarget { get }
}

struct DrainingTarget: ParsableArguments {
    @Argument(help: "The service.")
    var name: String

    @Argument(help: "The instance, as `show` prints it.")
    var id: String

    @Flag(help: "Only say what would be done.")
    var dryRun = false

    func validate() throws {
        if id.isEmpty { throw ValidationError("the id is empty: `paddock registry show \(name)` lists them") }
    }
}

struct Disable: EnablingCommand {
    static let configuration = CommandConfiguration(
        abstract: "Drain an instance: consumers choose others; it stays registered.")
    static let enables = false

    @OptionGroup var global: GlobalOptions
    @OptionGroup var registry: RegistryOptions
    @OptionGroup var target: DrainingTarget
}

struct Enable: EnablingCommand {
    static let configuration = CommandConfiguration(abstract: "Put a drained instance back.")
    static let enables = true

    @OptionGroup var global: GlobalOptions
    @OptionGroup var registry: RegistryOptions
    @OptionGroup var target: DrainingTarget
}

private struct EnablingOutput: Encodable {
    var version = 1
    var service: String
    var id: String
    var enabled: Bool
    /// How many znodes were changed: 0 when it was so already.
    var changed: Int
}

extension EnablingCommand {
    func perform(_ terminal: Terminal) async throws -> ExitStatus {
        let (name, id, dryRun) = (target.name, target.id, target.dryRun)
        let changed = try await operations(ProgressPrinter(terminal)).withRegistry(registry.request()) { registry in
            let found = try await registry.entries(of: name).filter { $0.instance.id == id || $0.node == id }
            guard !found.isEmpty else {
                throw OperationError(
                    .badUsage, "\(name) has no instance \(id)", mend: "`paddock registry show \(name)` lists them")
            }
            if dryRun { return found.count { $0.instance.isEnabled != Self.enables } }
            return try await registry.setEnabled(Self.enables, service: name, id: id).count
        }
        if global.json {
            try printJSON(EnablingOutput(service: name, id: id, enabled: Self.enables, changed: changed), terminal)
        } else {
            let word = Self.enables ? "enabled" : "disabled"
            terminal.output(
                changed == 0
                    ? "\(id) of \(name) is \(word) already" : "\(id) of \(name) \(dryRun ? "would be" : "is") \(word)")
        }
        return .done
    }
}
