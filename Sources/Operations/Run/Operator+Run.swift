import Glibc
import Planning
import Topology
import YAML
import ZooKeeperProtocol

extension Operator {
    /// Boots a throw-away ensemble on free ports, runs `words` as a command with its environment, stops and removes the ensemble
    /// whatever happens, and returns the command's exit code (128 + signal for one that was killed).
    ///
    /// The ensemble is called `NAME-run-PID` and stands in the state directory, so that one whose `paddock run` was killed with -9
    /// is seen by `paddock list` and removed by `paddock destroy`.
    ///
    /// - Parameter keepsFailed: when something fails the ensemble is stopped and its directory stays.
    package func run(
        _ words: [String], topology text: String, file: String, keepsFailed: Bool = false
    ) async throws -> Int32 {
        guard !words.isEmpty else {
            throw OperationError(.badUsage, "there is no command to run", mend: "paddock run [FILE] -- COMMAND…")
        }
        try checkIsThere(words[0])
        let (name, throwaway) = try Self.throwaway(text, file: file, suffix: "-run-\(getpid())")
        let result: Result<Int32, any Error>
        do {
            let ensemble = try await up(.text(throwaway, file: file)).ensemble
            report(.handingOver)
            result = .success(try await ChildCommand(words, environment: variables(ensemble)).run())
        } catch {
            result = .failure(error)
        }
        let hasFailed = if case .success(0) = result { false } else { !Task.isCancelled }
        if hasFailed { showLogs(name) }
        let isKept = hasFailed && keepsFailed
        // Not in this task: it may be cancelled, and cleaning up must not be.
        await Task.detached { [self] in
            do {
                if store.exists(name) { _ = try await down(name, destroy: !isKept) }
                if isKept {
                    report(
                        .step("kept: `paddock logs -e \(name)` shows its logs, `paddock destroy \(name)` removes it"))
                } else {
                    // Nobody else has ever used this name.
                    unlink("\(store.directory)/.locks/\(name)")
                }
            } catch {
                report(.warning("\(name) could not be removed: \(error); `paddock destroy \(name)` does it"))
            }
        }.value
        return try result.get()
    }

    /// Before an ensemble is booted for a command that cannot be run.
    private func checkIsThere(_ command: String) throws {
        let directories = (environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":")
        let paths = command.contains("/") ? [command] : directories.map { "\($0)/\(command)" }
        guard !paths.contains(where: { access($0, X_OK) == 0 }) else { return }
        let reason =
            command.contains("/")
            ? "cannot run \(command): \(String(cString: strerror(errno)))"
            : "there is no command \(command) on the PATH"
        throw OperationError(.badUsage, reason, mend: "check the command after --")
    }

    /// The last lines of each server's log, before they are gone.
    private func showLogs(_ name: String) {
        guard let ensemble = try? store.open(name) else { return }
        for member in ensemble.members {
            let lines = FileTail.lastLines(8, of: member.logFile)
            guard !lines.isEmpty else { continue }
            report(
                .step((["the last lines of server \(member.id):"] + lines.map { "    \($0)" }).joined(separator: "\n")))
        }
    }

    /// Removes what was an ensemble.
    package static func removeDirectory(_ path: String) throws { try removeTree(path) }

    private func variables(_ ensemble: Ensemble) -> [String: String] {
        var variables = environment
        for variable in ensemble.environment.variables { variables[variable.name] = variable.value }
        return variables
    }

    /// The same topology under another name and on free ports.
    static func throwaway(_ text: String, file: String, suffix: String) throws -> (name: String, text: String) {
        // The checks come first, so that places in messages are those of the user's file.
        let (topology, problems) = Topology.load(text: text, file: file, freePorts: FreePorts.find)
        guard let topology else { throw InvalidTopology(problems, file: file, text: text) }
        let name = String(topology.ensemble.prefix(64 - suffix.count)) + suffix
        guard let mapping = try YAML.parse(text: text, file: file).mapping else {
            throw InvalidTopology(problems, file: file, text: text)
        }
        var entries: [(String, YAMLNode)] = [("ensemble", .scalar(name)), ("ports", .scalar("auto"))]
        for entry in mapping.entries where entry.key.text != "ensemble" && entry.key.text != "ports" {
            entries.append((entry.key.text, entry.key.text == "servers" ? withoutPorts(entry.value) : entry.value))
        }
        return (name, YAML.write(.mapping(entries)))
    }

    private static func withoutPorts(_ servers: YAMLNode) -> YAMLNode {
        guard let nodes = servers.sequence else { return servers }
        return .sequence(
            nodes.map { node in
                guard let mapping = node.mapping else { return node }
                let entries = mapping.entries.filter { $0.key.text != "ports" }.map { ($0.key.text, $0.value) }
                return .mapping(entries, isFlow: node.isFlow)
            })
    }
}
