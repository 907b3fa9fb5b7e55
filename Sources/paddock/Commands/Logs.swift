import ArgumentParser
import FoundationEssentials
import Membership
import Operations
import Supervision

struct Logs: EnsembleCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs",
        abstract: "Show the logs of servers as one, in the order of time.")

    @OptionGroup var global: GlobalOptions
    @OptionGroup var selection: EnsembleOption

    @Argument(
        help: ArgumentHelp("Ids, or leader, followers, observers, all (default).", valueName: "server"),
        completion: KnownWords.selections)
    var servers: [String] = []

    @Flag(name: .shortAndLong, help: "Go on with new lines as they come.")
    var follow = false

    @Option(name: [.customShort("n"), .long], help: "How many of the last lines (default 200; 0 for none).")
    var lines: Int = 200

    @Option(
        help: ArgumentHelp("Only what is younger: 90s, 5m, 2h, or a time like 2026-11-24T03:54:05Z.", valueName: "time")
    )
    var since: String?

    func validate() throws {
        if lines < 0 { throw ValidationError("-n takes a number of lines, not \(lines)") }
        _ = try sinceTime()
    }

    var isStream: Bool { true }

    func perform(_ terminal: Terminal) async throws -> ExitStatus {
        if follow { Terminal.endWithReader() }
        let operations = operations(ProgressPrinter(terminal))
        let name = try operations.store.choose(selection.name)
        let since = try sinceTime()
        let kept = try await operations.logs(servers, ensemble: name, last: lines, since: since)
        for line in kept { try show(line, terminal) }
        guard follow else { return .done }
        for await batch in try await operations.followLogs(servers, ensemble: name) {
            for line in batch { try show(line, terminal) }
        }
        try Task.checkCancellation()
        return .done
    }

    private func show(_ line: LogLine, _ terminal: Terminal) throws {
        if global.json {
            try printJSON(
                Output(server: line.server, time: line.time?.seconds, text: line.text), terminal, isLine: true)
            return
        }
        let styles: [Terminal.Style] = [.cyan, .green, .yellow, .blue, .magenta]
        let style = styles[Int(line.server.rawValue % Int64(styles.count))]
        terminal.output(terminal.styled("\(line.server) │ ", style) + line.text)
    }

    private struct Output: Encodable {
        var version = 1
        var server: ServerID
        /// Seconds of the Unix epoch.
        var time: Double?
        var text: String
    }

    private func sinceTime() throws -> Timestamp? {
        guard let since else { return nil }
        if let duration = DurationArgument(argument: since) {
            return Timestamp(seconds: Timestamp.now().seconds - duration.duration.seconds)
        }
        for style in [Date.ISO8601FormatStyle(), Date.ISO8601FormatStyle(includingFractionalSeconds: true)] {
            if let date = try? style.parse(since) { return Timestamp(seconds: date.timeIntervalSince1970) }
        }
        throw ValidationError("--since takes 90s, 5m, 2h, or a time like 2026-11-24T03:54:05Z, not '\(since)'")
    }
}
