import Jute
import ZooKeeperProtocol

extension ZooKeeperClient {
    // MARK: Writing

    /// Creates a znode.
    ///
    /// - Parameters:
    ///   - path: The parent must exist. For a sequential znode, what its name begins with.
    ///   - data: Nil is null data, which is kept apart from empty data.
    ///   - timeToLive: For the modes with TTL, and only for them; in milliseconds on the wire.
    ///   - protected: Whether the name begins with `_c_GUID-`, as Curator's protected creates do: then the znode is recognised when the
    ///     answer was lost, also a sequential one, and it is removed if nobody waits for it any more.
    ///   - retries: What is done when the answer is lost; nil for ``ClientConfiguration/retries``.
    /// - Returns: The path, with its ten digits if sequential, and the Stat.
    /// - Throws: `nodeExists`, `noNode` (no parent), `noChildrenForEphemerals`, `noAuth`, `invalidACL`, `badArguments`,
    ///   `quotaExceeded`; `unimplemented` for TTL if the servers have extended types off.
    @discardableResult
    public func create(
        _ path: String, data: [UInt8]? = [], mode: CreateMode = .persistent, acl: [ACL] = .open,
        timeToLive: Duration? = nil, protected: Bool = false, retries: RetryPolicy? = nil
    ) async throws -> (path: String, stat: Stat) {
        let name = protected ? ProtectedName.make(from: path) : path
        let request = try createRequest(name, data: data, mode: mode, acl: acl, timeToLive: timeToLive)
        if protected {
            return try await createProtected(request, path: path, isEphemeral: mode.isEphemeral, retries: retries)
        }
        let lost: LostWrite =
            mode.isSequential ? .createSequential : .create(data: data, isEphemeral: mode.isEphemeral)
        return try await perform(
            request, path: path, lost: lost, of: connectString.absolute(path), retries: retries
        ) { (reader) throws(JuteError) in
            let response = try Create2Response(from: &reader)
            return (connectString.relative(response.path), response.stat)
        } done: {
            (path, $0)
        }
    }

    /// Deletes a znode.
    ///
    /// - Parameters:
    ///   - version: The version it must have; nil for any.
    ///   - retries: What is done when the answer is lost; nil for ``ClientConfiguration/retries``.
    /// - Throws: `noNode`, `badVersion`, `notEmpty`, `noAuth`.
    public func delete(_ path: String, version: Int32? = nil, retries: RetryPolicy? = nil) async throws {
        let znode = try absolute(path, operation: .delete)
        try await perform(
            .delete(DeleteRequest(path: znode, version: version ?? -1)), path: path, lost: .delete(version: version),
            of: znode, retries: retries
        ) { (_) throws(JuteError) in
        } done: { _ in
        }
    }

    /// Replaces a znode's data.
    ///
    /// - Parameters:
    ///   - version: The version it must have; nil for any.
    ///   - retries: What is done when the answer is lost; nil for ``ClientConfiguration/retries``.
    /// - Throws: `noNode`, `badVersion`, `noAuth`, `quotaExceeded`.
    @discardableResult
    public func setData(
        _ path: String, _ data: [UInt8]?, version: Int32? = nil, retries: RetryPolicy? = nil
    ) async throws -> Stat {
        let znode = try absolute(path, operation: .setData)
        return try await perform(
            .setData(SetDataRequest(path: znode, data: data, version: version ?? -1)), path: path,
            lost: .setData(data, version: version), of: znode, retries: retries
        ) { (reader) throws(JuteError) in
            try Stat(from: &reader)
        } done: {
            $0
        }
    }

    /// Replaces a znode's access control list.
    ///
    /// - Parameters:
    ///   - aversion: The ``Stat/aversion`` it must have; nil for any.
    ///   - retries: What is done when the answer is lost; nil for ``ClientConfiguration/retries``.
    @discardableResult
    public func setACL(
        _ path: String, _ acl: [ACL], aversion: Int32? = nil, retries: RetryPolicy? = nil
    ) async throws -> Stat {
        let znode = try absolute(path, operation: .setACL)
        return try await perform(
            .setACL(SetACLRequest(path: znode, acl: acl, version: aversion ?? -1)), path: path,
            lost: .setACL(acl, aversion: aversion), of: znode, retries: retries
        ) { (reader) throws(JuteError) in
            try Stat(from: &reader)
        } done: {
            $0
        }
    }

