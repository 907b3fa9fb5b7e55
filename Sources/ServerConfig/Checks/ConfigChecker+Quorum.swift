import Diagnostics
import Membership

/// The members of the ensemble, and who of them this server is.
extension ConfigChecker {
    mutating func checkQuorum() {
        if let pointer = effective["dynamicConfigFile"] {
            for entry in cfg.effectiveEntries where EnsembleConfiguration.isKey(entry.key) {
                error(
                    .dynamicFile, entry.keyLocation,
                    "'\(entry.key)' must be in the dynamic file '\(pointer.value)' as long as dynamicConfigFile is set",
                    mend: "move it there, or remove dynamicConfigFile")
            }
            guard readDynamicFile(pointer) else { return }
        } else {
            quorumFile = file
            quorum = EnsembleConfiguration.read(cfg.effectiveEntries, file: file)
            problems += Self.withoutLookAlikes(quorum.problems, cfg)
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
                .dynamicFile, pointer.location, "the dynamic file \(path) is missing",
                mend: "restore it, or put the server lines into zoo.cfg and remove dynamicConfigFile")
            return false
        case .unreadable(let reason, let path):
            error(
                .dynamicFile, pointer.location, "the dynamic file \(path) cannot be read: \(reason)",
                mend: "let the user who runs the server read it")
            return false
        case .text(let text, let path):
            readMembers(text, path)
            return true
        }
    }

    /// The text of a dynamic file.
    mutating func readMembers(_ text: String, _ path: String?) {
        quorumFile = path
        let document = ZooCfg(text: text)
        var textChecker = ConfigChecker(cfg: document, file: path, surroundings: ZooCfg.Surroundings())
        textChecker.checkText()
        problems += textChecker.problems
        for entry in document.effectiveEntries where !EnsembleConfiguration.isKey(entry.key) {
            if entry.key == "version" {
                error(
                    .dynamicKey, entry.keyLocation,
                    "a dynamic file must not hold its version: that is the end of its name",
                    mend: "remove the line", in: path, edit: .remove(key: "version"))
            } else {
                problems.append(EnsembleConfiguration.unrecognised(entry, file: path))
            }
        }
        quorum = EnsembleConfiguration.read(document.effectiveEntries, file: path)
        problems += Self.withoutLookAlikes(quorum.problems, document)
    }

    /// A line with a look-alike character was reported as that.
    private static func withoutLookAlikes(_ problems: [Diagnostic], _ cfg: ZooCfg) -> [Diagnostic] {
        let lines = cfg.entries.filter { LookAlike.first(in: $0.key) != nil || LookAlike.first(in: $0.value) != nil }
            .map(\.location.line)
        return problems.filter { problem in problem.location.map { !lines.contains($0.line) } ?? true }
    }

    mutating func checkMembers() {
        let config = quorum.config
        checkHostNames()
        guard areMembersReadable else { return }
        checkCounts(config)
        for line in config.servers where line.addresses.count > 1 {
            if engine == .bundled {
                warn(
                    .multiAddress, quorum.places[line.id],
                    "server.\(line.id) has several addresses, and the bundled server dials the first one only",
                    mend: "keep one address", in: quorumFile)
            } else if isTrue("multiAddress.enabled") {
                warn(
                    .multiAddress, quorum.places[line.id],
                    "server.\(line.id) has several addresses, which ZooKeeper 3.8 allows only by a JVM property; the key "
                        + "multiAddress.enabled is read too late",
                    mend: "start Apache's server with -Dzookeeper.multiAddress.enabled=true", in: quorumFile)
            } else {
                error(
                    .multiAddress, quorum.places[line.id],
                    "server.\(line.id) has several addresses, but multiAddress.enabled is not set",
                    mend: "keep one address, or start Apache's servers with -Dzookeeper.multiAddress.enabled=true",
                    in: quorumFile)
            }
        }
        if isTrue("extendedTypesEnabled") {
            for line in config.servers where line.id > 254 {
                error(
                    .serverID, quorum.places[line.id],
                    "server.\(line.id): extendedTypesEnabled allows ids up to 254 only",
                    mend: "use an id from 1 to 254",
                    in: quorumFile)
            }
        }
    }

    /// With a line that could not be read nothing can be said about the number of servers.
    private var areMembersReadable: Bool {
        !quorum.problems.contains { $0.rule.rawValue.hasPrefix("server-") && $0.severity == .error }
    }

    private var lastPlace: SourceLocation? { quorum.config.servers.last.flatMap { quorum.places[$0.id] } }

    private mutating func checkCounts(_ config: EnsembleConfiguration) {
        let participants = config.participants.count
        let standaloneEnabled = isTrue("standaloneEnabled")
        if participants == 0 {
            if !config.observers.isEmpty {
                error(
                    .noParticipants, lastPlace, "every server is an observer: nobody can vote",
                    mend: "make at least one server a participant", in: quorumFile)
            } else if !standaloneEnabled {
                error(
                    .noParticipants, effective["standaloneEnabled"]?.location,
                    "standaloneEnabled=false needs server lines, and there are none",
                    mend: "add server.1=host:2888:3888, or remove standaloneEnabled")
            }
            return
        }
        if participants == 1, standaloneEnabled, !config.observers.isEmpty, isEnsemble == nil {
            error(
                .observersWithoutQuorum, lastPlace,
                "one participant runs standalone, and then observers cannot follow it",
                mend: "use three participants, or set standaloneEnabled=false", in: quorumFile)
        }
    }

    /// Numbers of servers that work, and are not what they look like.
    mutating func adviseOnMembers() {
        guard areMembersReadable else { return }
        let participants = quorum.config.participants.count
        if participants == 0 { return }
        if participants == 1, isTrue("standaloneEnabled") {
            if quorum.config.observers.isEmpty, isEnsemble == nil {
                warn(
                    .singleServer, lastPlace,
                    "the only server line is ignored: one participant runs standalone",
                    mend: "remove the line, or set standaloneEnabled=false for a quorum of one", in: quorumFile)
            }
        } else if !quorum.isHierarchical, participants % 2 == 0 {
            let tolerated = (participants - 1) / 2
            warn(
                .evenParticipants, lastPlace,
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
                    .myidMissing, nil, "there is no \(path), and every server of an ensemble needs its id there",
                    mend: "write the N of this server's server.N line into \(path)", in: path)
            }
        case .unreadable(let reason, let path):
            if isDistributed {
                error(
                    .myidMissing, nil, "\(path) cannot be read: \(reason)",
                    mend: "let the user who runs the server read it", in: path)
            }
        case .text(let text, let path):
            var parsed = MyID.parse(text)
            if parsed == nil, engine == .bundled, let id = MyID.parseLeniently(text) {
                warn(
                    .myidInvalid, SourceLocation(line: 1, column: 1),
                    "there are blanks around the id \(id), which Apache's server refuses",
                    mend: "write the id and a line end", in: path, edit: .content(MyID.text(id)))
                parsed = id
            }
            guard let id = parsed else {
                let line = String(text.split(omittingEmptySubsequences: false) { $0.isNewline }.first ?? "")
                error(
                    .myidInvalid, SourceLocation(line: 1, column: 1),
                    "'\(line)' is not a server id: ZooKeeper wants digits and nothing else on the first line, not even a blank",
                    mend: "write the N of this server's server.N line and a line end", in: path,
                    edit: MyID.parseLeniently(text).map { .content(MyID.text($0)) })
                return
            }
            if JavaText.isSpeltOddly(text.prefix { !$0.isNewline }) {
                warn(
                    .leadingZero, SourceLocation(line: 1, column: 1),
                    "'\(text.prefix { !$0.isNewline })' is \(id) to ZooKeeper", mend: "write \(id)", in: path,
                    edit: .content(MyID.text(id)))
            }
            ownID = id
            let ids = quorum.config.servers.map(\.id)
            if isDistributed, !ids.contains(id), !quorum.problems.hasErrors {
                error(
                    .myidUnlisted, SourceLocation(line: 1, column: 1),
                    "myid is \(id), but the server lines name \(ids.map(\.description).joined(separator: ", "))",
                    mend: "add a line server.\(id), or correct myid", in: path)
            } else if !ServerID.conventional.contains(id), !ids.contains(id) {
                warn(
                    .serverID, SourceLocation(line: 1, column: 1),
                    "myid is \(id): server ids go from 1 to 255, session ids carry only their low 8 bits",
                    mend: "use an id from 1 to 255", in: path)
            }
        }
        checkPeerType()
    }

    private mutating func checkPeerType() {
        guard let entry = effective["peerType"], let wanted = ServerRole(caseInsensitive: entry.value),
            !quorum.problems.hasErrors
        else { return }
        if quorum.config.servers.isEmpty {
            if wanted == .observer, effective["dynamicConfigFile"] == nil {
                warn(
                    .peerType, entry.location,
                    "peerType is observer, but there are no server lines: the server stands alone",
                    mend: "add the lines of all servers, this one's with :observer at its end, or remove peerType")
            }
        } else if let ownID, let line = quorum.config.server(ownID), line.role != wanted {
            warn(
                .peerType, entry.location,
                "peerType is \(wanted.rawValue), but server.\(ownID) is \(article(line.role)); the server line wins",
                mend: wanted == .observer
                    ? "write :observer at the end of server.\(ownID) in every zoo.cfg, or remove peerType"
                    : "remove peerType, or the :observer of server.\(ownID) in every zoo.cfg")
        } else if ownID == nil, wanted == .observer, quorum.config.observers.isEmpty {
            warn(
                .peerType, entry.location,
                "peerType is observer, but no server line has :observer; the server lines win",
                mend: "write :observer at the end of this server's line in every zoo.cfg, or remove peerType")
        }
    }

    private func article(_ role: ServerRole) -> String { role == .observer ? "an observer" : "a participant" }

    /// clientPort and clientPortAddress against this server's line. Source: `QuorumPeerConfig.setupClientPort`.
    mutating func checkClientAddress() {
        for (port, address) in [("clientPort", "clientPortAddress"), ("secureClientPort", "secureClientPortAddress")]
        where (effective[port]?.value).map({ $0 == "0" }) ?? true {
            if let entry = effective[address] {
                error(
                    .clientAddress, entry.keyLocation, "\(address) is set, but \(port) is not",
                    mend: "set \(port), or remove \(address)", edit: .remove(key: address))
            }
        }
        let own = ownID.flatMap { quorum.config.server($0) }
        if let own, let client = own.client, let entry = effective["clientPort"], let port = Int(entry.value) {
            let host = effective["clientPortAddress"]?.value
            let isAnywhere = host == nil || HostAddress.isWildcard(host!)
            if port != client.port || (!isAnywhere && host != client.host ?? "0.0.0.0") {
                error(
                    .clientAddress, entry.location,
                    "the client address here is \(host ?? "0.0.0.0"):\(port), but server.\(own.id) says \(client.text)",
                    mend: "remove clientPort and clientPortAddress here: the server line is enough",
                    edit: .remove(key: "clientPort"))
            }
            return
        }
        let mayHavePort = own == nil ? !quorum.config.servers.isEmpty || quorumFile == nil : own!.client != nil
        let isOpen = ["clientPort", "secureClientPort"].contains { (value($0) ?? "0") != "0" }
        if !mayHavePort, !isOpen, !quorum.problems.hasErrors {
            warn(
                .noClientPort, effective["clientPort"]?.location,
                "there is no client port: the server takes no clients", mend: "set clientPort=2181",
                edit: .set(key: "clientPort", value: "2181"))
        }
    }
}
