import ServerConfig
import Testing

@testable import ZooKeeperServer

@Suite struct ServerSettingsTests {
    @Test("A sample zoo.cfg reads without a word")
    func sample() throws {
        let cfg = ZooCfg(text: "tickTime=2000\ninitLimit=10\nsyncLimit=5\ndataDir=/tmp/zookeeper\nclientPort=2181\n")
        let (settings, diagnostics) = ServerSettings.read(cfg, file: "zoo.cfg")
        #expect(diagnostics == [])
        let read = try #require(settings)
        #expect(read.client == ServerSettings.Listen(host: nil, port: 2181))
        #expect(read.minSessionTimeout == 4000)
        #expect(read.maxSessionTimeout == 40000)
        #expect(read.dataLogDir == "/tmp/zookeeper")
    }

    @Test("Values that ask for what is so anyway are no matter")
    func harmless() {
        let cfg = ZooCfg(
            text: "dataDir=/d\nssl.crl=false\nadmin.forceHttps=false\ncloseSessionTxn.enabled=true\nfips-mode=false\n")
        #expect(ServerSettings.read(cfg, file: "zoo.cfg").diagnostics == [])
    }

    @Test("The keys of TLS, with the formats of stores by name or by ending")
    func tls() throws {
        let cfg = ZooCfg(
            text: """
                dataDir=/d
                secureClientPort=2281
                ssl.keyStore.location=/k/server.p12
                ssl.keyStore.password=secret
                ssl.trustStore.location=/k/ca.crt
                ssl.trustStore.type=pem
                ssl.clientAuth=want
                ssl.enabledProtocols=TLSv1.2, TLSv1.3
                """)
        let (settings, diagnostics) = ServerSettings.read(cfg, file: "zoo.cfg")
        #expect(diagnostics == [])
        var expected = TLSSettings(prefix: "ssl.")
        expected.keyStore = TLSSettings.Store(path: "/k/server.p12", format: .pkcs12, password: .text("secret"))
        expected.trustStore = TLSSettings.Store(path: "/k/ca.crt", format: .pem)
        expected.clientAuth = .want
        expected.protocols = ["TLSv1.2", "TLSv1.3"]
        #expect(settings?.clientTLS == expected)
        #expect(settings?.secureClient == ServerSettings.Listen(host: nil, port: 2281))
        #expect(settings?.accessControl.acceptsX509 == true)
    }

    @Test(
        "What is wrong or not supported is said, with its place",
        arguments: [
            ("dataDir=/d\ntickTime=fast\n", "zoo.cfg:2:10: error: tickTime=fast is not a whole number [bad-value]"),
            ("dataDir=/d\nfoo=1\n", "zoo.cfg:2:1: warning: no ZooKeeper server knows foo [unknown-key]"),
            (
                "dataDir=/d\nsslQuorum=true\nssl.quorum.ocsp=true\n",
                """
                zoo.cfg:3:1: error: ssl.quorum.ocsp=true is not supported by this server, and without it the server would be less protected than you asked for [unsupported-protection]
                  mend: remove the line to run without it, or run Apache's server
                """
            ),
            (
                "dataDir=/d\nportUnification=true\nssl.quorum.keystore.location=/k.pem\n",
                "zoo.cfg:3:1: warning: ssl.quorum.keystore.location is not supported by this server yet and is ignored [unsupported-key]"
            ),
            (
                "dataDir=/d\nsessionRequireClientSASLAuth=true\n",
                """
                zoo.cfg:2:1: error: sessionRequireClientSASLAuth=true is not supported by this server, and without it the server would be less protected than you asked for [unsupported-protection]
                  mend: remove the line to run without it, or run Apache's server
                """
            ),
            (
                "dataDir=/d\nenforce.auth.enabled=true\n",
                """
                zoo.cfg:2:22: error: enforce.auth.enabled is true, but enforce.auth.schemes is empty [no-schemes]
                  mend: name the schemes that count, for example enforce.auth.schemes=digest,x509
                """
            ),
            (
                "dataDir=/d\nsecureClientPort=1\nssl.keyStore.location=server\n",
                """
                zoo.cfg:3:23: error: ssl.keyStore.location=server ends with none of .pem, .p12, .pfx, .jks and .bcfks [bad-value]
                  mend: say what it is with ssl.keyStore.type=PEM or PKCS12
                """
            ),
            (
                "clientPort=1\n",
                "zoo.cfg: error: dataDir is not set [no-data-dir]\n  mend: add a line dataDir=/var/lib/zookeeper with the directory for this server's data"
            ),
            (
                "dataDir=/d\nmaxSessionTimeout=10\n",
                "zoo.cfg: error: minSessionTimeout 6000 is above maxSessionTimeout 10 [session-timeouts]"
            ),
        ])
    func diagnostics(text: String, expected: String) {
        let (_, diagnostics) = ServerSettings.read(ZooCfg(text: text), file: "zoo.cfg")
        #expect(diagnostics.map { $0.rendered() } == [expected])
    }
}
