import Diagnostics
import Membership

/// What the bundled server refuses, and what it ignores.
extension ConfigChecker {
    mutating func checkUnsupported() {
        if engine == .apache {
            for entry in entriesInOrder where KnownKeys.ofBundledOnly.contains(entry.key) {
                warn(
                    .unsupportedKey, entry.keyLocation,
                    "\(entry.key) is a key of the bundled server and means nothing to Apache's", mend: "remove it",
                    edit: .remove(key: entry.key))
            }
            return
        }
        for entry in entriesInOrder { checkSupport(entry) }
    }

    /// Apache's server stops at a class that it cannot find, and the bundled one exports to Prometheus or not at all.
    mutating func checkMetricsProvider() {
        guard let entry = effective["metricsProvider.className"] else { return }
        let known = [
            "org.apache.zookeeper.metrics.prometheus.PrometheusMetricsProvider",
            "org.apache.zookeeper.metrics.impl.DefaultMetricsProvider",
            "org.apache.zookeeper.metrics.impl.NullMetricsProvider",
        ]
        guard !known.contains(entry.value), !entry.value.isEmpty else { return }
        warn(
            .metricsProvider, entry.location,
            "'\(entry.value)' is no metrics provider of ZooKeeper's own: Apache's server stops if it cannot find that class, the bundled one has Prometheus only",
            mend: EditDistance.nearest(entry.value, among: known).map { "write metricsProvider.className=\($0)" }
                ?? "write one of \(known.joined(separator: ", "))",
            edit: EditDistance.nearest(entry.value, among: known).map { .set(key: entry.key, value: $0) })
    }

    private var entriesInOrder: [ZooCfg.Entry] {
        effective.values.sorted { ($0.keyLocation, $0.key) < ($1.keyLocation, $1.key) }
    }

    private mutating func checkSupport(_ entry: ZooCfg.Entry) {
        let key = entry.key
        guard KnownKeys.isKnown(key), !EnsembleConfiguration.isKey(key), !isOfBundled(key) else { return }
        if let harmless = KnownKeys.harmless[key], entry.value.lowercased() == harmless { return }
        switch KnownKeys.bundledUse(of: key) {
        case .refused:
            refuse(
                key,
                "\(key)=\(entry.value) is not supported by the bundled server, and without it the server would be less protected than you asked for",
                mend: "remove the line to run without it, or run Apache's server")
        case .nothingToTune:
            // Who wrote the file for Apache's server knows that.
            if engine == .bundled, !(key == "serverCnxnFactory" && takesTLSClients) {
                warn(
                    .noEffect, entry.keyLocation,
                    "\(key) tunes the JVM server and has no effect on the bundled one",
                    mend: "remove it, or run Apache's server", edit: .remove(key: key))
            }
        case .read, .ignored:
            warn(
                .unsupportedKey, entry.keyLocation,
                "\(key) is not supported by the bundled server yet and is ignored",
                mend: "remove it, or run Apache's server", edit: engine == .bundled ? .remove(key: key) : nil)
        }
    }

    private func isOfBundled(_ key: String) -> Bool {
        if KnownKeys.ofBundled.contains(key) || ["metricsProvider.", "superUser."].contains(where: key.hasPrefix) {
            return true
        }
        if key.hasPrefix("authProvider.") { return Self.providers[value(key) ?? ""] != nil }
        for prefix in ["ssl.quorum.", "ssl."] where key.hasPrefix(prefix) {
            // Of ports without TLS nothing is read, and nothing is missed.
            let isIdle = prefix == "ssl." ? !takesTLSClients : !takesTLSServers
            return isIdle || KnownKeys.ofBundledTLS.contains(String(key.dropFirst(prefix.count)))
        }
        return false
    }

    private mutating func refuse(_ key: String, _ message: String, mend: String) {
        error(.unsupportedProtection, effective[key]?.keyLocation, message, mend: mend)
    }

    var takesTLSClients: Bool { (value("secureClientPort") ?? "0") != "0" || isTrue("client.portUnification") }
    var takesTLSServers: Bool { isTrue("sslQuorum") || isTrue("portUnification") }
}

