/// Those that have connected to a port for other servers and not said who they are. There is room for some; when it is full, whoever has
/// said nothing for the longest goes, so that silent connections keep nobody out. Those that call from the address of a member come first.
struct Antechamber<Guest: AnyObject> {
    enum Decision {
        case admitted
        /// For this one, which has to go.
        case admittedInsteadOf(Guest)
        case refused
    }

    private struct Entry {
        let guest: Guest
        /// Whether it calls from the address of a member.
        let isPeer: Bool
        /// Milliseconds.
        let since: Int64
    }

    private let capacity: Int
    /// In the order in which they came.
    private var entries: [Entry] = []

    init(capacity: Int) { self.capacity = capacity }

    var count: Int { entries.count }

    mutating func enter(_ guest: Guest, isPeer: Bool, now: Int64) -> Decision {
        let entry = Entry(guest: guest, isPeer: isPeer, since: now)
        guard entries.count >= capacity else {
            entries.append(entry)
            return .admitted
        }
        guard let victim = entries.firstIndex(where: { !$0.isPeer }) ?? (isPeer ? entries.indices.first : nil) else {
            return .refused
        }
        let gone = entries.remove(at: victim).guest
        entries.append(entry)
        return .admittedInsteadOf(gone)
    }

    /// It has said who it is, or has gone.
    mutating func leave(_ guest: Guest) { entries.removeAll { $0.guest === guest } }

    /// Removes those that came at this time or before.
    mutating func removeSilent(since: Int64) -> [Guest] {
        let count = entries.prefix { $0.since <= since }.count
        let gone = entries.prefix(count).map(\.guest)
        entries.removeFirst(count)
        return gone
    }
}
