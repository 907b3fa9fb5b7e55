/// What is different about a key where the bundled server reads it.
extension KnownKeys {
    /// Keys that tune threads, caches or hooks of the JVM server: the bundled server has nothing that they could tune.
    package static let jvmTuning: Set<String> = [
        "jvm.pause.monitor", "jvm.pause.sleep.time.ms", "jvm.pause.warn-threshold.ms", "jvm.pause.info-threshold.ms",
        "maxResponseCacheSize", "maxGetChildrenResponseCacheSize", "commitProcessor.numWorkerThreads",
        "commitProcessor.maxReadBatchSize", "commitProcessor.maxCommitBatchSize", "commitProcessor.shutdownTimeout",
        "watchManagerName", "watcherCleanThreadsNum", "watcherCleanThreshold", "watcherCleanIntervalInSeconds",
        "maxInProcessingDeadWatchers", "serverCnxnFactory", "nio.numSelectorThreads", "nio.numWorkerThreads",
        "nio.directBufferBytes", "nio.shutdownTimeout", "quorum.cnxn.threads.size", "flushDelay",
        "maxWriteQueuePollTime", "maxBatchSize",
    ]

    /// The keys that the bundled server goes by, besides server, group and weight lines and the keys of TLS. Of every other
    /// known key it says that it ignores it.
    package static let ofBundled: Set<String> = [
        "4lw.commands.whitelist", "DigestAuthenticationProvider.enabled", "DigestAuthenticationProvider.superDigest",
        "X509AuthenticationProvider.superUser", "admin.commandURL", "admin.enableServer", "admin.idleTimeout",
        "admin.serverAddress", "admin.serverPort", "autopurge.purgeInterval", "autopurge.snapRetainCount",
        "client.portUnification", "clientPort", "clientPortAddress", "clientPortListenBacklog", "clientTcpKeepAlive",
        "cnxTimeout", "commitLogCount", "connectToLearnerMasterLimit", "connection_throttle_fill_count",
        "connection_throttle_fill_time", "connection_throttle_global_session_weight",
        "connection_throttle_local_session_weight", "connection_throttle_renew_session_weight",
        "connection_throttle_tokens", "connection_throttle_weight_enabled", "dataDir", "dataLogDir",
        "SASLAuthenticationProvider.superPassword", "allowSaslFailedClients", "java.security.auth.login.config",
        "letAnySaslUserDoX", "sasl.serverconfig", "sasl.usersPath", "sessionRequireClientSASLAuth", "superUser",
        "datadir.autocreate", "db.autocreate", "digest.enabled", "dynamicConfigFile", "electionAlg",
        "electionPortBindRetry", "enforce.auth.enabled", "enforce.auth.schemes", "enforceQuota",
        "extendedTypesEnabled", "fastleader.maxNotificationInterval", "fastleader.minNotificationInterval",
        "forceSnapshotSync", "forceSync", "fsync.warningthresholdms", "globalOutstandingLimit", "initLimit",
        "jute.maxbuffer", "jute.maxbuffer.extrasize", "largeRequestMaxBytes", "largeRequestThreshold", "leaderServes",
        "localSessionsEnabled",
        "localSessionsUpgradingEnabled", "maxClientCnxns", "maxCnxns", "maxSessionTimeout",
        "metricsProvider.className", "metricsProvider.httpHost", "metricsProvider.httpPort", "minSessionTimeout",
        "nio.sessionlessCnxnTimeout", "peerType", "portUnification", "preAllocSize", "quorum.auth.enableSasl",
        "quorum.auth.learner.saslLoginContext", "quorum.auth.learnerRequireSasl",
        "quorum.auth.server.saslLoginContext", "quorum.auth.serverRequireSasl",
        "quorum.membersOnly", "quorumListenOnAllIPs", "readonlymode.enabled", "reconfigEnabled",
        "request_throttle_max_requests", "secureClientPort", "secureClientPortAddress", "session.secretPath", "skipACL",
        "snapCount",
        "snapSizeLimitInKb", "snapshot.trust.empty", "snapshotSizeFactor", "sslQuorum", "standaloneEnabled",
        "syncLimit", "tickTime", "txnLogSizeLimitInKb", "znode.container.checkIntervalMs",
        "znode.container.maxNeverUsedIntervalMs", "znode.container.maxPerMinute",
    ]

    /// What the bundled server reads behind `ssl.` and `ssl.quorum.`.
    package static let ofBundledTLS: Set<String> = [
        "keyStore.location", "keyStore.password", "keyStore.passwordPath", "keyStore.type", "trustStore.location",
        "trustStore.password", "trustStore.passwordPath", "trustStore.type", "protocol", "enabledProtocols",
        "ciphersuites", "clientAuth", "hostnameVerification", "clientHostnameVerification", "allowReverseDnsLookup",
        "handshakeDetectionTimeoutMillis",
    ]

    /// The format of a store of keys or certificates by the end of its file's name, as `keyStore.type` would say it.
    package static func storeFormat(ofFileNamed name: String) -> String? {
        let endings = [".pem": "PEM", ".p12": "PKCS12", ".pfx": "PKCS12", ".jks": "JKS", ".bcfks": "BCFKS"]
        return endings.first { name.lowercased().hasSuffix($0.key) }?.value
    }

    /// The cipher suites that the bundled server has, by Java's names.
    package static let cipherSuites: Set<String> = [
        "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256",
        "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
        "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
        "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
        "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", "TLS_RSA_WITH_AES_128_GCM_SHA256",
        "TLS_RSA_WITH_AES_256_GCM_SHA384",
    ]

    /// Keys of the bundled server that mean nothing to Apache's.
    package static let ofBundledOnly: Set<String> = ["quorum.membersOnly", "sasl.usersPath", "session.secretPath"]

    /// Keys that close a door: who sets one must not be left with an open door and a warning.
    static let protections: Set<String> = [
        "DigestAuthenticationProvider.digestAlg", "admin.forceHttps", "ssl.crl",
        "ssl.ocsp", "ssl.quorum.crl", "ssl.quorum.ocsp", "fips-mode",
    ]

    /// Values that ask for nothing that the bundled server does not do anyway.
    static let harmless = [
        "DigestAuthenticationProvider.digestAlg": "sha1",
        "admin.forceHttps": "false", "ssl.crl": "false", "ssl.ocsp": "false", "ssl.quorum.crl": "false",
        "ssl.quorum.ocsp": "false", "fips-mode": "false",
        "closeSessionTxn.enabled": "true", "emulate353TTLNodes": "false", "snapshot.compression.method": "",
        "jmx.log4j.disable": "true",
    ]
}
