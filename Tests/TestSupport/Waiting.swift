/// A condition did not become true in time.
package struct Timeout: Error, CustomStringConvertible {
    package var description: String
}

/// Asks again and again, every few milliseconds, until `condition` gives a value; no test sleeps in any other way.
///
/// The deadline is generous because machines that run tests are busy: it only ends what would never end.
package func eventually<Value>(
    _ what: String, within deadline: Duration = .seconds(60), isolation: isolated (any Actor)? = #isolation,
    _ condition: () async throws -> Value?
) async throws -> Value {
    let clock = ContinuousClock()
    let end = clock.now + deadline
    while true {
        if let value = try await condition() { return value }
        if clock.now > end { throw Timeout(description: "not within \(deadline): \(what)") }
        try await Task.sleep(for: .milliseconds(20))
    }
}

/// As above, for a yes or no.
package func eventually(
    _ what: String, within deadline: Duration = .seconds(60), isolation: isolated (any Actor)? = #isolation,
    _ condition: () async throws -> Bool
) async throws {
    let _: Void = try await eventually(what, within: deadline) { try await condition() ? () : nil }
}
