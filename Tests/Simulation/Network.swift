import DequeModule
import Quorum
import ZooKeeperProtocol

/// One TCP connection between the quorum ports of two servers.
///
/// Each direction delivers in order. It may be slow, stall, or break; when it breaks, what was under way is lost, and
/// each side learns of it on its own.
final class Link<Snapshot> {
    enum Item {
        case packet(QuorumPacket)
        case snapshot(Snapshot)
        /// The other side closed in good order, behind all it had sent.
        case end
    }

    final class Side {
        let server: Int
        let incarnation: Int
        let id: LinkID
        /// Whether this side still uses the connection.
        var isOpen = true
        /// What is under way to this side.
        var incoming: Deque<(readyAt: Int, item: Item)> = []
        var nothingBefore = 0
        /// When something was last sent to this side.
        var lastSent = -1
        var isPumping = false

        init(server: Int, incarnation: Int, id: LinkID) {
            self.server = server
            self.incarnation = incarnation
            self.id = id
        }
    }

    let dialler: Side
    let acceptor: Side
    var isBroken = false

    init(dialler: Side, acceptor: Side) {
        self.dialler = dialler
        self.acceptor = acceptor
    }

    /// 0 is the dialler's.
    subscript(side: Int) -> Side { side == 0 ? dialler : acceptor }
}

/// Things that will happen, earliest first; of those at the same time, the one planned first.
///
/// The heap sorts small numbers; the events lie still beside it.
struct Agenda<Event> {
    private struct Entry {
        var time: Int
        var order: UInt64
        var place: Int

        static func < (left: Entry, right: Entry) -> Bool {
            left.time != right.time ? left.time < right.time : left.order < right.order
        }
    }

    private var heap: [Entry] = []
    private var count: UInt64 = 0
    private var events: [Event?] = []
    private var free: [Int] = []

    mutating func plan(_ event: Event, at time: Int) {
        count += 1
        let place: Int
        if let last = free.popLast() {
            place = last
            events[place] = event
        } else {
            place = events.count
            events.append(event)
        }
        heap.append(Entry(time: time, order: count, place: place))
        rise(heap.count - 1)
    }

    /// What is planned, in no order.
    var planned: [Event] { heap.compactMap { events[$0.place] } }

    /// Removes the earliest event that fits.
    mutating func take(where fits: (Int, Event) -> Bool) -> (time: Int, event: Event)? {
        var first: Int?
        for place in heap.indices where first.map({ heap[place] < heap[$0] }) ?? true {
            if let event = events[heap[place].place], fits(heap[place].time, event) { first = place }
        }
        return first.flatMap { remove(at: $0) }
    }

    mutating func next() -> (time: Int, event: Event)? { heap.isEmpty ? nil : remove(at: 0) }

    private mutating func remove(at place: Int) -> (time: Int, event: Event)? {
        let removed = heap[place]
        let last = heap.removeLast()
        if place < heap.count {
            heap[place] = last
            rise(place)
            sink(place)
        }
        free.append(removed.place)
        return events[removed.place].take().map { (removed.time, $0) }
    }

    private mutating func rise(_ start: Int) {
        var child = start
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child] < heap[parent] else { return }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    private mutating func sink(_ start: Int) {
        var parent = start
        while true {
            var smallest = parent
            let left = 2 * parent + 1
            if left < heap.count, heap[left] < heap[smallest] { smallest = left }
            if left + 1 < heap.count, heap[left + 1] < heap[smallest] { smallest = left + 1 }
            if smallest == parent { return }
            heap.swapAt(parent, smallest)
            parent = smallest
        }
    }
}
