import Diagnostics
import Membership
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
    ///   - flags: of the JVM of each file's server. The bundled server gets what they set as settings, Apache's gets them as they are.
    package init(
        _ files: [ZooCfgFile], ensemble: String? = nil, engine: EngineChoice = .standard, flags: [StartFlags] = []
    ) {
        var (files, engine) = (files, engine)
        let flagProblems = Self.apply(flags, to: &files, &engine)
        var reader = ImportReader(files)
        guard let members = reader.read() else {
            (text, topology, problems) = (nil, nil, flagProblems + reader.problems)
            return
        }
        let name = ensemble ?? Self.name(in: files) ?? "imported"
        let document = ImportWriter(members, ensemble: name, engine: engine).text()
        let (loaded, found) = Topology.load(text: document)
        text = document
        topology = loaded
        problems = flagProblems + reader.problems + found.filter { $0.severity == .error }
        if let loaded { problems += ImportComparison(loaded, members).problems() }
    }

    private static func apply(
        _ flags: [StartFlags], to files: inout [ZooCfgFile], _ engine: inout EngineChoice
    ) -> [Diagnostic] {
        var problems: [Diagnostic] = []
        func warn(_ index: Int, _ message: String, mend: String) {
            problems.append(
                Diagnostic(.warning, rule: .importFlags, file: files[index].path, message, mend: mend))
        }
        for (index, start) in flags.enumerated() where index < files.count {
            for word in start.unreadable {
                warn(
                    index, "the JVM flags beside it have '\(word)', which only a shell can tell the meaning of",
                    mend: "add to the topology what it stands for")
            }
        }
        guard case .apache(var options) = engine else {
            for (index, start) in flags.enumerated() where index < files.count {
                let properties = SystemProperties(flags: start.flags)
                files[index].cfg = files[index].cfg.adding(properties).cfg
                for ignored in properties.ignored {
                    warn(
                        index, "the flag \(ignored.flag) beside it is left out: \(ignored.why)",
                        mend: "see that this is what you want")
                }
            }
            return problems
        }
        guard let first = flags.first else { return problems }
        options.jvmFlags = first.flags.filter { !$0.hasPrefix("-Xmx") }
        if let heap = first.flags.last(where: { $0.hasPrefix("-Xmx") }) { options.heap = String(heap.dropFirst(4)) }
        for (index, start) in flags.enumerated().dropFirst() where start.flags != first.flags {
            warn(
                index, "the JVM flags beside it are not those of \(files[0].path), which all servers get",
                mend: "give each server its own engine: {apache: {jvmFlags: […]}}")
        }
        engine = .apache(options)
        return problems
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
