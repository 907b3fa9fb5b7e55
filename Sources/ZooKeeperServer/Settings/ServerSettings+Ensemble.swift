import Diagnostics
import DurableFiles
import Quorum
import ServerConfig

extension ServerSettings {
    /// Adds what the server lines say, from zoo.cfg itself or from its dynamic file, and this server's myid.
    ///
    /// A single participant without observers stands alone unless `standaloneEnabled=false`, as in Apache's
    /// `QuorumPeerConfig`.
    package mutating func readEnsemble(_ cfg: ZooCfg, file: String) -> [Diagnostic] {
        var entries = cfg.effectiveEntries
        var source = file
        var version: Int64 = 0
        if let dynamic = cfg["dynamicConfigFile"] {
            do throws(FileError) {
                entries = ZooCfg(bytes: try ConfigFile.read(dynamic)).effectiveEntries
                source = dynamic
                version = QuorumConfig.version(ofFileNamed: dynamic)
            } catch {
                return [
                    Diagnostic(
                        .error, rule: "dynamic-file", file: file, at: cfg.entry("dynamicConfigFile")?.location,
                        "the dynamic configuration cannot be read: \(error)",
                        mend: "mend the path, or put the server lines into zoo.cfg and remove dynamicConfigFile")
                ]
            }
        }
        var reading = QuorumConfig.read(entries, file: source)
        var problems = reading.problems.filter { $0.severity == .error }
        guard problems.isEmpty else { return problems }
        reading.config.version = version
        let members = reading.config
        let standsAlone = cfg["standaloneEnabled"]?.lowercased() != "false"
        if members.servers.isEmpty || members.participants.count == 1 && members.observers.isEmpty && standsAlone {
            // Its client port may still be in its line.
            if members.servers.count == 1, client == nil { client = members.servers[0].listen }
            return []
        }
        func report(_ rule: String, _ key: String?, _ message: String, mend: String) {
            problems.append(
                Diagnostic(
                    .error, rule: rule, file: file, at: key.flatMap { cfg.entry($0)?.location }, message, mend: mend))
        }
        if members.participants.isEmpty {
            report(
                "no-participant", nil, "every server is an observer: nobody could lead",
                mend: "make at least one server a participant")
        }
        if cfg["quorum.auth.enableSasl"]?.lowercased() == "true" {
            report(
                "unsupported-protection", "quorum.auth.enableSasl",
                "quorum.auth.enableSasl=true is not supported by this server yet, and without it any server could join",
                mend:
                    "use sslQuorum=true, which asks every server for a certificate; remove the line where the network between the servers is trusted; or run Apache's server"
            )
        }
        var limits: [String: Int64] = [:]
        for key in ["initLimit", "syncLimit"] {
            if let value = cfg[key].flatMap({ Int64($0) }), value > 0 {
                limits[key] = value
            } else {
                report(
                    "no-limit", key, "\(key) must be a positive number of ticks in an ensemble",
                    mend: key == "initLimit" ? "add a line initLimit=10" : "add a line syncLimit=5")
            }
        }
        let myidFile = dataDir + "/myid"
        let id = Self.readMyID(myidFile)
        let line = id.flatMap { members.server($0) }
        switch id {
        case nil:
            report(
                "no-myid", nil, "\(myidFile) is missing or holds no server id",
                mend: "write this server's N of its server.N line into it, and nothing else")
        case .some(let id) where members.server(id) == nil:
            report(
                "unknown-myid", nil, "\(myidFile) says \(id), but there is no server.\(id)",
                mend:
                    "correct the file, or add server.\(id); the servers are \(members.servers.map(\.id.description).joined(separator: ", "))"
            )
        case .some(let id) where extendedTypes && id.rawValue > 254:
            report(
                "myid-range", nil, "with extendedTypesEnabled a server id must not exceed 254, this one is \(id)",
                mend: "give the server a smaller id")
        default: break
        }
        guard problems.isEmpty, let line else { return problems }

        var options = QuorumOptions()
        options.tickTime = Int64(tickTime)
        options.initLimit = limits["initLimit"]!
        options.syncLimit = limits["syncLimit"]!
        func number(_ key: String) -> Int64? { cfg[key].flatMap { Int64($0) } }
        options.minNotificationInterval =
            number("fastleader.minNotificationInterval") ?? options.minNotificationInterval
        options.maxNotificationInterval =
            number("fastleader.maxNotificationInterval") ?? options.maxNotificationInterval
        options.maxTxnLength = maxTxnLength
        options.historyLimit = Int(max(500, number("commitLogCount") ?? 500))
        options.alwaysSnapshot = cfg["forceSnapshotSync"]?.lowercased() == "true"
        options.syncFromDisk = (cfg["snapshotSizeFactor"].flatMap { Double($0) } ?? 0.33) >= 0
        options.reconfigEnabled = reconfigEnabled
        options.standaloneEnabled = standsAlone
        options.membersOnly = membersOnly
        var ensemble = EnsembleSettings(line, members: members, options: options)
        if reconfigEnabled {
            ensemble.files = ConfigurationFiles(zooCfg: WorkingDirectory.absolute(file), id: line.id)
            ensemble.isStatic = cfg["dynamicConfigFile"] == nil
        }
        ensemble.listensOnAllAddresses = cfg["quorumListenOnAllIPs"]?.lowercased() == "true"
        ensemble.leaderServes = cfg["leaderServes"] != "no"
        ensemble.electionConnectTimeout = Int(number("cnxTimeout") ?? 5000)
        ensemble.learnerConnectTimeout =
            Int(max(1, number("connectToLearnerMasterLimit") ?? options.initLimit)) * tickTime
        myid = line.id.rawValue
        if let own = ensemble.line.listen { client = own }
        self.ensemble = ensemble
        return []
    }

    private static func readMyID(_ path: String) -> ServerID? {
        guard let bytes = try? DurableFile.read(path, limit: 1024) else { return nil }
        let line = String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
        guard let id = Int64(line[...].trimmedBlanks), id >= 0 else { return nil }
        return ServerID(id)
    }
}

extension ServerLine {
    /// Where this server's own line says that clients connect.
    var listen: ServerSettings.Listen? {
        client.map { ServerSettings.Listen(host: $0.host == "0.0.0.0" ? nil : $0.host, port: $0.port) }
    }
}
