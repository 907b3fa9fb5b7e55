import Diagnostics
import Planning
import Provisioning

/// What `up` did, or would do.
package struct UpReport: Sendable {
    package var ensemble: Ensemble
    /// Warnings of the topology's checks.
    package var warnings: [Diagnostic]
    /// The files, each created, changed, unchanged, ….
    package var files: Plan
    package var actions: [UpPlan.Action]
    /// Why the service had to be interrupted, if it had to.
    package var outage: String?
    /// What may be lost by starting, if something may.
    package var loss: String?
    /// Nil in a dry run.
    package var status: EnsembleStatus?
    package var timeline: Timeline
    package var wasDryRun: Bool
}
