import ServerConfig
import ZooKeeperClient

/// What the properties say of TLS: which files, all of them checked by their names only.
package struct TLSProperties: Hashable, Sendable {
    /// A file with the client's key and certificates.
    package enum KeyStore: Hashable, Sendable {
        case pem(String)
        case pkcs12(String)
    }

    package var keyStore: KeyStore?
    /// Of the key.
    package var password: String?
    /// A file with the certificates, in PEM, of those that may sign a server's; nil for those that the system trusts.
    package var trustedCertificates: String?
    /// Whether a server's certificate must name the host it was dialled by.
    package var verifiesHost = true
}

/// What the properties say of SASL.
package enum SASLLogin: Hashable, Sendable {
    case none
    case user(SASLCredentials)
    /// A login is asked for whose file or section is not there, and why. Apache's shell says `AuthFailed` then and goes on without: its flags
    /// may be meant for the server on the same host.
    case missing(String)
}

extension ClientProperties {
    static let loginFile = "java.security.auth.login.config"
    static let loginSection = "zookeeper.sasl.clientconfig"
    static let usesSASL = "zookeeper.sasl.client"
    static let isSecure = "zookeeper.client.secure"
    private static let keyStore = "zookeeper.ssl.keyStore"
    private static let trustStore = "zookeeper.ssl.trustStore"

    /// Reads the text of a file.
    package typealias Reading = (_ path: String) throws(CommandError) -> String

    /// Who the client is by SASL.
    ///
    /// - Throws: for a file or a section that is there and of no use, and so for Kerberos. The messages quote no password.
    package func login(reading read: Reading) throws(CommandError) -> SASLLogin {
        guard isOn(Self.usesSASL, unlessGiven: true) else { return .none }
        let section = security[Self.loginSection]
        guard let file = security[Self.loginFile], !file.value.isEmpty else {
            guard let section else { return .none }
            return .missing(
                "\(section.place): \(Self.loginSection) names a section of a login configuration, and there is none: "
                    + "set \(Self.loginFile) to its file")
        }
        let place = "\(file.place): \(file.value) (\(Self.loginFile))"
        let text: String
        do { text = try read(file.value) } catch { return .missing("\(place): \(error.message)") }
        let name = section?.value ?? "Client"
        do throws(JAASFile.Problem) {
            guard let login = try JAASFile(text).login(of: name) else {
                return .missing(
                    "\(place) has no section \(name); \(Self.loginSection) names another one, and \(Self.usesSASL)=false "
                        + "goes without SASL")
            }
            return .user(SASLCredentials(user: login.user, password: login.password))
        } catch {
            throw CommandError("\(place) cannot be used: \(error)")
        }
    }

    /// What TLS needs; nil when no property asks for TLS.
    package func tls(reading read: Reading) throws(CommandError) -> TLSProperties? {
        guard isOn(Self.isSecure) else { return nil }
        for key in ["zookeeper.ssl.crl", "zookeeper.ssl.ocsp"] where isOn(key) {
            throw CommandError(
                "\(place(key)): \(key)=true asks whether certificates have been revoked, which is not looked at here: "
                    + "take it out, or use Apache ZooKeeper's zkCli.sh for this server")
        }
        var tls = TLSProperties()
        tls.verifiesHost = isOn("zookeeper.ssl.hostnameVerification", unlessGiven: true)
        if let store = try store(Self.keyStore) {
            switch store.format {
            case "PEM": tls.keyStore = .pem(store.path)
            case "PKCS12": tls.keyStore = .pkcs12(store.path)
            default:
                throw CommandError(
                    "\(store.place) is a \(store.format) store, which only Java reads; convert it: keytool -importkeystore "
                        + "-srckeystore \(store.path) -destkeystore client.p12 -deststoretype PKCS12, and set "
                        + "\(Self.keyStore).location to client.p12")
            }
            tls.password = try password(Self.keyStore, read)
        }
        if let store = try store(Self.trustStore) {
            guard store.format == "PEM" else {
                throw CommandError(
                    "\(store.place) is a \(store.format) store; the certificates to trust are read from PEM. Convert it: "
                        + "keytool -list -rfc -keystore \(store.path) > trust.pem, and set \(Self.trustStore).location to "
                        + "trust.pem")
            }
            tls.trustedCertificates = store.path
        }
        return tls
    }

    /// What a program without TLS says.
    package var needsTLS: CommandError {
        CommandError(
            "\(place(Self.isSecure)): \(Self.isSecure)=true asks for TLS, which zkcli-tls has and this program has not: "
                + "call bin/zkCli.sh, which takes that one, or build it with bin/build-release zkcli-tls")
    }

    /// What is said of files that TLS cannot use.
    package func cannotBeSecure(_ error: any Error) -> CommandError {
        CommandError("\(place(Self.isSecure)): \(Self.isSecure)=true: \(error)")
    }

    // MARK: Helpers

    private func isOn(_ key: String, unlessGiven value: Bool = false) -> Bool {
        security[key].map { $0.value.lowercased() == "true" } ?? value
    }

    /// Where a property was given, or the one without which it would not be looked at.
    private func place(_ key: String) -> String { security[key]?.place ?? security[Self.isSecure]?.place ?? key }

    private func store(_ key: String) throws(CommandError) -> (path: String, format: String, place: String)? {
        guard let path = security[key + ".location"]?.value, !path.isEmpty else { return nil }
        let location = "\(place(key + ".location")): \(path) (\(key).location)"
        let given = security[key + ".type"]?.value ?? ""
        let format = given.isEmpty ? KnownKeys.storeFormat(ofFileNamed: path) : given.uppercased()
        guard let format, ["PEM", "PKCS12", "JKS", "BCFKS"].contains(format) else {
            throw CommandError("\(location): its format is not known by its name: set \(key).type to PEM or PKCS12")
        }
        return (path, format, location)
    }

    private func password(_ key: String, _ read: Reading) throws(CommandError) -> String? {
        let name = key + ".passwordPath"
        guard let file = security[name]?.value, !file.isEmpty else { return security[key + ".password"]?.value }
        let text: String
        do { text = try read(file) } catch { throw CommandError("\(place(name)): \(name): \(error.message)") }
        return text.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
    }
}
