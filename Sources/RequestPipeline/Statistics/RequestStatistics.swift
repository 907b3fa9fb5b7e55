import DataTree

/// What a server counts for `srvr`, `mntr` and the metrics endpoint.
package struct RequestStatistics: Sendable {
    /// Of requests, milliseconds from arrival to reply.
    package internal(set) var latency = Summary()
    package internal(set) var readLatency = Histogram()
    package internal(set) var updateLatency = Histogram()
    package internal(set) var packetsReceived: Int64 = 0
    /// Of their frames.
    package internal(set) var bytesReceived: Int64 = 0
    package internal(set) var packetsSent: Int64 = 0
    /// Sizes of replies, bytes; -1 before the first.
    package internal(set) var lastResponseSize: Int64 = -1
    package internal(set) var minResponseSize: Int64 = -1
    package internal(set) var maxResponseSize: Int64 = -1
    package internal(set) var authFailures: Int64 = 0
    /// Bytes of replies and of watch events ever sent.
    package internal(set) var responseBytes: Int64 = 0
    package internal(set) var watchBytes: Int64 = 0

    mutating func answered(bytes: Int) {
        packetsSent += 1
        responseBytes += Int64(bytes)
        let size = Int64(bytes)
        lastResponseSize = size
        minResponseSize = minResponseSize < 0 ? size : min(minResponseSize, size)
        maxResponseSize = max(maxResponseSize, size)
    }

    /// `srst`: begins anew, except that refused authentications stay.
    mutating func reset() {
        let authFailures = authFailures
        self = RequestStatistics()
        self.authFailures = authFailures
    }
}

extension Summary {
    /// The average to four places, rounded half up as `Math.round(x * 10000) / 10000.0`; printed, it reads as Java's
    /// does: `0.0`, `1.3004`.
    package var roundedAverage: Double { (average * 10000 + 0.5).rounded(.down) / 10000 }
}

/// A summary that also knows how many values there were of each millisecond, up to a second.
package struct Histogram: Sendable {
    package private(set) var summary = Summary()
    private var counts: [UInt32] = []
    private static let limit = 1000

    package init() {}

    package mutating func add(_ value: Int64) {
        summary.add(value)
        let place = Int(min(max(value, 0), Int64(Self.limit)))
        if place >= counts.count { counts += [UInt32](repeating: 0, count: place + 1 - counts.count) }
        counts[place] &+= 1
    }

    /// The value below which this part of all values is; a second or more counts as the maximum.
    package func quantile(_ part: Double) -> Int64 {
        let wanted = Int64((Double(summary.count) * part).rounded(.up))
        var seen: Int64 = 0
        for (value, count) in counts.enumerated() {
            seen += Int64(count)
            if seen >= wanted { return value == Self.limit ? summary.max : Int64(value) }
        }
        return 0
    }
}