/// Keys, certificates and versions of TLS.
extension ConfigChecker {
    mutating func checkTLS() {
        if let entry = effective["secureClientPort"], entry.value != "0", engine != .bundled,
            value("serverCnxnFactory")?.contains("Netty") != true
        {
            error(
                .tlsFactory, entry.keyLocation,
                "secureClientPort needs the Netty listener, and the default one of Apache's server stops it",
                mend: "add serverCnxnFactory=org.apache.zookeeper.server.NettyServerCnxnFactory",
                edit: .set(
                    key: "serverCnxnFactory", value: "org.apache.zookeeper.server.NettyServerCnxnFactory"))
        }
        if takesTLSClients {
            let key = (value("secureClientPort") ?? "0") != "0" ? "secureClientPort" : "client.portUnification"
            checkTLS("ssl.", for: key, whom: "clients")
        }
        if takesTLSServers, isDistributed {
            checkTLS(
                "ssl.quorum.", for: isTrue("sslQuorum") ? "sslQuorum" : "portUnification", whom: "the other servers")
        }
    }

    private mutating func checkTLS(_ prefix: String, for key: String, whom: String) {
        // A class of one's own finds the keys by itself.
        if effective[prefix + "context.supplier.class"] != nil { return }
        let place = effective[key]?.keyLocation
        if effective[prefix + "keyStore.location"]?.value.isEmpty ?? true {
            error(
                .tlsKey, place,
                "\(key) needs the server's key and certificate, and \(prefix)keyStore.location is not set",
                mend: "set \(prefix)keyStore.location to a PEM file with both, or to a PKCS12 file")
        }
        let checksClients = prefix == "ssl.quorum." || value(prefix + "clientAuth")?.lowercased() != "none"
        if engine != .apache, checksClients, effective[prefix + "trustStore.location"]?.value.isEmpty ?? true {
            let orNone = prefix == "ssl." ? ", or ssl.clientAuth=none to check no client" : ""
            error(
                .tlsKey, place,
                "\(key) needs the certificates that \(whom) are checked against, and \(prefix)trustStore.location is not set",
                mend: "set \(prefix)trustStore.location to a PEM file with them\(orNone)")
        }
        for store in ["keyStore", "trustStore"] { checkStore(prefix + store) }
        for name in ["keyStore.passwordPath", "trustStore.passwordPath"] { checkFile(prefix + name) }
        if engine == .apache { return }
        for name in ["protocol", "enabledProtocols"] {
            guard let entry = effective[prefix + name] else { continue }
            for version in JavaText.list(entry.value) where !["TLSv1.2", "TLSv1.3"].contains(version) {
                error(
                    .tlsVersion, entry.location,
                    "\(prefix)\(name) names \(version), and the bundled server has TLSv1.2 and TLSv1.3",
                    mend: "write \(prefix)\(name)=TLSv1.2", edit: .set(key: prefix + name, value: "TLSv1.2"))
            }
        }
        if let entry = effective[prefix + "ciphersuites"] {
            for suite in JavaText.list(entry.value) where !KnownKeys.cipherSuites.contains(suite) {
                error(
                    .tlsCipher, entry.location,
                    "\(prefix)ciphersuites names \(suite), which the bundled server does not have",
                    mend: "name some of \(KnownKeys.cipherSuites.sorted().joined(separator: ", "))")
            }
        }
    }

    private mutating func checkStore(_ key: String) {
        guard let entry = effective[key + ".location"], !entry.value.isEmpty else { return }
        checkFile(key + ".location")
        let type = effective[key + ".type"]
        guard let format = type?.value.uppercased() ?? KnownKeys.storeFormat(ofFileNamed: entry.value) else {
            error(
                .tlsKey, entry.location,
                "\(key).location=\(entry.value) ends with none of .pem, .p12, .pfx, .jks and .bcfks",
                mend: "say what it is with \(key).type=PEM or PKCS12")
            return
        }
        if engine == .apache { return }
        let place = type?.location ?? entry.location
        if key.hasSuffix("trustStore"), format == "PKCS12" {
            error(
                .tlsKey, place,
                "\(key) is a PKCS12 store; the bundled server reads the certificates to trust from PEM",
                mend:
                    "convert it: keytool -list -rfc -keystore \(entry.value) > trust.pem, and set \(key).location to trust.pem"
            )
        } else if ["JKS", "BCFKS"].contains(format) {
            error(
                .tlsKey, place, "\(key) is a \(format) store, which only Java reads; the bundled server does not",
                mend: key.hasSuffix("trustStore")
                    ? "convert it: keytool -list -rfc -keystore \(entry.value) > trust.pem, and set \(key).location to trust.pem"
                    : "convert it: keytool -importkeystore -srckeystore \(entry.value) -destkeystore server.p12 -deststoretype PKCS12, and set \(key).location to server.p12"
            )
        }
    }

