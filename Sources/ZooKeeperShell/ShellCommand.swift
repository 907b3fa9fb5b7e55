import ZooKeeperClient

/// A command with everything it needs, ready to be carried out.
package enum ShellCommand: Hashable, Sendable {
    // Of the shell itself.
    case help
    case quit
    case history
    /// Nil does nothing.
    case redo(Int?)
    /// Nil asks.
    case printWatches(Bool?)
    /// Nil means the servers as they are.
    case connect(String?)

    // Those that need a session.
    case close
    case version
    case whoAmI
    case addAuth(scheme: String, credentials: String?)
    case create(path: String, data: String?, mode: CreateMode, timeToLive: Int64?, acl: [ACL])
    case delete(path: String, version: Int32?)
    case deleteAll(path: String, batchSize: Int)
    case get(path: String, watch: Bool, stat: Bool, format: DataFormat = .text)
    case set(path: String, data: [UInt8], version: Int32?, stat: Bool)
    case list(path: String, watch: Bool, stat: Bool, json: Bool = false)
    /// `ls -R`.
    case listTree(path: String, watch: Bool, json: Bool = false)
    case stat(path: String, watch: Bool, json: Bool = false)
    case countDescendants(path: String)
    case getEphemerals(prefix: String)
    case sync(path: String)
    case getACL(path: String, stat: Bool)
    case setACL(path: String, acl: [ACL], version: Int32?, stat: Bool)
    case setACLOfTree(path: String, acl: [ACL], version: Int32?)
    case addWatch(path: String, isRecursive: Bool)
    case removeWatches(path: String, type: WatcherType, isLocal: Bool)
    case setQuota(path: String, Quota)
    case listQuota(path: String)
    /// The limits to take away; nil for the whole quota.
    case deleteQuota(path: String, Quota.Limits?)
    case config(clientsOnly: Bool, watch: Bool, stat: Bool, json: Bool = false)
    case reconfigure(Reconfiguration)

    /// How `get` shows data.
    package enum DataFormat: Hashable, Sendable {
        case text
        case base64
        /// As netty prints it, 16 bytes a line.
        case hexadecimal
        /// With the stat, as one JSON document.
        case json
    }

    package struct Reconfiguration: Hashable, Sendable {
        package var joining: String?
        package var leaving: String?
        package var members: Members?
        package var version: Int64?
        package var stat = false

        package enum Members: Hashable, Sendable {
            case text(String)
            /// A file with them.
            case file(String)
        }
    }
}
