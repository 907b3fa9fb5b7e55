import ArgumentParser
import Operations
import Planning
import Supervision

struct Status: EnsembleCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show how the ensemble and its servers are.",
        discussion: """
            Exit code: 0 healthy, 3 degraded, 4 no quorum, 5 not running.

            --remote asks servers that somebody else may have started, from here, by four-letter words (ZooKeeper 3.4 and
            later): srvr, and mntr and conf where they are allowed. What cannot be known from here is – (null in JSON).
            """.paragraphs)

    @OptionGroup var global: GlobalOptions
    @OptionGroup var selection: EnsembleOption
    @OptionGroup var remote: RemoteOption

    @Flag(name: .shortAndLong, help: "Show it again every second until Ctrl-C (with --json: one line each).")
    var watch = false

    var isStream: Bool { watch }

    func perform(_ terminal: Terminal) async throws -> ExitStatus {
        if watch { Terminal.endWithReader() }
        let seen = try eyes(operations(ProgressPrinter(terminal)), selection, remote)
        guard watch else {
            let status = try await seen.look()
            if global.json {
                try printJSON(status, terminal)
            } else {
                StatusTable(status: status, terminal: terminal, isRemote: seen.isRemote).lines().forEach(
                    terminal.output)
            }
            return ExitStatus(rawValue: status.health.exitCode) ?? .failed
        }
        while true {
            let status = try await seen.look()
            if global.json {
                try printJSON(status, terminal, isLine: true)
            } else {
                let lines = StatusTable(status: status, terminal: terminal, isRemote: seen.isRemote).lines()
                // Home, the lines, each cleared to its end, and nothing below: no flicker.
                let isScreen = terminal.colours.output
                terminal.output(
                    isScreen
                        ? "\u{1B}[H" + lines.map { $0 + "\u{1B}[K" }.joined(separator: "\n") + "\n\u{1B}[J"
                        : lines.joined(separator: "\n"))
            }
            try await Task.sleep(for: .seconds(1))
        }
    }
}

/// How one looks at an ensemble: at one of the state directory, or at one elsewhere.
private struct Eyes {
    var name: String
    var isRemote: Bool
    var look: () async throws -> EnsembleStatus
}

extension EnsembleCommand {
    fileprivate func eyes(_ operations: Operator, _ selection: EnsembleOption, _ remote: RemoteOption) throws -> Eyes {
        if let remote = try remote.ensemble(besides: selection.ensemble) {
            return Eyes(name: remote.name, isRemote: true) { try await operations.status(of: remote) }
        }
        let name = try operations.store.choose(selection.name)
        return Eyes(name: name, isRemote: false) { try await operations.status(name) }
    }
}

struct Wait: EnsembleCommand {
    static let configuration = CommandConfiguration(
        commandName: "wait",
        abstract: "Wait until the ensemble is healthy, or has a quorum or a leader.",
        discussion: """
            Looks and changes nothing. Exit code: 0 when it is so, and when the time is up that of `status`: 3 degraded, 4 no quorum,
            5 not running.
            """.paragraphs)

    enum Goal: String, ExpressibleByArgument, CaseIterable {
        case healthy, quorum, leader
    }

    @OptionGroup var global: GlobalOptions
    @OptionGroup var selection: EnsembleOption
    @OptionGroup var remote: RemoteOption

    @Option(name: .customLong("for"), help: "What to wait for: healthy, quorum or leader.")
    var goal: Goal = .healthy

    @Option(help: ArgumentHelp("How long, e.g. 10s or 2m; 0 looks once.", valueName: "duration"))
    var timeout = DurationArgument(.seconds(60))

    func perform(_ terminal: Terminal) async throws -> ExitStatus {
        let progress = ProgressPrinter(terminal)
        let seen = try eyes(operations(progress), selection, remote)
        let name = seen.name
        defer { progress.clear() }
        let deadline = Instant.now() + timeout.duration
        var told = ""
        while true {
            let status = try await seen.look()
            try Task.checkCancellation()
            let isReached =
                switch goal {
                case .healthy: status.health == .healthy
                case .quorum: status.health == .healthy || status.health == .degraded
                case .leader: status.servers.contains { $0.role == .leader || $0.role == .standalone }
                }
            let remaining = deadline - .now()
            if isReached || remaining <= .zero {
                progress.clear()
                if global.json {
                    try printJSON(status, terminal)
                } else if isReached {
                    terminal.note("\(name) is \(status.health.rawValue)")
                } else {
                    let word = status.health.rawValue.replacing("-", with: " ")
                    terminal.problem("\(name) is \(word) after \(timeout.duration.wholeSeconds) s")
                    for problem in status.problems { terminal.problem("! \(problem)") }
                }
                return isReached ? .done : ExitStatus(rawValue: status.health.exitCode) ?? .failed
            }
            let text = status.problems.isEmpty ? status.health.rawValue : status.problems.joined(separator: "; ")
            if text != told { progress.show(.waiting(text)) }
            told = text
            try await Task.sleep(for: min(remaining, .milliseconds(200)))
        }
    }
}
