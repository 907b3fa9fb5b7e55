/// The keys that reach the server as system properties `zookeeper.<key>`, and those that only look as if they could.
extension KnownKeys {
    static let propertyKeys: [KnownKey] =
        logAndSnapshots + requests + connections + quorum + security + operation + tls("ssl.") + tls("ssl.quorum.")
        + jvmOnly

    private static let logAndSnapshots = [
        key("snapCount", .integer(0...int32), "100000", .transactions, "txns between snapshots (about half to all)"),
        key("snapSizeLimitInKb", .integer(-1...int64), "4194304", .kibibytes, "log bytes between snapshots"),
        key("preAllocSize", .integer(1...int64), "65536", .kibibytes, "how far the txn log file is allocated ahead"),
        key("txnLogSizeLimitInKb", .integer(-1...int64), "-1", .kibibytes, "start a new txn log beyond; -1: never"),
        key("commitLogCount", .integer(0...int32), "500", .transactions, "committed txns kept to sync learners"),
        key("snapshotSizeFactor", .decimal, "0.33", "sync from the log up to this part of the snapshot's size"),
        key("forceSnapshotSync", .boolean, "false", "always sync learners with a snapshot"),
        key(
            "forceSync", .yesNo, "yes", "sync the txn log to disk before acknowledging",
            note: .unsafe(value: "no", "acknowledged writes are lost when the machine stops")),
        key("fsync.warningthresholdms", .integer(0...int64), "1000", .milliseconds, "sync worth a warning"),
        key("flushDelay", .integer(0...int64), "0", .milliseconds, "wait for more txns before a sync"),
        key("maxWriteQueuePollTime", .integer(0...int64), nil, .milliseconds, "flushDelay / 3 by default"),
        key("maxBatchSize", .integer(0...int32), "1000", .transactions, "txns that trigger a sync at once"),
        key("snapshot.compression.method", .choice(["", "gz", "snappy"]), nil, "compression of snapshots"),
        key(
            "snapshot.trust.empty", .boolean, "false", "start with txn logs but no snapshot",
            note: .unsafe(value: "true", "a lost snapshot goes unnoticed; it is meant for one upgrade from 3.4")),
        key("datadir.autocreate", .boolean, "true", "create missing data directories"),
        key("db.autocreate", .boolean, "true", "start an empty data directory as an empty database"),
        key("digest.enabled", .boolean, "true", "compare a digest of the tree after each txn"),
    ]

    private static let requests = [
        key("globalOutstandingLimit", .integer(1...int32), "1000", "requests in process before clients wait"),
        key("request_throttle_max_requests", .integer(0...int32), "0", "requests in process; 0: unlimited"),
        key("request_throttle_stall_time", .integer(1...int32), "100", .milliseconds, "longest stall of a request"),
        key("request_throttle_drop_stale", .boolean, "true", "drop throttled requests that nobody awaits"),
        key("request_stale_latency_check", .boolean, "false", "a request older than its session timeout is stale"),
        key("request_stale_connection_check", .boolean, "true", "a request whose connection closed is stale"),
        key("request_throttler.shutdownTimeout", .integer(0...int32), "10000", .milliseconds, "drain at shutdown"),
        key("throttled_op_wait_time", .integer(0...int32), "0", .milliseconds, "longest wait; 0: unlimited"),
        key("largeRequestThreshold", .integer(-1...int32), "-1", .bytes, "a request of this size counts as large"),
        key("largeRequestMaxBytes", .integer(0...int32), "104857600", .bytes, "large requests in process together"),
        key("maxResponseCacheSize", .integer(0...int32), "400", "cached getData answers; 0: none"),
        key("maxGetChildrenResponseCacheSize", .integer(0...int32), "400", "cached getChildren answers; 0: none"),
        key("commitProcessor.numWorkerThreads", .integer(0...int32), nil, "threads of the commit processor"),
        key("commitProcessor.maxReadBatchSize", .integer(-1...int32), "-1", "reads between two commits"),
        key("commitProcessor.maxCommitBatchSize", .integer(0...int32), "1", "commits between two reads"),
        key("commitProcessor.shutdownTimeout", .integer(0...int64), "5000", .milliseconds, "drain at shutdown"),
        key("forward_learner_requests_to_commit_processor_disabled", .boolean, "false", "skip that detour"),
        key("follower.skipLearnerRequestToNextProcessor", .boolean, "false", "skip that detour on followers"),
        key("extendedTypesEnabled", .boolean, "false", "TTL znodes; server ids up to 254 only"),
        key(
            "emulate353TTLNodes", .boolean, "false", "read TTL znodes as 3.5.3 wrote them",
            note: .deprecated("only for data written by ZooKeeper 3.5.3")),
        key("enforceQuota", .boolean, "false", "refuse writes beyond a quota"),
        key("closeSessionTxn.enabled", .boolean, "true", "closeSession txns list the ephemerals they remove"),
        key("watchManagerName", .text, "org.apache.zookeeper.server.watch.WatchManager", "class that keeps watches"),
        key("watcherCleanThreadsNum", .integer(1...int32), "2", "threads that clean dead watchers"),
        key("watcherCleanThreshold", .integer(1...int32), "1000", "dead watchers before a cleaning"),
        key("watcherCleanIntervalInSeconds", .integer(1...int32), "600", .seconds, "longest time between cleanings"),
        key("maxInProcessingDeadWatchers", .integer(-1...int32), "-1", "dead watchers before clients wait"),
        key("bitHashCacheSize", .integer(0...int32), "10", "cache of the optimised watch manager"),
        key("intBufferStartingSizeBytes", .integer(0...int32), "1024", .bytes, "first buffer of a request"),
        key("jute.maxbuffer.extrasize", .integer(0...int64), nil, .bytes, "headroom over jute.maxbuffer on disk"),
        key("pathStats.enabled", .boolean, "false", "count requests per path"),
        key("pathStats.delay", .integer(1...int32), "5", .seconds, "time between two reports"),
        key("pathStats.initialDelay", .integer(0...int32), "5", .seconds, "time to the first report"),
        key("pathStats.maxDepth", .integer(1...int32), "6", "depth of the paths counted"),
        key("pathStats.sampleRate", .decimal, "0.1", "part of the requests that is counted"),
        key("pathStats.slotCapacity", .integer(1...int32), "60", "slots kept"),
        key("pathStats.slotDuration", .integer(1...int32), "15", .seconds, "length of a slot"),
        key("pathStats.topPathMax", .integer(1...int32), "20", "paths in a report"),
    ]

