import Glibc
import Planning
import ServerConfig
import Supervision
import ZooKeeperClient

/// What a user says of TLS for an ensemble elsewhere; the rest is the client's properties in `CLIENT_JVMFLAGS`, as the shell takes them.
package struct RemoteTLSOptions: Hashable, Sendable {
    /// Whether TLS is asked for where a server has a plain port, too, or only its address is known.
    package var isWanted: Bool
    /// A file with the certificates, in PEM, of those that may sign a server's.
    package var authorities: String?
    /// A file with the client's key and certificates: PEM, or PKCS12 by its name.
    package var certificate: String?

    package init(isWanted: Bool = false, authorities: String? = nil, certificate: String? = nil) {
        self.isWanted = isWanted || authorities != nil || certificate != nil
        self.authorities = authorities
        self.certificate = certificate
    }
}

/// Asks over TLS, which this program has not: `zkcli-tls` does it.
struct RemoteTLS: Hashable, Sendable {
    var program: String
    var environment: [String: String]
    /// What the options say, and what is written of the servers, where it is readable here.
    var properties: [WordRequest.Property]
    /// What is written and could not be used here.
    var notes: [RemoteNote] = []

    /// - Parameters:
    ///   - written: the key of a server's zoo.cfg, and the file that has it.
    init(
        _ options: RemoteTLSOptions, written: (file: String, value: (String) -> String?)? = nil,
        environment: [String: String]
    ) throws {
        program = try ShellProgram.find(environment: environment, withTLS: true)
        self.environment = environment
        properties = [WordRequest.Property(Self.isSecure, "true", from: Self.place)]
        if let authorities = options.authorities {
            try take(.trust, authorities)
        } else if let written {
            try take(.trust, written.file, written.value)
        }
        if let certificate = options.certificate {
            try take(.key, certificate)
        } else if let written, written.value("ssl.clientAuth")?.lowercased() != "none" {
            try take(.key, written.file, written.value)
        }
        if let written, let value = written.value("ssl.hostnameVerification") {
            properties.append(
                WordRequest.Property("zookeeper.ssl.hostnameVerification", value, from: written.file))
        }
    }

    private static let isSecure = "zookeeper.client.secure"
    private static let place = "TLS"

    private enum Store: String {
        case trust = "ssl.trustStore"
        case key = "ssl.keyStore"

        var option: String { self == .trust ? "--ca" : "--certificate" }

        func reads(_ format: String) -> Bool { format == "PEM" || self == .key && format == "PKCS12" }

        /// Of what only Java reads one makes what others read.
        func conversion(of path: String) -> String {
            switch self {
            case .trust: "keytool -list -rfc -keystore \(path) >ca.pem, and name it with --ca ca.pem"
            case .key:
                "keytool -importkeystore -srckeystore \(path) -destkeystore client.p12 -deststoretype PKCS12, and name it with --certificate client.p12"
            }
        }
    }

    /// What an option names.
    private mutating func take(_ store: Store, _ path: String) throws(OperationError) {
        let format = KnownKeys.storeFormat(ofFileNamed: path) ?? "PEM"
        guard store.reads(format) else {
            throw OperationError(
                .badInput, "\(path) is a \(format) store, and \(store.option) reads none",
                mend: store.conversion(of: path))
        }
        take(store, path, type: format, from: store.option)
    }

    private mutating func take(_ store: Store, _ path: String, type: String, from place: String) {
        properties.append(WordRequest.Property("zookeeper.\(store.rawValue).location", path, from: place))
        properties.append(WordRequest.Property("zookeeper.\(store.rawValue).type", type, from: place))
    }

    /// A server's own files do for its clients, too: what it trusts, and who it is.
    private mutating func take(_ store: Store, _ file: String, _ value: (String) -> String?) throws(OperationError) {
        guard let path = value(store.rawValue + ".location"), !path.isEmpty else { return }
        guard access(path, R_OK) == 0 else {
            let why = String(cString: strerror(errno))
            notes.append(
                RemoteNote(
                    .unknown, "\(store.rawValue).location in \(file) is \(path), which cannot be read here (\(why))",
                    mend: "\(store.option) names another"))
            return
        }
        let given = value(store.rawValue + ".type") ?? ""
        let format = given.isEmpty ? KnownKeys.storeFormat(ofFileNamed: path) ?? "PEM" : given.uppercased()
        guard store.reads(format) else {
            throw OperationError(
                .badInput, "\(store.rawValue).location in \(file) is \(path), a \(format) store, which only Java reads",
                mend: store.conversion(of: path))
        }
        take(store, path, type: format, from: file)
        guard store == .key else { return }
        for key in ["ssl.keyStore.password", "ssl.keyStore.passwordPath"] {
            if let text = value(key) {
                properties.append(WordRequest.Property("zookeeper." + key, text, from: file))
            }
        }
    }

    private func value(_ key: String) -> String? { properties.last { $0.key == key }?.value }

