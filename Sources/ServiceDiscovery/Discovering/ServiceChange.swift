/// An instance that came, changed or went between two snapshots.
public struct ServiceChange: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable, Encodable {
        case registered, changed, deregistered
    }

    public var kind: Kind
    /// As it is now; as it was last if it went.
    public var entry: ServiceEntry

    /// The changes from one list of entries to another, both by the names of their znodes: first those that went.
    public static func all(from old: [ServiceEntry], to new: [ServiceEntry]) -> [ServiceChange] {
        var changes: [ServiceChange] = []
        var gone: [ServiceChange] = []
        var index = 0
        for entry in new {
            while index < old.count, old[index].node < entry.node {
                gone.append(ServiceChange(kind: .deregistered, entry: old[index]))
                index += 1
            }
            guard index < old.count, old[index].node == entry.node else {
                changes.append(ServiceChange(kind: .registered, entry: entry))
                continue
            }
            if old[index].instance != entry.instance { changes.append(ServiceChange(kind: .changed, entry: entry)) }
            index += 1
        }
        gone += old[index...].map { ServiceChange(kind: .deregistered, entry: $0) }
        return gone + changes
    }
}
