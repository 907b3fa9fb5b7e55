import Testing

@testable import ServerConfig

/// Flags of a JVM, read as what they say to a ZooKeeper server.
@Suite struct SystemPropertiesTests {
    @Test(
        arguments: [
            ("-Dzookeeper.snapCount=1000", "snapCount", "1000"),
            ("-Dzookeeper.4lw.commands.whitelist=*", "4lw.commands.whitelist", "*"),
            ("-Djute.maxbuffer=4194304", "jute.maxbuffer", "4194304"),
            ("-Dreadonlymode.enabled=true", "readonlymode.enabled", "true"),
            ("-Dfsync.warningthresholdms=20", "fsync.warningthresholdms", "20"),
            ("-Dzookeeper.authProvider.1=a.B", "authProvider.1", "a.B"),
            ("-Dzookeeper.ssl.keyStore.location=/k=1.pem", "ssl.keyStore.location", "/k=1.pem"),
            ("-Dzookeeper.skipACL", "skipACL", ""),
            ("-Djava.security.auth.login.config=/jaas", "java.security.auth.login.config", "/jaas"),
            ("-Djava.security.auth.login.config==/jaas", "java.security.auth.login.config", "/jaas"),
            ("-Djava.security.auth.login.config=file:/jaas", "java.security.auth.login.config", "/jaas"),
            ("-Djava.security.auth.login.config==file:///jaas", "java.security.auth.login.config", "/jaas"),
            ("-Dzookeeper.superUser.1=bob", "superUser.1", "bob"),
        ])
    func aProperty(_ flag: String, _ key: String, _ value: String) {
        let properties = SystemProperties(flags: [flag])
        #expect(properties.settings == [.init(flag: flag, key: key, value: value)])
        #expect(properties.ignored.isEmpty)
    }

    @Test(
        arguments: [
            ("-Xmx1g", "it is for a JVM, which this server does not have", false),
            ("-Dcom.sun.management.jmxremote", "it is for a JVM, which this server does not have", false),
            ("-Dzookeeper.tickTime=5", "it is read from zoo.cfg only: write tickTime=5 there", true),
            ("-Dzookeeper.server.1=a:1:2", "it is read from zoo.cfg only: write server.1=a:1:2 there", true),
            ("-Dzookeeper.jute.maxbuffer=5", "as a flag it is called -Djute.maxbuffer", true),
            ("-DsnapCount=5", "as a flag it is called -Dzookeeper.snapCount", true),
            (
                "-Dzookeeper.snapCuont=5", "no ZooKeeper server knows it; did you mean -Dzookeeper.snapCount?", true
            ),
            (
                "-Dzookeeper.root.logger=DEBUG,CONSOLE",
                "it is about the JVM's logging; ZOO_LOG_LEVEL=debug sets the level here", false
            ),
            ("-Dzookeeper.client.secure=true", "it is for clients", false),
        ])
    func aFlagWithoutEffect(_ flag: String, _ why: String, _ isMisspelt: Bool) {
        let properties = SystemProperties(flags: [flag])
        #expect(properties.settings.isEmpty)
        #expect(properties.ignored == [.init(flag: flag, why: why, isMisspelt: isMisspelt)])
    }

    @Test func theLastOfTwoFlagsCountsAndZooCfgBeforeBoth() {
        let properties = SystemProperties(flags: [
            "-Dzookeeper.snapCount=1", "-Dzookeeper.maxCnxns=9", "-Dzookeeper.snapCount=2",
        ])
        let (cfg, flags) = ZooCfg(text: "tickTime=2000\nmaxCnxns=5").adding(properties)
        #expect(cfg.text == "tickTime=2000\nmaxCnxns=5\nsnapCount=2\n")
        #expect(flags == [3: "-Dzookeeper.snapCount=2"])
        #expect(ZooCfg(text: "tickTime=2000").adding(SystemProperties()).cfg.text == "tickTime=2000")
    }
}
