import Diagnostics
import ServerConfig
import Topology

/// A topology out of the zoo.cfg files of a running ensemble.
package struct EnsembleImport: Sendable {
    /// The text of the topology; nil when the files have errors or are not one ensemble.
    package var text: String?
    /// What that text means; nil when the topology's own checks find an error in it (a key of zoo.cfg that is misspelt, say).
    package var topology: Topology?
    /// What is wrong, and what a topology cannot express.
    package var problems: [Diagnostic]

    /// - Parameters:
    ///   - files: of one ensemble, one a server; those of the other servers are guessed to be alike, and that is said.
    ///   - ensemble: its name; else the one in the files' first comment, else `imported`.
    ///   - engine: what shall run the servers; the files do not say what runs them.
    package init(_ files: [ZooCfgFile], ensemble: String? = nil, engine: EngineChoice = .standard) {
        var reader = ImportReader(files)
        guard let members = reader.read() else {
            (text, topology, problems) = (nil, nil, reader.problems)
            return
        }
        let name = ensemble ?? Self.name(in: files) ?? "imported"
        let document = ImportWriter(members, ensemble: name, engine: engine).text()
        let (loaded, found) = Topology.load(text: document)
        text = document
        topology = loaded
        problems = reader.problems + found.filter { $0.severity == .error }
        if let loaded { problems += ImportComparison(loaded, members).problems() }
    }

    /// The name in the first line of a file that was generated: `# NAME, server 1: participant.`
    private static func name(in files: [ZooCfgFile]) -> String? {
        for file in files {
            guard let line = file.cfg.lines.first?.raw, line.hasPrefix("# "),
                let end = line.firstRange(of: ", server ")?.lowerBound
            else { continue }
            let name = line[..<end].dropFirst(2)
            if !name.isEmpty, name.allSatisfy({ $0.isASCII && ($0.isLowercase || $0.isNumber || $0 == "-") }) {
                return String(name)
            }
        }
        return nil
    }
}

/// A member of the ensemble with the file that is its own, if it was given.
struct ImportedServer {
    var line: ServerLine
    var file: ZooCfgFile?
    /// What a topology calls settings, in the order of the file.
    var settings: [Setting]
    /// Nil where nothing says so.
    var ports: [PortKind: Int]
    var group: Int?
    var weight: Int?
}

struct ImportedMembers {
    /// Ascending by id.
    var servers: [ImportedServer]
    var isStandalone: Bool
    var style: ServerLine.Style
}
