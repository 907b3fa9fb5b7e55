import ZooKeeperProtocol

/// A server's part in the ensemble, as far as its answer tells. Not its ``ServerMode``: that is what a server says of
/// itself, and one that says nothing, or has no leader, says none.
package enum RoleWord: String, Codable, Hashable, Sendable {
    case leader, follower, observer, standalone
    /// It answers and has found no leader, or serves reads only for want of one.
    case looking
    /// It does not answer.
    case unknown

    package init(_ mode: ServerMode) {
        switch mode {
        case .leader: self = .leader
        case .follower: self = .follower
        case .observer: self = .observer
        case .standalone: self = .standalone
        case .readOnly, .other: self = .looking
        }
    }
}
