import Jute
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
            let path = tree.pathBytes(node)
            let slot = path.withUnsafeBytes { pending.find($0) }
            if slot == nil { paths.append(path) }
        }
        pending.forEach { path, node in
            if node.exists, node.stat.ephemeralOwner == session { paths.append(path) }
        }
        paths.sort { $0.lexicographicallyPrecedes($1) }

        entry.write(vectorCount: paths.count)
        for path in paths {
            path.withUnsafeBytes { bytes in
                entry.write(slice: bytes)
                guard let cut = ZNodePath.lastSlash(of: bytes) else { return }
                let parentPath = Bytes(rebasing: bytes[..<cut])
                guard let node = lookUp(bytes, tree), let parent = lookUp(parentPath, tree) else { return }
                remove(bytes, node, parentPath, parent, step)
            }
        }
        sessions.markClosing(step.request.session)
        return .closeSession
    }
}
