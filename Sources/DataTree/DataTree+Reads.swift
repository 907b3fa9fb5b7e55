import Jute
import TreeMemory
import ZooKeeperProtocol

/// Who asks: a connection of this server and its session.
package struct Reader: Sendable {
    package var connection: ClientID
    package var session: SessionID

    package init(connection: ClientID, session: SessionID) {
        self.connection = connection
        self.session = session
    }
}

extension DataTree {
    /// Whether `read` answers this operation.
    package static func isRead(_ op: OpCode) -> Bool {
        switch op {
        case .exists, .getData, .getACL, .getChildren, .getChildren2, .getAllChildrenNumber, .getEphemerals, .multiRead,
            .checkWatches, .removeWatches, .addWatch, .setWatches, .setWatches2, .whoAmI:
            true
        default: false
        }
    }

    /// About how many bytes the answer to a read will have, as the tree is now.
    package func answerLength(_ op: OpCode, _ body: Bytes) -> Int {
        var reader = JuteReader(body, maxFieldLength: body.count)
        switch op {
        case .getData, .getChildren, .getChildren2:
            guard let path = try? reader.readPresentSlice(), let node = store.find(path) else { return 100 }
            return 100 + (op == .getData ? store.dataLength(node) : store.childCount(node) * 32)
        case .multiRead, .getEphemerals, .getACL: return 64 << 10
        default: return 100
        }
    }

    /// Answers a read from the applied state: appends the reply's body to `reply`, straight from the store.
    ///
    /// With an error nothing is appended. setWatches fills `events`, to be sent before the reply. `body` may be anything: what
    /// cannot be decoded is a MarshallingError.
    package func read(_ op: OpCode, _ body: Bytes, for client: Reader, into reply: inout JuteWriter) -> ErrorCode {
        if !events.isEmpty { events.removeAll() }
        let start = reply.count
        let outcome: ErrorCode
        do throws(JuteError) {
            var reader = JuteReader(body, maxFieldLength: body.count)
            outcome = try answer(op, &reader, client, &reply)
        } catch {
            outcome = .marshallingError
        }
        if outcome != .ok { reply.truncate(to: start) }
        return outcome
    }

    private func answer(
        _ op: OpCode, _ reader: inout JuteReader, _ client: Reader, _ reply: inout JuteWriter
    ) throws(JuteError) -> ErrorCode {
        switch op {
        case .getData:
            let path = try reader.readPresentSlice()
            let watch = try reader.readBool()
            return getData(path, watch: watch, client.connection, &reply)
        case .exists:
            let path = try reader.readPresentSlice()
            let watch = try reader.readBool()
            if path.contains(0) { return .badArguments }
            if watch { watches.add(.oneShot, .data, path: path, for: client.connection) }
            guard let node = store.find(path) else { return .noNode }
            traffic.read(path, bytes: 0)
            clientStat(node).write(to: &reply)
            return .ok
        case .getChildren, .getChildren2:
            let path = try reader.readPresentSlice()
            let watch = try reader.readBool()
            return getChildren(path, watch: watch, withStat: op == .getChildren2, client.connection, &reply)
        case .getACL: return getACL(try reader.readPresentSlice(), client.connection, &reply)
        case .getAllChildrenNumber:
            guard let node = store.find(try reader.readPresentSlice()) else { return .noNode }
            guard mayRead(node, client.connection) else { return .noAuth }
            var count = Int32(0)
            if node == .root {
                count = Int32(truncatingIfNeeded: store.count - 1)
            } else {
                forEachNode(below: node) { _ in count &+= 1 }
                count &-= 1
            }
            reply.write(count)
            return .ok
        case .getEphemerals:
            getEphemerals(prefix: try reader.readSlice(), client.session, &reply)
            return .ok
        case .multiRead: return try multiRead(&reader, client.connection, &reply)
        case .whoAmI:
            let identities = watches.identities(of: client.connection)
            reply.write(identities.map { ClientInfo(scheme: $0.scheme, user: AccessControl.userName($0)) })
            return .ok
        case .checkWatches, .removeWatches:
            let path = try reader.readPresentSlice()
            // 3.8 has no other types.
            guard let type = WatcherType(rawValue: try reader.readInt32()), type.rawValue <= WatcherType.any.rawValue
            else { return .marshallingError }
            return op == .checkWatches ? checkWatches(path, type) : removeWatches(path, type, client.connection)
        case .addWatch:
            let path = try reader.readPresentSlice()
            guard let mode = AddWatchMode(rawValue: try reader.readInt32()) else { return .marshallingError }
            watches.add(WatchMode(mode), .data, path: path, for: client.connection)
            watches.add(WatchMode(mode), .child, path: path, for: client.connection)
            reply.write(0 as Int32)
            return .ok
        case .setWatches: return try setWatches(&reader, lists: 3, client.connection)
        case .setWatches2: return try setWatches(&reader, lists: 5, client.connection)
        default: return .unimplemented
        }
    }

    // MARK: Nodes

    private func getData(
        _ path: Bytes, watch: Bool, _ connection: ClientID, _ reply: inout JuteWriter
    ) -> ErrorCode {
        guard let node = store.find(path) else { return .noNode }
        guard mayRead(node, connection) else { return .noAuth }
        if watch { watches.add(.oneShot, .data, path: path, for: connection) }
        let data = store.data(node)
        traffic.read(path, bytes: data?.count ?? 0)
        reply.write(slice: data)
        clientStat(node).write(to: &reply)
        return .ok
    }

