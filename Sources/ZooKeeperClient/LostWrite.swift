import ZooKeeperProtocol

/// A write that was sent and never answered, and what to make of how its znode is found afterwards (see `RetryPolicy`).
enum LostWrite: Hashable {
    case create(data: [UInt8]?, isEphemeral: Bool)
    /// A sequential one: it is looked for at its parent.
    case createSequential
    case delete(version: Int32?)
    case setData([UInt8]?, version: Int32?)
    case setACL([ACL], aversion: Int32?)

    /// How the znode is found; the parent for sequential ones.
    struct Found: Hashable {
        var stat: Stat
        var data: [UInt8]?
        var acl: [ACL] = []
    }

    enum Verdict: Hashable {
        /// It happened, and this came of it; nothing for a delete.
        case done(Stat)
        /// It did not, or what it would say is what a second one will say.
        case notDone
        case unknown
    }

    /// Whether this answer to a second attempt may be the first one's doing.
    func explains(_ code: ErrorCode) -> Bool {
        switch self {
        case .create: code == .nodeExists
        case .createSequential: false
        case .delete: code == .noNode
        case .setData, .setACL: code == .badVersion
        }
    }

    /// - Parameters:
    ///   - found: Nil when the znode is missing.
    ///   - parent: The Stat of its parent, if it is known.
    ///   - zxid: The last one that the client had seen when it sent the write: what it did has a later one.
    ///   - session: The client's.
    func verdict(
        finding found: Found?, parent: Stat? = nil, since zxid: ZXID, session: SessionID?, policy: RetryPolicy
    ) -> Verdict {
        switch self {
        case .create(let data, let isEphemeral):
            guard let found else {
                return policy == .untilDone || parent.map { $0.pzxid <= zxid } ?? false ? .notDone : .unknown
            }
            let stat = found.stat
            if stat.czxid <= zxid { return .notDone }
            if isEphemeral { return stat.ephemeralOwner == session ? .done(stat) : .notDone }
            if stat.ephemeralOwner != .none { return .notDone }
            if stat.version > 0 { return .unknown }
            return found.data != data ? .notDone : policy == .untilDone ? .done(stat) : .unknown
        case .createSequential:
            return found.map { $0.stat.pzxid <= zxid } ?? true ? .notDone : .unknown
        case .delete:
            guard let found else { return policy == .untilDone ? .done(Stat()) : .unknown }
            return found.stat.czxid <= zxid ? .notDone : .unknown
        case .setData(let data, let version):
            guard let found else { return policy == .untilDone ? .notDone : .unknown }
            let stat = found.stat
            if stat.mzxid <= zxid { return .notDone }
            guard let version else {
                return found.data == data && policy == .untilDone ? .done(stat) : .unknown
            }
            return Self.isUnchanged(stat, stat.version, since: version, hasWork: found.data == data, zxid: zxid)
        case .setACL(let acl, let aversion):
            guard let found else { return policy == .untilDone ? .notDone : .unknown }
            let stat = found.stat
            guard let aversion else {
                if policy != .untilDone { return .unknown }
                return found.acl == acl ? .done(stat) : .notDone
            }
            return Self.isUnchanged(stat, stat.aversion, since: aversion, hasWork: found.acl == acl, zxid: zxid)
        }
    }

    /// Of a write that asked for a version. Who races by versions must not be told of another's success as of his own.
    private static func isUnchanged(
        _ stat: Stat, _ version: Int32, since wanted: Int32, hasWork: Bool, zxid: ZXID
    ) -> Verdict {
        // Another znode of that name counts from 0 again.
        if stat.czxid > zxid { return .unknown }
        if version <= wanted { return .notDone }
        // The one version behind the wanted one has been another's work, if it is not ours.
        return version == wanted + 1 && !hasWork ? .notDone : .unknown
    }
}
