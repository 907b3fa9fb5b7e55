import ZooKeeperClient

extension ZooKeeperClient {
    /// Creates what is missing of `path`, with its ancestors.
    ///
    /// Curator's recipes make containers (`creatingParentContainersIfNeeded`), kazoo's plain znodes (`ensure_path`).
    func makePath(_ path: String, _ style: NameStyle) async throws {
        var missing: [String] = []
        // From below, so that nobody needs a right to read all the ancestors.
        for prefix in ZNodeName.prefixes(of: path).reversed() {
            if try await exists(prefix) != nil { break }
            missing.append(prefix)
        }
        for prefix in missing.reversed() {
            do {
                try await create(prefix, mode: style == .curator ? .container : .persistent)
            } catch ErrorCode.nodeExists {
                // Somebody else was quicker.
            } catch ErrorCode.unimplemented where style == .curator {
                // Servers before 3.5, as Curator does it.
                do { try await create(prefix) } catch ErrorCode.nodeExists {}
            }
        }
    }

    /// Creates an ephemeral, and its parents: exactly one, also when an answer is lost. Its name with its data must be unique. If this
    /// fails or is cancelled none is left, as soon as the servers can be reached.
    func createEphemeral(
        in parent: String, _ name: String, isSequential: Bool, data: [UInt8], _ style: NameStyle
    ) async throws -> OwnZNode {
        let path = ZNodeName.path(parent, name)
        // Whether a create was sent whose answer we have not seen, and of which session: the next one may make the same znode again.
        var mayBeThere = false
        var owner: SessionID?
        do {
            while true {
                do {
                    owner = session?.id
                    let (created, stat) = try await create(
                        path, data: data, mode: isSequential ? .ephemeralSequential : .ephemeral, retries: .never)
                    return OwnZNode(path: created, session: stat.ephemeralOwner, czxid: stat.czxid)
                } catch ErrorCode.noNode {
                    try await makePath(parent, style)
                } catch let error where (error as? ZooKeeperError)?.isOutcomeUnknown ?? (error is CancellationError) {
                    mayBeThere = true
                    if let found = try await findEphemeral(in: parent, name, isSequential: isSequential, data) {
                        return found
                    }
                    mayBeThere = false
                }
            }
        } catch {
            if mayBeThere, let owner = owner ?? session?.id {
                removeInBackground(of: owner) { client in
                    let found = try await client.findEphemeral(in: parent, name, isSequential: isSequential, data)
                    if let found { try await client.remove(found) }
                }
            }
            throw error
        }
    }

    /// What a create whose answer was lost has left, of the present session.
    private func findEphemeral(
        in parent: String, _ beginning: String, isSequential: Bool, _ data: [UInt8]
    ) async throws -> OwnZNode? {
        do {
            return try await repeating {
                // What the server of before sent on for us is decided when this is answered.
                try await sync(parent)
                for name in try await getChildren(parent).names
                where isSequential ? name.hasPrefix(beginning) : name == beginning {
                    let path = ZNodeName.path(parent, name)
                    let (found, stat) = try await getData(path)
                    if found == data, stat.ephemeralOwner == session?.id {
                        return OwnZNode(path: path, session: stat.ephemeralOwner, czxid: stat.czxid)
                    }
                }
                return nil
            }
        } catch ErrorCode.noNode {
            // The parent; or the znode has gone since, and nothing is left of it.
            return nil
        }
    }

    /// Does something that may be done twice until its outcome is known.
    func repeating<Value>(
        isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Value
    ) async throws -> Value {
        while true {
            do {
                return try await body()
            } catch let error as ZooKeeperError where error.isOutcomeUnknown || error.code == .connectionLoss {
                // A client that waits for no connection would come back at once.
                try await Task.sleep(for: .milliseconds(20))
            }
        }
    }

    /// Waits until the client begins to get itself a new session, the old one being over; throws `error` if it does not.
    func awaitNewSession(after error: any Error) async throws {
        for await state in states where state != .expired {
            if state.isFinal { break }
            // A server may refuse the session before the client knows: it is not asked again at once.
            return try await Task.sleep(for: .milliseconds(20))
        }
        try Task.checkCancellation()
        throw error
    }

    /// Removes an ephemeral of ours, however long the servers cannot be reached: until it is gone, or its session is.
    func removeInBackground(_ znode: OwnZNode) {
        removeInBackground(of: znode.session) { _ = try await $0.remove(znode) }
    }

    /// Removes an ephemeral of ours, and nobody else's that has its path since: false if it is gone.
    @discardableResult
    func remove(_ own: OwnZNode) async throws -> Bool {
        while let stat = try await stat(of: own) {
            do {
                try await delete(own.path, version: stat.version)
                return true
            } catch ErrorCode.noNode {
                return false
            } catch ErrorCode.badVersion {
                // Written to since, or another one.
            }
        }
        return false
    }

    /// The Stat of an ephemeral of ours; nil if it is gone, also if another one has its path since.
    func stat(of own: OwnZNode) async throws -> Stat? {
        // A server that is behind would still show ours.
        try await sync(own.path)
        guard let stat = try await exists(own.path), stat.czxid == own.czxid else { return nil }
        return stat
    }

    private func removeInBackground(
        of owner: SessionID, _ remove: @escaping @Sendable (ZooKeeperClient) async throws -> Void
    ) {
        // No task waits for this one: it ends with the session at the latest.
        Task { [self] in
            while !state.isFinal, session?.id == owner {
                do {
                    return try await remove(self)
                } catch let error as ZooKeeperError where error.mayPass {
                    try? await Task.sleep(for: .milliseconds(100))
                } catch {
                    return
                }
            }
        }
    }
}

extension ZooKeeperError {
    /// Whether the servers could not be reached, or could not write: the same may go well later.
    var mayPass: Bool {
        isOutcomeUnknown || [.connectionLoss, .operationTimeout, .notReadOnly].contains(code)
    }
}
