import Operations
import Planning
import ZooKeeperProtocol

/// `paddock status` for people: a row a server, then what is wrong.
struct StatusTable {
    var status: EnsembleStatus
    var terminal: Terminal
    /// An ensemble that Paddock did not start is not booted by it either.
    var isRemote = false

    func lines() -> [String] {
        var table = Table(
            ("ID", .right), ("ROLE", .left), ("STATE", .left), ("CLIENT", .left), ("PID", .right), ("UPTIME", .right),
            ("RESTARTS", .right), ("ZXID", .left), ("LAG", .right), ("CONNS", .right), ("LATENCY", .right),
            ("MEMORY", .right), ("ENGINE", .left), ("VERSION", .left))
        table.dispensable = [
            "VERSION", "ENGINE", "LATENCY", "CONNS", "MEMORY", "ZXID", "RESTARTS", "PID", "LAG", "UPTIME", "STATE",
        ]
        for server in status.servers {
            table.rows.append([
                .init(server.id < ServerID(0) ? "–" : "\(server.id)"), .init(server.word, style(of: server)),
                .init(server.state?.rawValue ?? "–"),
                .init(server.client),
                .init(server.pid.map { "\($0)" } ?? "–"), .init(server.uptime.map(Self.duration) ?? "–"),
                .init(server.restarts.map { "\($0)" } ?? "–", (server.restarts ?? 0) > 0 ? .yellow : nil),
                .init(server.zxid ?? "–"),
                .init(server.lag.map { "\($0)" } ?? "–"), .init(server.connections.map { "\($0)" } ?? "–"),
                .init(server.latency.map(Self.milliseconds) ?? "–"), .init(server.memory.map(Self.size) ?? "–"),
                .init(server.engine),
                .init(
                    (server.version ?? "–") + (server.outdated == true ? " (old)" : ""),
                    server.outdated == true ? .yellow : nil),
            ])
        }
        // Of an ensemble that is meant to be down there is nothing to complain.
        let isDown = !isRemote && status.health == .down && status.supervisor == nil
        let problems = isDown ? ["nothing of it runs; `paddock up` boots it"] : status.problems
        let outdated = status.servers.filter { $0.outdated == true }.map { "\($0.id)" }
        let hint =
            outdated.isEmpty
            ? []
            : [
                "\(outdated.count == 1 ? "server" : "servers") \(outdated.joined(separator: ", ")) \(outdated.count == 1 ? "runs" : "run") an older program or configuration; `paddock up` or `paddock rolling-restart` changes that"
            ]
        let below = (problems + (isDown ? [] : status.notes)).map { terminal.styled("! ", .yellow) + $0 } + hint
        return lines(of: headline) + table.lines(terminal) + below.flatMap(lines)
    }

    private func lines(of text: String) -> [String] {
        Terminal.fitted(text, to: terminal.columns).split(separator: "\n", omittingEmptySubsequences: false).map(
            String.init)
    }

    private var headline: String {
        let style: Terminal.Style =
            switch status.health {
            case .healthy: .green
            case .degraded: .yellow
            case .noQuorum, .down: .red
            }
        let votes = status.votes.map { "\($0.have) of \($0.of) votes, \($0.need) needed" } ?? "who votes is unknown"
        return terminal.styled(status.ensemble, .bold) + " is "
            + terminal.styled(status.health.rawValue.replacing("-", with: " "), style)
            + " · \(votes) · \(status.connect)"
    }

    private func style(of server: ServerStatus) -> Terminal.Style? {
        switch server.word {
        case "leader", "standalone": .green
        case "follower": .cyan
        case "observer": .blue
        case "looking", "starting", "paused": .yellow
        default: .red
        }
    }

    static func duration(_ seconds: Seconds) -> String {
        let whole = seconds.duration.wholeSeconds
        switch whole {
        case ..<60: return "\(whole)s"
        case ..<3600: return "\(whole / 60)m\(whole % 60)s"
        case ..<86_400: return "\(whole / 3600)h\(whole % 3600 / 60)m"
        default: return "\(whole / 86_400)d\(whole % 86_400 / 3600)h"
        }
    }

    static func milliseconds(_ value: Double) -> String { "\(decimal(value, places: 1))ms" }

    static func size(_ bytes: Int) -> String {
        bytes < 1 << 20
            ? "\(bytes >> 10)K" : "\(decimal(Double(bytes) / Double(1 << 20), places: bytes < 100 << 20 ? 1 : 0))M"
    }

    /// Foundation's formatter would bring ICU into the binary.
    static func decimal(_ value: Double, places: Int) -> String {
        var scale = 1.0
        for _ in 0..<places { scale *= 10 }
        let scaled = Int((value * scale).rounded())
        guard places > 0 else { return "\(scaled)" }
        let fraction = String(abs(scaled) % Int(scale))
        let sign = scaled < 0 ? "-" : ""
        return "\(sign)\(abs(scaled) / Int(scale)).\(String(repeating: "0", count: places - fraction.count))\(fraction)"
    }
}
