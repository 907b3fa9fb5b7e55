import ZooKeeperClient

/// An ephemeral znode of this client's.
struct OwnZNode: Hashable, Sendable {
    let path: String
    /// Whose it is: the servers remove it with this session, and a client may have another one by then.
    let session: SessionID
    let czxid: ZXID

    var token: FencingToken { FencingToken(czxid) }
    var parent: String { ZNodeName.parent(of: path) }
    var name: String { ZNodeName.name(of: path) }
}

/// Pieces of paths.
enum ZNodeName {
    static func parent(of path: String) -> String {
        let slash = path.lastIndex(of: "/") ?? path.startIndex
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    static func name(of path: String) -> String {
        String(path[(path.lastIndex(of: "/").map(path.index(after:)) ?? path.startIndex)...])
    }

    static func path(_ parent: String, _ name: String) -> String {
        parent == "/" ? "/" + name : parent + "/" + name
    }

    /// `/a/b/c`: `/a`, `/a/b`, `/a/b/c`.
    static func prefixes(of path: String) -> [String] {
        path.indices.filter { $0 != path.startIndex && path[$0] == "/" }.map { String(path[..<$0]) }
            + (path == "/" ? [] : [path])
    }
}
