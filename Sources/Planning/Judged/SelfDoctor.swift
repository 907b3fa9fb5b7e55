import Membership
import ZooKeeperProtocol

/// What `paddock self doctor` looks at: whether what is installed, what is found and what runs belong together.
package enum SelfDoctor {
    /// A program and what it says that it is; nil when it does not say.
    package struct Program: Hashable, Sendable {
        package var path: String
        package var version: String?

        package init(path: String, version: String?) {
            self.path = path
            self.version = version
        }

        var text: String { "\(path) (\(version ?? "version unknown"))" }
    }

    /// A built program, and a source that has changed since.
    package struct OldBuild: Hashable, Sendable {
        package var program: String
        package var source: String

        package init(program: String, source: String) {
            self.program = program
            self.source = source
        }
    }

    /// An ensemble that runs.
    package struct Running: Hashable, Sendable {
        package var name: String
        package var supervisor: Int32?
        /// The file of its program is another one by now, or is gone.
        package var isSupervisorReplaced = false
        /// Those with a process.
        package var servers: [ServerProcess] = []

        package init(name: String) { self.name = name }
    }

    package struct Facts: Hashable, Sendable {
        /// The one that asks.
        package var program = Program(path: "", version: nil)
        /// Nil outside of a checkout.
        package var oldBuilds: [OldBuild]?
        /// Every `paddock` of the search path, in its order, with what it leads to in the end.
        package var found: [Program] = []
        package var ensembles: [Running] = []
        /// Directories of the state directory that belong to no ensemble.
        package var remains: [String] = []
        /// Units of systemd for ensembles that are gone.
        package var units: [String] = []

        package init() {}
    }

    /// In a fixed order; the same facts give the same findings.
    package static func findings(_ facts: Facts) -> [Doctor.Finding] {
        var findings = [Doctor.Finding(subject: "program", state: .good, text: facts.program.text)]
        if let old = facts.oldBuilds { findings.append(builds(old)) }
        findings.append(path(facts))
        findings += facts.ensembles.flatMap(ensemble)
        if !facts.remains.isEmpty {
            findings.append(
                Doctor.Finding(
                    subject: "state directory", state: .warning,
                    text: "of ensembles that are gone: \(facts.remains.joined(separator: ", "))",
                    mend: "look at them, and remove them"))
        }
        if !facts.units.isEmpty {
            findings.append(
                Doctor.Finding(
                    subject: "systemd", state: .warning,
                    text: "starts ensembles that are gone: \(facts.units.joined(separator: ", "))",
                    mend: "remove these files, then `systemctl daemon-reload` (a user's: with --user)"))
        }
        return findings
    }

    private static func builds(_ old: [OldBuild]) -> Doctor.Finding {
        guard let first = old.first else {
            return Doctor.Finding(subject: "build", state: .good, text: "no program is older than its sources")
        }
        let names = old.map(\.program)
        return Doctor.Finding(
            subject: "build", state: .warning,
            text:
                "\(names.joined(separator: ", ")) \(names.count == 1 ? "is" : "are") older than the sources (\(first.source))",
            mend: "bin/build-release \(names.joined(separator: " "))")
    }

    private static func path(_ facts: Facts) -> Doctor.Finding {
        let others = facts.found.filter { $0.path != facts.program.path }
        guard let first = facts.found.first, !others.isEmpty else {
            return Doctor.Finding(
                subject: "PATH", state: .good,
                text: facts.found.isEmpty ? "has no paddock; this one was called by its path" : "has this one only")
        }
        let list = others.map(\.text).joined(separator: ", ")
        if first.path == facts.program.path {
            return Doctor.Finding(
                subject: "PATH", state: .warning, text: "has others behind this one: \(list)",
                mend: "remove what is not wanted: scripts with another PATH take it")
        }
        return Doctor.Finding(
            subject: "PATH", state: .warning, text: "`paddock` is another one than this: \(list)",
            mend: "remove what is not wanted, or put the directory of this one before it")
    }

    /// What the processes of an ensemble run.
    private static func ensemble(_ running: Running) -> [Doctor.Finding] {
        let old = running.servers.filter(\.outdated)
        var findings: [Doctor.Finding] = []
        if running.isSupervisorReplaced, let pid = running.supervisor {
            findings.append(
                Doctor.Finding(
                    subject: running.name, state: .warning,
                    text: "its supervisor (pid \(pid)) runs a program that has been replaced since",
                    mend: "`paddock up -e \(running.name)`: another supervisor takes over the servers, which go on"))
        }
        if !old.isEmpty {
            findings.append(
                Doctor.Finding(
                    subject: running.name, state: .warning,
                    text:
                        "\(Wording.servers(old.map(\.id))) \(old.count == 1 ? "runs" : "run") an older program or configuration: "
                        + versions(old),
                    mend:
                        "`paddock rolling-restart -e \(running.name)` moves \(old.count == 1 ? "it" : "them") without an outage"
                ))
        }
        let current = running.servers.filter { !$0.outdated }
        if !current.isEmpty {
            findings.append(
                Doctor.Finding(
                    subject: running.name, state: .good,
                    text:
                        "\(Wording.servers(current.map(\.id))) \(current.count == 1 ? "runs" : "run") \(versions(current))"
                ))
        }
        return findings
    }

    /// `bundled 3.8.0-paddock-0.1.0`; several where they differ, each once.
    private static func versions(_ servers: [ServerProcess]) -> String {
        var seen: [String] = []
        for server in servers {
            let text = "\(server.engine) \(server.engineVersion ?? "of unknown version")"
            if !seen.contains(text) { seen.append(text) }
        }
        return seen.joined(separator: ", ")
    }
}
