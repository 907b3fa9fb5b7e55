import DataTree
import Jute
import Membership
import Storage

extension ServerSettings {
    /// The one limit for a txn: what is logged and proposed is never longer, and what a peer takes and a log reader reads is
    /// never less.
    var maxTxnLength: Int {
        min(JuteLimits(maxBuffer: pipeline.maxFrame, extraSize: extraSize).maxFieldLength, Int(Int32.max) - 1024)
    }

    /// How long the answer to one multiRead may be.
    var replyLimit: Int { max(64 << 20, min(pipeline.maxFrame, Int(Int32.max) / 2)) }

    var recoveryOptions: RecoveryOptions {
        var options = RecoveryOptions()
        options.access = accessControl
        options.seed = UInt64.random(in: .min ... .max)
        options.trustsEmptySnapshot = trustEmptySnapshot
        options.writesDigest = pipeline.preparer.writesDigests
        return options
    }

    var accessControl: AccessControl {
        var access = AccessControl()
        access.skipsChecks = skipsACL
        access.superDigest = superDigest
        access.acceptsX509 = clientTLS != nil
        access.acceptsDigest = acceptsDigest
        access.x509SuperUser = superUserX509
        access.acceptsSASL = acceptsSASL
        access.saslUserOfAll = saslUserOfAll
        return access
    }

    /// The top byte of session ids: a standalone server says 1, as Apache's does.
    var sessionServerID: ServerID { myid == 0 ? 1 : myid }
}
