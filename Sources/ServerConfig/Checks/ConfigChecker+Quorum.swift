import Diagnostics

/// The members of the ensemble, and who of them this server is.
extension ConfigChecker {
    mutating func checkQuorum() {
        if let pointer = effective["dynamicConfigFile"] {
            for entry in cfg.effectiveEntries where QuorumConfig.isQuorumKey(entry.key) {
                error(
                    "dynamic-file", entry.keyLocation,
                    "'\(entry.key)' must be in the dynamic file '\(pointer.value)' as long as dynamicConfigFile is set",
                    mend: "move it there, or remove dynamicConfigFile")
            }
            guard readDynamicFile(pointer) else { return }
        } else {
            quorumFile = file
            quorum = QuorumConfig.read(cfg.effectiveEntries, file: file)
            problems += quorum.problems
        }
        checkMembers()
    }

    /// False when there is nothing to judge.
    private mutating func readDynamicFile(_ pointer: ZooCfg.Entry) -> Bool {
        switch surroundings.dynamicConfig {
        case .unknown:
            return false
        case .missing(let path):
            error(
                "dynamic-file", pointer.location, "the dynamic file \(path) is missing",
                mend: "restore it, or put the server lines into zoo.cfg and remove dynamicConfigFile")
            return false
        case .text(let text, let path):
            quorumFile = path
            let document = ZooCfg(text: text)
            for entry in document.effectiveEntries where !QuorumConfig.isQuorumKey(entry.key) {
                if entry.key == "version" {
                    error(
                        "dynamic-key", entry.keyLocation,
                        "a dynamic file must not hold its version: that is the end of its name",
                        mend: "remove the line",
                        in: path)
                } else {
                    problems.append(QuorumConfig.unrecognised(entry, file: path))
                }
            }
            quorum = QuorumConfig.read(document.effectiveEntries, file: path)
            problems += quorum.problems
            return true
        }
    }

    private mutating func checkMembers() {
        let config = quorum.config
        // With a line that could not be read the counts below would be wrong.
        guard !quorum.problems.contains(where: { $0.rule.hasPrefix("server-") && $0.severity == .error }) else {
            return
        }
        checkCounts(config)
        for line in config.servers where line.addresses.count > 1 {
            if isTrue("multiAddress.enabled") {
                warn(
                    "multi-address", quorum.places[line.id],
                    "server.\(line.id) has several addresses, which ZooKeeper 3.8 allows only by a JVM property; the key "
                        + "multiAddress.enabled is read too late",
                    mend: "start the server with -Dzookeeper.multiAddress.enabled=true", in: quorumFile)
            } else {
                error(
                    "multi-address", quorum.places[line.id],
                    "server.\(line.id) has several addresses, but multiAddress.enabled is not set",
                    mend: "keep one address, or start the servers with -Dzookeeper.multiAddress.enabled=true",
                    in: quorumFile)
            }
        }
        if isTrue("extendedTypesEnabled") {
            for line in config.servers where line.id > 254 {
                error(
                    "server-id", quorum.places[line.id],
                    "server.\(line.id): extendedTypesEnabled allows ids up to 254 only",
                    mend: "use an id from 1 to 254",
                    in: quorumFile)
            }
        }
    }

    private mutating func checkCounts(_ config: QuorumConfig) {
        let participants = config.participants.count
        let lastPlace = config.servers.last.flatMap { quorum.places[$0.id] }
        let standaloneEnabled = isTrue("standaloneEnabled")
        if participants == 0 {
            if !config.observers.isEmpty {
                error(
                    "no-participants", lastPlace, "every server is an observer: nobody can vote",
                    mend: "make at least one server a participant", in: quorumFile)
            } else if !standaloneEnabled {
                error(
                    "no-participants", effective["standaloneEnabled"]?.location,
                    "standaloneEnabled=false needs server lines, and there are none",
                    mend: "add server.1=host:2888:3888, or remove standaloneEnabled")
            }
            return
        }
        if participants == 1, standaloneEnabled {
            if config.observers.isEmpty {
                warn(
                    "single-server", lastPlace,
                    "the only server line is ignored: one participant runs standalone",
                    mend: "remove the line, or set standaloneEnabled=false for a quorum of one", in: quorumFile)
            } else {
                error(
                    "observers-without-quorum", lastPlace,
                    "one participant runs standalone, and then observers cannot follow it",
                    mend: "use three participants, or set standaloneEnabled=false", in: quorumFile)
            }
        } else if !quorum.isHierarchical, participants % 2 == 0 {
            let tolerated = (participants - 1) / 2
            warn(
                "even-participants", lastPlace,
                tolerated == 0
                    ? "2 participants tolerate no failure: less available than a single server"
                    : "\(participants) participants tolerate \(tolerated) \(tolerated == 1 ? "failure" : "failures"), no more than \(participants - 1) would",
                mend:
                    "use \(participants == 2 ? 3 : participants - 1) or \(participants == 2 ? 5 : participants + 1), or make one an observer",
                in: quorumFile)
        }
    }

