import Supervision

/// The operations behind the commands. A value that says where ensembles are, who asks, and who is told of progress.
///
/// Each operation that changes something holds the ensemble's lock and is recorded (`EnsembleStore.changing`), can be
/// cancelled at any moment and called again: it looks at what is there and does what is missing.
package struct Operator: Sendable {
    package var store: EnsembleStore
    /// As it was typed, e.g. `paddock stop 2`: for the lock, the audit and the supervisor's events.
    package var command: String
    /// The caller's; decides where engines are looked for and what their servers inherit.
    package var environment: [String: String]
    /// How to start a supervisor for an ensemble directory.
    package var launcher: @Sendable (_ ensembleDirectory: String) -> SupervisorLauncher
    /// Told what happens while an operation goes on; called from any thread.
    package var report: @Sendable (Progress) -> Void

    package init(
        store: EnsembleStore, command: String, environment: [String: String] = EnsembleStore.processEnvironment(),
        launcher: @escaping @Sendable (String) -> SupervisorLauncher,
        report: @escaping @Sendable (Progress) -> Void = { _ in }
    ) {
        self.store = store
        self.command = command
        self.environment = environment
        self.launcher = launcher
        self.report = report
    }
}