    /// The file that a key names must be there, where the server runs here.
    mutating func checkFile(_ key: String, _ rule: Rule = .tlsFile) {
        guard let entry = effective[key], let state = surroundings.host?.paths[entry.value] else { return }
        switch state {
        case .file(isReadable: true): return
        case .file(isReadable: false):
            error(
                rule, entry.location, "\(key): \(entry.value) cannot be read",
                mend: "let the user who runs the server read it")
        case .directory:
            error(rule, entry.location, "\(key): \(entry.value) is a directory", mend: "name a file")
        case .missing, .notADirectory:
            error(
                rule, entry.location, "\(key): \(entry.value) does not exist here",
                mend: "put it there, or mend the path")
        }
    }

    /// Apache's own classes for `authProvider.…`, and the schemes that they add.
    private static let providers = [
        "org.apache.zookeeper.server.auth.SASLAuthenticationProvider": "sasl",
        "org.apache.zookeeper.server.auth.DigestAuthenticationProvider": "digest",
        "org.apache.zookeeper.server.auth.IPAuthenticationProvider": "ip",
    ]

    private var providers: [ZooCfg.Entry] { entriesInOrder.filter { $0.key.hasPrefix("authProvider.") } }

    /// Whether anybody can prove anything in this scheme. Nil: a class of somebody's own may be for it.
    private func hasScheme(_ scheme: String) -> Bool? {
        switch scheme {
        case "ip": return true
        case "digest" where value("DigestAuthenticationProvider.enabled")?.lowercased() != "false": return true
        case "x509" where takesTLSClients: return true
        case "sasl" where engine != .apache && effective["sasl.usersPath"] != nil: return true
        default:
            let schemes = providers.map { Self.providers[$0.value] }
            return schemes.contains(scheme) ? true : schemes.contains(nil) ? nil : false
        }
    }

    /// Who sets `enforce.auth.enabled` must say what counts, and of that there must be some. Source:
    /// `AuthenticationHelper.validateConfiguredProperties`.
    mutating func checkEnforcedSchemes() {
        if isTrue("sessionRequireClientSASLAuth") {
            checkScheme("sasl", of: "sessionRequireClientSASLAuth")
            return
        }
        guard isTrue("enforce.auth.enabled") else { return }
        let schemes = JavaText.list(value("enforce.auth.schemes") ?? "")
        if schemes.isEmpty {
            error(
                .noSchemes, effective["enforce.auth.enabled"]?.location,
                "enforce.auth.enabled is true, but enforce.auth.schemes is empty",
                mend: "name the schemes that count, for example enforce.auth.schemes=digest,x509")
        }
        for scheme in schemes { checkScheme(scheme, of: "enforce.auth.schemes") }
    }

    private mutating func checkScheme(_ scheme: String, of key: String) {
        guard hasScheme(scheme) == false else { return }
        let isSASL = scheme == "sasl"
        let provider = "org.apache.zookeeper.server.auth.SASLAuthenticationProvider"
        error(
            .noSchemes, effective[key]?.location,
            isSASL
                ? "\(key) asks every client for SASL, and the scheme sasl is not there: no client would be let in"
                : "\(key) names \(scheme), and no such scheme is there",
            mend: isSASL
                ? "add authProvider.1=\(provider)"
                : "remove it, or set what makes the scheme (authProvider.…, secureClientPort)",
            edit: isSASL ? .set(key: "authProvider.1", value: provider) : nil)
    }
}
