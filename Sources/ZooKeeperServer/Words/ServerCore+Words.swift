import DataTree
import Jute
import Membership
import ZooKeeperProtocol

extension ServerCore {
    /// Answers a four-letter word in the bytes Apache 3.8 would send, and closes (Apache's `FourLetterCommands`).
    func answer(_ word: ServerWord, argument: UnsafeRawBufferPointer, on connection: ClientConnection) {
        refreshClock()
        statistics.packetsReceived += 1
        defer { connection.closeAfterFlush() }
        guard word != .telnetClose else { return }
        let text: String
        if !settings.words.allows(word.rawValue) {
            text = "\(word.rawValue) is not executed because it is not in the whitelist.\n"
        } else if service == .none, !word.needsNoService {
            text = word.refusal
        } else {
            text = self.text(of: word, argument: argument)
        }
        connection.write { $0.write(raw: Array(text.utf8)) }
    }

    func text(of word: ServerWord, argument: UnsafeRawBufferPointer) -> String {
        switch word {
        case .ruok: return "imok"
        case .isro: return isReadOnly ? "ro" : "rw"
        case .gtmk: return String(traceMask)
        case .stmk:
            traceMask = Int64(bigEndian: argument.loadUnaligned(as: Int64.self))
            return String(traceMask)
        case .crst:
            for connection in connections.values { connection.statistics.reset() }
            return "Connection stats reset.\n"
        case .srst:
            resetStatistics()
            return "Server stats reset.\n"
        case .srvr: return heading + serverText
        case .stat: return heading + "Clients:\n" + connectionLines(brief: true) + "\n" + serverText
        case .cons: return connectionLines(brief: false) + "\n"
        case .conf: return configurationText
        case .envi:
            return "Environment:\n" + ServerEnvironment.entries.map { "\($0.key)=\($0.value)\n" }.joined()
        case .dirs:
            let sizes = directorySizes
            return "datadir_size: \(sizes.data)\nlogdir_size: \(sizes.log)\n"
        case .dump: return dumpText
        case .hash: return digests.entries.map { "\($0.zxid.hex): \($0.digest)\n" }.joined()
        case .mntr: return monitor().flatMap(\.lines).map { "zk_\($0.key)\t\($0.value)\n" }.joined()
        case .wchs: return watchSummaryText
        case .wchc:
            return watchesBySession().map { session, paths in
                "\(session)\n" + paths.map { "\t\($0)\n" }.joined()
            }.joined() + "\n"
        case .wchp:
            return watchesByPath().map { path, sessions in
                "\(path)\n" + sessions.map { "\t\($0)\n" }.joined()
            }.joined() + "\n"
        case .telnetClose: return ""
        }
    }

    private var heading: String {
        let version = "Zookeeper version: \(ServerVersion.text)\n"
        return isReadOnly ? version + "READ-ONLY mode; serving only read-only clients\n" : version
    }

    var modeName: String { ensemble?.modeName ?? "standalone" }
    var isReadOnly: Bool { ensemble?.isReadOnly ?? false }

    private var serverText: String {
        let sizes = ensemble?.leading?.proposalSizes
        return """
            Latency min/avg/max: \(statistics.latency.min)/\(statistics.latency.roundedAverage)/\(statistics.latency.max)
            Received: \(statistics.packetsReceived)
            Sent: \(statistics.packetsSent)
            Connections: \(connections.count)
            Outstanding: \(outstanding)
            Zxid: \(lastZXID)
            Mode: \(modeName)
            Node count: \(tree.nodeCount)

            """ + (sizes.map { "Proposal sizes last/min/max: \($0.last)/\($0.min)/\($0.max)\n" } ?? "")
    }

    /// The sizes of the two directories, in the order 3.8.0 has them: swapped (fixed in 3.8.4).
    var directorySizes: (data: Int, log: Int) {
        (directory.size(of: directory.logs), directory.size(of: directory.snapshots))
    }

