import Supervision
import ZooKeeperProtocol

/// What is done to servers one after the other by `Operator.roll`.
struct RollingProcedure {
    /// In messages: `rolling restart`.
    var name: String
    /// What is done to a server, as an order: `restart server 3`.
    var text: (ServerID) -> String
    /// Asked before each step; false stops there.
    var confirm: (@Sendable (ServerID) async -> Bool)?
    /// The command that takes a step back, when it left the server down.
    var wayBack: (ServerID) -> String? = { _ in nil }
    /// Returns when the server has another process.
    var carryOut: (ServerID) async throws -> Void

    static func restart(
        _ operations: Operator, _ control: ControlClient, confirm: (@Sendable (ServerID) async -> Bool)? = nil
    ) -> RollingProcedure {
        RollingProcedure(name: "rolling restart", text: { "restart server \($0)" }, confirm: confirm) { id in
            try await operations.order { try await control.restart([id]) }
        }
    }
}
