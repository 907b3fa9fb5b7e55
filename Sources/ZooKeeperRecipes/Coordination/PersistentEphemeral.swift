import NIOConcurrencyHelpers
import ZooKeeperClient

/// An ephemeral znode that is there for as long as this process wants it: made again whenever it is gone.
///
/// **Guarantees.** While ``whilePresent(_:)`` runs, the znode is made again after somebody has removed it, and after its session has
/// expired if the client gets itself a new one. It goes with the process: at the end of the body at once, else by the session timeout. A
/// znode of this path that another session owns is neither written to nor removed: it is waited for until it goes, so a process that starts again before
/// its old session has ended comes second to itself. Between an expiry and the next connection there is no znode.
///
/// Recipe: Curator's `PersistentNode` with `EPHEMERAL`.
public final class PersistentEphemeral: Sendable {
    private struct State {
        var data: [UInt8]
        var own: OwnZNode?
    }

    private let client: ZooKeeperClient
    private let path: String
    private let style: NameStyle
    private let state: NIOLockedValueBox<State>

    public init(_ client: ZooKeeperClient, at path: String, data: [UInt8] = [], names: NameStyle = .curator) {
        self.client = client
        self.path = path
        style = names
        state = NIOLockedValueBox(State(data: data))
    }

    /// Makes the znode, calls `body` in a task of its own, and removes the znode.
    ///
    /// - Throws: What `body` throws; `sessionExpired`, `noAuth` and the like if the znode cannot be kept, which cancels `body`.
    public func whilePresent<Value: Sendable>(
        _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        defer { if let own = state.withLockedValue(\.own) { client.removeInBackground(own) } }
        try await make()
        return try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                try await self.keep()
                return nil
            }
            defer { group.cancelAll() }
            // `keep` ends only by an error.
            guard let value = try await group.next() ?? nil else { throw CancellationError() }
            return value
        }
    }

    /// Replaces the data, also that of every znode to come.
    public func setData(_ data: [UInt8]) async throws {
        state.withLockedValue { $0.data = data }
        try await writeData()
    }

    /// Makes the znode, or finds that it is ours.
    private func make() async throws {
        while true {
            let data = state.withLockedValue(\.data)
            do {
                let own = try await client.createEphemeral(
                    in: ZNodeName.parent(of: path), ZNodeName.name(of: path), isSequential: false, data: data, style)
                let isCurrent = state.withLockedValue { state in
                    state.own = own
                    return state.data == data
                }
                if !isCurrent { try await writeData() }
                return
            } catch ErrorCode.nodeExists {
                if try await isOurs() { return }
            } catch let error where ErrorCode.sessionExpired ~= error {
                try await client.awaitNewSession(after: error)
            }
        }
    }

    /// Whether the znode is of our session; if not, waits until something happens to it.
    private func isOurs() async throws -> Bool {
        do {
            let (_, stat, watch) = try await client.getData(watching: path)
            if stat.ephemeralOwner == client.session?.id {
                state.withLockedValue {
                    $0.own = OwnZNode(path: path, session: stat.ephemeralOwner, czxid: stat.czxid)
                }
                try await writeData()
                return true
            }
            _ = try await watch.event()
        } catch ErrorCode.noNode {
            // Gone since.
        }
        return false
    }

    private func keep() async throws {
        while true {
            do {
                let (_, stat, watch) = try await client.getData(watching: path)
                // One that is not ours, and that of the session before, go by themselves, and tell by this watch.
                let own = state.withLockedValue(\.own)
                if let own, own.czxid != stat.czxid { forget(own) }
                if own?.czxid != stat.czxid, stat.ephemeralOwner == client.session?.id { try await make() }
                _ = try await watch.event()
            } catch ErrorCode.noNode {
                state.withLockedValue { $0.own = nil }
                try await make()
            } catch let error where ErrorCode.sessionExpired ~= error {
                try await client.awaitNewSession(after: error)
            } catch let error as ZooKeeperError where error.mayPass {
                try await Task.sleep(for: .milliseconds(20))
            }
        }
    }

    /// Writes the newest data to the znode if it is ours; whoever makes it again has the new data.
    private func writeData() async throws {
        try await client.repeating {
            while let own = state.withLockedValue(\.own) {
                guard let stat = try await client.stat(of: own) else { return forget(own) }
                // Read behind the version: of two who write at once the later one has the newest.
                let data = state.withLockedValue(\.data)
                do {
                    try await client.setData(path, data, version: stat.version)
                    return
                } catch ErrorCode.badVersion {
                    // Written to since, or another one.
                } catch ErrorCode.noNode {
                    return forget(own)
                }
            }
        }
    }

    /// Whoever made `own` since has said so.
    private func forget(_ own: OwnZNode) {
        state.withLockedValue { if $0.own == own { $0.own = nil } }
    }
}