    /// What the server says to each word.
    ///
    /// - Throws: where no server can be asked like this: ``OperationError``.
    func ask(_ server: ServerAddress, _ words: [FourLetterWord], timeout: Duration) async throws -> WordReply {
        let request = WordRequest(server: server, words: words, timeout: timeout, properties: properties)
        // Its own time comes first; this one is for a program that hangs.
        let answer = try await ChildCommand([program, "--words"], environment: environment)
            .answer(to: Array(request.text.utf8), limit: timeout + .seconds(10))
        if answer.exitCode == 2 {
            let lines = answer.errors.split(whereSeparator: \.isNewline).map(String.init)
            throw Self.unusable(lines.first ?? "\(program) does not say why", details: Array(lines.dropFirst()))
        }
        guard answer.exitCode == 0, let reply = WordReply(bytes: answer.output), reply.answers.count == words.count
        else {
            throw OperationError(
                .unavailable, "\(program) ended with \(answer.exitCode) and not with what servers say",
                mend:
                    "it must be the zkcli-tls that was built with this paddock; PADDOCK_ZKCLI names it, or nothing else than it",
                details: answer.errors.split(whereSeparator: \.isNewline).map(String.init))
        }
        return reply
    }

    /// What zkcli-tls says of files that it cannot use, and what to do about it.
    static func unusable(_ line: String, details: [String] = []) -> OperationError {
        let own = "\(place): \(isSecure)=true: "
        let message = line.hasPrefix(own) ? String(line.dropFirst(own.count)) : line
        let mend: String? =
            if message.contains("as a private key") {
                "--certificate takes key and certificate in one file: cat client.key client.crt >client.pem; the password of an encrypted key is the first line of the file in CLIENT_JVMFLAGS=-Dzookeeper.ssl.keyStore.passwordPath=FILE"
            } else if message.contains("as PKCS12") {
                "write its password into a file and set CLIENT_JVMFLAGS=-Dzookeeper.ssl.keyStore.passwordPath=FILE"
            } else if message.contains("as certificates in PEM") {
                "--ca takes certificates in PEM: openssl x509 -inform DER -in FILE makes them of DER"
            } else {
                nil
            }
        return OperationError(.badInput, message, mend: mend, details: details)
    }

    /// What a failure means, for whoever has to find out what is missing.
    func words(_ reason: FourLetterWordError.Reason, of server: ServerAddress) -> String {
        guard case .connectionLost(let why) = reason else { return RemoteAnswer.words(reason) }
        switch Self.alert(in: why) {
        case .itsCertificate:
            let authorities =
                value("zookeeper.ssl.trustStore.location").map { "of \($0)" } ?? "that this machine trusts"
            return
                "no authority \(authorities) has signed its certificate, or its time is over: name the authority's certificate with --ca"
        case .itsName:
            return
                "its certificate does not name \(server.host): ask it at a name or an address that the certificate has, or set CLIENT_JVMFLAGS=-Dzookeeper.ssl.hostnameVerification=false"
        case .ourCertificate(let said):
            guard let own = value("zookeeper.ssl.keyStore.location") else {
                return
                    "it ends the connection (\(said)): it may want a certificate of its clients (ssl.clientAuth), which --certificate names"
            }
            return
                "it ends the connection (\(said)): it may not trust the certificate of \(own), which an authority in its ssl.trustStore must have signed"
        case nil: return RemoteAnswer.words(reason)
        }
    }

    private enum Alert {
        case itsCertificate
        case itsName
        case ourCertificate(String)
    }

    /// What went wrong between the two, by BoringSSL's name of it where there is one.
    private static func alert(in why: String) -> Alert? {
        if why.contains("alidateHostname") || why.contains("HOSTNAME_MISMATCH") { return .itsName }
        guard let mark = why.firstRange(of: "OPENSSL_internal:") else {
            let isClosed = ["without an answer", "ncleanShutdown", "reset"].contains { why.contains($0) }
            return isClosed ? .ourCertificate("without a word") : nil
        }
        let name = why[mark.upperBound...].prefix { $0.isUppercase || $0.isNumber || $0 == "_" }
        if name == "CERTIFICATE_VERIFY_FAILED" { return .itsCertificate }
        guard let alert = name.firstRange(of: "ALERT_") else { return nil }
        return .ourCertificate(
            "its alert is " + String(name[alert.upperBound...]).lowercased().replacing("_", with: " "))
    }
}

/// Finds out which of the two a port speaks, when it was asked in the other one.
enum PortLanguage {
    /// The first message of a client that knows no cipher that any server takes: whoever speaks TLS answers with an alert. To a
    /// ZooKeeper server it is a message that is too long. All of it is ASCII, so that it can be sent as a word.
    static let hello = FourLetterWord(
        rawValue: "\u{16}\u{3}\u{1}\0\u{2D}\u{1}\0\0\u{29}\u{3}\u{3}" + String(repeating: "P", count: 32)
            + "\0\0\u{2}\0\u{1}\u{1}\0")

    static func isTLS(_ server: ServerAddress, timeout: Duration) async -> Bool {
        let answer = try? await FourLetterWords.send(hello, to: server, timeout: timeout)
        return answer?.hasPrefix("\u{15}\u{3}") ?? false
    }

    static func isPlain(_ server: ServerAddress, timeout: Duration) async -> Bool {
        do {
            return try await FourLetterWords.send(.srvr, to: server, timeout: timeout).hasPrefix("Zookeeper version")
        } catch let error as FourLetterWordError {
            return error.reason == .notServing || error.reason == .notInWhitelist
        } catch {
            return false
        }
    }

    static let wantsTLS =
        "it speaks TLS, and was asked in plain text: ask it with --tls, with --ca FILE for the authority of its certificate, and with --certificate FILE where it wants one of its clients"
    static let wantsPlain =
        "it speaks plain text, and was asked in TLS: ask it without --tls, or at its secureClientPort"
}
