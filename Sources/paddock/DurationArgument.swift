import ArgumentParser

/// A length of time as people write it: `500ms`, `10s`, `5m`, `2h`, `1d`; a bare number counts seconds.
struct DurationArgument: ExpressibleByArgument, Sendable {
    var seconds: Double

    init(seconds: Double) { self.seconds = seconds }

    init?(argument: String) {
        let units: [(String, Double)] = [("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600), ("d", 86_400)]
        let unit = units.first { argument.hasSuffix($0.0) } ?? ("", 1)
        guard let number = Double(argument.dropLast(unit.0.count)), number.isFinite, number >= 0 else { return nil }
        seconds = number * unit.1
    }

    var defaultValueDescription: String { "\(Int(seconds))s" }
}
