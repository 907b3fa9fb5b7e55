/// The `err` of a reply (Apache's `KeeperException.Code`).
///
/// A struct, so that a code from a newer server survives being read, printed and passed on.
public struct ErrorCode: RawRepresentable, Hashable, Sendable {
    public var rawValue: Int32

    @inlinable
    public init(rawValue: Int32) {
        self.rawValue = rawValue
    }

    @inlinable public static var ok: ErrorCode { ErrorCode(rawValue: 0) }
    @inlinable public static var systemError: ErrorCode { ErrorCode(rawValue: -1) }
    /// The operations of a failed multi behind the one that failed.
    @inlinable public static var runtimeInconsistency: ErrorCode { ErrorCode(rawValue: -2) }
    @inlinable public static var dataInconsistency: ErrorCode { ErrorCode(rawValue: -3) }
    /// Made by clients, never sent: the connection broke, and whether the operation happened is not known.
    @inlinable public static var connectionLoss: ErrorCode { ErrorCode(rawValue: -4) }
    @inlinable public static var marshallingError: ErrorCode { ErrorCode(rawValue: -5) }
    @inlinable public static var unimplemented: ErrorCode { ErrorCode(rawValue: -6) }
    /// Made by clients, never sent.
    @inlinable public static var operationTimeout: ErrorCode { ErrorCode(rawValue: -7) }
    @inlinable public static var badArguments: ErrorCode { ErrorCode(rawValue: -8) }
    /// Among servers only.
    @inlinable public static var unknownSession: ErrorCode { ErrorCode(rawValue: -12) }
    @inlinable public static var newConfigNoQuorum: ErrorCode { ErrorCode(rawValue: -13) }
    @inlinable public static var reconfigInProgress: ErrorCode { ErrorCode(rawValue: -14) }
    @inlinable public static var apiError: ErrorCode { ErrorCode(rawValue: -100) }
    @inlinable public static var noNode: ErrorCode { ErrorCode(rawValue: -101) }
    @inlinable public static var noAuth: ErrorCode { ErrorCode(rawValue: -102) }
    @inlinable public static var badVersion: ErrorCode { ErrorCode(rawValue: -103) }
    @inlinable public static var noChildrenForEphemerals: ErrorCode { ErrorCode(rawValue: -108) }
    @inlinable public static var nodeExists: ErrorCode { ErrorCode(rawValue: -110) }
    @inlinable public static var notEmpty: ErrorCode { ErrorCode(rawValue: -111) }
    @inlinable public static var sessionExpired: ErrorCode { ErrorCode(rawValue: -112) }
    @inlinable public static var invalidCallback: ErrorCode { ErrorCode(rawValue: -113) }
    @inlinable public static var invalidACL: ErrorCode { ErrorCode(rawValue: -114) }
    @inlinable public static var authFailed: ErrorCode { ErrorCode(rawValue: -115) }
    @inlinable public static var sessionMoved: ErrorCode { ErrorCode(rawValue: -118) }
    /// The server is read-only.
    @inlinable public static var notReadOnly: ErrorCode { ErrorCode(rawValue: -119) }
    @inlinable public static var ephemeralOnLocalSession: ErrorCode { ErrorCode(rawValue: -120) }
    @inlinable public static var noWatcher: ErrorCode { ErrorCode(rawValue: -121) }
    /// Made by clients, never sent.
    @inlinable public static var requestTimeout: ErrorCode { ErrorCode(rawValue: -122) }
    @inlinable public static var reconfigDisabled: ErrorCode { ErrorCode(rawValue: -123) }
    @inlinable public static var sessionClosedRequireSASLAuth: ErrorCode { ErrorCode(rawValue: -124) }
    @inlinable public static var quotaExceeded: ErrorCode { ErrorCode(rawValue: -125) }
    @inlinable public static var throttledOperation: ErrorCode { ErrorCode(rawValue: -127) }
}

extension ErrorCode: CustomStringConvertible {
    /// The name that Java's clients print, `NoNode`; `error -200` for a code without one.
    public var description: String {
        Self.names[rawValue] ?? "error \(rawValue)"
    }

    private static let names: [Int32: String] = [
        0: "Ok", -1: "SystemError", -2: "RuntimeInconsistency", -3: "DataInconsistency", -4: "ConnectionLoss",
        -5: "MarshallingError", -6: "Unimplemented", -7: "OperationTimeout", -8: "BadArguments",
        -12: "UnknownSession", -13: "NewConfigNoQuorum", -14: "ReconfigInProgress", -100: "APIError", -101: "NoNode",
        -102: "NoAuth", -103: "BadVersion", -108: "NoChildrenForEphemerals", -110: "NodeExists", -111: "NotEmpty",
        -112: "SessionExpired", -113: "InvalidCallback", -114: "InvalidACL", -115: "AuthFailed",
        -118: "SessionMoved", -119: "NotReadOnly", -120: "EphemeralOnLocalSession", -121: "NoWatcher",
        -122: "RequestTimeout", -123: "ReconfigDisabled", -124: "SessionClosedRequireSaslAuth",
        -125: "QuotaExceeded", -127: "ThrottledOp",
    ]
}
