import DurableFiles
import Glibc
import Planning
import Topology

/// The state directory: one directory per ensemble, named like it, and what commands share.
///
///     STATE_DIR/demo/…         the ensemble (see `EnsembleLayout`)
///     STATE_DIR/.locks/demo    held while a command changes the ensemble
///     STATE_DIR/audit.jsonl    what was done, when and by which command; outlives the ensembles
package struct EnsembleStore: Hashable, Sendable {
    /// Absolute, without a slash at its end.
    package let directory: String

    package init(directory: String) { self.directory = directory }

    /// `option` (--state-dir), else $PADDOCK_HOME, else $XDG_STATE_HOME/paddock, else ~/.local/state/paddock. A process without
    /// HOME has the home of its user.
    /// A relative path is taken from `workingDirectory`; empty variables count as unset.
    package init(
        option: String?, environment: [String: String] = EnsembleStore.processEnvironment(),
        account: UserAccount? = .own, workingDirectory: String = EnsembleStore.workingDirectory()
    ) {
        func variable(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        let chosen: String
        if let option, !option.isEmpty {
            chosen = option
        } else if let home = variable("PADDOCK_HOME") {
            chosen = home
        } else if let state = variable("XDG_STATE_HOME") {
            chosen = "\(state)/paddock"
        } else if let home = variable("HOME") ?? account?.home {
            chosen = "\(home)/.local/state/paddock"
        } else {
            chosen = Self.nowhere
        }
        directory = Self.absolute(chosen, from: workingDirectory)
    }

    /// Where no ensembles are: who has no home can do what needs none.
    private static let nowhere = "/nonexistent/paddock"

    func requirePlace() throws(OperationError) {
        guard directory == Self.nowhere else { return }
        throw OperationError(
            .badUsage, "there is no place for the state of ensembles: neither HOME nor PADDOCK_HOME is set",
            mend: "give --state-dir DIR")
    }

    package func root(of ensemble: String) -> String { "\(directory)/\(ensemble)" }

    package var audit: AuditLog { AuditLog(path: "\(directory)/audit.jsonl") }

    /// The ensembles that were ever brought up here, by name. A missing state directory holds none.
    package func names() -> [String] {
        let entries = (try? Directory.names(in: directory)) ?? []
        return entries.filter { !$0.hasPrefix(".") && exists($0) }
    }

    package func exists(_ ensemble: String) -> Bool {
        EnsembleName.isValid(ensemble) && access("\(root(of: ensemble))/topology.yaml", F_OK) == 0
    }

    /// The ensemble a command is about: the one named, else the only one there is.
    package func choose(_ name: String?) throws(OperationError) -> String {
        try requirePlace()
        let names = names()
        if let name {
            guard EnsembleName.isValid(name) else {
                throw OperationError(
                    .badUsage, "'\(name)' is no name of an ensemble",
                    mend: "names have small letters, digits and '-'; `paddock list` shows those there are")
            }
            guard exists(name) else {
                let there = names.isEmpty ? "there is none yet" : "there: \(names.joined(separator: ", "))"
                throw OperationError(
                    .badUsage, "there is no ensemble \(name) in \(directory) (\(there))",
                    mend: "`paddock up FILE` makes one")
            }
            return name
        }
        guard let only = names.first else {
            throw OperationError(.notRunning, "there is no ensemble in \(directory)", mend: "`paddock up` boots one")
        }
        guard names.count == 1 else {
            throw OperationError(
                .badUsage,
                "there are \(Wording.number(names.count)) ensembles in \(directory): \(names.joined(separator: ", "))",
                mend: "choose one with --ensemble NAME")
        }
        return only
    }

    package static func absolute(_ path: String, from workingDirectory: String) -> String {
        var parts: [Substring] = []
        let whole = path.hasPrefix("/") ? path : "\(workingDirectory)/\(path)"
        for part in whole.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }

    package static func workingDirectory() -> String {
        guard let path = getcwd(nil, 0) else { return "/" }
        defer { free(path) }
        return String(cString: path)
    }

    package static func processEnvironment() -> [String: String] {
        var variables: [String: String] = [:]
        var entry = environ
        while let text = entry.pointee {
            let parts = String(cString: text).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { variables[String(parts[0])] = String(parts[1]) }
            entry += 1
        }
        return variables
    }
}
