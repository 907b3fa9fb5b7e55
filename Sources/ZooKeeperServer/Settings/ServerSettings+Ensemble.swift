import Membership
import Quorum
import ServerConfig

extension ServerSettings {
    /// Adds what the server lines say, from zoo.cfg itself or from its dynamic file, and this server's myid. What does not fit
    /// was refused before.
    ///
    /// A single participant without observers stands alone unless `standaloneEnabled=false`, as in Apache's
    /// `QuorumPeerConfig`.
    mutating func readEnsemble(_ cfg: ZooCfg, _ surroundings: ZooCfg.Surroundings, file: String) {
        var members = EnsembleConfiguration.read(cfg.effectiveEntries).config
        if case .text(let text, let path) = surroundings.dynamicConfig {
            let version = EnsembleConfiguration.version(ofFileNamed: path)
            members = EnsembleConfiguration.read(ZooCfg(text: text).effectiveEntries, version: version).config
        }
        let standsAlone = cfg["standaloneEnabled"]?.lowercased() != "false"
        guard cfg.isDistributed(members) else {
            // Its client port may still be in its line.
            if members.servers.count == 1, client == nil { client = members.servers[0].listen }
            return
        }
        guard case .text(let text, _) = surroundings.myid, let id = MyID.parseLeniently(text),
            let line = members.server(id)
        else { return }

        var options = QuorumOptions()
        options.tickTime = Int64(pipeline.tickTime)
        func number(_ key: String) -> Int64? { cfg[key].flatMap { Int64($0) } }
        func read(_ key: String, into value: inout Int64) { value = number(key) ?? value }
        read("initLimit", into: &options.initLimit)
        read("syncLimit", into: &options.syncLimit)
        read("fastleader.minNotificationInterval", into: &options.minNotificationInterval)
        read("fastleader.maxNotificationInterval", into: &options.maxNotificationInterval)
        options.maxTxnLength = maxTxnLength
        options.historyLimit = Int(max(500, number("commitLogCount") ?? 500))
        options.alwaysSnapshot = cfg["forceSnapshotSync"]?.lowercased() == "true"
        options.syncFromDisk = (cfg["snapshotSizeFactor"].flatMap { Double($0) } ?? 0.33) >= 0
        options.reconfigEnabled = pipeline.preparer.allowsReconfig
        options.standaloneEnabled = standsAlone
        options.membersOnly = membersOnly
        var ensemble = EnsembleSettings(line, members: members, options: options)
        if options.reconfigEnabled {
            ensemble.files = ConfigurationFiles(zooCfg: WorkingDirectory.absolute(file), id: line.id)
            ensemble.isStatic = cfg["dynamicConfigFile"] == nil
        }
        ensemble.listensOnAllAddresses = cfg["quorumListenOnAllIPs"]?.lowercased() == "true"
        ensemble.leaderServes = cfg["leaderServes"] != "no"
        ensemble.bindAttempts = Int(number("electionPortBindRetry") ?? 3)
        ensemble.electionConnectTimeout = Int(number("cnxTimeout") ?? 5000)
        ensemble.learnerConnectTimeout =
            Int(max(1, number("connectToLearnerMasterLimit") ?? options.initLimit)) * pipeline.tickTime
        myid = line.id
        if let own = ensemble.line.listen { client = own }
        self.ensemble = ensemble
    }
}

extension ServerLine {
    /// Where this server's own line says that clients connect.
    var listen: ServerSettings.Listen? {
        client.map { ServerSettings.Listen(host: $0.host == "0.0.0.0" ? nil : $0.host, port: $0.port) }
    }
}
