import Jute
import ZooKeeperProtocol

extension ZooKeeperClient {
    /// Carries out a write of `path` (as the client names it; `znode` in the ensemble's tree), and looks into it when its answer is lost.
    ///
    /// - Parameter done: What the write would have returned.
    func perform<Value>(
        _ request: Request, path: String, lost write: LostWrite, of znode: String, retries: RetryPolicy?,
        reading read: (inout JuteReader) throws(JuteError) -> Value, done: (Stat) -> Value
    ) async throws -> Value {
        try await named(request.op, path) {
            /// The last zxid seen before the first attempt; nil while none is lost.
            var sentAfter: ZXID?
            while true {
                do {
                    return try await exchange(request, reading: read)
                } catch let failure as ClientSession.Failure {
                    let policy = retries ?? configuration.retries
                    guard policy != .never, failure.isLost || sentAfter != nil && write.explains(failure.code),
                        let zxid = sentAfter ?? failure.sentAfter
                    else { throw failure }
                    sentAfter = zxid
                    switch try await lookInto(write, of: znode, since: zxid, policy: policy) {
                    case .done(let stat): return done(stat)
                    case .notDone: if !failure.isLost { throw failure }
                    case .unknown:
                        throw ClientSession.Failure(
                            .connectionLoss, "the answer was lost, and others may have written meanwhile",
                            sentAfter: zxid)
                    }
                }
            }
        }
    }

    private func lookInto(
        _ write: LostWrite, of znode: String, since zxid: ZXID, policy: RetryPolicy
    ) async throws -> LostWrite.Verdict {
        func existing<Value>(_ read: () async throws -> Value) async throws -> Value? {
            do { return try await read() } catch let failure as ClientSession.Failure where failure.code == .noNode {
                return nil
            }
        }
        func stat(_ path: String) async throws -> Stat? {
            try await existing {
                try await exchange(.exists(ReadRequest(path: path, watch: false))) { (reader) throws(JuteError) in
                    try Stat(from: &reader)
                }
            }
        }
        do {
            try await exchange(.sync(PathRecord(path: znode))) { (_) throws(JuteError) in }
            var found: LostWrite.Found?
            var parent: Stat?
            let above = ZNodePath.parent(of: znode) ?? "/"
            switch write {
            case .create, .setData:
                found = try await existing {
                    try await exchange(.getData(ReadRequest(path: znode, watch: false))) { (reader) throws(JuteError) in
                        let response = try DataResponse(from: &reader)
                        return LostWrite.Found(stat: response.stat, data: response.data)
                    }
                }
            case .setACL:
                found = try await existing {
                    try await exchange(.getACL(PathRecord(path: znode))) { (reader) throws(JuteError) in
                        let response = try ACLResponse(from: &reader)
                        return LostWrite.Found(stat: response.stat, acl: response.acl ?? [])
                    }
                }
            case .delete: found = try await stat(znode).map { LostWrite.Found(stat: $0) }
            case .createSequential: found = try await stat(above).map { LostWrite.Found(stat: $0) }
            }
            if found == nil { parent = try await stat(above) }
            return write.verdict(finding: found, parent: parent, since: zxid, session: session?.id, policy: policy)
        } catch let failure as ClientSession.Failure {
            throw failure.whileLooking(since: zxid)
        }
    }

    // MARK: Protected creates

    /// Creates a znode whose name tells it from all others, so that it is found again when the answer is lost.
    func createProtected(
        _ request: Request, path: String, isEphemeral: Bool, retries: RetryPolicy?
    ) async throws -> (path: String, stat: Stat) {
        guard let (parent, prefix) = request.protectedName else {
            throw ZooKeeperError(.badArguments, operation: request.op.description, path: path)
        }
        do {
            return try await named(request.op, path) {
                while true {
                    do {
                        return try await exchange(request) { (reader) throws(JuteError) in
                            let response = try Create2Response(from: &reader)
                            return (connectString.relative(response.path), response.stat)
                        }
                    } catch let failure as ClientSession.Failure
                        where failure.isLost && (retries ?? configuration.retries) != .never
                    {
                        do {
                            for (znode, stat) in try await znodes(named: prefix, below: parent) {
                                // That of a session that is gone will go, too.
                                if isEphemeral, stat.ephemeralOwner != session?.id { continue }
                                return (connectString.relative(znode), stat)
                            }
                        } catch let looking as ClientSession.Failure {
                            throw looking.whileLooking(since: failure.sentAfter ?? .zero)
                        }
                    }
                }
            }
        } catch {
            let mayExist = (error as? ZooKeeperError)?.isOutcomeUnknown ?? true
            if mayExist { removeLater(prefix, below: parent) }
            throw error
        }
    }

    /// The children whose names begin so, behind everything of lost connections.
    private func znodes(named prefix: String, below parent: String) async throws -> [(path: String, stat: Stat)] {
        try await exchange(.sync(PathRecord(path: parent))) { (_) throws(JuteError) in }
        let names = try await exchange(.getChildren2(ReadRequest(path: parent, watch: false))) {
            (reader) throws(JuteError) in
            try Children2Response(from: &reader).children ?? []
        }
        var found: [(path: String, stat: Stat)] = []
        for name in names where name.hasPrefix(prefix) {
            let path = parent == "/" ? "/" + name : parent + "/" + name
            do {
                let stat = try await exchange(.exists(ReadRequest(path: path, watch: false))) {
                    (reader) throws(JuteError) in
                    try Stat(from: &reader)
                }
                found.append((path, stat))
            } catch let failure as ClientSession.Failure where failure.code == .noNode {
                continue
            }
        }
        return found
    }

    /// Whoever wanted the znode has given up, cancelled or by the request's timeout. It would stand in others' way: it is removed as
    /// soon as the servers can be reached.
    private func removeLater(_ prefix: String, below parent: String) {
        Task {
            while true {
                do {
                    for (path, _) in try await znodes(named: prefix, below: parent) {
                        try await exchange(.delete(DeleteRequest(path: path, version: -1))) { (_) throws(JuteError) in }
                    }
                    return
                } catch let failure as ClientSession.Failure {
                    let error = ZooKeeperError(failure.code, operation: "delete")
                    guard (try? await getsOver(error)) == true else { return }
                } catch {
                    return
                }
            }
        }
    }
}

extension ClientSession.Failure {
    /// The connection broke behind the request.
    var isLost: Bool { code == .connectionLoss && sentAfter != nil }

    /// What a write says whose answer was lost, when looking into it fails so.
    fileprivate func whileLooking(since zxid: ZXID) -> Self {
        let reason = "\(code)" + (detail.map { ": \($0)" } ?? "")
        return Self(
            code == .sessionExpired ? code : .connectionLoss,
            "the answer was lost, and what came of it cannot be found out: \(reason)", sentAfter: zxid)
    }
}

/// Names that tell a client's own znodes from all others, as Curator makes them: `_c_GUID-` before the name.
enum ProtectedName {
    static func make(from path: String) -> String {
        let slash = path.lastIndex(of: "/") ?? path.startIndex
        return path[...slash] + "_c_" + RandomID.random().dashed + "-" + path[slash...].dropFirst()
    }
}

extension Request {
    /// The parent, and how the znode's name begins, of a create.
    fileprivate var protectedName: (parent: String, prefix: String)? {
        switch self {
        case .create(_, let body): Self.split(body.path)
        case .createTTL(let body): Self.split(body.path)
        default: nil
        }
    }

    private static func split(_ path: String) -> (parent: String, prefix: String)? {
        ZNodePath.parent(of: path).map { ($0, String(path[path.lastIndex(of: "/")!...].dropFirst())) }
    }
}
