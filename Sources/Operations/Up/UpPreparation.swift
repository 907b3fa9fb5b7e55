import Diagnostics
import Planning
import Provisioning
import Supervision

/// Everything `up` found out before it changes anything.
struct UpPreparation: Sendable {
    var ensemble: Ensemble
    var before: Ensemble?
    /// Of the topology.
    var text: String
    /// Warnings.
    var problems: [Diagnostic]
    var files: Plan
    var specifications: [ServerSpec]
    var situation: UpPlan.Situation
    var plan: UpPlan

    func report(wasDryRun: Bool) -> UpReport {
        UpReport(
            ensemble: ensemble, warnings: problems, files: files, plan: plan, status: nil, timeline: Timeline(),
            wasDryRun: wasDryRun)
    }
}
