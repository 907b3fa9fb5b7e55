import DataTree
import Storage

extension ServerSettings {
    var preparerOptions: TxnPreparer.Options {
        var options = TxnPreparer.Options()
        options.allowsTTL = extendedTypes
        options.enforcesQuotas = enforcesQuota
        options.writesDigests = digestEnabled
        options.allowsReconfig = reconfigEnabled
        options.maxEphemeralPathBytes = maxFrame
        return options
    }

    var recoveryOptions: RecoveryOptions {
        var options = RecoveryOptions()
        options.access = accessControl
        options.seed = UInt64.random(in: .min ... .max)
        options.trustsEmptySnapshot = trustEmptySnapshot
        options.writesDigest = digestEnabled
        return options
    }

    var accessControl: AccessControl {
        var access = AccessControl()
        access.skipsChecks = skipsACL
        access.superDigest = superDigest
        access.acceptsX509 = clientTLS != nil
        access.acceptsDigest = acceptsDigest
        access.x509SuperUser = superUserX509
        return access
    }

    /// The top byte of session ids: a standalone server says 1, as Apache's does.
    var sessionServerID: Int64 { myid == 0 ? 1 : myid }
}