    private static let connections = [
        key("maxCnxns", .integer(0...int32), "0", "connections of all clients together; 0: unlimited"),
        key("connection_throttle_tokens", .integer(0...int32), "0", "token bucket for new sessions; 0: off"),
        key("connection_throttle_fill_time", .integer(1...int32), "1", .milliseconds, "time between refills"),
        key("connection_throttle_fill_count", .integer(1...int32), "1", "tokens per refill"),
        key("connection_throttle_freeze_time", .integer(-1...int32), "-1", .milliseconds, "adaptation; -1: off"),
        key("connection_throttle_drop_increase", .decimal, "0.02", "step up of the drop rate"),
        key("connection_throttle_drop_decrease", .decimal, "0.002", "step down of the drop rate"),
        key("connection_throttle_decrease_ratio", .decimal, "0", "step down of the bucket"),
        key("connection_throttle_weight_enabled", .boolean, "false", "weigh kinds of sessions"),
        key("connection_throttle_global_session_weight", .integer(1...int32), "3", "weight of a global session"),
        key("connection_throttle_local_session_weight", .integer(1...int32), "1", "weight of a local session"),
        key("connection_throttle_renew_session_weight", .integer(1...int32), "2", "weight of a renewal"),
        key("serverCnxnFactory", .text, "org.apache.zookeeper.server.NIOServerCnxnFactory", "client listener class"),
        key("nio.numSelectorThreads", .integer(1...int32), nil, "threads that select"),
        key("nio.numWorkerThreads", .integer(0...int32), nil, "threads that read and write"),
        key("nio.directBufferBytes", .integer(0...int32), "65536", .bytes, "buffer of a thread"),
        key("nio.sessionlessCnxnTimeout", .integer(1...int32), "10000", .milliseconds, "patience for a handshake"),
        key("nio.shutdownTimeout", .integer(0...int64), "5000", .milliseconds, "drain at shutdown"),
        key("netty.advancedFlowControl.enabled", .boolean, "false", "stop reading from slow clients"),
        key("netty.server.outstandingHandshake.limit", .integer(-1...int32), "-1", "TLS handshakes under way"),
        key("netty.server.earlyDropSecureConnectionHandshakes", .boolean, "false", "drop early when busy"),
        key("client.portUnification", .boolean, "false", "TLS and plain together on the client port"),
        key("client.certReload", .boolean, "false", "reload keys of the client port when they change"),
        key("tcpKeepAlive", .boolean, "false", "keep-alive on the election connections"),
        key("clientTcpKeepAlive", .boolean, "false", "keep-alive on client connections"),
    ]