    // MARK: Reading

    /// A znode's Stat; nil if it is missing.
    ///
    /// - Parameter watch: Whether the client's observer shall be told of its next change (of its creation, if it is missing).
    public func exists(_ path: String, watch: Bool = false) async throws -> Stat? {
        let request = ReadRequest(path: try absolute(path, operation: .exists), watch: watch)
        do {
            return try await perform(.exists(request), path: path) { (reader) throws(JuteError) in
                try Stat(from: &reader)
            }
        } catch ErrorCode.noNode {
            return nil
        }
    }

    /// A znode's data (nil if null) and Stat.
    ///
    /// - Parameter watch: Whether the client's observer shall be told of its next change or deletion.
    /// - Throws: `noNode`, `noAuth`.
    public func getData(_ path: String, watch: Bool = false) async throws -> (data: [UInt8]?, stat: Stat) {
        let request = ReadRequest(path: try absolute(path, operation: .getData), watch: watch)
        let response = try await perform(.getData(request), path: path) { (reader) throws(JuteError) in
            try DataResponse(from: &reader)
        }
        return (response.data, response.stat)
    }

    /// The names of a znode's children, in no order, and its Stat.
    ///
    /// - Parameter watch: Whether the client's observer shall be told of the next child that comes or goes.
    /// - Throws: `noNode`, `noAuth`.
    public func getChildren(_ path: String, watch: Bool = false) async throws -> (names: [String], stat: Stat) {
        let request = ReadRequest(path: try absolute(path, operation: .getChildren2), watch: watch)
        let response = try await perform(.getChildren2(request), path: path) { (reader) throws(JuteError) in
            try Children2Response(from: &reader)
        }
        return (response.children ?? [], response.stat)
    }

    /// A znode's access control list and Stat. Who may not administrate it sees digest ids masked.
    public func getACL(_ path: String) async throws -> (acl: [ACL], stat: Stat) {
        let request = PathRecord(path: try absolute(path, operation: .getACL))
        let response = try await perform(.getACL(request), path: path) { (reader) throws(JuteError) in
            try ACLResponse(from: &reader)
        }
        return (response.acl ?? [], response.stat)
    }

    /// How many znodes there are below `path`.
    public func countDescendants(of path: String) async throws -> Int {
        let request = PathRecord(path: try absolute(path, operation: .getAllChildrenNumber))
        return try await perform(.getAllChildrenNumber(request), path: path) { (reader) throws(JuteError) in
            Int(try CountResponse(from: &reader).count)
        }
    }

    /// The paths of this session's ephemerals that begin with `prefix`.
    public func getEphemerals(prefix: String = "/") async throws -> [String] {
        let request = EphemeralsRequest(prefix: connectString.absolute(prefix))
        let response = try await perform(.getEphemerals(request), path: prefix) { (reader) throws(JuteError) in
            try StringsRecord(from: &reader)
        }
        return (response.strings ?? []).map(connectString.relative)
    }

    /// Waits until this client's server has caught up with the leader, so that reads behind it see all earlier writes.
    public func sync(_ path: String = "/") async throws {
        let request = PathRecord(path: try absolute(path, operation: .sync))
        try await perform(.sync(request), path: path) { (_) throws(JuteError) in }
    }

    // MARK: Watches

    /// Leaves a watch that stays until it is removed: the client's observer is told of changes of `path`, or of everything below
    /// it too. The znode need not exist. A reconnection keeps it, but what changed in between is not told.
    ///
    /// For programs that show events; all others are better served by ``changes(of:recursive:bufferLimit:)``.
    public func addWatch(_ path: String, recursive: Bool) async throws {
        let mode: AddWatchMode = recursive ? .persistentRecursive : .persistent
        let request = AddWatchRequest(path: try absolute(path, operation: .addWatch), mode: mode.rawValue)
        try await perform(.addWatch(request), path: path) { (_) throws(JuteError) in }
    }

