/// The type of a request, and of the txn it becomes (Apache's `ZooDefs.OpCode`).
///
/// A struct, so that a code from a newer peer survives being read, printed and passed on.
@usableFromInline
package struct OpCode: RawRepresentable, Hashable, Sendable {
    @usableFromInline package var rawValue: Int32

    @inlinable
    package init(rawValue: Int32) {
        self.rawValue = rawValue
    }

    @inlinable package static var notification: OpCode { OpCode(rawValue: 0) }
    @inlinable package static var create: OpCode { OpCode(rawValue: 1) }
    @inlinable package static var delete: OpCode { OpCode(rawValue: 2) }
    @inlinable package static var exists: OpCode { OpCode(rawValue: 3) }
    @inlinable package static var getData: OpCode { OpCode(rawValue: 4) }
    @inlinable package static var setData: OpCode { OpCode(rawValue: 5) }
    @inlinable package static var getACL: OpCode { OpCode(rawValue: 6) }
    @inlinable package static var setACL: OpCode { OpCode(rawValue: 7) }
    @inlinable package static var getChildren: OpCode { OpCode(rawValue: 8) }
    @inlinable package static var sync: OpCode { OpCode(rawValue: 9) }
    @inlinable package static var ping: OpCode { OpCode(rawValue: 11) }
    @inlinable package static var getChildren2: OpCode { OpCode(rawValue: 12) }
    @inlinable package static var check: OpCode { OpCode(rawValue: 13) }
    @inlinable package static var multi: OpCode { OpCode(rawValue: 14) }
    @inlinable package static var create2: OpCode { OpCode(rawValue: 15) }
    @inlinable package static var reconfig: OpCode { OpCode(rawValue: 16) }
    @inlinable package static var checkWatches: OpCode { OpCode(rawValue: 17) }
    @inlinable package static var removeWatches: OpCode { OpCode(rawValue: 18) }
    @inlinable package static var createContainer: OpCode { OpCode(rawValue: 19) }
    @inlinable package static var deleteContainer: OpCode { OpCode(rawValue: 20) }
    @inlinable package static var createTTL: OpCode { OpCode(rawValue: 21) }
    @inlinable package static var multiRead: OpCode { OpCode(rawValue: 22) }
    @inlinable package static var auth: OpCode { OpCode(rawValue: 100) }
    @inlinable package static var setWatches: OpCode { OpCode(rawValue: 101) }
    @inlinable package static var sasl: OpCode { OpCode(rawValue: 102) }
    @inlinable package static var getEphemerals: OpCode { OpCode(rawValue: 103) }
    @inlinable package static var getAllChildrenNumber: OpCode { OpCode(rawValue: 104) }
    @inlinable package static var setWatches2: OpCode { OpCode(rawValue: 105) }
    @inlinable package static var addWatch: OpCode { OpCode(rawValue: 106) }
    @inlinable package static var whoAmI: OpCode { OpCode(rawValue: 107) }
    @inlinable package static var createSession: OpCode { OpCode(rawValue: -10) }
    @inlinable package static var closeSession: OpCode { OpCode(rawValue: -11) }
    /// Only a txn (a write that failed) and a result in a multi.
    @inlinable package static var error: OpCode { OpCode(rawValue: -1) }
}

extension OpCode: CustomStringConvertible {
    @usableFromInline package var description: String {
        Self.names[rawValue] ?? "opcode \(rawValue)"
    }

    private static let names: [Int32: String] = [
        0: "notification", 1: "create", 2: "delete", 3: "exists", 4: "getData", 5: "setData", 6: "getACL", 7: "setACL",
        8: "getChildren", 9: "sync", 11: "ping", 12: "getChildren2", 13: "check", 14: "multi", 15: "create2",
        16: "reconfig", 17: "checkWatches", 18: "removeWatches", 19: "createContainer", 20: "deleteContainer",
        21: "createTTL", 22: "multiRead", 100: "auth", 101: "setWatches", 102: "sasl", 103: "getEphemerals",
        104: "getAllChildrenNumber", 105: "setWatches2", 106: "addWatch", 107: "whoAmI", -10: "createSession",
        -11: "closeSession", -1: "error",
    ]
}

/// Request ids with a meaning of their own (Apache's `ClientCnxn`); all others are the client's to choose.
package enum SpecialXID {
    package static let watchEvent: Int32 = -1
    package static let ping: Int32 = -2
    package static let auth: Int32 = -4
    package static let setWatches: Int32 = -8
}
