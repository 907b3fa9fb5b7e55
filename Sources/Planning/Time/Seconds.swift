/// A duration that JSON has as a number of seconds.
package struct Seconds: Codable, Hashable, Sendable {
    package var duration: Duration

    package init(_ duration: Duration) { self.duration = duration }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let seconds = try container.decode(Double.self)
        // 30,000 years; a `Duration` stops the process when it is given more than it holds.
        guard abs(seconds) < 1e12 else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "\(seconds) s are no duration")
        }
        duration = .seconds(seconds)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(duration.seconds)
    }
}

extension Duration {
    /// As a fraction of seconds.
    package var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
    /// Without their fraction, for messages.
    package var wholeSeconds: Int64 { components.seconds }
}
