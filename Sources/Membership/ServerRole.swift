/// What a server does in its ensemble: participants vote, observers only follow.
package enum ServerRole: String, Hashable, Sendable, CaseIterable {
    case participant
    case observer

    /// Reads a role as ZooKeeper does: any case, blanks around it ignored.
    package init?(caseInsensitive text: some StringProtocol) {
        self.init(rawValue: JavaText.trimmed(text).lowercased())
    }
}
