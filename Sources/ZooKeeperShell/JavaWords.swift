import ZooKeeperClient
import ZooKeeperProtocol

/// Why `path` cannot be one, in the words of Apache's `PathUtils`; nil if it can. `at` counts UTF-16 units there.
func problem(inPath path: String) -> String? {
    switch ZNodePath.problem(in: path) {
    case nil: return nil
    case .empty: return "Path length must be > 0"
    case .notAbsolute: return "Path must start with / character"
    case .endsWithSlash: return "Path must not end with / character"
    case .emptyComponent(let byte): return invalid(path, "empty node name specified", at: byte)
    // The position of the last dot, where ours is that behind it.
    case .relativeComponent(let byte): return invalid(path, "relative paths not allowed", at: byte - 1)
    case .invalidCharacter(let byte):
        let isNull = path.utf8[path.utf8.index(path.startIndex, offsetBy: byte)] == 0
        return invalid(path, isNull ? "null character not allowed" : "invalid character", at: byte)
    }
}

private func invalid(_ path: String, _ reason: String, at byte: Int) -> String {
    let unit = path.utf16.distance(
        from: path.startIndex, to: path.utf8.index(path.startIndex, offsetBy: byte))
    return "Invalid path string \"\(path)\" caused by \(reason) @\(unit)"
}

extension ErrorCode {
    /// What Apache's `KeeperException` calls it.
    var javaMessage: String {
        let name =
            switch self {
            case .ok: "ok"
            case .notEmpty: "Directory not empty"
            case .sessionExpired: "Session expired"
            case .invalidCallback: "Invalid callback"
            case .sessionMoved: "Session moved"
            case .notReadOnly: "Not a read-only call"
            case .ephemeralOnLocalSession: "Ephemeral node on local session"
            case .noWatcher: "No such watcher"
            case .reconfigDisabled: "Reconfig is disabled"
            case .sessionClosedRequireSASLAuth: "Session closed because client failed to authenticate"
            case .quotaExceeded: "Quota has exceeded"
            case .throttledOperation: "Op throttled due to high load"
            default: description
            }
        return "KeeperErrorCode = " + name
    }

    func javaMessage(for path: String?) -> String {
        path.map { $0.isEmpty ? javaMessage : "\(javaMessage) for \($0)" } ?? javaMessage
    }
}

extension CommandError {
    /// What the shell says of an operation on `path` that failed: nil and "" for operations without one.
    init(_ code: ErrorCode, path: String?) {
        let name = path ?? "null"
        switch code {
        case .noNode: self.init("Node does not exist: \(name)")
        case .noChildrenForEphemerals: self.init("Ephemerals cannot have children: \(name)")
        case .nodeExists: self.init("Node already exists: \(name)")
        case .notEmpty: self.init("Node not empty: \(name)")
        case .notReadOnly: self.init("Not a read-only call: \(name)")
        case .invalidACL: self.init("Acl is not valid : \(name)")
        case .noAuth: self.init("Insufficient permission : \(name)")
        case .badArguments: self.init("Arguments are not valid : \(name)")
        case .badVersion: self.init("version No is not valid : \(name)")
        case .reconfigInProgress:
            self.init("Another reconfiguration is in progress -- concurrent reconfigs not supported (yet)")
        case .newConfigNoQuorum:
            self.init(
                "No quorum of new config is connected and up-to-date with the leader of last commmitted config - "
                    + "try invoking reconfiguration after new servers are connected and synced")
        case .quotaExceeded: self.init("Quota has exceeded : \(name)")
        default: self.init(code.javaMessage(for: path))
        }
    }
}
