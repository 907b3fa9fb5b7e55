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
    package internal(set) var responseSizes = Sizes()
    package internal(set) var authFailures: Int64 = 0
    /// Milliseconds from the leader's preparing a txn to its effect here.
    package internal(set) var propagation = Histogram()
    package internal(set) var connectionRequests: Int64 = 0
    package internal(set) var connectionsRejected: Int64 = 0
    package internal(set) var connectionDrops: Int64 = 0
    package internal(set) var connectionRevalidations: Int64 = 0
    package internal(set) var sessionsExpired: Int64 = 0
    package internal(set) var sessionlessExpired: Int64 = 0
    package internal(set) var largeRequestsRejected: Int64 = 0
    /// Bytes of replies and of watch events ever sent.
    package internal(set) var responseBytes: Int64 = 0
    package internal(set) var watchBytes: Int64 = 0

    mutating func answered(bytes: Int) {
        packetsSent += 1
        responseBytes += Int64(bytes)
        responseSizes.add(Int64(bytes))
    }

    /// `srst`: begins anew, except that refused authentications stay.
    mutating func reset() {
        let authFailures = authFailures
        self = RequestStatistics()
        self.authFailures = authFailures
    }
}

/// Of replies or proposals, bytes; -1 before the first.
package struct Sizes: Hashable, Sendable {
    package private(set) var last: Int64 = -1
    package private(set) var min: Int64 = -1
    package private(set) var max: Int64 = -1

    package init() {}

    package mutating func add(_ size: Int64) {
        last = size
        min = min < 0 ? size : Swift.min(min, size)
        max = Swift.max(max, size)
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