    private var configurationText: String {
        let sizes = directorySizes
        let lines = [
            "clientPort=\(settings.client?.port ?? -1)", "secureClientPort=\(settings.secureClient?.port ?? -1)",
            "dataDir=\(directory.snapshots)",
            "dataDirSize=\(sizes.data)", "dataLogDir=\(directory.logs)", "dataLogSize=\(sizes.log)",
            "tickTime=\(settings.tickTime)", "maxClientCnxns=\(settings.maxClientConnections)",
            "minSessionTimeout=\(settings.minSessionTimeout)", "maxSessionTimeout=\(settings.maxSessionTimeout)",
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

    /// The connections in the order in which they came.
    var orderedConnections: [ClientConnection] {
        connections.values.sorted { ($0.statistics.established, $0.remote) < ($1.statistics.established, $1.remote) }
    }

    private func connectionLines(brief: Bool) -> String {
        orderedConnections.map { line(of: $0, brief: brief) + "\n" }.joined()
    }

    private func line(of connection: ClientConnection, brief: Bool) -> String {
        let counts = connection.statistics
        var line =
            " /\(connection.remote)[\(connection.interestOps)](queued=\(counts.outstanding),recved=\(counts.received),sent=\(counts.sent)"
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
        let hasLocal = ensemble != nil && settings.localSessions
        if hasLocal { text += "Local " + expiryText(localSessions) }
        if decidesExpiry {
            text += (hasLocal ? "Global " : "") + expiryText(sessions)
        } else {
            text += knownSessionsText
        }
        let owners = tree.sessionsWithEphemerals
        text += "ephemeral nodes dump:\nSessions with Ephemerals (\(owners.count)):\n"
        for owner in owners {
            text += "\(owner):\n" + tree.ephemerals(of: owner).map { "\t\($0)\n" }.joined()
        }
        let sets = connectionSets
        text += "Connections dump:\nConnections Sets (\(sets.count))/(\(connections.count)):\n"
        for set in sets {
            text += "\(set.connections.count) expire at \(JavaDate.text(wallClock(set.time))):\n"
            text += set.connections.map { "\tip: /\($0.remote) sessionId: \($0.session)\n" }.joined()
        }
        return text
    }

    /// Standalone and leader decide when a session expires; the other servers only know which sessions there are.
    private var decidesExpiry: Bool { ensemble == nil || ensemble?.leading != nil }

    private func expiryText(_ sessions: SessionTracker) -> String {
        let buckets = sessions.expiries
        return "Session Sets (\(buckets.count))/(\(sessions.count)):\n"
            + buckets.map { bucket in
                "\(bucket.sessions.count) expire at \(JavaDate.text(wallClock(bucket.time))):\n"
                    + bucket.sessions.map { "\t\($0)\n" }.joined()
            }.joined()
    }

    private var knownSessionsText: String {
        let known = tree.sessions
        return "Global Sessions(\(known.count)):\n" + known.map { "\($0.id)\t\($0.timeout)ms\n" }.joined()
    }

    /// Connections by the time at which silence would close them.
    private var connectionSets: [(time: Int64, connections: [ClientConnection])] {
        let interval = Int64(settings.sessionlessTimeout)
        let groups = Dictionary(grouping: orderedConnections) { connection in
            let patience = connection.session == .none ? interval : Int64(connection.timeout)
            return ((connection.statistics.lastHeard + patience) / interval + 1) * interval
        }
        return groups.map { ($0.key, $0.value) }.sorted { $0.0 < $1.0 }
    }

    private func wallClock(_ monotonic: Int64) -> Int64 { Clock.wall + monotonic - Clock.monotonic }

    // MARK: Watches

    /// As Apache does, of the data table only.
    var dataWatches: [(path: String, sessions: [SessionID])] {
        tree.watches.report(.data).map { entry in
            (entry.path, entry.connections.compactMap { connectionsInTree[$0]?.session }.sorted())
        }
    }

    func watchesByPath() -> [(path: String, sessions: [SessionID])] { dataWatches }

    func watchesBySession() -> [(session: SessionID, paths: [String])] {
        var paths: [SessionID: [String]] = [:]
        for entry in dataWatches {
            for session in entry.sessions { paths[session, default: []].append(entry.path) }
        }
        return paths.map { ($0.key, $0.value) }.sorted { $0.0 < $1.0 }
    }

    var watchSummary: (connections: Int, paths: Int, total: Int) {
        let watches = dataWatches
        return (Set(watches.flatMap(\.sessions)).count, watches.count, watches.reduce(0) { $0 + $1.sessions.count })
    }

    private var watchSummaryText: String {
        let summary = watchSummary
        return "\(summary.connections) connections watching \(summary.paths) paths\nTotal watches:\(summary.total)\n"
    }
}

extension ClientConnection {
    /// Java's selection keys: 1 read, 4 write; 0 once the answer is being sent.
    var interestOps: String {
        if case .closing = state { return "0" }
        return outputCount > 0 ? "5" : "1"
    }
}

extension ConnectionStatistics {
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
