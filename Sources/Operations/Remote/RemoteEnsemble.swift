import Diagnostics
import DurableFiles
import Membership
import Planning
import Provisioning
import ServerConfig
import Supervision
import Topology
import ZooKeeperClient
import ZooKeeperProtocol

/// An ensemble that may have been started by anybody: what is known of it before it is asked.
package struct RemoteEnsemble: Sendable {
    /// The topology's; `remote` where nobody said.
    package var name: String
    /// Where to ask; in the order that they were named.
    var addresses: [ServerAddress]
    /// What is written of its servers; empty for a list of addresses.
    var members: [Member]
    /// Who is in it by what is written; nil for a list of addresses, and for a server alone.
    var written: EnsembleConfiguration?
    /// The file that it is written in.
    var file: String?
    /// How long one server may take for an answer.
    package var timeout: Duration = .seconds(3)
    /// Where the admin server of each may be.
    package var adminPort = 8080
    /// How those of `secure` are asked; nil when nobody asks for TLS.
    var tls: RemoteTLS?
    /// Those of the addresses that are ports for TLS.
    var secure: Set<ServerAddress> = []

    /// - Parameters:
    ///   - text: `host:port,host:port`, or a file: a topology, a zoo.cfg, a dynamic file.
    ///   - tls: of a file the ports for TLS are asked then, and without it where a server has no other.
    ///   - environment: `CLIENT_JVMFLAGS` may ask for TLS, too.
    package init(_ text: String, tls: RemoteTLSOptions = RemoteTLSOptions(), environment: [String: String] = [:]) throws
    {
        var tls = tls
        if ShellProgram.wantsTLS(environment: environment) { tls.isWanted = true }
        guard let bytes = try? DurableFile.read(text) else {
            guard !text.contains("/"), ![".yaml", ".yml", ".cfg", ".dynamic"].contains(where: text.hasSuffix) else {
                throw OperationError(
                    .badInput, "\(text) cannot be read", mend: "name a topology or a zoo.cfg, or host:port,host:port")
            }
            let connect: ConnectString
            do throws(ConnectString.ParseError) { connect = try ConnectString(text) } catch {
                throw OperationError(
                    .badUsage, error.description,
                    mend: "write --remote host:port,host:port, or the name of a topology or a zoo.cfg")
            }
            self.init(name: "remote", addresses: connect.servers.uniqued, members: [])
            if tls.isWanted {
                self.tls = try RemoteTLS(tls, environment: environment)
                secure = Set(addresses)
            }
            return
        }
        switch CheckedFile.Kind(file: text, text: ZooCfg.decoded(bytes)) {
        case .topology:
            let (topology, problems) = Topology.load(bytes: bytes, file: text)
            guard let topology else {
                throw InvalidTopology(problems, file: text, text: String(decoding: bytes, as: UTF8.self))
            }
            let members = Ensemble(topology: topology, directory: "").members
            self.init(
                name: topology.ensemble,
                addresses: members.map { ServerAddress(host: $0.clientHost, port: $0.clientPort) }, members: members,
                written: topology.isStandalone ? nil : topology.configuration, file: text)
            if tls.isWanted {
                let ports = topology.servers.map { server in
                    server.setting("secureClientPort").flatMap { Int($0) }.flatMap { $0 == 0 ? nil : $0 }
                }
                try askSecurePorts(
                    ports, RemoteTLS(tls, written: (text, topology.servers[0].setting), environment: environment))
            }
        case .zooCfg, .remote:
            let place = try ServerPlace(zooCfg: text)
            self.init(name: "remote", configuration: place.configuration, addresses: place.clients, file: text)
            if let port = place.secureClientPort, tls.isWanted || place.client == nil {
                self.tls = try RemoteTLS(
                    tls, written: (text, { place.settings[$0] }), environment: environment)
                ask(place, port: port, host: place.secureClientHost)
            } else if tls.isWanted {
                throw Self.noSecurePort(text)
            } else if let client = place.client {
                ask(place, port: client.port, host: client.host)
            }
        case .dynamicConfig:
            let configuration = EnsembleConfiguration.read(ZooCfg(bytes: bytes).effectiveEntries).config
            self.init(name: "remote", configuration: configuration, addresses: [], file: text)
            if tls.isWanted { throw Self.noSecurePort(text) }
        }
        guard !addresses.isEmpty else {
            throw OperationError(
                .badInput, "\(text) names no client port to ask a server at",
                mend: "write the client addresses, --remote host:port,host:port")
        }
    }

    private static func noSecurePort(_ file: String) -> OperationError {
        OperationError(
            .badInput, "\(file) names no secureClientPort to ask a server at over TLS",
            mend: "leave --tls out, or write the addresses, --remote host:port,host:port")
    }

    /// - Parameter ports: of the members, in their order; nil for one that is asked in plain text.
    private mutating func askSecurePorts(_ ports: [Int?], _ tls: RemoteTLS) throws {
        for (index, port) in ports.enumerated() {
            guard let port else { continue }
            members[index].clientPort = port
            secure.insert(ServerAddress(host: members[index].clientHost, port: port))
        }
        guard !secure.isEmpty else { throw Self.noSecurePort(file ?? name) }
        addresses = members.map { ServerAddress(host: $0.clientHost, port: $0.clientPort) }
        self.tls = tls
    }

    /// The server of a zoo.cfg, and where that does not name the client ports of the others, these at the same port of their hosts, as
    /// the file is the same for all. The port is for TLS when `tls` is there.
    ///
    /// - Parameter host: where its own server takes clients; nil: at any address of its host.
    private mutating func ask(_ place: ServerPlace, port: Int, host: String?) {
        let own = members.firstIndex { $0.id == place.id }
        var addresses: [ServerAddress] = []
        var hosts: Set<String> = []
        // Without a myid it is not known whose file it is, and without members there is nobody else.
        if own != nil || members.isEmpty {
            // A certificate names the host, and not the loopback.
            let address = ServerAddress(host: host ?? own.map { members[$0].clientHost } ?? "localhost", port: port)
            addresses.append(address)
            if let own {
                hosts.insert(HostAddress.machine(members[own].clientHost))
                (members[own].clientHost, members[own].clientPort) = (address.host, port)
            }
        }
        var assumed = addresses
        for index in members.indices where index != own {
            // Two servers of one host have not the same port.
            let isAlone = hosts.insert(HostAddress.machine(members[index].clientHost)).inserted
            let isAssumed = members[index].clientPort == 0 && isAlone
            if isAssumed { members[index].clientPort = port }
            guard members[index].clientPort != 0 else { continue }
            let address = ServerAddress(host: members[index].clientHost, port: members[index].clientPort)
            addresses.append(address)
            if isAssumed { assumed.append(address) }
        }
        self.addresses = addresses.uniqued
        if tls != nil { secure = Set(assumed) }
    }

    private func tls(_ address: ServerAddress) -> RemoteTLS? { secure.contains(address) ? tls : nil }

    init(
        name: String, addresses: [ServerAddress], members: [Member], written: EnsembleConfiguration? = nil,
        file: String? = nil
    ) {
        self.name = name
        self.addresses = addresses
        self.members = members
        self.written = written
        self.file = file
    }

    private init(name: String, configuration: EnsembleConfiguration?, addresses: [ServerAddress], file: String) {
        let members = (configuration?.servers ?? []).map { Member(line: $0) }
        let named = members.filter { $0.clientPort != 0 }.map {
            ServerAddress(host: $0.clientHost, port: $0.clientPort)
        }
        self.init(
            name: name, addresses: (named + addresses).uniqued, members: members, written: configuration, file: file)
    }
}

