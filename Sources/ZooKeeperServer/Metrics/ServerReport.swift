import DataTree
import RequestPipeline
import Storage
import ZooKeeperProtocol

/// What the four-letter words, the admin pages and the metrics tell of a server, as it was at one moment.
struct ServerReport {
    /// What costs more the more clients or znodes there are, and is asked for only when it is told.
    struct Parts: OptionSet {
        let rawValue: Int
        static let clients = Parts(rawValue: 1)
        static let sessions = Parts(rawValue: 2)
        static let watches = Parts(rawValue: 4)
        /// What `mntr` counts of the tree.
        static let monitor = Parts(rawValue: 8)
        static let directorySizes = Parts(rawValue: 16)
    }

    /// What the shell knows.
    struct Surroundings {
        /// `gtmk` and `stmk`; no trace is written.
        var traceMask: Int64 = 306
        /// What this server shows to those that check it.
        var certificates: [OwnCertificate] = []
        /// The newest snapshot, and when it was written (wall clock, seconds).
        var lastSnapshot: (zxid: ZXID, seconds: Int64) = (.zero, 0)
        /// Monotonic milliseconds.
        var started: Int64 = 0
        var statistics = ShellStatistics()
    }

    let settings: ServerSettings
    /// Where the data is: of the snapshots, and of the logs.
    let directory: DataDirectory
    let surroundings: Surroundings
    /// Nil: standalone.
    let ensemble: EnsembleReport?
    let quorumMetrics: QuorumMetrics

    /// Monotonic and wall clock, milliseconds.
    let now: Int64
    let wall: Int64
    let statistics: RequestStatistics
    let digests: DigestHistory
    let lastZXID: ZXID
    let outstanding: Int
    let hasFailed: Bool
    let connectionCount: Int
    let changesQueued: Int64
    let changesApplied: Int64
    let localSessionCount: Int

    let nodeCount: Int
    let sessionCount: Int
    let approximateDataSize: Int
    let watchCount: Int
    let digestMismatches: Int
    let watchStatistics: WatchStatistics

    // MARK: Parts

    /// In the order in which they came.
    var clients: [RequestPipeline.ClientReport] = []
    /// Sessions by the time at which they expire, of the ensemble and of this server alone.
    var expiries: [(time: Int64, sessions: [SessionID])] = []
    var trackedCount = 0
    var localExpiries: [(time: Int64, sessions: [SessionID])] = []
    var knownSessions: [(id: SessionID, timeout: Int32)] = []
    /// The ephemerals of each session that has some.
    var ephemerals: [(session: SessionID, paths: [String])] = []
    var watches: [(path: String, sessions: [SessionID])] = []
    var ephemeralCount = 0
    var quotas: [(path: String, limits: QuotaText, used: QuotaText)] = []
    var traffic: [NamespaceTraffic.Entry] = []
    /// In the order 3.8.0 has them: swapped (fixed in 3.8.4).
    var directorySizes = (data: 0, log: 0)

    init(
        _ parts: Parts, of pipeline: borrowing RequestPipeline, settings: ServerSettings, directory: DataDirectory,
        surroundings: Surroundings = Surroundings(), ensemble: EnsembleReport? = nil,
        quorumMetrics: QuorumMetrics = QuorumMetrics()
    ) {
        self.settings = settings
        self.directory = directory
        self.surroundings = surroundings
        self.ensemble = ensemble
        self.quorumMetrics = quorumMetrics
        (now, wall) = (pipeline.now, pipeline.wall)
        statistics = pipeline.statistics
        digests = pipeline.digests
        lastZXID = pipeline.lastZXID
        outstanding = pipeline.outstanding
        hasFailed = pipeline.hasFailed
        connectionCount = pipeline.connectionCount
        (changesQueued, changesApplied) = (pipeline.preparer.changesQueued, pipeline.preparer.changesApplied)
        localSessionCount = pipeline.localSessions.count
        let tree = pipeline.tree
        nodeCount = tree.nodeCount
        sessionCount = tree.sessionCount
        approximateDataSize = tree.approximateDataSize
        watchCount = tree.watches.count
        digestMismatches = tree.digestMismatches
        watchStatistics = tree.watchStatistics
        if parts.contains(.clients) { clients = pipeline.clientReports }
        if parts.contains(.sessions) {
            (expiries, trackedCount) = (pipeline.expiries, pipeline.sessions.count)
            localExpiries = pipeline.localExpiries
            knownSessions = tree.sessions
            ephemerals = tree.sessionsWithEphemerals.map { ($0, tree.ephemerals(of: $0)) }
        }
        if parts.contains(.watches) { watches = pipeline.dataWatches }
        if parts.contains(.monitor) {
            ephemeralCount = tree.ephemeralCount
            quotas = tree.quotaUsage
            traffic = tree.traffic.entries
        }
        if parts.contains(.directorySizes) {
            directorySizes = (directory.size(of: directory.logs), directory.size(of: directory.snapshots))
        }
    }

    var modeName: String { ensemble?.modeName ?? "standalone" }
    var isReadOnly: Bool { ensemble?.isReadOnly ?? false }
    /// Milliseconds.
    var uptime: Int64 { now - surroundings.started }

    // MARK: Watches

    var watchesBySession: [(session: SessionID, paths: [String])] {
        var paths: [SessionID: [String]] = [:]
        for entry in watches {
            for session in entry.sessions { paths[session, default: []].append(entry.path) }
        }
        return paths.map { ($0.key, $0.value) }.sorted { $0.0 < $1.0 }
    }

    var watchSummary: (connections: Int, paths: Int, total: Int) {
        (Set(watches.flatMap(\.sessions)).count, watches.count, watches.reduce(0) { $0 + $1.sessions.count })
    }
}
