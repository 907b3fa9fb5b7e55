/// Latencies counted by the microsecond, up to a second.
struct LatencyHistogram {
    private var counts = [UInt32](repeating: 0, count: 1_000_000)
    private(set) var count = 0
    private(set) var longest = 0

    mutating func add(microseconds: Int, times: Int) {
        counts[min(microseconds, counts.count - 1)] += UInt32(times)
        count += times
        longest = max(longest, microseconds)
    }

    /// The milliseconds within which this part of all requests was answered.
    func quantile(_ part: Double) -> Double {
        let wanted = Int((Double(count) * part).rounded(.up))
        var seen = 0
        for (microseconds, times) in counts.enumerated() where times > 0 {
            seen += Int(times)
            if seen >= wanted { return Double(microseconds) / 1000 }
        }
        return 0
    }
}
