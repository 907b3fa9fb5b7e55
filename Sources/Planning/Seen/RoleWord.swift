/// What a server says of its part in the ensemble.
package enum RoleWord: String, Codable, Hashable, Sendable {
    case leader, follower, observer, standalone
    /// It answers and has found no leader, or serves reads only for want of one.
    case looking
    /// It does not answer.
    case unknown
}
