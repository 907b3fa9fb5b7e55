import Jute
import TreeMemory
import ZooKeeperProtocol

/// Where what comes next will lie, in order (`NodeStore.foresee`). In a large tree nearly everything that a node needs is somewhere in
/// memory where nobody has looked for long: it is asked for some steps before it is wanted, one after the other, since each answer
/// says only where the next is.
struct Lookahead {
    /// How many steps ahead the first look is.
    static let distance = 8

    private var places: [Foreseen?] = Array(repeating: nil, count: distance)
    private var next = 0

    /// What was foreseen of the next step. From now on the one behind it is the next, and `far` is known of the last one.
    mutating func advance(_ far: Foreseen?) -> Foreseen? {
        defer {
            places[next] = far
            next = (next + 1) % Self.distance
        }
        return places[next]
    }

    /// The one that comes so many steps behind the next, fewer than `distance`.
    subscript(steps: Int) -> Foreseen? { places[(next + steps) % Self.distance] }
}

/// An entry of the log, and what applying it needs that depends on no tree, so that another thread may compute it.
package struct LoggedTxn {
    package let entry: Bytes
    /// What it creates or sets; empty when it is something else.
    fileprivate let path: Bytes
    /// The digest's part of that.
    fileprivate let content: UInt32?

    package init(_ entry: Bytes) {
        self.entry = entry
        guard let (path, data) = Self.change(in: entry) else {
            path = .empty
            content = nil
            return
        }
        self.path = path
        content = NodeDigest.content(path: path, data: data)
    }

    /// Nil also when it cannot be read: whoever applies it will say why.
    private static func change(in entry: Bytes) -> (path: Bytes, data: Bytes?)? {
        var reader = JuteReader(entry, maxFieldLength: entry.count)
        guard let header = try? TxnHeader(from: &reader) else { return nil }
        switch header.type {
        case .create, .create2, .createContainer, .createTTL, .setData:
            guard let path = try? reader.readPresentSlice() else { return nil }
            do { return (path, try reader.readSlice()) } catch { return nil }
        default: return nil
        }
    }
}

/// What is known of an entry before it is applied.
struct Foresight {
    /// The digest's part of what is created or set.
    var content: UInt32
    var place: Foreseen?
}

/// Applies entries of the log one after the other. Where the next ones lead is looked up for some of them together, since each look has
/// to wait for memory (`NodeStore.fetch`).
package struct LogReplay: ~Copyable {
    private var wanted = WantedPaths()
    /// Of the txns of this range.
    private var places: [Foreseen?] = []
    private var range = 0..<0
    private var reply = JuteWriter()
    private static let together = 16

    package init() {}

    /// Applies `txns[place]`, or passes it over; all are to come here, in their order, from 0 on.
    package mutating func next(
        _ txns: [LoggedTxn], _ place: Int, isApplied: Bool, _ tree: DataTree
    ) throws(JuteError) {
        if place == 0 { range = 0..<0 }
        if place == range.upperBound { foresee(txns, tree) }
        guard isApplied else { return }
        reply.removeAll()
        let txn = txns[place]
        let foreseen = places[place - range.lowerBound]
        _ = try tree.apply(
            txn.entry, txn.content.map { Foresight(content: $0, place: foreseen) }, reply: &reply)
    }

    private mutating func foresee(_ txns: [LoggedTxn], _ tree: DataTree) {
        range = range.upperBound..<min(range.upperBound + Self.together, txns.count)
        wanted.removeAll()
        for txn in txns[range] { wanted.append(txn.path) }
        tree.store.fetch(wanted, &places)
        for txn in txns[range.upperBound...].prefix(Self.together) { prefetch(txn.entry) }
    }
}
