/// How a load goes over time: throughput and latency of one stretch after the other.
struct Curve {
    private let length: Double
    private let start: UInt64 = nanoseconds()
    private var began: UInt64
    private var latencies = LatencyHistogram()
    /// As JSON.
    private(set) var points: [String] = []

    init?(every seconds: Double?) {
        guard let seconds, seconds > 0 else { return nil }
        length = seconds
        began = start
    }

    mutating func add(microseconds: Int, times: Int) {
        latencies.add(microseconds: microseconds, times: times)
        let now = nanoseconds()
        let elapsed = Double(now - began) / 1e9
        guard elapsed >= length else { return }
        points.append(
            """
            {"s": \(Double(now - start) / 1e9), "per second": \(Double(latencies.count) / elapsed), \
            "p99 ms": \(latencies.quantile(0.99))}
            """)
        latencies = LatencyHistogram()
        began = now
    }
}
