/// The keys that `QuorumPeerConfig.parseProperties` of ZooKeeper 3.8 reads itself.
extension KnownKeys {
    static let parserKeys: [KnownKey] = [
        parser("dataDir", .path, "snapshots, epoch files and myid; also the txn logs unless dataLogDir is set"),
        parser("dataLogDir", .path, "txn logs (default: dataDir)"),
        parser("clientPort", .port(orOff: true), "plain client port; none or 0: no plain listener"),
        parser("clientPortAddress", .host, "address of the plain client port (default: every interface)"),
        parser("secureClientPort", .port(orOff: true), "TLS client port; none or 0: no TLS listener"),
        parser("secureClientPortAddress", .host, "address of the TLS client port (default: every interface)"),
        parser("observerMasterPort", .port(orOff: true), "0", "port on which followers serve observers"),
        parser("clientPortListenBacklog", .integer(-1...int32), "-1", "backlog of the client listener; -1: system's"),
        parser("tickTime", .integer(1...int32), "3000", .milliseconds, "length of a tick, the unit of all limits"),
        parser("maxClientCnxns", .integer(0...int32), "60", "connections per client address; 0: unlimited"),
        parser("minSessionTimeout", .integer(-1...int32), "-1", .milliseconds, "shortest session; -1: 2 ticks"),
        parser("maxSessionTimeout", .integer(-1...int32), "-1", .milliseconds, "longest session; -1: 20 ticks"),
        parser("initLimit", .integer(1...int32), nil, .ticks, "time for a server to connect to a leader and sync"),
        parser("syncLimit", .integer(1...int32), nil, .ticks, "how far a server may fall behind its leader"),
        parser(
            "connectToLearnerMasterLimit", .integer(0...int32), "0", .ticks,
            "time for the connection to a leader; 0: initLimit"),
        parser(
            "electionAlg", .integer(3...3), "3", "the election algorithm",
            .deprecated("only 3 is left since ZooKeeper 3.6")),
        parser("quorumListenOnAllIPs", .boolean, "false", "quorum and election ports listen on every interface"),
        parser("peerType", .choice(["participant", "observer"]), "participant", "role; the server line wins"),
        parser("syncEnabled", .boolean, "true", "observers log txns and take snapshots"),
        parser("dynamicConfigFile", .path, "file with the server, group and weight lines"),
        parser("autopurge.snapRetainCount", .integer(0...int32), "3", "snapshots that a purge keeps"),
        parser("autopurge.purgeInterval", .integer(0...int32), "0", .hours, "time between purges; 0: never"),
        parser("standaloneEnabled", .boolean, "true", "false: a single server runs as a quorum of one"),
        parser("reconfigEnabled", .boolean, "false", "clients may change the ensemble (reconfig)"),
        parser("sslQuorum", .boolean, "false", "TLS on the quorum and election ports"),
        parser("portUnification", .boolean, "false", "TLS and plain together on quorum and election ports"),
        parser("sslQuorumReloadCertFiles", .boolean, "false", "reload keys of the quorum ports when they change"),
        parser("localSessionsEnabled", .boolean, "false", "sessions that only their own server knows"),
        parser("localSessionsUpgradingEnabled", .boolean, "false", "local sessions become global when they must"),
        parser("quorum.auth.enableSasl", .boolean, "false", "SASL between servers"),
        parser("quorum.auth.serverRequireSasl", .boolean, "false", "refuse servers without SASL"),
        parser("quorum.auth.learnerRequireSasl", .boolean, "false", "authenticate to other servers with SASL"),
        parser("quorum.auth.learner.saslLoginContext", .text, "QuorumLearner", "JAAS section of the learner"),
        parser("quorum.auth.server.saslLoginContext", .text, "QuorumServer", "JAAS section of the server"),
        parser("quorum.auth.kerberos.servicePrincipal", .text, "zkquorum/localhost", "Kerberos principal of servers"),
        parser("quorum.cnxn.threads.size", .integer(1...int32), "20", "threads for election connections; 20 at least"),
        parser("jvm.pause.monitor", .boolean, "false", "watch for pauses of the JVM"),
        parser("jvm.pause.sleep.time.ms", .integer(1...int64), "500", .milliseconds, "period of that watch"),
        parser("jvm.pause.warn-threshold.ms", .integer(0...int64), "10000", .milliseconds, "pause worth a warning"),
        parser("jvm.pause.info-threshold.ms", .integer(0...int64), "1000", .milliseconds, "pause worth a log line"),
        parser(
            "metricsProvider.className", .text, "org.apache.zookeeper.metrics.impl.DefaultMetricsProvider",
            "class that exports the metrics"),
        parser("multiAddress.enabled", .boolean, "false", "a server line may have several addresses"),
        parser("multiAddress.reachabilityCheckEnabled", .boolean, "true", "probe which address answers"),
        parser(
            "multiAddress.reachabilityCheckTimeoutMs", .integer(1...int32), "1000", .milliseconds,
            "patience of that probe"),
        parser("oraclePath", .path, "file that decides for a quorum of two servers"),
    ]

    static let int32 = Int64(Int32.max)
    static let int64 = Int64.max

    private static func parser(_ name: String, _ kind: KnownKey.Kind, _ meaning: String) -> KnownKey {
        parser(name, kind, nil, nil, meaning)
    }

    private static func parser(
        _ name: String, _ kind: KnownKey.Kind, _ defaultValue: String?, _ meaning: String, _ note: KnownKey.Note? = nil
    ) -> KnownKey {
        parser(name, kind, defaultValue, nil, meaning, note)
    }

    private static func parser(
        _ name: String, _ kind: KnownKey.Kind, _ defaultValue: String?, _ unit: KnownKey.Unit?, _ meaning: String,
        _ note: KnownKey.Note? = nil
    ) -> KnownKey {
        KnownKey(
            name: name, kind: kind, defaultValue: defaultValue, unit: unit, reader: .parser, meaning: meaning,
            note: note)
    }
}
