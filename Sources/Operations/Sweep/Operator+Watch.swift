import Planning
import Supervision

extension Operator {
    /// Looks at the ensemble again and again until `isDone`, which is told how long that has gone on and throws to give up.
    func watch(
        _ ensemble: Ensemble, _ control: ControlClient,
        until isDone: (_ sweep: Sweep, _ waited: Duration) throws -> Bool
    ) async throws {
        let sweeper = ensemble.sweeper(control)
        let start = Instant.now()
        while true {
            let sweep = await sweeper.sweep()
            try Task.checkCancellation()
            let waited = Instant.now() - start
            if try isDone(sweep, waited) { return }
            try await Task.sleep(for: Self.pause(after: waited))
        }
    }

    /// Between two looks. A bundled server is up in some tens of milliseconds; to ask a JVM that takes seconds as often would
    /// only slow it down.
    static func pause(after waited: Duration) -> Duration { .milliseconds(waited < .seconds(2) ? 20 : 100) }
}
