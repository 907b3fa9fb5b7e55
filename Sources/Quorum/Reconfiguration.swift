import Membership
import ZooKeeperProtocol

/// What becomes of a client's reconfig (reference 2.18; Apache's `PrepRequestProcessor`).
package enum Reconfiguration: Hashable, Sendable {
    /// The new configuration, its version the zxid of the txn that is to carry its text.
    case accepted(EnsembleConfiguration)
    case refused(ErrorCode)
}
