import Quorum
import ZooKeeperProtocol

/// What cores in one process send each other: each effect becomes an input of another core.
struct Network {
    /// Who is at the ends of each connection on the quorum ports.
    private var links: [(Int, Int)] = []

    /// Returns false for an effect that is not about the network.
    mutating func carry(_ effect: Quorum.Effect, from place: Int, _ deliver: (Int, Quorum.Input) -> Void) -> Bool {
        switch effect {
        case .notify(let notification, let to):
            deliver(Self.place(to), .notification(notification, from: ServerID(Int64(place + 1))))
        case .connect(let to):
            let link = LinkID(rawValue: UInt64(links.count))
            links.append((place, Self.place(to)))
            deliver(Self.place(to), .accepted(link))
            deliver(place, .connected(link, to: to))
        case .send(let packet, let link): deliver(other(link, place), .packet(packet, from: link))
        case .broadcast(let packet, let links):
            for link in links { deliver(other(link, place), .packet(packet, from: link)) }
        default: return false
        }
        return true
    }

    private static func place(_ id: ServerID) -> Int { Int(id.rawValue) - 1 }

    private func other(_ link: LinkID, _ place: Int) -> Int {
        let (one, two) = links[Int(link.rawValue)]
        return one == place ? two : one
    }
}
