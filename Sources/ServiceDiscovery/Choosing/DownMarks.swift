/// When an instance counts as down although the registry has it (Curator's `DownInstancePolicy`).
public struct DownPolicy: Hashable, Sendable {
    /// So many failures within ``window``.
    public var threshold: Int
    /// Counted from the first failure; behind it the instance is tried again.
    public var window: Duration

    /// Curator's defaults.
    public init(threshold: Int = 2, window: Duration = .seconds(30)) {
        self.threshold = threshold
        self.window = window
    }
}

/// The failures that callers have noted. A value; the caller says what time it is.
struct DownMarks: Sendable {
    private struct Failures {
        var count: Int
        var since: ContinuousClock.Instant
    }

    let policy: DownPolicy
    private var failures: [String: Failures] = [:]

    init(_ policy: DownPolicy) { self.policy = policy }

    mutating func noteFailure(of node: String, now: ContinuousClock.Instant) {
        if let known = failures[node], now - known.since < policy.window {
            failures[node]!.count += 1
        } else {
            failures[node] = Failures(count: 1, since: now)
        }
        // What is forgotten anyway does not pile up.
        if failures.count > 64 { failures = failures.filter { now - $0.value.since < policy.window } }
    }

    mutating func noteSuccess(of node: String) { failures[node] = nil }

    func isDown(_ node: String, now: ContinuousClock.Instant) -> Bool {
        guard let known = failures[node] else { return false }
        return known.count >= policy.threshold && now - known.since < policy.window
    }

    /// When the next of those that are down now will be tried again.
    func nextRecovery(after now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
        failures.filter { isDown($0.key, now: now) }.map { $0.value.since + policy.window }.min()
    }
}
