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
    package var plan: UpPlan
    /// Nil in a dry run.
    package var status: EnsembleStatus?
    package var timeline: Timeline
    package var wasDryRun: Bool

    package var actions: [UpPlan.Action] { plan.actions }
}
