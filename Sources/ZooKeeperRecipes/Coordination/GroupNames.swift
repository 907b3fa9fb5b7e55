import ZooKeeperClient

/// Whose groups: how a member's znode is named, and where its id is.
public enum GroupNames: Hashable, Sendable, CaseIterable {
    /// Curator's `GroupMember`: the name is the id, the data is the member's.
    case groupMember
    /// kazoo's `Party`: `UUID__party__`, the data is the id.
    case party
    /// kazoo's `ShallowParty`: `UUID-ID`, read without a look at the members' znodes.
    case shallowParty

    /// What a child's name tells of a member.
    enum Reading: Hashable {
        /// It is no member.
        case foreign
        /// All there is to know.
        case complete(id: String)
        case nameIsID
        case dataIsID
    }

    func name(of id: String, _ unique: RandomID) -> String {
        switch self {
        case .groupMember: id
        case .party: unique.hex + "__party__"
        case .shallowParty: unique.hex + "-" + id
        }
    }

    func reading(of name: String) -> Reading {
        switch self {
        case .groupMember: .nameIsID
        case .party: name.hasSuffix("__party__") ? .dataIsID : .foreign
        case .shallowParty:
            name.firstIndex(of: "-").map { .complete(id: String(name[name.index(after: $0)...])) } ?? .foreign
        }
    }
}
