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
}
