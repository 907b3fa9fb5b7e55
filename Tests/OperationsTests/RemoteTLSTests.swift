import Foundation
import Planning
import ServerConfig
import TestSupport
import Testing
import ZooKeeperClient

@testable import Operations

/// How servers elsewhere are asked over TLS: which ports, with which files, and what is said when it fails. No server is asked.
@Suite struct RemoteTLSTests {
    private static func with(_ body: (_ directory: String, _ environment: [String: String]) throws -> Void) throws {
        let directory = try TemporaryDirectory("remote-tls")
        defer { directory.remove() }
        for name in ["ca.pem", "server.pem", "server.p12", "trust.jks", "none"] {
            try "".write(toFile: "\(directory.path)/\(name)", atomically: true, encoding: .utf8)
        }
        try body(directory.path, ["PADDOCK_ZKCLI": "/bin/true"])
    }

    private static func ensemble(
        _ text: String, _ name: String, in directory: String, tls options: RemoteTLSOptions = RemoteTLSOptions(),
        environment: [String: String], myid: String? = nil
    ) throws -> RemoteEnsemble {
        let path = "\(directory)/\(name)"
        try text.replacing("DIR", with: directory).write(toFile: path, atomically: true, encoding: .utf8)
        if let myid {
            try FileManager.default.createDirectory(atPath: "\(directory)/data", withIntermediateDirectories: true)
            try myid.write(toFile: "\(directory)/data/myid", atomically: true, encoding: .utf8)
        }
        return try RemoteEnsemble(path, tls: options, environment: environment)
    }

    private static func said(_ remote: RemoteEnsemble) -> [String] {
        (remote.tls?.properties ?? []).map { "\($0.key)=\($0.value) (\($0.place.split(separator: "/").last ?? ""))" }
    }