    private static let quorum = [
        key("leaderServes", .yesNo, "yes", "the leader takes clients"),
        key("quorum.membersOnly", .boolean, "false", "the leader accepts only members (bundled server)"),
        key("cnxTimeout", .integer(1...int32), "5000", .milliseconds, "connect time on the election port"),
        key("quorumCnxnTimeoutMs", .integer(-1...int32), "-1", .milliseconds, "first bytes there; -1: from syncLimit"),
        key("electionPortBindRetry", .integer(0...int32), "3", "attempts to bind the election port; 0: forever"),
        key("fastleader.minNotificationInterval", .integer(1...int32), "200", .milliseconds, "first resend of a vote"),
        key("fastleader.maxNotificationInterval", .integer(1...int32), "60000", .milliseconds, "slowest resend"),
        key("observer.reconnectDelayMs", .integer(0...int64), "0", .milliseconds, "random wait before reconnecting"),
        key("observer.election.DelayMs", .integer(0...int64), "200", .milliseconds, "random wait before electing"),
        key("observerMaster.sizeLimit", .integer(0...int32), "33554432", .bytes, "proposals kept for observers"),
        key("leader.maxConcurrentSnapSyncs", .integer(1...int32), "10", "snapshot syncs of observers together"),
        key("leader.maxConcurrentDiffSyncs", .integer(1...int32), "100", "log syncs of observers together"),
        key("leader.maxTimeToWaitForEpoch", .integer(-1...int32), "-1", .milliseconds, "wait for a quorum; -1: none"),
        key("leader.ackLoggingFrequency", .integer(1...int32), "1000", "log one acknowledgement in so many"),
        key("leader.closeSocketAsync", .boolean, "false", "close learner sockets aside"),
        key("leaderConnectDelayDuringRetryMs", .integer(0...int32), "100", .milliseconds, "wait between connects"),
        key("learner.asyncSending", .boolean, "false", "learners send aside"),
        key("learner.closeSocketAsync", .boolean, "false", "close the leader's socket aside"),
    ]

    private static let security = [
        key(
            "skipACL", .yesNo, "no", "do not check ACLs",
            note: .unsafe(value: "yes", "every client may read and change every znode")),
        key("enableEagerACLCheck", .boolean, "false", "check ACLs before forwarding to the leader"),
        key("DigestAuthenticationProvider.enabled", .boolean, "true", "the digest scheme"),
        key("DigestAuthenticationProvider.superDigest", .text, nil, "super:<digest of its password>"),
        key("DigestAuthenticationProvider.digestAlg", .text, "SHA1", "digest algorithm of ACLs"),
        key("X509AuthenticationProvider.superUser", .text, nil, "distinguished name of the super user"),
        key("SASLAuthenticationProvider.superPassword", .text, nil, "password of the super user"),
        key("superUser", .text, nil, "super user of SASL"),
        key("letAnySaslUserDoX", .text, nil, "what this SASL user may, every one may"),
        key("ssl.authProvider", .text, "x509", "authentication provider of TLS clients"),
        key("ensembleAuthName", .list, nil, "names by which clients may check the ensemble"),
        key("session.secretPath", .path, nil, "file with the servers' key for session passwords (bundled server)"),
        key("sessionRequireClientSASLAuth", .boolean, "false", "refuse clients without SASL"),
        key("allowSaslFailedClients", .boolean, "false", "keep clients whose SASL failed"),
        key("enforce.auth.enabled", .boolean, "false", "refuse clients without one of the schemes"),
        key("enforce.auth.schemes", .list, nil, "schemes that count"),
        key("kerberos.removeHostFromPrincipal", .boolean, "false", "shorten Kerberos principals"),
        key("kerberos.removeRealmFromPrincipal", .boolean, "false", "shorten Kerberos principals"),
        key("kerberos.canonicalizeHostNames", .boolean, "false", "canonical host names for Kerberos"),
        key("sasl.serverconfig", .text, "Server", "JAAS section of the server"),
        key("sasl.usersPath", .path, nil, "file with lines user:password of SASL users (bundled server)"),
        key("security.auth_to_local", .text, nil, "rules for Kerberos names"),
        key("fips-mode", .boolean, "false", "TLS as FIPS demands"),
        key("audit.enable", .boolean, "false", "write an audit log"),
        key("audit.impl.class", .text, "org.apache.zookeeper.audit.Slf4jAuditLogger", "class of the audit log"),
    ]

