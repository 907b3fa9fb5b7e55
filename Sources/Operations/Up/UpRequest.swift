/// Where the topology of `up` comes from.
package enum TopologySource: Hashable, Sendable {
    /// A file the user wrote: its text and its name.
    case text(String, file: String)
    /// The one applied last to the ensemble, or to the only one there is.
    case stored(String?)
}

package struct UpOptions: Hashable, Sendable {
    package var dryRun = false
    /// Accepts that the service is interrupted where a change cannot be made otherwise, and that data is lost with disks that are gone.
    package var force = false
    /// What the user says the ensemble is called; a topology of another name is refused.
    package var name: String?

    package init() {}
}
