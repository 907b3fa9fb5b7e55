import Diagnostics
import DurableFiles
import Glibc
import ServerConfig

/// What has to be written so that an ensemble's directory says what its topology says. Making a plan changes nothing;
/// ``apply()`` does what the plan shows and nothing else.
package struct Plan: Hashable, Sendable {
    package struct File: Hashable, Sendable {
        /// Absolute.
        package var path: String
        package var content: String
        package var change: Change
        /// Written beside it when the file is in place.
        var record: Record?
    }

    /// What was generated for a file, so that a later run can tell an edit from a change of the topology. A server that
    /// keeps its members in a dynamic file has the members of the topology in its record.
    struct Record: Hashable, Sendable {
        var path: String
        var content: String
    }

    package enum Change: Hashable, Sendable {
        case created
        case changed(from: String)
        case unchanged
        /// It was edited since it was generated: the edited file is kept under another name and replaced.
        case editedByHand(from: String, keptAs: String)
        /// The server itself moved the members into a dynamic file when the ensemble was reconfigured. Members are left
        /// as the server has them; `from` is nil when nothing else is to be changed either.
        case rewrittenByServer(from: String?, dynamicFile: String)
    }

    package var layout: EnsembleLayout
    /// Directories that do not exist yet, parents first.
    package var directories: [String]
    /// In the order in which they are written.
    package var files: [File]
    /// What stands in the way: an existing myid that names another server, say. A plan with errors is not applied.
    package var problems: [Diagnostic]
    /// Who may read what is written: the owner alone, because it may hold a password, unless others have to.
    package var directoryMode = PrivateFiles.directoryMode
    package var fileMode = PrivateFiles.fileMode

    package var hasChanges: Bool { files.contains { $0.isWritten } || !directories.isEmpty }

    /// All changes of content in the unified format.
    package func diff() -> String {
        files.map {
            UnifiedDiff.text(from: $0.oldContent, to: $0.isWritten ? $0.content : $0.oldContent ?? "", path: $0.path)
        }
        .joined()
    }

    /// Throws when something stands in the way.
    package func check() throws(ProvisioningError) {
        if problems.hasErrors { throw ProvisioningError(problems: problems) }
    }

    /// Carries the plan out: every file whole or not at all, so an interrupted run is repaired by the next.
    package func apply() throws(ProvisioningError) {
        try check()
        do throws(FileError) {
            for directory in directories {
                try PrivateFiles.makeDirectory(directory)
                if directoryMode != PrivateFiles.directoryMode, chmod(directory, directoryMode) != 0 {
                    throw FileError("change the mode of", directory)
                }
            }
            // Each parent once, however many directories were made in it.
            let parents = Dictionary(grouping: directories) { $0[..<($0.lastIndex(of: "/") ?? $0.startIndex)] }
            for (_, made) in parents.sorted(by: { $0.key < $1.key }) { try DurableFile.syncDirectory(of: made[0]) }
            var kept: [(path: String, bytes: [UInt8])] = []
            for file in files {
                if case .editedByHand(_, let keptAs) = file.change {
                    kept.append((keptAs, try DurableFile.read(file.path)))
                }
            }
            // What is replaced is kept first, and a record comes when its file is in place.
            try DurableFile.write(kept)
            try DurableFile.write(
                files.filter(\.isWritten).map { (path: $0.path, bytes: Array($0.content.utf8)) },
                mode: fileMode, ignoresUmask: fileMode != PrivateFiles.fileMode)
            try DurableFile.write(
                files.compactMap(\.record).filter(\.isOutdated).map { (path: $0.path, bytes: Array($0.content.utf8)) })
        } catch {
            throw ProvisioningError(error)
        }
    }
}

extension Plan.File {
    package var isWritten: Bool {
        switch change {
        case .created, .changed, .editedByHand: true
        case .unchanged: false
        case .rewrittenByServer(let old, _): old != nil
        }
    }

    var oldContent: String? {
        switch change {
        case .created: nil
        case .unchanged: content
        case .changed(let old), .editedByHand(let old, _): old
        case .rewrittenByServer(let old, _): old ?? content
        }
    }

    /// One word for people and scripts.
    package var word: String {
        switch change {
        case .created: "created"
        case .changed: "changed"
        case .unchanged: "unchanged"
        case .editedByHand: "hand-edited"
        case .rewrittenByServer: "rewritten-by-server"
        }
    }
}

extension Plan.Record {
    /// Also when only the file was put in place: the run before was interrupted between the two.
    fileprivate var isOutdated: Bool { (try? DurableFile.read(path)) != Array(content.utf8) }
}

/// Files could not be written, or must not be.
package struct ProvisioningError: Error, Hashable, Sendable, CustomStringConvertible {
    package var message: String
    package var mend: String?

    init(_ error: FileError) {
        message = error.description
        mend =
            switch error.code {
            case EACCES, EPERM, EROFS: "choose a directory you may write to (--state-dir, or -o DIR)"
            case ENOSPC, EDQUOT: "make room on that disk and run the command again; what was written so far is whole"
            case ENOTDIR, EEXIST: "something that is not a directory is in the way; move it aside"
            case EISDIR: "a directory is in the way; move it aside"
            case ENOENT: "a directory above it is missing or was removed; run the command again"
            default: nil
            }
    }

    init(problems: [Diagnostic]) {
        message = problems.filter { $0.severity == .error }.map { $0.rendered() }.joined(separator: "\n")
    }

    package var description: String { message + (mend.map { "\n  mend: \($0)" } ?? "") }
}
