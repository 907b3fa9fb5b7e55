import DurableFiles
import Glibc
import Logging
import RequestPipeline
import SASL
import ServerConfig

/// What a zoo.cfg, and flags of a JVM, say of SASL: where the users are, and who is what.
package struct SASLSettings: Hashable, Sendable {
    /// `java.security.auth.login.config`, and which of its sections is for clients (`sasl.serverconfig`).
    package var jaasFile: String?
    package var section = "Server"
    /// `sasl.usersPath`
    package var usersFile: String?
    /// `SASLAuthenticationProvider.superPassword`: of the user `super`, instead of the one in the file.
    package var superPassword: String?
    package var superUsers: Set<String> = []
    /// `allowSaslFailedClients`
    package var keepsFailed = false
    /// `quorum.auth.enableSasl`
    package var quorum: QuorumSASLSettings?

    /// Why it cannot be had. The texts quote no password.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// Reads the users of clients. Nil: no SASL, as when a JAAS file has no section for it.
    func clients(_ logger: Logger) throws(Failure) -> ClientSASL? {
        guard var users = try users(logger) else { return nil }
        // As Apache's: the user must be there all the same.
        if let superPassword, users["super"] != nil { users["super"] = superPassword }
        var secrets: [String: DigestMD5.Secret] = [:]
        for (user, password) in users {
            secrets[user] = DigestMD5.Secret(user: user, password: password, at: .clients)
        }
        var sasl = ClientSASL(users: secrets, nonceKey: RandomBytes.make(32))
        sasl.superUsers = superUsers
        sasl.keepsFailed = keepsFailed
        return sasl
    }

    private func users(_ logger: Logger) throws(Failure) -> [String: String]? {
        if let usersFile {
            let text = try Self.read(usersFile, "sasl.usersPath", logger)
            do throws(SASLUsersFile.Problem) { return try SASLUsersFile(text).users } catch {
                throw Failure(description: "\(usersFile) (sasl.usersPath) cannot be used: \(error)")
            }
        }
        guard let jaasFile else { return nil }
        let (file, text) = (jaasFile, try Self.read(jaasFile, Self.jaasKey, logger))
        do throws(JAASFile.Problem) { return try JAASFile(text).users(of: section) } catch {
            throw Failure(description: "\(file) (\(Self.jaasKey)) cannot be used: \(error)")
        }
    }

    static let jaasKey = "java.security.auth.login.config"

    static func read(_ path: String, _ key: String, _ logger: Logger) throws(Failure) -> String {
        let text: [UInt8]
        do throws(FileError) { text = try DurableFile.read(path, limit: 4 << 20) } catch {
            throw Failure(description: "\(path) (\(key)) cannot be read: \(error)")
        }
        var status = stat()
        if stat(path, &status) == 0, status.st_mode & 0o077 != 0 {
            logger.warning(
                "\(path) (\(key)) holds passwords and may be read by others than its owner: chmod 600 \(path)")
        }
        return String(decoding: text, as: UTF8.self)
    }
}

/// SASL between the servers of an ensemble (`quorum.auth.…`).
package struct QuorumSASLSettings: Hashable, Sendable {
    /// `quorum.auth.serverRequireSasl`: who connects must prove itself.
    package var isRequired = false
    /// `quorum.auth.learnerRequireSasl`: this server proves itself where it connects.
    package var isOffered = false
    /// `quorum.auth.server.saslLoginContext` and `quorum.auth.learner.saslLoginContext`: sections of the JAAS file.
    package var serverSection = "QuorumServer"
    package var learnerSection = "QuorumLearner"
}

extension SASLSettings {
    /// Reads what the servers prove themselves with. Apache's server wants both sections, too.
    func peers(_ logger: Logger) throws(Failure) -> PeerSASL? {
        guard let quorum else { return nil }
        guard let jaasFile else {
            throw Failure(
                description:
                    "quorum.auth.enableSasl=true needs the passwords of the servers: set \(Self.jaasKey) to a JAAS file with the sections \(quorum.serverSection) and \(quorum.learnerSection)"
            )
        }
        let text = try Self.read(jaasFile, Self.jaasKey, logger)
        let users: [String: String]
        let login: (user: String, password: String)
        do throws(JAASFile.Problem) {
            let file = try JAASFile(text)
            guard let found = try file.users(of: quorum.serverSection) else {
                throw JAASFile.Problem(description: "it has no section \(quorum.serverSection)")
            }
            guard let own = try file.login(of: quorum.learnerSection) else {
                throw JAASFile.Problem(description: "it has no section \(quorum.learnerSection)")
            }
            (users, login) = (found, own)
        } catch {
            throw Failure(
                description:
                    "\(jaasFile) (\(Self.jaasKey)), which quorum.auth.enableSasl=true needs, cannot be used: \(error)")
        }
        var secrets: [String: DigestMD5.Secret] = [:]
        for (user, password) in users {
            secrets[user] = DigestMD5.Secret(user: user, password: password, at: .quorum)
        }
        return PeerSASL(
            users: secrets, login: quorum.isOffered ? PeerSASL.Login(user: login.user, password: login.password) : nil,
            isRequired: quorum.isRequired)
    }
}

extension SettingsReader {
    mutating func readSASL() -> SASLSettings {
        var sasl = SASLSettings()
        sasl.jaasFile = text(SASLSettings.jaasKey).flatMap { $0.isEmpty ? nil : absolute($0) }
        sasl.section = text("sasl.serverconfig") ?? sasl.section
        sasl.usersFile = text("sasl.usersPath").flatMap { $0.isEmpty ? nil : absolute($0) }
        sasl.superPassword = text("SASLAuthenticationProvider.superPassword")
        let superUser = text("superUser")
        let others = cfg.effectiveEntries.filter { $0.key.hasPrefix("superUser.") }.map(\.value)
        sasl.superUsers = Set((superUser.map { [$0] } ?? []) + others).subtracting([""])
        sasl.keepsFailed = boolean("allowSaslFailedClients") ?? false
        var quorum = QuorumSASLSettings()
        quorum.isRequired = boolean("quorum.auth.serverRequireSasl") ?? false
        quorum.isOffered = boolean("quorum.auth.learnerRequireSasl") ?? false
        quorum.serverSection = text("quorum.auth.server.saslLoginContext") ?? quorum.serverSection
        quorum.learnerSection = text("quorum.auth.learner.saslLoginContext") ?? quorum.learnerSection
        if boolean("quorum.auth.enableSasl") ?? false { sasl.quorum = quorum }
        return sasl
    }

    /// Whether SASL users may be named in ACLs. With a plain file of users they may; beside a JAAS file the provider is registered by
    /// hand, as with Apache's server.
    var hasSASLProvider: Bool {
        cfg["sasl.usersPath"] != nil
            || cfg.effectiveEntries.contains {
                $0.key.hasPrefix("authProvider.")
                    && $0.value == "org.apache.zookeeper.server.auth.SASLAuthenticationProvider"
            }
    }
}
