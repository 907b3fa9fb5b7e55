/// Why a recipe failed, where that is not a ``ZooKeeperClient/ZooKeeperError`` of one of its operations.
public enum RecipeError: Error, Hashable, Sendable {
    /// What was held is, or may be, held by somebody else: the body was cancelled at that moment.
    case lost(path: String, token: FencingToken, reason: LossReason)
    /// It was not to be had within the time.
    case timeout(path: String, after: Duration)
    /// A znode holds what this recipe cannot have written.
    case foreign(path: String, detail: String)
}

/// How a holder lost what it held.
public enum LossReason: Hashable, Sendable {
    /// The servers have ended the session, and with it the holder's znode.
    case sessionExpired
    /// The client was closed, or its credentials refused.
    case sessionClosed
    /// Somebody removed the holder's znode.
    case removed
    /// The ensemble has not answered for so long that it may have ended the session.
    case unheard
}

extension RecipeError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .lost(let path, let token, let reason): "\(path) (token \(token)) was lost: \(reason)"
        case .timeout(let path, let duration): "\(path) was not to be had within \(duration)"
        case .foreign(let path, let detail): "\(path) is not of this recipe: \(detail)"
        }
    }
}

extension LossReason: CustomStringConvertible {
    public var description: String {
        switch self {
        case .sessionExpired: "the session has expired"
        case .sessionClosed: "the session was closed"
        case .removed: "its znode was removed"
        case .unheard: "the ensemble has not answered for nearly the session timeout"
        }
    }
}
