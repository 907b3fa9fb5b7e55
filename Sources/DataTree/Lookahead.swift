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

/// Applies entries of the log one after the other, with an eye on those that follow.
package struct LogReplay {
    private var ahead = Lookahead()
    private var reply = JuteWriter()

    package init() {}

    /// To be called before the first of `txns` is applied.
    package mutating func begin(_ txns: [LoggedTxn], _ tree: DataTree) {
        ahead = Lookahead()
        for place in 0..<Lookahead.distance {
            _ = ahead.advance(place < txns.count ? foresee(txns[place], tree) : nil)
        }
    }

    /// Applies `txns[place]`, or passes it over; all are to come here, in their order.
    package mutating func next(
        _ txns: [LoggedTxn], _ place: Int, isApplied: Bool, _ tree: DataTree
    ) throws(JuteError) {
        if place + 2 * Lookahead.distance < txns.count { prefetch(txns[place + 2 * Lookahead.distance].entry) }
        let far = place + Lookahead.distance
        let foreseen = ahead.advance(far < txns.count ? foresee(txns[far], tree) : nil)
        if let soon = ahead[4] { tree.store.foreseeNode(soon) }
        if let soon = ahead[1] { tree.store.foreseeData(soon) }
        guard isApplied else { return }
        reply.removeAll()
        let txn = txns[place]
        _ = try tree.apply(
            txn.entry, txn.content.map { Foresight(content: $0, place: foreseen) }, reply: &reply)
    }

    private func foresee(_ txn: LoggedTxn, _ tree: DataTree) -> Foreseen? {
        txn.path.isEmpty ? nil : tree.store.foresee(txn.path)
    }
}