/// An ensemble as it answered to somebody elsewhere.
struct RemoteSweep: Sendable {
    var sweep: Sweep
    /// What each server said, by its id; those that have said none have a negative one.
    var answers: [ServerID: RemoteAnswer]
    /// What will need care, and what could not be known and why.
    var notes: [RemoteNote]
}

extension RemoteEnsemble {
    /// Asks every server at the same time, then those that only the ensemble's own configuration names. A server that is a few txns
    /// behind is given a moment.
    func sweep() async throws -> RemoteSweep {
        var answers = try await ask(addresses)
        var configuration = Self.configuration(answers)
        if configuration == nil { configuration = await configurationInTree(answers) }
        let others = (configuration ?? written)?.servers.compactMap { line -> ServerAddress? in
            let member = Member(line: line)
            let isKnown = answers.contains { answer in
                answer.id == line.id || Self.isSame(answer.address, member.clientHost, member.clientPort)
            }
            return isKnown || member.clientPort == 0 || members.contains { $0.id == line.id }
                ? nil : ServerAddress(host: member.clientHost, port: member.clientPort)
        }
        answers += try await ask(others ?? [])
        configuration = Self.configuration(answers) ?? configuration
        let identified = Self.identified(answers, members, configuration ?? written)
        var found = identified.servers
        // Nobody can count the votes of servers of which nobody knows who they are.
        let planned = identified.isComplete ? members : []
        let agreed = identified.isComplete ? configuration ?? written : nil
        await settle(&found)
        let servers = found.map { member, answer in
            ServerObservation(
                member: member, process: nil,
                answer: answer?.answer
                    ?? .silent("where it takes clients is not in the ensemble's configuration; name it in --remote"))
        }
        let sweep = Sweep(
            supervisor: nil, servers: servers, configuration: agreed,
            planned: planned.isEmpty ? agreed?.servers.map { Member(line: $0) } ?? [] : planned)
        let said = Dictionary(found.compactMap { member, answer in answer.map { (member.id, $0) } }) { first, _ in first
        }
        let isAlone = servers.count == 1 && servers[0].role == .standalone
        return RemoteSweep(
            sweep: sweep, answers: said,
            notes: Self.notes(found, identified.unnamed, isConfigurationKnown: agreed != nil || isAlone)
                + LoopbackNames.notes(configuration ?? written) + (tls?.notes ?? []))
    }