    /// myid, and peerType against the server line.
    mutating func checkIdentity() {
        switch surroundings.myid {
        case .unknown:
            break
        case .missing(let path):
            if isDistributed {
                error(
                    "myid-missing", nil, "there is no \(path), and every server of an ensemble needs its id there",
                    mend: "write the N of this server's server.N line into \(path)", in: path)
            }
        case .text(let text, let path):
            guard let id = MyID.parse(text) else {
                let line = String(text.split(omittingEmptySubsequences: false) { $0.isNewline }.first ?? "")
                error(
                    "myid-invalid", SourceLocation(line: 1, column: 1),
                    "'\(line)' is not a server id: ZooKeeper wants digits and nothing else on the first line, not even a blank",
                    mend: "write the N of this server's server.N line and a line end", in: path)
                return
            }
            ownID = id
            let ids = quorum.config.servers.map(\.id)
            if isDistributed, !ids.contains(id), !quorum.problems.hasErrors {
                error(
                    "myid-unlisted", SourceLocation(line: 1, column: 1),
                    "myid is \(id), but the server lines name \(ids.map(\.description).joined(separator: ", "))",
                    mend: "add a line server.\(id), or correct myid", in: path)
            }
        }
        checkPeerType()
    }

    private mutating func checkPeerType() {
        guard let entry = effective["peerType"], let wanted = ServerRole(caseInsensitive: entry.value),
            !quorum.problems.hasErrors, !quorum.config.servers.isEmpty
        else { return }
        if let ownID, let line = quorum.config.server(ownID), line.role != wanted {
            warn(
                "peer-type", entry.location,
                "peerType is \(wanted.rawValue), but server.\(ownID) is \(article(line.role)); the server line wins",
                mend: wanted == .observer
                    ? "write :observer at the end of server.\(ownID) in every zoo.cfg, or remove peerType"
                    : "remove peerType, or the :observer of server.\(ownID) in every zoo.cfg")
        } else if ownID == nil, wanted == .observer, quorum.config.observers.isEmpty {
            warn(
                "peer-type", entry.location,
                "peerType is observer, but no server line has :observer; the server lines win",
                mend: "write :observer at the end of this server's line in every zoo.cfg, or remove peerType")
        }
    }

    private func article(_ role: ServerRole) -> String { role == .observer ? "an observer" : "a participant" }

    /// clientPort and clientPortAddress against this server's line. Source: `QuorumPeerConfig.setupClientPort`.
    mutating func checkClientAddress() {
        for (port, address) in [("clientPort", "clientPortAddress"), ("secureClientPort", "secureClientPortAddress")]
        where effective[port] == nil {
            if let entry = effective[address] {
                error(
                    "client-address", entry.keyLocation, "\(address) is set, but \(port) is not",
                    mend: "set \(port), or remove \(address)")
            }
        }
        let own = ownID.flatMap { quorum.config.server($0) }
        if let own, let client = own.client, let entry = effective["clientPort"], let port = Int(entry.value) {
            let host = effective["clientPortAddress"]?.value
            let isAnywhere = host == nil || HostName.isWildcard(host!)
            if port != client.port || (!isAnywhere && host != client.host ?? "0.0.0.0") {
                error(
                    "client-address", entry.location,
                    "the client address here is \(host ?? "0.0.0.0"):\(port), but server.\(own.id) says \(client.text)",
                    mend: "remove clientPort and clientPortAddress here: the server line is enough")
            }
            return
        }
        let mayHavePort = own == nil ? !quorum.config.servers.isEmpty || quorumFile == nil : own!.client != nil
        if !mayHavePort, effective["clientPort"] == nil, effective["secureClientPort"] == nil {
            warn(
                "no-client-port", nil, "there is no client port: the server takes no clients",
                mend: "set clientPort=2181")
        }
    }
}

/// Addresses by their text alone; names are not resolved.
enum HostName {
    static func isLoopback(_ host: String) -> Bool {
        host.lowercased() == "localhost" || host == "::1" || host == "0:0:0:0:0:0:0:1" || host.hasPrefix("127.")
    }

    static func isWildcard(_ host: String) -> Bool { host == "0.0.0.0" || host == "::" || host == "0:0:0:0:0:0:0:0" }
}
