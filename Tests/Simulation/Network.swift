import DequeModule
import Quorum
import ZooKeeperProtocol

/// One TCP connection between the quorum ports of two servers.
///
/// Each direction delivers in order. It may be slow, stall, or break; when it breaks, what was under way is lost, and
/// each side learns of it on its own.
struct Link {
    enum Item {
        case packet(QuorumPacket)
        case snapshot(Replica)
        /// The other side closed in good order, behind all it had sent.
        case end
    }

    struct Side {
        var server: Int
        var incarnation: Int
        var id: ConnectionID
        /// Whether this side still uses the connection.
        var isOpen = true
        /// What is under way to this side.
        var incoming: Deque<(readyAt: Int, item: Item)> = []
        var nothingBefore = 0
        var isPumping = false
    }

    var sides: (Side, Side)
    var isBroken = false

    subscript(side: Int) -> Side {
        get { side == 0 ? sides.0 : sides.1 }
        _modify {
            if side == 0 { yield &sides.0 } else { yield &sides.1 }
        }
    }
}

/// Things that will happen, earliest first; of those at the same time, the one planned first.
struct Agenda<Event> {
    private var heap: [(time: Int, order: UInt64, event: Event)] = []
    private var planned: UInt64 = 0

    var isEmpty: Bool { heap.isEmpty }
    var nextTime: Int? { heap.first?.time }

    mutating func plan(_ event: Event, at time: Int) {
        planned += 1
        heap.append((time, planned, event))
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard isBefore(child, parent) else { break }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    mutating func next() -> (time: Int, event: Event)? {
        guard let first = heap.first else { return nil }
        let last = heap.removeLast()
        if !heap.isEmpty {
            heap[0] = last
            var parent = 0
            while true {
                var smallest = parent
                let left = 2 * parent + 1
                if left < heap.count, isBefore(left, smallest) { smallest = left }
                if left + 1 < heap.count, isBefore(left + 1, smallest) { smallest = left + 1 }
                if smallest == parent { break }
                heap.swapAt(parent, smallest)
                parent = smallest
            }
        }
        return (first.time, first.event)
    }

    private func isBefore(_ one: Int, _ other: Int) -> Bool {
        (heap[one].time, heap[one].order) < (heap[other].time, heap[other].order)
    }
}
