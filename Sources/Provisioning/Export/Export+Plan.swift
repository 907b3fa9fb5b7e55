import Diagnostics
import Digests
import DurableFiles
import Glibc

extension Export {
    /// What was written last, so that an edit can be told from a change of the topology: a line a file, its SHA-256 and its path.
    private static let recordName = ".paddock-export"

    /// What would have to be written below `directory`. Reads, changes nothing. A file that was edited, or that is somebody else's, is kept
    /// under another name.
    package func plan(in directory: String) throws(ProvisioningError) -> Plan {
        var plan = Plan(layout: EnsembleLayout(root: directory), directories: [], files: [], problems: [])
        switch readers {
        case .owner: break
        case .ownerBelowOpenDirectories: plan.directoryMode = 0o755
        case .everybody: (plan.directoryMode, plan.fileMode) = (0o755, 0o644)
        }
        let recordPath = "\(directory)/\(Self.recordName)"
        do throws(FileError) {
            let recorded = Self.recorded(try Self.text(recordPath) ?? "")
            var known: Set<String> = []
            for file in files {
                let path = "\(directory)/\(file.path)"
                plan.addDirectories(above: path, known: &known)
                let old = try Self.text(path)
                let change: Plan.Change =
                    switch old {
                    case nil: .created
                    case file.content: .unchanged
                    case let old? where recorded[file.path] == Self.digest(old): .changed(from: old)
                    case let old?: .editedByHand(from: old, keptAs: SystemFile.freeName(path + ".orig"))
                    }
                plan.files.append(Plan.File(path: path, content: file.content, change: change))
            }
            let present = Set(files.map(\.path))
            for path in recorded.keys.sorted()
            where !present.contains(path) && access("\(directory)/\(path)", F_OK) == 0 {
                plan.problems.append(
                    Diagnostic(
                        .warning, rule: .exportLeft, file: "\(directory)/\(path)",
                        "is no part of the export any more; it is kept",
                        mend: "take back what was made of it, then remove it: rm \(directory)/\(path)"))
            }
        } catch {
            throw ProvisioningError(error)
        }
        if !plan.files.isEmpty {
            let lines = files.map { "\(Self.digest($0.content))  \($0.path)\n" }.sorted()
            plan.files[plan.files.count - 1].record = Plan.Record(path: recordPath, content: lines.joined())
        }
        return plan
    }

    private static func recorded(_ text: String) -> [String: String] {
        let pairs = text.split(separator: "\n").compactMap { line -> (String, String)? in
            let parts = line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: true)
            return parts.count == 2 ? (String(parts[1].drop { $0 == " " }), String(parts[0])) : nil
        }
        return Dictionary(pairs) { _, last in last }
    }

    private static func digest(_ text: String) -> String { SHA256.hash(Array(text.utf8)).hexadecimal }

    private static func text(_ path: String) throws(FileError) -> String? {
        do {
            return String(decoding: try DurableFile.read(path), as: UTF8.self)
        } catch  where error.isMissing {
            return nil
        }
    }
}

extension Plan {
    /// Notes which directories on the way to `path` are missing, parents first.
    fileprivate mutating func addDirectories(above path: String, known: inout Set<String>) {
        let directory = Directory.parent(of: path)
        guard directory != "/", known.insert(directory).inserted, access(directory, F_OK) != 0 else { return }
        addDirectories(above: directory, known: &known)
        directories.append(directory)
    }
}
