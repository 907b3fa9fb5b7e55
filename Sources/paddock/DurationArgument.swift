import ArgumentParser

/// A length of time as people write it: `500ms`, `10s`, `5m`, `2h`, `1d`; a bare number counts seconds. Up to
/// 30 years: more is a mistake.
struct DurationArgument: ExpressibleByArgument, Sendable {
    var duration: Duration

    init(_ duration: Duration) { self.duration = duration }

    init?(argument: String) {
        let units: [(String, Double)] = [("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600), ("d", 86_400)]
        let unit = units.first { argument.hasSuffix($0.0) } ?? ("", 1)
        guard let number = Double(argument.dropLast(unit.0.count)), number >= 0, number * unit.1 < 1e9 else {
            return nil
        }
        duration = .seconds(number * unit.1)
    }

    var defaultValueDescription: String { "\(duration.components.seconds)s" }
}