    private static let operation = [
        key("4lw.commands.whitelist", .list, "srvr", "four-letter words that are answered; * for all"),
        key("admin.enableServer", .boolean, "true", "HTTP admin server"),
        key("admin.serverAddress", .host, "0.0.0.0", "its address"),
        key("admin.serverPort", .integer(0...65535), "8080", "its port; 0: any free one"),
        key("admin.idleTimeout", .integer(0...int32), "30000", .milliseconds, "idle time of its connections"),
        key("admin.commandURL", .text, "/commands", "root of its commands"),
        key("admin.httpVersion", .choice(["10", "11"]), "11", "HTTP version"),
        key("admin.portUnification", .boolean, "false", "HTTP and HTTPS together on its port"),
        key("admin.forceHttps", .boolean, "false", "HTTPS only"),
        key("metricsProvider.httpPort", .integer(0...65535), "7000", "port of the metrics; 0: any free one"),
        key("metricsProvider.httpHost", .host, "0.0.0.0", "address of the metrics"),
        key("metricsProvider.exportJvmInfo", .boolean, "true", "metrics of the JVM"),
        key("messageTracker.Enabled", .boolean, "false", "remember messages between servers"),
        key("messageTracker.BufferSize", .integer(1...int32), "10", "how many"),
        key("jmx.log4j.disable", .boolean, "false", "no JMX beans for log4j"),
    ]

    /// The keys of TLS on client ports (`ssl.`) or between servers (`ssl.quorum.`). Source: `X509Util`.
    private static func tls(_ prefix: String) -> [KnownKey] {
        let formats = KnownKey.Kind.choice(["JKS", "PEM", "PKCS12", "BCFKS"])
        return [
            key(prefix + "keyStore.location", .path, nil, "file with the server's key and its certificates"),
            key(prefix + "keyStore.password", .text, nil, "its password"),
            key(prefix + "keyStore.passwordPath", .path, nil, "file with its password"),
            key(prefix + "keyStore.type", formats, nil, "its format; by default what its name ends with"),
            key(prefix + "trustStore.location", .path, nil, "file with the certificates that are trusted"),
            key(prefix + "trustStore.password", .text, nil, "its password"),
            key(prefix + "trustStore.passwordPath", .path, nil, "file with its password"),
            key(prefix + "trustStore.type", formats, nil, "its format; by default what its name ends with"),
            key(prefix + "protocol", .text, "TLSv1.2", "version of TLS"),
            key(prefix + "enabledProtocols", .list, nil, "versions of TLS"),
            key(prefix + "ciphersuites", .list, nil, "cipher suites, by Java's names"),
            key(prefix + "context.supplier.class", .text, nil, "class that makes the TLS context"),
            key(prefix + "hostnameVerification", .boolean, "true", "the certificate must be for the host"),
            key(prefix + "clientHostnameVerification", .boolean, nil, "also that of who connects"),
            key(prefix + "allowReverseDnsLookup", .boolean, nil, "an address may be turned into a name for that"),
            key(prefix + "crl", .boolean, "false", "look up revoked certificates in lists"),
            key(prefix + "ocsp", .boolean, "false", "ask whether a certificate was revoked"),
            key(
                prefix + "clientAuth", .choice(["need", "want", "none"]), "need", "whether clients show a certificate"),
            key(prefix + "handshakeDetectionTimeoutMillis", .integer(1...int32), "5000", .milliseconds, "patience"),
        ]
    }

    private static let jvmOnly = [
        jvm("java.security.auth.login.config", .path, nil, nil, "JAAS file with the users of SASL"),
        jvm("jute.maxbuffer", .integer(1...int32), "1048575", .bytes, "largest request and answer"),
        jvm("readonlymode.enabled", .boolean, "false", nil, "serve reads without a quorum"),
        jvm("znode.container.checkIntervalMs", .integer(1...int32), "60000", .milliseconds, "container check period"),
        jvm("znode.container.maxPerMinute", .integer(1...int32), "10000", nil, "containers removed a minute"),
        jvm("znode.container.maxNeverUsedIntervalMs", .integer(0...int64), "0", .milliseconds, "0: keep unused ones"),
    ]

    private static func key(
        _ name: String, _ kind: KnownKey.Kind, _ defaultValue: String?, _ meaning: String, note: KnownKey.Note? = nil
    ) -> KnownKey {
        KnownKey(
            name: name, kind: kind, defaultValue: defaultValue, unit: nil, reader: .property, meaning: meaning,
            note: note)
    }

    private static func key(
        _ name: String, _ kind: KnownKey.Kind, _ defaultValue: String?, _ unit: KnownKey.Unit, _ meaning: String
    ) -> KnownKey {
        KnownKey(
            name: name, kind: kind, defaultValue: defaultValue, unit: unit, reader: .property, meaning: meaning,
            note: nil)
    }

    private static func jvm(
        _ name: String, _ kind: KnownKey.Kind, _ defaultValue: String?, _ unit: KnownKey.Unit?, _ meaning: String
    ) -> KnownKey {
        KnownKey(
            name: name, kind: kind, defaultValue: defaultValue, unit: unit, reader: .jvmOnly, meaning: meaning,
            note: nil)
    }
}
