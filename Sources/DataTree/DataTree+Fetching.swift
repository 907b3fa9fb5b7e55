import Jute
import TreeMemory
import ZooKeeperProtocol

/// In a large tree nearly everything that a request looks at lies somewhere in memory where nobody has looked for long, and each look
/// says only where the next one is. Requests that came together wait for it together: before the first of them is dealt with, the memory
/// that all of them will want is fetched.
package struct Fetcher: ~Copyable {
    private var wanted = WantedPaths()
    private var places: [Foreseen?] = []
    /// A path longer than this costs more to copy than it can win.
    private static let longestPath = 512
    /// A smaller tree is in the caches anyway.
    private static let smallestTree = 4096

    package init() {}

    package var isFull: Bool { wanted.isFull }

    package static func isWorthwhile(for tree: DataTree) -> Bool { tree.nodeCount > smallestTree }

    /// Wants what an operation on one znode will look at.
    ///
    /// - Parameter body: of a request.
    package mutating func add(_ op: OpCode, _ body: Bytes) {
        switch op {
        case .getData, .exists, .getChildren, .getChildren2, .getACL, .create, .create2, .createContainer, .createTTL,
            .delete,
            .setData, .setACL:
            var reader = JuteReader(body, maxFieldLength: Self.longestPath)
            guard let path = try? reader.readPresentSlice() else { return }
            wanted.append(path)
        default: break
        }
    }

    /// Wants what a txn will change.
    ///
    /// - Parameter entry: as in the log.
    package mutating func add(entry: Bytes) {
        var reader = JuteReader(entry, maxFieldLength: entry.count)
        // The body of a txn on one znode begins with its path, as that of a request.
        guard let header = try? TxnHeader(from: &reader) else { return }
        add(header.type, reader.readRest())
    }

    /// Has everything fetched that is wanted, and wants nothing any more. One alone would only look for the same thing twice.
    package mutating func fetch(from tree: DataTree) {
        if wanted.count > 1 { tree.store.fetch(wanted, &places) }
        wanted.removeAll()
    }
}
