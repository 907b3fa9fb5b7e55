import NIOCore
import NIOPosix

extension ServerBootstrap {
    /// Accepts readers of pages.
    ///
    /// - Parameter name: of the port, for the log.
    static func pages(
        _ group: any EventLoopGroup, _ name: String, warnings: RecurringLog,
        _ port: @escaping @Sendable () -> HTTPPort
    ) -> ServerBootstrap {
        Acceptance(port: name, warnings: warnings).bootstrap(group) { channel, pipeline in
            // Who asks with `printf … | nc` closes its side before it reads.
            try channel.syncOptions?.setOption(.allowRemoteHalfClosure, value: true)
            try pipeline.addHandler(HTTPConnection(port()))
        }
    }
}

extension ServerCore {
    /// - Parameter idleTime: milliseconds a connection may go without an answer; 0: for ever.
    func pages(idleTime: Int, _ answer: @escaping (ServerCore, String) -> HTTPAnswer) -> HTTPPort {
        HTTPPort(
            capacity: descriptors.pages, idleTime: idleTime > 0 ? .milliseconds(Int64(idleTime)) : nil, pace: pagePace
        ) { [unowned self] in answer(self, $0) }
    }

    /// The admin server: `/commands` lists, `/commands/NAME?key=value` answers in JSON.
    func adminPage(_ target: String) -> HTTPAnswer {
        let base = settings.admin?.commandURL ?? "/commands"
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let path = String(parts[0])
        if path == base || path == base + "/" {
            let links = AdminCommand.allCases.map { "<a href=\"\(base)/\($0.rawValue)\">\($0.rawValue)</a>\n<br/>\n" }
            return HTTPAnswer(body: links.joined())
        }
        guard path.hasPrefix(base + "/") else { return .refusal(.notFound, "see \(base)") }
        var parameters: [String: String] = [:]
        for pair in parts.count > 1 ? parts[1].split(separator: "&") : [] {
            let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            parameters[String(sides[0])] = sides.count > 1 ? String(sides[1]) : ""
        }
        let answer = adminAnswer(String(path.dropFirst(base.count + 1)), parameters: parameters)
        return HTTPAnswer(contentType: "application/json", body: answer.text)
    }

    /// The metrics in Prometheus' text format, under the names of Apache's provider.
    func metricsPage(_ target: String) -> HTTPAnswer {
        guard target.split(separator: "?").first == "/metrics" else { return .refusal(.notFound, "see /metrics") }
        refreshClock()
        return HTTPAnswer(
            contentType: "text/plain; version=0.0.4; charset=utf-8", body: report(.monitor).prometheusText)
    }
}

extension ServerReport {
    var prometheusText: String {
        var text = ""
        var previous = ""
        for metric in monitor() {
            text += metric.prometheus(isFirst: metric.name != previous)
            previous = metric.name
        }
        return text
    }
}
