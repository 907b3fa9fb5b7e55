import ServerConfig
import Testing

@testable import ZooKeeperServer

@Suite struct ServerSettingsTests {
    /// A sample zoo.cfg reads without a word.
    @Test func sample() throws {
        let cfg = ZooCfg(text: "tickTime=2000\ninitLimit=10\nsyncLimit=5\ndataDir=/tmp/zookeeper\nclientPort=2181\n")
        let (settings, diagnostics) = ServerSettings.read(cfg, file: "zoo.cfg")
        #expect(diagnostics == [])
        let read = try #require(settings)
        #expect(read.client == ServerSettings.Listen(host: nil, port: 2181))
        #expect(read.pipeline.minSessionTimeout == 4000)
        #expect(read.pipeline.maxSessionTimeout == 40000)
        #expect(read.dataLogDir == "/tmp/zookeeper")
    }

    /// Values that ask for what is so anyway are no matter.
    @Test func harmless() {
        let cfg = ZooCfg(
            text:
                "dataDir=/d\nclientPort=2181\nssl.crl=false\nadmin.forceHttps=false\ncloseSessionTxn.enabled=true\nfips-mode=false\n"
        )
        #expect(ServerSettings.read(cfg, file: "zoo.cfg").diagnostics == [])
    }

    /// The keys of TLS, with the formats of stores by name or by ending.
    @Test func tls() throws {
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

    /// What is wrong or not supported is said as paddock check says it, with its place.
    @Test(arguments: [
        (
            "dataDir=/d\ntickTime=fast\n",
            "zoo.cfg:2:10: error: tickTime is 'fast', not a whole number [value]\n  mend: write tickTime as a whole number, 1 or more, in ms"
        ),
        (
            "dataDir=/d\nfoo=1\n",
            "zoo.cfg:2:1: warning: 'foo' is no key of ZooKeeper [unknown-key]\n  mend: remove it"
        ),
        (
            "dataDir=/d\nssl.quorum.ocsp=true\nportUnification=true\n",
            """
            zoo.cfg:2:1: error: ssl.quorum.ocsp=true is not supported by the bundled server, and without it the server would be less protected than you asked for [unsupported-protection]
              mend: remove the line to run without it, or run Apache's server
            """
        ),
        (
            "dataDir=/d\nportUnification=true\nssl.quorum.keystore.location=/k.pem\n",
            """
            zoo.cfg:3:1: warning: 'ssl.quorum.keystore.location' is no key of ZooKeeper; did you mean 'ssl.quorum.keyStore.location'? [unknown-key]
              mend: write ssl.quorum.keyStore.location
            """
        ),
        (
            "dataDir=/d\nsessionRequireClientSASLAuth=true\n",
            """
            zoo.cfg:2:30: error: sessionRequireClientSASLAuth asks every client for SASL, and the scheme sasl is not there: no client would be let in [no-schemes]
              mend: add authProvider.1=org.apache.zookeeper.server.auth.SASLAuthenticationProvider
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
            "dataDir=/d\nsecureClientPort=1\nssl.clientAuth=none\nssl.keyStore.location=server\n",
            """
            zoo.cfg:4:23: error: ssl.keyStore.location=server ends with none of .pem, .p12, .pfx, .jks and .bcfks [tls-key]
              mend: say what it is with ssl.keyStore.type=PEM or PKCS12
            """
        ),
        (
            "clientPort=1\n",
            "zoo.cfg: error: dataDir is not set [data-dir-missing]\n  mend: write dataDir=/var/lib/zookeeper"
        ),
        (
            "dataDir=/d\nmaxSessionTimeout=10\n",
            "zoo.cfg:2:19: error: minSessionTimeout (6000 ms, 2 ticks) is larger than maxSessionTimeout (10 ms) [session-timeout]\n  mend: make minSessionTimeout at most 10"
        ),
    ])
    func diagnostics(text: String, expected: String) {
        // Without a client port there would be a word about that.
        let line = text.contains("clientPort=") || text.contains("secureClientPort=") ? "" : "clientPort=2181\n"
        let (_, diagnostics) = ServerSettings.read(ZooCfg(text: text + line), file: "zoo.cfg")
        #expect(diagnostics.map { $0.rendered() } == [expected])
    }

    /// Each key that is read is in the table by which paddock check knows what this server ignores, and the reverse.
    @Test func everyKeyIsInTheTable() {
        // With TLS everywhere, so that its keys are read, too.
        let cfg = ZooCfg(text: "dataDir=/d\nclientPort=1\nsecureClientPort=2\nsslQuorum=true\n")
        var reader = SettingsReader(cfg: cfg)
        _ = reader.settings()
        let tls = Set(["ssl.", "ssl.quorum."].flatMap { prefix in KnownKeys.ofBundledTLS.map { prefix + $0 } })
        #expect(reader.used.subtracting(KnownKeys.ofBundled).subtracting(tls) == [])
        // These are read with the server lines, or by who judges them.
        let ofEnsembles: Set<String> = [
            "initLimit", "syncLimit", "electionAlg", "peerType", "standaloneEnabled", "dynamicConfigFile",
            "quorumListenOnAllIPs", "leaderServes", "cnxTimeout", "connectToLearnerMasterLimit", "commitLogCount",
            "forceSnapshotSync", "snapshotSizeFactor", "fastleader.minNotificationInterval",
            "fastleader.maxNotificationInterval", "electionPortBindRetry",
        ]
        #expect(KnownKeys.ofBundled.subtracting(reader.used) == ofEnsembles)
        #expect(tls.subtracting(reader.used) == [])
    }
}
