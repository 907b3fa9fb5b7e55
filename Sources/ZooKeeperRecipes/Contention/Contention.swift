import ZooKeeperClient

/// Standing in the queue of a lock: the shell around ``ContenderPlace``.
struct Contention: Sendable {
    let client: ZooKeeperClient
    let path: String
    let kind: ContenderKind
    let style: NameStyle
    let data: [UInt8]

    /// Waits until a contender of ours holds. If this fails or is cancelled, none is left.
    ///
    /// Each client contends as often as it is asked to: two tasks of one process exclude each other as two processes do.
    func acquire() async throws -> OwnZNode {
        while true {
            do {
                let own = try await client.createEphemeral(
                    in: path, kind.prefix(style, .random()), isSequential: true, data: data, style)
                do {
                    if try await waitForTurn(own) { return own }
                } catch {
                    client.removeInBackground(own)
                    throw error
                }
            } catch let error where ErrorCode.sessionExpired ~= error {
                // To the end of the queue.
                try await client.awaitNewSession(after: error)
            }
        }
    }

    /// As above, for `limit` at most.
    func acquire(within limit: Duration?) async throws -> OwnZNode {
        guard let own = try await ZooKeeperRecipes.within(limit, { try await acquire() }) else {
            throw RecipeError.timeout(path: path, after: limit ?? .zero)
        }
        return own
    }

    /// True once `own` holds, false when it is gone.
    private func waitForTurn(_ own: OwnZNode) async throws -> Bool {
        try await client.repeating {
            while true {
                let names: [String]
                do {
                    names = try await client.getChildren(path).names
                } catch ErrorCode.noNode {
                    return false
                }
                switch ContenderPlace(of: own.name, among: names) {
                case .holds: return true
                case .missing: return false
                case .waits(let name):
                    do {
                        // Not `exists`, which would leave its watch if the znode has gone meanwhile.
                        _ = try await client.getData(watching: ZNodeName.path(path, name)).watch.event()
                    } catch ErrorCode.noNode {
                        continue
                    }
                }
            }
        }
    }

    /// Who contends, in the order in which they came; those of a shared lock may hold together.
    func participants() async throws -> [Participant] {
        var participants: [Participant] = []
        do {
            for (contender, holds) in Contender.queue(try await client.getChildren(path).names) {
                do {
                    let (data, stat) = try await client.getData(ZNodeName.path(path, contender.name))
                    participants.append(
                        Participant(
                            id: String(decoding: data ?? [], as: UTF8.self), isHolder: holds,
                            token: FencingToken(stat.czxid)))
                } catch ErrorCode.noNode {
                    // Gone since.
                }
            }
        } catch ErrorCode.noNode {
            // Nobody has contended yet.
        }
        return participants
    }
}

/// One of those who contend for a lock or for leadership.
public struct Participant: Hashable, Sendable {
    /// What it calls itself: the data of its znode.
    public var id: String
    /// Whether it holds: is the leader, has the lock.
    public var isHolder: Bool
    public var token: FencingToken
}
