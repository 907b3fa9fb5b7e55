import RequestPipeline

extension ServerSettings {
    func pipelineOptions(_ descriptors: DescriptorBudget) -> PipelineOptions {
        var options = pipeline
        options.connectionCapacity = descriptors.clients
        options.sessionlessCapacity = descriptors.sessionless
        options.replyLimit = replyLimit
        options.preparer.maxTxnLength = maxTxnLength
        options.preparer.maxEphemeralPathBytes = min(pipeline.maxFrame, maxTxnLength - 1024)
        options.serverID = UInt8(truncatingIfNeeded: sessionServerID.rawValue)
        if let ensemble {
            // A lone server has no use for them.
            options.opensLocalSessions = options.localSessions
            options.leaderServes = ensemble.leaderServes
            if readOnlyMode { options.readOnlyDelay = max(2000, ensemble.options.tickTime) }
        }
        return options
    }
}
