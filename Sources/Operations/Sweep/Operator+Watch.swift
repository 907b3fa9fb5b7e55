import Planning
import Supervision

extension Operator {
    /// Looks at the ensemble again and again until `isDone`, which is told how long that has gone on and throws to give up.
    func watch(
        _ ensemble: Ensemble, _ control: ControlClient,
        until isDone: (_ sweep: Sweep, _ waited: Duration) throws -> Bool
    ) async throws {
        var sweeper = ensemble.sweeper(control)
        sweeper.isBrief = true
        let start = Instant.now()
        while true {
            let began = Instant.now()
            let sweep = await sweeper.sweep()
            try Task.checkCancellation()
            let now = Instant.now()
            if try isDone(sweep, now - start) { return }
            // At most half of the time goes into looking: with a hundred servers that are starting, each look keeps them from it.
            try await Task.sleep(for: max(Self.pause(after: now - start), now - began))
        }
    }

    /// Between two looks. A bundled server is up in some tens of milliseconds; to ask a JVM that takes seconds as often would
    /// only slow it down.
    static func pause(after waited: Duration) -> Duration {
        .milliseconds(waited < .milliseconds(200) ? 5 : waited < .seconds(2) ? 20 : 100)
    }
}
