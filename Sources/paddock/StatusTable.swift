import Operations
import Planning

/// `paddock status` for people: a row a server, then what is wrong.
struct StatusTable {
    var status: EnsembleStatus
    var terminal: Terminal

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
                .init("\(server.id)"), .init(server.word, style(of: server)), .init(server.state.rawValue),
                .init(server.client),
                .init(server.pid.map { "\($0)" } ?? "–"), .init(server.uptime.map(Self.duration) ?? "–"),
                .init("\(server.restarts)", server.restarts > 0 ? .yellow : nil), .init(server.zxid ?? "–"),
                .init(server.lag.map { "\($0)" } ?? "–"), .init(server.connections.map { "\($0)" } ?? "–"),
                .init(server.latency.map(Self.milliseconds) ?? "–"), .init(server.memory.map(Self.size) ?? "–"),
                .init(server.engine),
                .init((server.version ?? "–") + (server.outdated ? " (old)" : ""), server.outdated ? .yellow : nil),
            ])
        }
        // Of an ensemble that is meant to be down there is nothing to complain.
        let isDown = status.health == .down && status.supervisor == nil
        let problems = isDown ? ["nothing of it runs; `paddock up` boots it"] : status.problems
        let outdated = status.servers.filter(\.outdated).map { "\($0.id)" }
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
        let votes = status.votes
        return terminal.styled(status.ensemble, .bold) + " is "
            + terminal.styled(status.health.rawValue.replacing("-", with: " "), style)
            + " · \(votes.have) of \(votes.of) votes, \(votes.need) needed · \(status.connect)"
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