    @Test func addressesAreOfTheKindThatIsAskedFor() throws {
        try Self.with { directory, environment in
            let plain = try RemoteEnsemble("a:1,b:2", environment: environment)
            #expect(plain.tls == nil && plain.secure.isEmpty)
            for (options, variables) in [
                (RemoteTLSOptions(isWanted: true), environment), (RemoteTLSOptions(authorities: "ca.pem"), environment),
                (RemoteTLSOptions(certificate: "me.pem"), environment),
                (RemoteTLSOptions(), environment.merging(["JVMFLAGS": "-Dzookeeper.client.secure=true"]) { $1 }),
            ] {
                let remote = try RemoteEnsemble("a:1,b:2", tls: options, environment: variables)
                #expect(remote.secure == Set(remote.addresses) && remote.secure.count == 2, "\(options)")
            }
            let options = RemoteTLSOptions(authorities: "ca.crt", certificate: "me.p12")
            #expect(
                Self.said(try RemoteEnsemble("a:1", tls: options, environment: environment)) == [
                    "zookeeper.client.secure=true (TLS)", "zookeeper.ssl.trustStore.location=ca.crt (--ca)",
                    "zookeeper.ssl.trustStore.type=PEM (--ca)",
                    "zookeeper.ssl.keyStore.location=me.p12 (--certificate)",
                    "zookeeper.ssl.keyStore.type=PKCS12 (--certificate)",
                ])
        }
    }

    @Test func aZooCfgWithoutAnotherPortIsAskedOverTLSWithItsOwnFiles() throws {
        let text = """
            dataDir=DIR/data
            secureClientPort=2281
            ssl.keyStore.location=DIR/server.p12
            ssl.keyStore.password=secret word
            ssl.trustStore.location=DIR/ca.pem
            ssl.hostnameVerification=false
            server.1=10.0.0.1:2888:3888
            server.2=10.0.0.2:2888:3888
            server.3=10.0.0.2:2889:3889
            server.4=10.0.0.4:2888:3888;2184

            """
        try Self.with { directory, environment in
            let remote = try Self.ensemble(text, "zoo.cfg", in: directory, environment: environment, myid: "1")
            // Servers of one host have not the same port, and one that names a plain port has that.
            #expect(remote.addresses.map(\.description) == ["10.0.0.1:2281", "10.0.0.2:2281", "10.0.0.4:2184"])
            #expect(remote.secure.map(\.description).sorted() == ["10.0.0.1:2281", "10.0.0.2:2281"])
            #expect(remote.members.map(\.clientPort) == [2281, 2281, 0, 2184])
            #expect(
                Self.said(remote) == [
                    "zookeeper.client.secure=true (TLS)",
                    "zookeeper.ssl.trustStore.location=\(directory)/ca.pem (zoo.cfg)",
                    "zookeeper.ssl.trustStore.type=PEM (zoo.cfg)",
                    "zookeeper.ssl.keyStore.location=\(directory)/server.p12 (zoo.cfg)",
                    "zookeeper.ssl.keyStore.type=PKCS12 (zoo.cfg)",
                    "zookeeper.ssl.keyStore.password=secret word (zoo.cfg)",
                    "zookeeper.ssl.hostnameVerification=false (zoo.cfg)",
                ])
            // Beside a plain port it is asked for, and who says who they are is no server.
            let both = text + "clientPort=2181\nclientPortAddress=10.0.0.1\n"
            let plain = try Self.ensemble(both, "both.cfg", in: directory, environment: environment, myid: "1")
            #expect(plain.tls == nil && plain.addresses[0].description == "10.0.0.1:2181")
            let wanted = try Self.ensemble(
                both, "both.cfg", in: directory, tls: RemoteTLSOptions(certificate: "me.pem"), environment: environment,
                myid: "1")
            #expect(wanted.addresses[0].description == "10.0.0.1:2281" && wanted.secure.count == 2)
            #expect(Self.said(wanted).contains("zookeeper.ssl.keyStore.location=me.pem (--certificate)"))
            #expect(!Self.said(wanted).contains { $0.contains("password") })
        }
    }

    /// As most files are: server lines without client ports, the same on every host, and read where no server is.
    @Test func theOthersOfAZooCfgAreAskedAtItsPort() throws {
        let text = """
            dataDir=DIR/data
            clientPort=2182
            server.1=10.0.0.1:2888:3888
            server.2=10.0.0.2:2888:3888
            server.3=10.0.0.3:2888:3888;2183

            """
        try Self.with { directory, environment in
            let elsewhere = try Self.ensemble(text, "zoo.cfg", in: directory, environment: environment)
            #expect(elsewhere.addresses.map(\.description) == ["10.0.0.1:2182", "10.0.0.2:2182", "10.0.0.3:2183"])
            #expect(elsewhere.secure.isEmpty && elsewhere.tls == nil)
            let here = try Self.ensemble(text, "zoo.cfg", in: directory, environment: environment, myid: "2")
            #expect(here.addresses.map(\.description) == ["localhost:2182", "10.0.0.1:2182", "10.0.0.3:2183"])
            let secure = text.replacing("clientPort", with: "secureClientPort")
            let remote = try Self.ensemble(secure, "secure.cfg", in: directory, environment: environment)
            #expect(remote.secure.map(\.description).sorted() == ["10.0.0.2:2182", "10.0.0.1:2182"].sorted())
            // Of one host each server has another port, which nobody knows.
            let pseudo = text.replacing("10.0.0.2", with: "10.0.0.1")
            let one = try Self.ensemble(pseudo, "one.cfg", in: directory, environment: environment, myid: "1")
            #expect(one.addresses.map(\.description) == ["localhost:2182", "10.0.0.3:2183"])
        }
    }

    @Test func aTopologyIsAskedAtItsTLSPortsWhereThatIsWanted() throws {
        let text = """
            ensemble: orders
            servers: [{id: 1, host: 10.0.0.1}, {id: 2, host: 10.0.0.2}, {id: 3, host: 10.0.0.3}]
            ports: {client: 2181, secure: 2281}
            engine: bundled
            settings: {ssl.keyStore.location: DIR/none.pem, ssl.trustStore.location: DIR/ca.pem}

            """
        try Self.with { directory, environment in
            #expect(try Self.ensemble(text, "a.yaml", in: directory, environment: environment).secure.isEmpty)
            let remote = try Self.ensemble(
                text, "a.yaml", in: directory, tls: RemoteTLSOptions(isWanted: true), environment: environment)
            #expect(remote.addresses.map(\.description) == ["10.0.0.1:2281", "10.0.0.2:2281", "10.0.0.3:2281"])
            #expect(remote.secure == Set(remote.addresses) && remote.members.map(\.clientPort) == [2281, 2281, 2281])
            #expect(
                remote.tls?.notes.map(\.advice.sentence) == [
                    "ssl.keyStore.location in \(directory)/a.yaml is \(directory)/none.pem, which cannot be read here (No such file or directory): --certificate names another"
                ])
            let none = "ensemble: orders\nservers: [{id: 1}]\nengine: bundled\n"
            let error = #expect(throws: OperationError.self) {
                try Self.ensemble(
                    none, "b.yaml", in: directory, tls: RemoteTLSOptions(isWanted: true), environment: environment)
            }
            #expect(error?.message.hasSuffix("/b.yaml names no secureClientPort to ask a server at over TLS") == true)
        }
    }

    @Test func storesOfJavaAreSaidToBeOnes() throws {
        try Self.with { directory, environment in
            let written = #expect(throws: OperationError.self) {
                try Self.ensemble(
                    "dataDir=DIR/data\nsecureClientPort=2281\nssl.trustStore.location=DIR/trust.jks\n", "zoo.cfg",
                    in: directory, environment: environment)
            }
            #expect(written?.message.hasSuffix("/trust.jks, a JKS store, which only Java reads") == true)
            #expect(written?.mend?.hasPrefix("keytool -list -rfc -keystore \(directory)/trust.jks >ca.pem") == true)
            let named = #expect(throws: OperationError.self) {
                try RemoteEnsemble("a:1", tls: RemoteTLSOptions(certificate: "me.jks"), environment: environment)
            }
            #expect(named?.message == "me.jks is a JKS store, and --certificate reads none")
        }
    }

    @Test func whatFilesLackIsSaidWithItsMend() {
        let key = RemoteTLS.unusable(
            "TLS: zookeeper.client.secure=true: bob.crt cannot be read as a private key in PEM: failed")
        #expect(key.message == "bob.crt cannot be read as a private key in PEM: failed")
        #expect(key.mend?.contains("cat client.key client.crt >client.pem") == true)
        let store = RemoteTLS.unusable(
            "TLS: zookeeper.client.secure=true: a.p12 cannot be read as PKCS12, or the password …")
        #expect(store.mend?.contains("passwordPath=FILE") == true)
        #expect(RemoteTLS.unusable("CLIENT_JVMFLAGS: jute.maxbuffer takes bytes").mend == nil)
    }

    @Test func failuresSayWhoDoesNotTrustWhom() throws {
        try Self.with { _, environment in
            let server = ServerAddress(host: "zk1", port: 2281)
            let anyone = try RemoteTLS(RemoteTLSOptions(isWanted: true), environment: environment)
            let options = RemoteTLSOptions(authorities: "ca.pem", certificate: "me.pem")
            let ours = try RemoteTLS(options, environment: environment)
            func words(_ why: String, _ tls: RemoteTLS) -> String { tls.words(.connectionLost(why), of: server) }
            func internally(_ name: String) -> String {
                "handshakeFailed(NIOSSL.BoringSSLError.sslError([Error: 1 error:10:SSL routines:OPENSSL_internal:\(name) at /a/b.cc:491]))"
            }
            #expect(
                words(internally("CERTIFICATE_VERIFY_FAILED"), anyone).hasPrefix(
                    "no authority that this machine trusts has"))
            #expect(words(internally("CERTIFICATE_VERIFY_FAILED"), ours).hasPrefix("no authority of ca.pem has"))
            #expect(
                words(internally("TLSV1_ALERT_CERTIFICATE_REQUIRED"), anyone)
                    == "it ends the connection (its alert is certificate required): it may want a certificate of its clients (ssl.clientAuth), which --certificate names"
            )
            #expect(
                words(internally("SSLV3_ALERT_BAD_CERTIFICATE"), ours)
                    == "it ends the connection (its alert is bad certificate): it may not trust the certificate of me.pem, which an authority in its ssl.trustStore must have signed"
            )
            #expect(words("the server closed it without an answer", anyone).contains("(without a word): it may want"))
            #expect(words("failedToValidateHostname(a)", anyone).hasPrefix("its certificate does not name zk1: "))
            #expect(words(internally("BAD_DECRYPT"), anyone).hasPrefix("the connection broke: handshakeFailed"))
        }
    }

    @Test func theFirstMessageOfTLSIsOne() {
        let bytes = Array(PortLanguage.hello.rawValue.utf8)
        #expect(bytes.count == 5 + 45 && bytes[4] == 45 && bytes[8] == 41)
    }
}
