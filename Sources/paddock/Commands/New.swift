import ArgumentParser
import DurableFiles
import Glibc
import Operations
import Planning
import Templates
import Topology

struct New: PaddockCommand {
    static let configuration = CommandConfiguration(
        commandName: "new",
        abstract: "Write a commented topology to start from.",
        discussion: """
            Without FILE it goes to the standard output. An existing file is never overwritten.

            With --schema editors with yaml-language-server complete and check the topology: its schema is beside it, as
            topology.schema.json (one that is there already stays), and the first line of the topology names that.
            """.paragraphs)

    @OptionGroup var global: GlobalOptions

    @Argument(help: "Where to write it.", completion: .file(extensions: ["yaml", "yml"]))
    var file: String?

    @Option(help: "How many servers vote (1…255).")
    var participants: Int = 3

    @Option(help: "How many servers serve reads without a vote.")
    var observers: Int = 1

    @Option(help: "The server program: bundled, or apache for an Apache ZooKeeper distribution of this machine.")
    var engine: EngineArgument = .bundled

    @Flag(help: "Write the schema for editors beside FILE, too, and the line that names it.")
    var schema = false

    func validate() throws {
        guard file != nil || !schema else {
            throw ValidationError("--schema writes a file beside FILE: name FILE, too")
        }
        guard (1...255).contains(participants) else {
            throw ValidationError("--participants takes 1…255, not \(participants)")
        }
        guard observers >= 0, participants + observers <= 255 else {
            throw ValidationError("an ensemble has 255 servers at most, not \(participants) + \(observers)")
        }
        guard participants > 1 || observers == 0 else {
            throw ValidationError("a single participant cannot have observers; give --observers 0")
        }
    }

    func perform(_ terminal: Terminal) async throws -> ExitStatus {
        let name = file.map(Self.ensembleName) ?? "demo"
        let text = Templates.topology(
            ensemble: name, engine: engine.rawValue, participants: participants, observers: observers,
            schema: schema ? Self.schemaName : nil)
        var output = Output(file: file, topology: text)
        guard let file else {
            if global.json {
                try printJSON(output, terminal)
                return .done
            }
            terminal.output(String(text.dropLast()))
            return .done
        }
        guard access(file, F_OK) != 0 else {
            throw OperationError(.failed, "\(file) exists already and is left as it is", mend: "choose another name")
        }
        if schema {
            let path =
                file.split(separator: "/", omittingEmptySubsequences: false).dropLast()
                .map { $0 + "/" }.joined() + Self.schemaName
            output.schema = path
            if access(path, F_OK) == 0 {
                terminal.note("\(path) exists already and is left as it is; `paddock schema` prints today's")
            } else {
                try DurableFile.write((JSONOutput.text(TopologySchema.document) + "\n").utf8, to: path, mode: 0o644)
            }
        }
        try DurableFile.write(text.utf8, to: file, mode: 0o644)
        terminal.note("wrote \(file)\n  \(Paddock.asCalled) up \(Wording.shellWord(file))")
        if global.json { try printJSON(output, terminal) }
        return .done
    }

    private struct Output: Encodable {
        var version = 1
        /// Absent when it went nowhere but into this document.
        var file: String?
        var topology: String
        /// Absent where none was asked for.
        var schema: String?
    }

    private static let schemaName = "topology.schema.json"

    /// `conf/My Orders.yaml` → `my-orders`
    static func ensembleName(_ file: String) -> String {
        let base = file.split(separator: "/").last.map(String.init) ?? file
        let stem = base.split(separator: ".").first ?? "demo"
        let name = stem.lowercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" }
        let trimmed = String(name).drop { $0 == "-" }
        return trimmed.isEmpty ? "demo" : String(trimmed.prefix(40))
    }
}
