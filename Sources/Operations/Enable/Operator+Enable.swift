import DurableFiles
import Glibc
import Planning

/// What `enable` and `disable` did, or would do.
package struct EnableReport: Hashable, Sendable {
    package var ensemble: String
    /// The unit's file.
    package var path: String
    package var text: String
    package var changed: Bool
    /// It starts when its user logs in, and with the machine only where that user lingers.
    package var needsLinger: Bool
}

extension Operator {
    /// Lets systemd start the ensemble's supervisor with the machine (root's) or with the user's own manager. What runs is left alone.
    package func enable(_ name: String?, dryRun: Bool = false) async throws -> EnableReport {
        let name = try store.choose(name)
        let unit = SystemdUnit(
            ensemble: name, manager: geteuid() == 0 ? .system : .user, executable: try Self.executable(),
            stateDirectory: store.directory,
            environment: environment.filter {
                ["PADDOCK_ZKSERVER", "ZOOKEEPER_HOME", "JAVA_HOME", "PATH"].contains($0.key) && !$0.value.isEmpty
            })
        let path = try unitPath(unit)
        let old = try? DurableFile.read(path)
        let isNew = old != Array(unit.text.utf8)
        let report = EnableReport(
            ensemble: name, path: path, text: unit.text, changed: isNew, needsLinger: unit.manager == .user)
        guard !dryRun else { return report }
        return try await store.changing(name, command: command) { change in
            if isNew {
                try makeParents(of: path)
                try DurableFile.write(unit.text.utf8, to: path)
                chmod(path, 0o644)
                try change.did("write \(path)")
            }
            try await systemctl(unit.manager, ["daemon-reload"])
            try await systemctl(unit.manager, ["--quiet", "enable", unit.name])
            try change.did("systemctl enable \(unit.name)")
            return report
        }
    }

    /// Takes that back. What runs is left alone.
    package func disable(_ name: String?, dryRun: Bool = false) async throws -> EnableReport {
        let name = try store.choose(name)
        let unit = SystemdUnit(
            ensemble: name, manager: geteuid() == 0 ? .system : .user, executable: "", stateDirectory: store.directory)
        let path = try unitPath(unit)
        let isThere = access(path, F_OK) == 0
        let report = EnableReport(ensemble: name, path: path, text: "", changed: isThere, needsLinger: false)
        guard isThere, !dryRun else { return report }
        return try await store.changing(name, command: command) { change in
            try await systemctl(unit.manager, ["--quiet", "disable", unit.name])
            guard unlink(path) == 0 else { throw OperationError(.failed, FileError("remove", path).description) }
            try await systemctl(unit.manager, ["daemon-reload"])
            try change.did("remove \(path)")
            return report
        }
    }

    /// Where units of an administrator, or of a user, belong.
    private func unitPath(_ unit: SystemdUnit) throws(OperationError) -> String {
        "\(try unitDirectory(unit.manager))/\(unit.name)"
    }

    func unitDirectory(
        _ manager: SystemdUnit.Manager = geteuid() == 0 ? .system : .user
    ) throws(OperationError) -> String {
        if manager == .system { return "/etc/systemd/system" }
        if let directory = environment["XDG_CONFIG_HOME"], directory.hasPrefix("/") {
            return "\(directory)/systemd/user"
        }
        guard let home = environment["HOME"], home.hasPrefix("/") else {
            throw OperationError(.badUsage, "HOME is not set: there is no place for a unit of this user")
        }
        return "\(home)/.config/systemd/user"
    }

    private func makeParents(of path: String) throws {
        let parent = Directory.parent(of: path)
        guard access(parent, F_OK) != 0 else { return }
        try makeParents(of: parent)
        try PrivateFiles.makeDirectory(parent)
    }

    private static func executable() throws -> String {
        guard let pointer = realpath("/proc/self/exe", nil) else { throw FileError("find", "/proc/self/exe") }
        defer { free(pointer) }
        return String(cString: pointer)
    }

    private func systemctl(_ manager: SystemdUnit.Manager, _ words: [String]) async throws {
        let line = ["systemctl"] + (manager == .user ? ["--user"] : []) + words
        let code: Int32
        do {
            code = try await ChildCommand(line, environment: environment).run()
        } catch is OperationError {
            throw OperationError(
                .unavailable, "there is no systemctl: systemd does not run this machine",
                mend: "`paddock supervise` in the foreground is what any other service manager can run")
        }
        guard code == 0 else {
            throw OperationError(
                .failed, "`\(line.joined(separator: " "))` failed with \(code)",
                mend: manager == .user
                    ? "a user's own units need a login session or `loginctl enable-linger`; root's are the machine's"
                    : "see what systemctl printed")
        }
    }
}
