/// How `migrate` is to go.
package struct MigrationOptions: Sendable {
    /// Seconds between two steps.
    package var pause = 0.0
    /// Goes on although no quorum remains without the server switched (ensembles of one or two participants).
    package var force = false

    package init() {}
}