    private func ask(_ addresses: [ServerAddress]) async throws -> [RemoteAnswer] {
        try await Self.ask(addresses, adminPort: adminPort, timeout: timeout) { tls($0) }
    }

    /// - Parameter tls: nil: the address is asked in plain text.
    /// - Throws: where no server can be asked over TLS at all.
    static func ask(
        _ addresses: [ServerAddress], adminPort: Int = AdminAnswer.defaultPort, timeout: Duration,
        tls: (ServerAddress) -> RemoteTLS? = { _ in nil }
    ) async throws -> [RemoteAnswer] {
        try await withThrowingTaskGroup(of: (Int, RemoteAnswer).self) { group in
            for (index, address) in addresses.enumerated() {
                let tls = tls(address)
                group.addTask {
                    (index, try await RemoteAnswer.ask(address, adminPort: adminPort, timeout: timeout, tls: tls))
                }
            }
            var answers: [(Int, RemoteAnswer)] = []
            for try await answer in group { answers.append(answer) }
            return answers.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    /// The leader's word, which is what counts, else the youngest.
    private static func configuration(_ answers: [RemoteAnswer]) -> EnsembleConfiguration? {
        let leaders = answers.filter { answer in
            if case .serving(let serving) = answer.answer { serving.role == .leader } else { false }
        }
        return (leaders.compactMap(\.configuration).isEmpty ? answers : leaders).compactMap(\.configuration)
            .max { $0.version < $1.version }
    }

    /// What /zookeeper/config says, which anybody may read: where no server may answer `conf`.
    private func configurationInTree(_ answers: [RemoteAnswer]) async -> EnsembleConfiguration? {
        for answer in answers {
            guard case .serving(let serving) = answer.answer, serving.role != .standalone else { continue }
            let text: String?
            if let tls = tls(answer.address) {
                let reply = try? await tls.ask(answer.address, [.configuration], timeout: timeout)
                if case .text(let said)? = reply?[.configuration] { text = said } else { text = nil }
            } else {
                text = (try? await FourLetterWords.configuration(answer.address, timeout: timeout)) ?? nil
            }
            guard let text, !text.isEmpty else { continue }
            if let configuration = EnsembleConfiguration(text: text), !configuration.servers.isEmpty {
                return configuration
            }
        }
        return nil
    }

    /// Who each answer is of.
    struct Identified {
        /// By id; those that have said none come last, with negative ones.
        var servers: [(Member, RemoteAnswer?)]
        /// False when there are answers of which only the ensemble's list of servers could tell who they are, and does not, for it has no
        /// client addresses.
        var isComplete: Bool
        /// How many servers of that list are certainly not among those that were asked.
        var unnamed: Int
    }

    /// By the ids that servers say, else by where they were asked.
    static func identified(
        _ answers: [RemoteAnswer], _ members: [Member], _ configuration: EnsembleConfiguration?
    ) -> Identified {
        var left = answers
        func take(_ matches: (RemoteAnswer) -> Bool) -> RemoteAnswer? {
            left.firstIndex(where: matches).map { left.remove(at: $0) }
        }
        var found: [(Member, RemoteAnswer?)] = []
        for id in Set(members.map(\.id) + (configuration?.servers.map(\.id) ?? [])).sorted() {
            guard
                var member = members.first(where: { $0.id == id })
                    ?? configuration?.server(id).map({ Member(line: $0) })
            else { continue }
            let (host, port) = (member.clientHost, member.clientPort)
            let answer = take { $0.id == id } ?? take { $0.id == nil && isSame($0.address, host, port) }
            if let answer { (member.clientHost, member.clientPort) = (answer.address.host, answer.address.port) }
            member.engine = engine(answer)
            found.append((member, answer))
        }
        // The same server by another name.
        left.removeAll { answer in answer.id.map { id in found.contains { $0.0.id == id && $0.1 != nil } } ?? false }
        let strangers = left.count { $0.id == nil }
        let unplaced = found.count { $0.1 == nil && $0.0.clientPort == 0 }
        let isComplete = strangers == 0 || unplaced == 0
        if !isComplete { found.removeAll { $0.1 == nil && $0.0.clientPort == 0 } }
        for (index, answer) in left.enumerated() {
            var role = ServerRole.participant
            if case .serving(let serving) = answer.answer, serving.role == .observer { role = .observer }
            let member = Member(
                id: answer.id ?? ServerID(.min + Int64(index)), role: role, engine: engine(answer),
                clientHost: answer.address.host, clientPort: answer.address.port, directory: "",
                isInTopology: members.isEmpty)
            found.append((member, answer))
        }
        return Identified(
            servers: found, isComplete: isComplete, unnamed: isComplete ? 0 : max(0, unplaced - strangers))
    }

    private static func isSame(_ address: ServerAddress, _ host: String, _ port: Int) -> Bool {
        address.port == port && HostAddress.machine(address.host) == HostAddress.machine(host)
    }

    static func engine(_ answer: RemoteAnswer?) -> String {
        guard case .serving(let serving)? = answer?.answer, let version = serving.version else { return "unknown" }
        return version.contains("paddock") ? "bundled" : "apache"
    }

    private func settle(_ found: inout [(Member, RemoteAnswer?)]) async {
        func serving(_ index: Int) -> ServerObservation.Serving? {
            if case .serving(let serving)? = found[index].1?.answer { serving } else { nil }
        }
        for _ in 0..<5 {
            guard let mark = found.indices.compactMap(serving).first(where: { $0.role == .leader })?.zxid else {
                return
            }
            let behind = found.indices.filter { index in
                serving(index).map { !Readiness.hasCaughtUp($0.zxid, to: mark) } ?? false
            }
            guard !behind.isEmpty, (try? await Task.sleep(for: .milliseconds(50))) != nil else { return }
            for index in behind {
                guard var now = serving(index), let address = found[index].1?.address,
                    let zxid = await zxid(of: address)
                else { continue }
                now.zxid = zxid
                found[index].1?.answer = .serving(now)
            }
        }
    }

    private func zxid(of address: ServerAddress) async -> ZXID? {
        guard let tls = tls(address) else {
            return try? await FourLetterWords.srvr(address, timeout: timeout).zxid
        }
        guard case .text(let answer)? = try? await tls.ask(address, [.srvr], timeout: timeout)[.srvr] else {
            return nil
        }
        return try? FourLetterWords.srvr(answer: answer, of: address).zxid
    }

    static func notes(
        _ found: [(Member, RemoteAnswer?)], _ unnamed: Int, isConfigurationKnown: Bool
    ) -> [RemoteNote] {
        var notes: [RemoteNote] = []
        for (member, answer) in found {
            let refused = (answer?.refused ?? []).filter { $0 != "srvr" }
            guard !refused.isEmpty else { continue }
            notes.append(
                RemoteNote(
                    .wordRefused,
                    "\(member.name) refuses \(Wording.list(refused)), so that not everything is known of it",
                    mend:
                        "add them to 4lw.commands.whitelist in its zoo.cfg and restart it, or let its admin server be reached (--admin-port)"
                ))
        }
        if !isConfigurationKnown {
            notes.append(
                unnamed > 0
                    ? RemoteNote(
                        .unknown, "the ensemble has \(Wording.count(unnamed, "server")) more than were asked",
                        mend: "name their client addresses in --remote")
                    : RemoteNote(
                        .unknown, "which server of the ensemble has which id is unknown, and so are its votes",
                        mend: "let the servers answer conf"))
        }
        return notes
    }
}

extension Member {
    /// A server as the ensemble's configuration has it; its client port is 0 where that does not say it.
    init(line: ServerLine) {
        let address = line.addresses[0]
        let host = line.client?.host.flatMap { HostAddress.isWildcard($0) ? nil : $0 } ?? address.host
        self.init(
            id: line.id, role: line.role, engine: "unknown", clientHost: host, clientPort: line.client?.port ?? 0,
            quorum: "\(ServerLine.bracketed(address.host)):\(address.quorumPort)",
            election: "\(ServerLine.bracketed(address.host)):\(address.electionPort)", directory: "")
    }
}

extension [ServerAddress] {
    /// Each once, the first time that it comes.
    fileprivate var uniqued: [ServerAddress] {
        var seen: Set<ServerAddress> = []
        return filter { seen.insert($0).inserted }
    }
}
