import DataTree
import Membership
import RequestPipeline
import ZooKeeperProtocol

extension ServerWord {
    /// What its answer tells.
    var parts: ServerReport.Parts {
        switch self {
        case .stat, .cons: .clients
        case .conf, .dirs: .directorySizes
        case .dump: [.sessions, .clients]
        case .mntr: .monitor
        case .wchc, .wchp, .wchs: .watches
        case .crst, .envi, .gtmk, .hash, .isro, .ruok, .srst, .srvr, .stmk, .telnetClose: []
        }
    }
}

extension ServerReport {
    /// The answer to a four-letter word in the bytes Apache 3.8 would send (Apache's `FourLetterCommands`), after it
    /// has been carried out.
    func text(of word: ServerWord) -> String {
        switch word {
        case .ruok: return "imok"
        case .isro: return isReadOnly ? "ro" : "rw"
        case .gtmk, .stmk: return String(surroundings.traceMask)
        case .crst: return "Connection stats reset.\n"
        case .srst: return "Server stats reset.\n"
        case .srvr: return heading + serverText
        case .stat: return heading + "Clients:\n" + connectionLines(brief: true) + "\n" + serverText
        case .cons: return connectionLines(brief: false) + "\n"
        case .conf: return configurationText
        case .envi:
            return "Environment:\n" + ServerEnvironment.entries.map { "\($0.key)=\($0.value)\n" }.joined()
        case .dirs: return "datadir_size: \(directorySizes.data)\nlogdir_size: \(directorySizes.log)\n"
        case .dump: return dumpText
        case .hash: return digests.entries.map { "\($0.zxid.hex): \($0.digest)\n" }.joined()
        case .mntr: return monitor().flatMap(\.lines).map { "zk_\($0.key)\t\($0.value)\n" }.joined()
        case .wchs: return watchSummaryText
        case .wchc:
            return watchesBySession.map { session, paths in
                "\(session)\n" + paths.map { "\t\($0)\n" }.joined()
            }.joined() + "\n"
        case .wchp:
            return watches.map { path, sessions in
                "\(path)\n" + sessions.map { "\t\($0)\n" }.joined()
            }.joined() + "\n"
        case .telnetClose: return ""
        }
    }

    private var heading: String {
        let version = "Zookeeper version: \(ServerVersion.text)\n"
        return isReadOnly ? version + "READ-ONLY mode; serving only read-only clients\n" : version
    }

    private var serverText: String {
        let sizes = ensemble?.leading?.proposalSizes
        return """
            Latency min/avg/max: \(statistics.latency.min)/\(statistics.latency.roundedAverage)/\(statistics.latency.max)
            Received: \(statistics.packetsReceived)
            Sent: \(statistics.packetsSent)
            Connections: \(connectionCount)
            Outstanding: \(outstanding)
            Zxid: \(lastZXID)
            Mode: \(modeName)
            Node count: \(nodeCount)

            """ + (sizes.map { "Proposal sizes last/min/max: \($0.last)/\($0.min)/\($0.max)\n" } ?? "")
    }

    private var configurationText: String {
        let lines = [
            "clientPort=\(settings.client?.port ?? -1)", "secureClientPort=\(settings.secureClient?.port ?? -1)",
            "dataDir=\(directory.snapshots)",
            "dataDirSize=\(directorySizes.data)", "dataLogDir=\(directory.logs)", "dataLogSize=\(directorySizes.log)",
            "tickTime=\(settings.pipeline.tickTime)", "maxClientCnxns=\(settings.pipeline.maxClientConnections)",
            "minSessionTimeout=\(settings.pipeline.minSessionTimeout)",
            "maxSessionTimeout=\(settings.pipeline.maxSessionTimeout)",
            "clientPortListenBacklog=\(settings.backlog)", "serverId=\(settings.myid)",
        ]
        return lines.map { $0 + "\n" }.joined() + (ensemble.map(Self.membershipText) ?? "")
    }

    /// What a member of an ensemble adds to `conf`. In read-only mode Apache leaves the membership out.
    private static func membershipText(_ ensemble: EnsembleReport) -> String {
        let own = ensemble.ownLine
        func ports(_ port: (ServerLine.Address) -> Int) -> String {
            (own?.addresses ?? []).map { String(port($0)) }.joined(separator: "|")
        }
        let lines = [
            "initLimit=\(ensemble.initLimit)", "syncLimit=\(ensemble.syncLimit)", "electionAlg=3",
            "electionPort=\(ports(\.electionPort))", "quorumPort=\(ports(\.quorumPort))",
            "peerType=\(own?.role == .observer ? 1 : 0)",
        ]
        let text = lines.map { $0 + "\n" }.joined()
        return ensemble.isReadOnly ? text : text + "membership: \n" + ensemble.configuration.text
    }

    // MARK: Connections

    private func connectionLines(brief: Bool) -> String {
        clients.map { line(of: $0, brief: brief) + "\n" }.joined()
    }

