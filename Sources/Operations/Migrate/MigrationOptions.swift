/// How `migrate` is to go.
package struct MigrationOptions: Sendable {
    /// Between two steps.
    package var pause = Duration.zero
    /// Goes on although no quorum remains without the server switched (ensembles of one or two participants).
    package var force = false

    package init() {}
}
