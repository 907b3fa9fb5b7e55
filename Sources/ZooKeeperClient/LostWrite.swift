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
    ///   - parent: The Stat of its parent, if it is known. When none of its children have come or gone since, a znode that is missing was
    ///     missing already.
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
            if stat.ephemeralOwner != (isEphemeral ? session : SessionID.none) { return .notDone }
            if stat.version > 0 { return .unknown }
            if found.data == data { return policy == .untilDone ? .done(stat) : .unknown }
            // The session names the client, and not which of its tasks: that of another one may be of the same session.
            return isEphemeral ? .unknown : .notDone
        case .createSequential:
            return found.map { $0.stat.pzxid <= zxid } ?? true ? .notDone : .unknown
        case .delete:
            guard let found else { return policy == .untilDone ? .done(Stat()) : .unknown }
            return found.stat.czxid <= zxid ? .notDone : .unknown
        case .setData(let data, let version):
            guard let found else { return Self.missing(parent, since: zxid) }
            let stat = found.stat
            if stat.mzxid <= zxid { return .notDone }
            guard let version else {
                return found.data == data && policy == .untilDone ? .done(stat) : .unknown
            }
            let verdict = Self.unchanged(stat, stat.version, since: version, zxid: zxid)
            // The one version behind the wanted one has been another's work, if it is not ours.
            let isAnothers = stat.czxid <= zxid && stat.version == version + 1 && found.data != data
            return isAnothers ? .notDone : verdict
        case .setACL(let acl, let aversion):
            guard let found else { return Self.missing(parent, since: zxid) }
            // Servers change what they are given (`auth` becomes the identities, doubles go), and what they tell (hashes are hidden): a list
            // that differs is no sign that it was another's. No zxid says when it was set, either; only 0 says that it never was.
            let stat = found.stat
            let verdict = Self.unchanged(stat, stat.aversion, since: aversion ?? 0, zxid: zxid)
            let isAsWanted = aversion == nil && found.acl == acl && policy == .untilDone
            return verdict == .unknown && isAsWanted ? .done(stat) : verdict
        }
    }

    /// Of a write that needs its znode. One that is missing now may have been there, and another one of that name may be made before a
    /// second attempt, which would overwrite it.
    private static func missing(_ parent: Stat?, since zxid: ZXID) -> Verdict {
        parent.map { $0.pzxid <= zxid } ?? false ? .notDone : .unknown
    }

    /// Of a write that asked for a version. Who races by versions must not be told of another's success as of his own.
    private static func unchanged(_ stat: Stat, _ version: Int32, since wanted: Int32, zxid: ZXID) -> Verdict {
        // Another znode of that name counts from 0 again.
        stat.czxid <= zxid && version <= wanted ? .notDone : .unknown
    }
}
