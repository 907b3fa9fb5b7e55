import SASL

/// Who may prove with SASL who it is, and what follows from it: what Apache's server reads from its JAAS file and from system properties.
package struct ClientSASL: Sendable {
    /// What stands for each user's password.
    package var users: [String: DigestMD5.Secret]
    /// `superUser` and `superUser.…`: users that may do everything.
    package var superUsers: Set<String> = []
    /// `allowSaslFailedClients`: whoever fails stays, as somebody who has proved nothing.
    package var keepsFailed = false
    /// Random bytes that nobody knows outside this process: its nonces are made of them.
    package var nonceKey: [UInt8]

    /// - Parameter nonceKey: 16 bytes at least.
    package init(users: [String: DigestMD5.Secret], nonceKey: [UInt8]) {
        self.users = users
        self.nonceKey = nonceKey
    }
}

/// How far the one exchange of a connection has come.
///
/// Can become: none → challenged → finished.
enum SASLProgress {
    case none
    case challenged(nonce: [UInt8])
    /// With success or without: there is no second one, as there is none in Java's provider.
    case finished
}
