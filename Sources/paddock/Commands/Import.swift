import ArgumentParser
import Diagnostics
import DurableFiles
import Glibc
import Operations
import Provisioning

struct Import: PaddockCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write the topology that would generate existing zoo.cfg files.",
        discussion: """
            Reads each server's zoo.cfg, its dynamic file and its myid. What the topology would change is said on stderr; the
            topology goes to the standard output or to FILE.
            """)

    @OptionGroup var global: GlobalOptions

    @Argument(help: ArgumentHelp("The zoo.cfg files of one ensemble.", valueName: "zoo-cfg"), completion: .file())
    var files: [String]

    @Option(name: .shortAndLong, help: "Where to write it; an existing file is left as it is.", completion: .file())
    var output: String?

    @Option(help: "The ensemble's name (default: the one that generated files carry, else `imported`).")
    var name: String?

    func perform(_ terminal: Terminal) async throws -> ExitStatus {
        var read: [ZooCfgFile] = []
        for file in files { read.append(ZooCfgFile(path: file, bytes: try InputFile.read(file)) { HostFacts.gather(paths: $0) }) }
        let result = EnsembleImport(read, ensemble: name)
        for problem in result.problems {
            let source = read.first { $0.path == problem.file }?.cfg.text
            terminal.problem(DiagnosticLines(problem, terminal.colours.errors).text(source: source))
        }
        guard let text = result.text else { return .badInput }
        if let output {
            guard access(output, F_OK) != 0 else {
                throw OperationError(.failed, "\(output) exists already and is left as it is", mend: "choose another name")
            }
            try DurableFile.write(text.utf8, to: output)
            terminal.note("wrote \(output)")
        } else {
            terminal.output(text.hasSuffix("\n") ? String(text.dropLast()) : text)
        }
        return result.topology == nil ? .failed : .done
    }
}
