import DataTree
import RequestPipeline

/// One value that the server tells of itself, under the name that Apache's `ServerMetrics` gives it.
struct Metric {
    enum Value {
        case text(String)
        /// Goes up and down.
        case gauge(Int64)
        case decimal(Double)
        /// Only grows.
        case counter(Int64)
        case summary(Summary)
        case histogram(Histogram)
    }

    var name: String
    /// Which one of several of that name: a namespace, a server's id.
    var key: String?
    var value: Value

    init(_ name: String, key: String? = nil, _ value: Value) {
        self.name = name
        self.key = key
        self.value = value
    }

    static func text(_ name: String, _ value: String) -> Metric { Metric(name, .text(value)) }
    static func gauge(_ name: String, _ value: Int64) -> Metric { Metric(name, .gauge(value)) }
    static func gauge(_ name: String, _ value: Int) -> Metric { Metric(name, .gauge(Int64(value))) }
    static func decimal(_ name: String, _ value: Double) -> Metric { Metric(name, .decimal(value)) }
    static func counter(_ name: String, _ value: Int64) -> Metric { Metric(name, .counter(value)) }
    static func summary(_ name: String, _ value: Summary) -> Metric { Metric(name, .summary(value)) }
    static func histogram(_ name: String, _ value: Histogram) -> Metric { Metric(name, .histogram(value)) }
}

extension Metric {
    /// The lines of `mntr` that it makes, without `zk_`, and the members of `/commands/monitor`.
    var lines: [(key: String, value: MetricValue)] {
        let whole = key.map { "\($0)_\(name)" } ?? name
        switch value {
        case .text(let text): return [(whole, .text(text))]
        case .gauge(let number), .counter(let number): return [(whole, .integer(number))]
        case .decimal(let number): return [(whole, .decimal(number))]
        case .summary(let summary): return Self.lines(whole, summary)
        case .histogram(let histogram):
            return Self.lines(whole, histogram.summary)
                + [("p50", 0.5), ("p95", 0.95), ("p99", 0.99), ("p999", 0.999)].map {
                    ("\($0.0)_\(whole)", .integer(histogram.quantile($0.1)))
                }
        }
    }

    private static func lines(_ name: String, _ summary: Summary) -> [(key: String, value: MetricValue)] {
        [
            ("avg_\(name)", .decimal(summary.roundedAverage)), ("min_\(name)", .integer(summary.min)),
            ("max_\(name)", .integer(summary.max)), ("cnt_\(name)", .integer(summary.count)),
            ("sum_\(name)", .integer(summary.sum)),
        ]
    }

    /// In the text format of Prometheus, as Apache's provider names it; nothing for a text.
    ///
    /// - Parameter isFirst: of its name, so that the type is said.
    func prometheus(isFirst: Bool) -> String {
        let labels = key.map { [("key", $0)] } ?? []
        func sample(_ suffix: String, _ more: [(String, String)], _ value: MetricValue) -> String {
            let all = (labels + more).map { "\($0)=\"\(Self.escaped($1))\"" }.joined(separator: ",")
            return "\(name)\(suffix)\(all.isEmpty ? "" : "{\(all)}") \(value)\n"
        }
        func whole(_ summary: Summary, _ quantiles: [(String, Int64)]) -> String {
            quantiles.map { sample("", [("quantile", $0)], .integer($1)) }.joined()
                + sample("_count", [], .integer(summary.count)) + sample("_sum", [], .integer(summary.sum))
        }
        let (type, text): (String, String)
        switch value {
        case .text: return ""
        case .gauge(let number): (type, text) = ("gauge", sample("", [], .integer(number)))
        case .decimal(let number): (type, text) = ("gauge", sample("", [], .decimal(number)))
        case .counter(let number): (type, text) = ("counter", sample("", [], .integer(number)))
        case .summary(let summary): (type, text) = ("summary", whole(summary, []))
        case .histogram(let histogram):
            (type, text) = (
                "summary",
                whole(histogram.summary, [0.5, 0.9, 0.99].map { ("\($0)", histogram.quantile($0)) })
            )
        }
        return (isFirst ? "# TYPE \(name) \(type)\n" : "") + text
    }

    private static func escaped(_ text: String) -> String {
        String(text.flatMap { "\\\"".contains($0) ? ["\\", $0] : [$0] })
    }
}

/// One value of `mntr`, of `/commands/monitor` or of the metrics endpoint.
enum MetricValue {
    case integer(Int64)
    case decimal(Double)
    case text(String)
}

extension MetricValue: CustomStringConvertible {
    /// As Java prints it.
    var description: String {
        switch self {
        case .integer(let value): String(value)
        case .decimal(let value): String(value)
        case .text(let value): value
        }
    }
}
