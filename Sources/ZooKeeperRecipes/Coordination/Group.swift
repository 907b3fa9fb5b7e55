import NIOConcurrencyHelpers
import ZooKeeperClient

/// Who takes part: each member has an ephemeral znode below the group's.
///
/// **Guarantees.** A member is seen from when ``withMembership(as:data:_:)`` has called its body until the body ends, or its session does
/// (the process died, or was cut off for the session timeout). It joins again by itself after an expiry, as ``PersistentEphemeral``.
/// Everybody sees the same comings and goings, perhaps not at the same moment, and perhaps several at a time.
///
/// Recipes: Curator's `GroupMember`; kazoo's `Party` and `ShallowParty`.
public struct Group: Sendable {
    public struct Member: Hashable, Sendable {
        public var id: String
        /// Only Curator's groups have any.
        public var data: [UInt8]
    }

    private let client: ZooKeeperClient
    private let path: String
    private let names: GroupNames

    public init(_ client: ZooKeeperClient, at path: String, names: GroupNames = .groupMember) {
        self.client = client
        self.path = path
        self.names = names
    }

    /// Joins, calls `body` in a task of its own, and leaves.
    ///
    /// - Parameters:
    ///   - id: What the member is called. In Curator's groups and kazoo's `ShallowParty` it is a part of the znode's name, so it must
    ///     not hold a slash; in Curator's it must be its alone: who comes second waits until the first has gone.
    ///   - data: What else the others shall know; of Curator's groups only.
    public func withMembership<Value: Sendable>(
        as id: String, data: [UInt8] = [], _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let name = names.name(of: id, .random())
        let node = PersistentEphemeral(
            client, at: ZNodeName.path(path, name), data: names == .groupMember ? data : Array(id.utf8),
            names: names == .groupMember ? .curator : .kazoo)
        return try await node.whilePresent(body)
    }

    /// Who is there, in the order of their ids.
    public func members() async throws -> [Member] {
        do {
            return try await members(of: client.getChildren(path).names)
        } catch ErrorCode.noNode {
            return []
        }
    }

    /// Who is there, and again whenever a member has come or gone; ends with an error when the session does.
    ///
    /// Nothing is read ahead: between two elements that are asked for any number of changes may have happened.
    public func memberChanges() -> AsyncThrowingStream<[Member], any Error> {
        let seen = NIOLockedValueBox<(watch: ZNodeWatch?, members: [Member]?)>((nil, nil))
        return AsyncThrowingStream {
            while true {
                do {
                    if let watch = seen.withLockedValue(\.watch) { _ = try await watch.event() }
                    let (names, _, watch) = try await client.getChildren(watching: path)
                    let members = try await members(of: names)
                    let isNew = seen.withLockedValue { seen in
                        defer { seen = (watch, members) }
                        return seen.members != members
                    }
                    if isNew { return members }
                } catch ErrorCode.noNode {
                    seen.withLockedValue { $0.watch = nil }
                    try await client.makePath(path, names == .groupMember ? .curator : .kazoo)
                } catch let error where ErrorCode.sessionExpired ~= error {
                    try await client.awaitNewSession(after: error)
                    seen.withLockedValue { $0.watch = nil }
                } catch let error as ZooKeeperError where error.mayPass {
                    seen.withLockedValue { $0.watch = nil }
                    try await Task.sleep(for: .milliseconds(20))
                }
            }
        }
    }

    private func members(of children: [String]) async throws -> [Member] {
        var members: [Member] = []
        for name in children {
            switch names.reading(of: name) {
            case .foreign: break
            case .complete(let id): members.append(Member(id: id, data: []))
            case .nameIsID, .dataIsID:
                do {
                    let data = try await client.getData(ZNodeName.path(path, name)).data ?? []
                    members.append(
                        names == .groupMember
                            ? Member(id: name, data: data)
                            : Member(id: String(decoding: data, as: UTF8.self), data: []))
                } catch ErrorCode.noNode {
                    // Left since.
                }
            }
        }
        return members.sorted { $0.id < $1.id }
    }
}