    private func getChildren(
        _ path: Bytes, watch: Bool, withStat: Bool, _ connection: ClientID, _ reply: inout JuteWriter
    ) -> ErrorCode {
        guard let node = store.find(path) else { return .noNode }
        guard mayRead(node, connection) else { return .noAuth }
        if watch { watches.add(.oneShot, .child, path: path, for: connection) }
        let count = store.childCount(node)
        reply.write(Int32(count))
        let start = reply.count
        var child = store.firstChild(node)
        while let here = child {
            reply.write(slice: store.name(here))
            child = store.nextSibling(here)
        }
        traffic.read(path, bytes: reply.count - start - 4 * Int(count))
        if withStat { clientStat(node).write(to: &reply) }
        return .ok
    }

    private func getACL(_ path: Bytes, _ connection: ClientID, _ reply: inout JuteWriter) -> ErrorCode {
        guard let node = store.find(path) else { return .noNode }
        let acl = store[node].acl
        if acl == ACLCache.open {
            reply.write(raw: ACLCache.openEncoded)
        } else {
            let identities = watches.identities(of: connection)
            guard allows(acl, [.read, .admin], to: identities) else { return .noAuth }
            if allows(acl, .admin, to: identities) {
                reply.write(raw: acls.encoded(acl))
            } else {
                reply.write(AccessControl.masked(acls.list(acl)))
            }
        }
        clientStat(node).write(to: &reply)
        return .ok
    }

    private func getEphemerals(prefix: Bytes?, _ session: SessionID, _ reply: inout JuteWriter) {
        let isBlank = prefix?.allSatisfy { $0 <= 0x20 } ?? true
        let wanted = isBlank || prefix!.elementsEqual([slash]) ? [] : [UInt8](prefix!)
        var paths: [[UInt8]] = []
        forEachOwned(by: session.rawValue) { node in
            let path = store.path(node)
            if path.starts(with: wanted) { paths.append(path) }
        }
        paths.sort { $0.lexicographicallyPrecedes($1) }
        reply.write(Int32(paths.count))
        for path in paths { path.withUnsafeBytes { reply.write(slice: $0) } }
    }

    /// getData and getChildren only; a read that fails is a result, not the end. The watch bytes mean nothing here.
    private func multiRead(
        _ reader: inout JuteReader, _ connection: ClientID, _ reply: inout JuteWriter
    ) throws(JuteError) -> ErrorCode {
        let first = reply.count
        while true {
            let header = try MultiHeader(from: &reader)
            if header.done { break }
            guard header.type == .getData || header.type == .getChildren else { return .marshallingError }
            let path = try reader.readPresentSlice()
            _ = try reader.readBool()
            let start = reply.count
            MultiHeader(type: header.type, error: 0).write(to: &reply)
            let error =
                header.type == .getData
                ? getData(path, watch: false, connection, &reply)
                : getChildren(path, watch: false, withStat: false, connection, &reply)
            if error == .ok {
                // A few bytes of request ask for a whole node, so a request can ask for more than there is memory.
                if reply.count - first > replyLimit { return .marshallingError }
                continue
            }
            reply.truncate(to: start)
            MultiHeader(type: .error, error: error.rawValue).write(to: &reply)
            reply.write(error.rawValue)
        }
        MultiHeader.end.write(to: &reply)
        return .ok
    }

    private func mayRead(_ node: NodeID, _ connection: ClientID) -> Bool {
        let acl = store[node].acl
        return acl == ACLCache.open || allows(acl, .read, to: watches.identities(of: connection))
    }

    // MARK: Watches

    private func checkWatches(_ path: Bytes, _ type: WatcherType) -> ErrorCode {
        let found =
            switch type {
            case .data: watches.contains(.data, path: path)
            case .children: watches.contains(.child, path: path)
            case .any, .persistent, .persistentRecursive:
                watches.contains(.data, path: path) || watches.contains(.child, path: path)
            }
        return found ? .ok : .noWatcher
    }

    private func removeWatches(_ path: Bytes, _ type: WatcherType, _ connection: ClientID) -> ErrorCode {
        let child = type != .data && watches.remove(.child, path: path, for: connection)
        let data = type != .children && watches.remove(.data, path: path, for: connection)
        return child || data ? .ok : .noWatcher
    }

    /// Data, exist, child, persistent and recursive paths of a client that has come back: what it missed is told at once,
    /// the rest is watched.
    private func setWatches(
        _ reader: inout JuteReader, lists: Int, _ connection: ClientID
    ) throws(JuteError) -> ErrorCode {
        let since = try reader.readZXID()
        var ahead = reader
        for _ in 0..<lists {
            for _ in 0..<(try ahead.readVectorCount() ?? 0) { _ = try ahead.readPresentSlice() }
        }
        for list in 0..<lists {
            guard let count = try reader.readVectorCount() else { return .marshallingError }
            for _ in 0..<count { rearm(list, try reader.readPresentSlice(), since, connection) }
        }
        return .ok
    }

    private func rearm(_ list: Int, _ path: Bytes, _ since: ZXID, _ connection: ClientID) {
        if list > 2 {
            let mode: WatchMode = list == 3 ? .persistent : .persistentRecursive
            watches.add(mode, .child, path: path, for: connection)
            return watches.add(mode, .data, path: path, for: connection)
        }
        let stat = store.find(path).map { store.stat($0) }
        var missed: EventType?
        switch (list, stat) {
        case (1, let stat): if stat != nil { missed = .nodeCreated }
        case (_, nil): missed = .nodeDeleted
        case (0, let stat?): if stat.mzxid > since { missed = .nodeDataChanged }
        case (_, let stat?): if stat.pzxid > since { missed = .nodeChildrenChanged }
        }
        if let missed { return events.add(missed, events.addPath(path), to: connection) }
        watches.add(.oneShot, list == 2 ? .child : .data, path: path, for: connection)
    }
}
