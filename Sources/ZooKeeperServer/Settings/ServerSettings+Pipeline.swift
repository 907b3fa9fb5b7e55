import RequestPipeline

extension ServerSettings {
    func pipelineOptions(_ descriptors: DescriptorBudget) -> PipelineOptions {
        var options = PipelineOptions()
        options.tickTime = tickTime
        options.minSessionTimeout = minSessionTimeout
        options.maxSessionTimeout = maxSessionTimeout
        options.sessionlessTimeout = sessionlessTimeout
        options.maxConnectionsPerHost = maxClientConnections
        options.maxConnections = maxConnections
        options.connectionCapacity = descriptors.clients
        options.sessionlessCapacity = descriptors.sessionless
        options.connectionThrottle = connectionThrottle
        options.maxFrame = maxFrame
        options.globalOutstandingLimit = globalOutstandingLimit
        options.largeRequestThreshold = largeRequestThreshold
        options.largeRequestMaxBytes = largeRequestMaxBytes
        options.replyLimit = replyLimit
        options.preparer = preparerOptions
        options.serverID = UInt8(truncatingIfNeeded: sessionServerID)
        options.enforcedSchemes = enforcedSchemes
        options.localSessions = localSessions
        // A lone server has no use for them.
        options.opensLocalSessions = localSessions && ensemble != nil
        options.localSessionsUpgrading = localSessionsUpgrading
        options.containerCheckInterval = containerCheckInterval
        options.containerMaxPerMinute = containerMaxPerMinute
        options.containerMaxNeverUsed = containerMaxNeverUsed
        if let ensemble {
            options.leaderServes = ensemble.leaderServes
            if readOnlyMode { options.readOnlyDelay = max(2000, ensemble.options.tickTime) }
        }
        return options
    }
}
