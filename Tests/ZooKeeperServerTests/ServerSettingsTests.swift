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

    @Test(
        "What is wrong or not supported is said, with its place",
        arguments: [
            ("dataDir=/d\ntickTime=fast\n", "zoo.cfg:2:10: error: tickTime=fast is not a whole number [bad-value]"),
            ("dataDir=/d\nfoo=1\n", "zoo.cfg:2:1: warning: no ZooKeeper server knows foo [unknown-key]"),
            (
                "dataDir=/d\nsslQuorum=true\n",
                "zoo.cfg:2:1: warning: sslQuorum is not supported by this server yet and is ignored [unsupported-key]"
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