    private func line(of connection: RequestPipeline.ClientReport, brief: Bool) -> String {
        let counts = connection.statistics
        var line =
            " /\(connection.remote)[\(connection.interestOps)](queued=\(connection.outstanding),recved=\(counts.received),sent=\(counts.sent)"
        if !brief, connection.session != .none {
            line +=
                ",sid=\(connection.session),lop=\(counts.operationName),est=\(counts.established),to=\(connection.timeout)"
            if counts.lastXID >= 0 { line += ",lcxid=0x\(String(counts.lastXID, radix: 16))" }
            line += ",lzxid=\(counts.lastZXID),lresp=\(counts.lastResponseTime),llat=\(counts.lastLatency)"
            line += ",minlat=\(counts.latency.min),avglat=\(Int64(counts.latency.average)),maxlat=\(counts.latency.max)"
        }
        return line + ")"
    }

    // MARK: Sessions

    private var dumpText: String {
        var text = "SessionTracker dump:\n"
        let hasLocal = ensemble != nil && settings.pipeline.localSessions
        if hasLocal { text += "Local " + expiryText(localExpiries, localSessionCount) }
        if decidesExpiry {
            text += (hasLocal ? "Global " : "") + expiryText(expiries, trackedCount)
        } else {
            text += knownSessionsText
        }
        text += "ephemeral nodes dump:\nSessions with Ephemerals (\(ephemerals.count)):\n"
        for owner in ephemerals { text += "\(owner.session):\n" + owner.paths.map { "\t\($0)\n" }.joined() }
        let sets = connectionSets
        text += "Connections dump:\nConnections Sets (\(sets.count))/(\(connectionCount)):\n"
        for set in sets {
            text += "\(set.connections.count) expire at \(DateText.java(wallSeconds(set.time))):\n"
            text += set.connections.map { "\tip: /\($0.remote) sessionId: \($0.session)\n" }.joined()
        }
        return text
    }

    /// Standalone and leader decide when a session expires; the other servers only know which sessions there are.
    private var decidesExpiry: Bool { ensemble == nil || ensemble?.leading != nil }

    private func expiryText(_ buckets: [(time: Int64, sessions: [SessionID])], _ count: Int) -> String {
        "Session Sets (\(buckets.count))/(\(count)):\n"
            + buckets.map { bucket in
                "\(bucket.sessions.count) expire at \(DateText.java(wallSeconds(bucket.time))):\n"
                    + bucket.sessions.map { "\t\($0)\n" }.joined()
            }.joined()
    }

    private var knownSessionsText: String {
        "Global Sessions(\(knownSessions.count)):\n" + knownSessions.map { "\($0.id)\t\($0.timeout)ms\n" }.joined()
    }

    /// Connections by the time at which silence would close them.
    private var connectionSets: [(time: Int64, connections: [RequestPipeline.ClientReport])] {
        let interval = max(1, Int64(settings.pipeline.sessionlessTimeout))
        let groups = Dictionary(grouping: clients) { connection in
            let patience = connection.session == .none ? interval : Int64(connection.timeout)
            return ((connection.statistics.lastHeard + patience) / interval + 1) * interval
        }
        return groups.map { ($0.key, $0.value) }.sorted { $0.0 < $1.0 }
    }

    private func wallSeconds(_ monotonic: Int64) -> Int { Int((wall + monotonic - now) / 1000) }

    // MARK: Watches

    private var watchSummaryText: String {
        let summary = watchSummary
        return "\(summary.connections) connections watching \(summary.paths) paths\nTotal watches:\(summary.total)\n"
    }
}

extension RequestPipeline.ClientReport {
    /// Java's selection keys: 1 read, 4 write; 0 once the answer is being sent.
    var interestOps: String { isClosing ? "0" : hasOutput ? "5" : "1" }
}

extension ClientStatistics {
    /// Apache's four letters for the last operation (`Request.op2String`, shortened).
    var operationName: String {
        guard let lastOperation else { return "NA" }
        switch lastOperation {
        case .ping: return "PING"
        case .createSession: return "SESS"
        case .multi: return "MULT"
        case .multiRead: return "MLTR"
        case .create, .create2, .createContainer, .createTTL: return "CREA"
        case .delete, .deleteContainer: return "DELE"
        case .setData: return "SETD"
        case .reconfig: return "RECO"
        case .setACL: return "SETA"
        case .closeSession: return "CLOS"
        case .sync: return "SYNC"
        case .check: return "CHEC"
        case .exists: return "EXIS"
        case .getData: return "GETD"
        case .setWatches: return "SETW"
        case .setWatches2: return "STW2"
        case .addWatch: return "ADDW"
        case .getACL: return "GETA"
        case .getChildren, .getChildren2: return "GETC"
        case .getAllChildrenNumber: return "GETACN"
        case .checkWatches: return "CHKW"
        case .removeWatches: return "REMW"
        case .whoAmI: return "HOMI"
        case .getEphemerals: return "GETE"
        default: return "NA"
        }
    }
}
