import Jute
import TreeMemory
import ZooKeeperProtocol

extension TxnPreparer {
    /// Lists the session's ephemerals as they will be (applied ones, plus pending creates, minus pending deletes), so that every
    /// server deletes the same. From here on the session is closing: no create of it can come behind this txn.
    mutating func prepareCloseSession(
        _ step: PrepareStep, _ sessions: inout SessionTracker, _ entry: inout JuteWriter
    ) -> OpCode {
        let session = step.request.session.rawValue
        let tree = step.tree
        var paths: [[UInt8]] = []
        tree.forEachOwned(by: session) { node in
            let path = tree.store.path(node)
            let slot = path.withUnsafeBytes { pending.find($0) }
            if slot == nil { paths.append(path) }
        }
        pending.forEach { path, node in
            if node.exists, node.stat.ephemeralOwner == session { paths.append(path) }
        }
        paths.sort { $0.lexicographicallyPrecedes($1) }

        let listed = Self.listed(paths, limit: options.maxTxnLength - (entry.count - step.start) - Self.fieldsBesides)
        entry.write(vectorCount: listed.count)
        for path in listed { path.withUnsafeBytes { entry.write(slice: $0) } }
        for path in paths {
            path.withUnsafeBytes { bytes in
                guard let cut = ZNodePath.lastSlash(of: bytes) else { return }
                let parentPath = Bytes(rebasing: bytes[..<cut])
                guard let node = lookUp(bytes, tree), let parent = lookUp(parentPath, tree) else { return }
                remove(bytes, node, parentPath, parent, step)
            }
        }
        sessions.markClosing(step.request.session)
        return .closeSession
    }

    /// The paths that the txn lists: all, if `limit` bytes are enough. They may not be where a server without such a limit (Apache's)
    /// has let a session own more; no server could read a txn again that lists them all (ZOOKEEPER-4306). Servers delete what
    /// else the session owns without being told. Only a replay over a fuzzy snapshot needs the list, to touch the parents of what
    /// is gone from there already: so one child of each parent comes first.
    static func listed(_ paths: [[UInt8]], limit: Int) -> [[UInt8]] {
        func length(_ paths: [[UInt8]]) -> Int { paths.reduce(4) { $0 + 4 + $1.count } }
        if length(paths) <= limit { return paths }
        var parents: Set<ArraySlice<UInt8>> = []
        var (first, rest): ([[UInt8]], [[UInt8]]) = ([], [])
        for path in paths {
            let isFirst = parents.insert(path[..<(path.lastIndex(of: slash) ?? 0)]).inserted
            if isFirst { first.append(path) } else { rest.append(path) }
        }
        var room = limit - 4
        return (first + rest).filter { path in
            guard 4 + path.count <= room else { return false }
            room -= 4 + path.count
            return true
        }
    }
}