    /// Takes back the observer's watches on `path`, and tells it which kinds of them there were: `dataWatchRemoved`, …
    ///
    /// - Parameters:
    ///   - type: Which watches; those of ``addWatch(_:recursive:)`` belong to `any` only.
    ///   - locally: Whether they are forgotten, too, when no server can be reached.
    /// - Throws: `noWatcher` if there is none.
    public func removeWatches(_ path: String, type: WatcherType = .any, locally: Bool = false) async throws {
        let absolutePath = try absolute(path, operation: .removeWatches)
        let request = WatcherRequest(path: absolutePath, type: type.rawValue)
        do {
            try await perform(.removeWatches(request), path: path) { (_) throws(JuteError) in }
        } catch ErrorCode.connectionLoss where locally {
            mailbox.forgetWatches(absolutePath, type)
        }
    }

    // MARK: Identity

    /// Adds an identity to this session, as which it then acts beside its others; it is told to every server that takes the
    /// session over.
    ///
    /// - Parameters:
    ///   - scheme: `digest`, say.
    ///   - credentials: What the scheme wants: `user:password` for digest.
    /// - Throws: `authFailed`, which ends the session.
    public func addAuth(scheme: String, credentials: [UInt8]?) async throws {
        let packet = AuthPacket(type: 0, scheme: scheme, auth: credentials)
        try await perform(.auth(packet)) { (_) throws(JuteError) in }
    }

    /// Who this session acts as: scheme and user.
    public func whoAmI() async throws -> [AuthID] {
        let response = try await perform(.whoAmI) { (reader) throws(JuteError) in
            try WhoAmIResponse(from: &reader)
        }
        return (response.clientInfo ?? []).map { AuthID(scheme: $0.scheme, id: $0.user) }
    }

    // MARK: Configuration

    /// The configuration in force: the text of /zookeeper/config (nil if there is none), wherever this client's root is.
    ///
    /// - Parameter watch: Whether the client's observer shall be told of its next change.
    public func getConfiguration(watch: Bool = false) async throws -> (text: String?, stat: Stat) {
        let path = "/zookeeper/config"
        let response = try await perform(.getData(ReadRequest(path: path, watch: watch)), path: path) {
            (reader) throws(JuteError) in
            try DataResponse(from: &reader)
        }
        return (response.data.map { String(decoding: $0, as: UTF8.self) }, response.stat)
    }

    /// Changes the ensemble's members: lets servers join and leave, or replaces all of them.
    ///
    /// - Parameters:
    ///   - joining: `server.N=…` lines; one with a known id replaces that server's.
    ///   - leaving: Ids.
    ///   - members: The complete new configuration, instead of the other two.
    ///   - version: The configuration that must be in force, as its `version=` line says; nil for any.
    /// - Returns: The configuration in force as text, and the Stat of /zookeeper/config.
    /// - Throws: `reconfigDisabled`, `newConfigNoQuorum`, `reconfigInProgress`, `badVersion`, `badArguments`, `noAuth`.
    public func reconfigure(
        joining: [String] = [], leaving: [String] = [], members: [String]? = nil, version: Int64? = nil
    ) async throws -> (configuration: String, stat: Stat) {
        func list(_ items: [String]) -> String? { items.isEmpty ? nil : items.joined(separator: ",") }
        let request = ReconfigRequest(
            joiningServers: list(joining), leavingServers: list(leaving), newMembers: members.flatMap(list),
            currentConfigID: version ?? -1)
        let response = try await perform(.reconfig(request)) { (reader) throws(JuteError) in
            try DataResponse(from: &reader)
        }
        return (String(decoding: response.data ?? [], as: UTF8.self), response.stat)
    }

    // MARK: Helpers

    func createRequest(
        _ path: String, data: [UInt8]?, mode: CreateMode, acl: [ACL], timeToLive: Duration?
    ) throws -> Request {
        let op: OpCode = mode.isTTL ? .createTTL : mode == .container ? .createContainer : .create2
        let absolutePath = try absolute(path, operation: op, isSequential: mode.isSequential)
        guard mode.isTTL == (timeToLive != nil) else {
            throw ZooKeeperError(
                .badArguments, operation: op.description, path: path,
                detail: mode.isTTL ? "a mode with TTL needs a time to live" : "only modes with TTL have a time to live")
        }
        if let timeToLive {
            return .createTTL(
                CreateTTLRequest(
                    path: absolutePath, data: data, acl: acl, flags: mode.rawValue, ttl: timeToLive.milliseconds))
        }
        return .create(op, CreateRequest(path: absolutePath, data: data, acl: acl, flags: mode.rawValue))
    }
}
