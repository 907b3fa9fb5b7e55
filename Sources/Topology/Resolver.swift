import Diagnostics
import Membership
import ServerConfig

/// A server with everything filled in, and where the file says so.
struct PlacedServer {
    /// Where a port comes from.
    enum PortOrigin {
        /// `ports:` of the server itself.
        case own(SourceLocation)
        /// A base under `ports:`.
        case base(SourceLocation)
        /// A default, or `ports: auto`: the place of the server.
        case implicit(SourceLocation)

        var location: SourceLocation {
            switch self {
            case .own(let place), .base(let place), .implicit(let place): place
            }
        }
    }

    var server: TopologyServer
    /// Of its id, or of the number that the shorthand gives.
    var location: SourceLocation
    /// Of its address under `hosts`, or of its `host`, or of the server.
    var hostLocation: SourceLocation
    var portOrigins: [PortKind: PortOrigin]
    var groupLocation: SourceLocation?
    var weightLocation: SourceLocation?
    /// The settings for all servers, overridden and followed by its own.
    var settings: [DraftSetting]
    /// False for one whose host is not known: where it is cannot be judged.
    var isHostKnown: Bool

    var id: ServerID { server.id }
    var machine: String { HostAddress.machine(server.host) }
    func setting(_ key: String) -> DraftSetting? { settings.last { $0.key.value == key } }

    mutating func add(_ setting: Setting, at place: SourceLocation) {
        settings.append(DraftSetting(key: Placed(setting.key, at: place), value: Placed(setting.value, at: place)))
        server.settings.append(setting)
    }
}

/// A draft into servers: gives out ids, looks up hosts, plans ports.
struct Resolver {
    private let draft: Draft
    private let previous: Assignments
    private let freePorts: (Int) -> [Int]

    private static let defaultHost = "127.0.0.1"

    init(_ draft: Draft, previous: Assignments, freePorts: @escaping (Int) -> [Int]) {
        self.draft = draft
        self.previous = previous
        self.freePorts = freePorts
    }

    /// The servers in the order of the file (shorthand: ascending by id), and what is to be remembered of them.
    func resolve(into problems: inout Problems) -> (servers: [PlacedServer], assignments: Assignments) {
        var servers: [PlacedServer] =
            switch draft.servers {
            case nil: []
            case .shorthand(let participants, let observers):
                counted(participants: participants, observers: observers, into: &problems)
            case .named(let servers, _): servers.value.map { named($0, into: &problems) }
            }
        chooseEngines(of: &servers)
        let slots = slots(of: servers)
        switch draft.ports {
        case .planned(let plan): plan.apply(to: &servers, slots: slots)
        case .auto(let place): takePorts(for: &servers, at: place, into: &problems)
        }
        applyOwnPorts(to: &servers)
        applyOptionalPorts(to: &servers, slots: slots, into: &problems)
        return (servers, assignments(of: servers, slots: slots))
    }

    // MARK: Servers

    private func counted(
        participants: Placed<Int>, observers: Placed<Int>?, into problems: inout Problems
    ) -> [PlacedServer] {
        let limit = Int(ServerID.conventional.upperBound.rawValue)
        for count in [participants, observers].compactMap({ $0 }) where count.value > limit {
            problems.error(
                .tooMany, at: count.location, "\(count.value) servers are more than the \(limit) ids there are",
                mend: "use at most \(limit) servers")
            return []
        }
        var unused = (1...Int64(limit)).lazy.map { ServerID($0) }
            .filter { id in previous[id] == nil && !previous.retired.contains(id) }.makeIterator()
        var servers: [PlacedServer] = []
        for (role, count) in [(ServerRole.participant, participants), (.observer, observers ?? participants)]
        where role == .participant || observers != nil {
            let kept = previous.members.filter { $0.role == role }.map(\.id).prefix(count.value)
            servers += kept.map { numbered($0, role, at: count.location) }
            for _ in kept.count..<max(kept.count, count.value) {
                guard let id = unused.next() else {
                    problems.error(
                        .tooMany, at: count.location,
                        "no id from 1 to \(limit) is left for another \(role.rawValue): ids of servers that left are not used again",
                        mend: "use fewer servers, or name them under 'servers' with ids of your choice")
                    return servers
                }
                servers.append(numbered(id, role, at: count.location))
            }
        }
        return servers.sorted { $0.id < $1.id }
    }

    private func numbered(_ id: ServerID, _ role: ServerRole, at place: SourceLocation) -> PlacedServer {
        PlacedServer(
            server: TopologyServer(
                id: id, host: Self.defaultHost, role: role, ports: PortKind.defaults,
                engine: draft.engine ?? .standard, logLevel: draft.logLevel, settings: draft.settings.map(\.setting)),
            location: place, hostLocation: place, portOrigins: [:], settings: draft.settings, isHostKnown: true)
    }

    private func named(_ entry: Draft.Server, into problems: inout Problems) -> PlacedServer {
        let host = host(of: entry, into: &problems)
        let settings = Self.merged(draft.settings, entry.settings)
        return PlacedServer(
            server: TopologyServer(
                id: entry.id.value, host: host.address.value, role: entry.role, ports: PortKind.defaults,
                engine: entry.engine ?? draft.engine ?? .standard, logLevel: entry.logLevel ?? draft.logLevel,
                settings: settings.map(\.setting),
                group: entry.group?.value, weight: entry.weight?.value),
            location: entry.id.location, hostLocation: host.address.location,
            portOrigins: entry.ports.mapValues { .own($0.location) }, groupLocation: entry.group?.location,
            weightLocation: entry.weight?.location, settings: settings, isHostKnown: host.isKnown)
    }

    private func host(
        of entry: Draft.Server, into problems: inout Problems
    ) -> (address: Placed<String>, isKnown: Bool) {
        guard let host = entry.host else { return (Placed(Self.defaultHost, at: entry.id.location), true) }
        if let known = draft.hosts.first(where: { $0.name.value == host.value }) { return (known.address, true) }
        let isAddress = HostAddress.isIPv4(host.value) || HostAddress.isIPv6(host.value)
        if isAddress || draft.hosts.isEmpty || (host.value.contains(".") && HostAddress.isValid(host.value)) {
            return (host, HostChecks.checkAddress(host, of: "server \(entry.id.value)", into: &problems))
        }
        let names = draft.hosts.map(\.name.value)
        let nearest = EditDistance.nearest(host.value, among: names).map { "did you mean '\(shown($0))'?" }
        problems.error(
            .hostUnknown, at: host.location,
            "server \(entry.id.value) is on the host '\(shown(host.value))', which is not under 'hosts'",
            mend: nearest ?? "add it: hosts: {\(shown(host.value)): 10.0.0.1}")
        return (host, false)
    }

    private static func merged(_ common: [DraftSetting], _ own: [DraftSetting]) -> [DraftSetting] {
        common.map { setting in own.first { $0.key.value == setting.key.value } ?? setting }
            + own.filter { setting in !common.contains { $0.key.value == setting.key.value } }
    }

    /// An ensemble on several machines that names no engine is Apache's: what operators have there, and trust.
    private func chooseEngines(of servers: inout [PlacedServer]) {
        guard draft.engine == nil, Set(servers.map(\.machine)).count > 1 else { return }
        for index in servers.indices where entry(of: servers[index])?.engine == nil {
            servers[index].server.engine = .apache(ApacheOptions())
        }
    }

    // MARK: Ports

    /// The place of each server in the port plan of its machine: the one it had, else the lowest that is free.
    private func slots(of servers: [PlacedServer]) -> [Int] {
        var taken: Set<String> = []
        var slots = servers.map { server -> Int? in
            guard let member = previous[server.id], member.machine == server.machine,
                taken.insert("\(member.machine) \(member.slot)").inserted
            else { return nil }
            return member.slot
        }
        var next: [String: Int] = [:]
        for (index, server) in servers.enumerated() where slots[index] == nil {
            var slot = next[server.machine] ?? 0
            while !taken.insert("\(server.machine) \(slot)").inserted { slot += 1 }
            slots[index] = slot
            next[server.machine] = slot + 1
        }
        return slots.map { $0! }
    }

    private func takePorts(
        for servers: inout [PlacedServer], at place: SourceLocation, into problems: inout Problems
    ) {
        var held: Set<Int> = []
        var without: [Int] = []
        for (index, server) in servers.enumerated() {
            if let ports = previous[server.id]?.ports {
                servers[index].server.ports = ports
                held.formUnion(PortKind.allCases.map { ports[$0] })
            } else {
                without.append(index)
            }
        }
        for index in servers.indices {
            for kind in PortKind.allCases where servers[index].portOrigins[kind] == nil {
                servers[index].portOrigins[kind] = .implicit(servers[index].location)
            }
            held.formUnion(ownPorts(of: servers[index]).map(\.port))
        }
        let needed = without.count * PortKind.allCases.count
        guard needed > 0 else { return }
        // The ports of a server that is stopped look free: ask for as many more as are held.
        var found = freePorts(needed + held.count).filter { (1...65535).contains($0) && held.insert($0).inserted }[...]
        guard found.count >= needed else {
            problems.error(
                .portsExhausted, at: place, "'auto' needs \(needed) free ports, and this host has only \(found.count)",
                mend: "give base ports: ports: {client: 2181}")
            return
        }
        for index in without {
            for kind in PortKind.allCases { servers[index].server.ports[kind] = found.removeFirst() }
        }
    }

    /// Of a server under `servers`.
    private func entry(of server: PlacedServer) -> Draft.Server? {
        guard case .named(let entries, _) = draft.servers else { return nil }
        return entries.value.first { $0.id.location == server.location }
    }

    private func ownPorts(of server: PlacedServer) -> [(kind: PortKind, port: Int)] {
        guard let entry = entry(of: server) else { return [] }
        return PortKind.allCases.compactMap { kind in entry.ports[kind].map { (kind, $0.value) } }
    }

    /// They become settings, so that whatever looks at settings sees them.
    private func applyOptionalPorts(to servers: inout [PlacedServer], slots: [Int], into problems: inout Problems) {
        var plan = PortPlan()
        if case .planned(let given) = draft.ports { plan = given }
        for index in servers.indices {
            let own = entry(of: servers[index])?.optionalPorts ?? [:]
            for kind in OptionalPort.allCases {
                let planned = plan.optional[kind].map { Placed($0.value + slots[index] * plan.offset, at: $0.location) }
                guard let port = own[kind] ?? planned else { continue }
                if let setting = servers[index].setting(kind.key) {
                    problems.error(
                        .twoForms, at: setting.key.location,
                        "\(kind.key) is under 'settings', and 'ports' (line \(port.location.line)) says '\(kind.rawValue)'",
                        mend: "keep one of the two")
                    continue
                }
                servers[index].add(Setting(kind.key, "\(port.value)"), at: port.location)
                for companion in kind.companions(host: servers[index].server.host)
                where servers[index].setting(companion.key) == nil {
                    servers[index].add(companion, at: port.location)
                }
            }
        }
    }

    private func applyOwnPorts(to servers: inout [PlacedServer]) {
        for index in servers.indices {
            for (kind, port) in ownPorts(of: servers[index]) { servers[index].server.ports[kind] = port }
        }
    }

    // MARK: What is remembered

    private func assignments(of servers: [PlacedServer], slots: [Int]) -> Assignments {
        var isAuto = false
        if case .auto = draft.ports { isAuto = true }
        let members = zip(servers, slots).map { server, slot in
            Assignments.Member(
                id: server.id, role: server.server.role, machine: server.machine, slot: slot,
                ports: isAuto ? server.server.ports : nil)
        }
        let present = Set(members.map(\.id))
        let left = previous.retired + previous.members.map(\.id)
        return Assignments(members: members, retired: left.filter { !present.contains($0) })
    }
}

extension DraftSetting {
    var setting: Setting { Setting(key.value, value.value) }
}

extension PortPlan {
    /// Plans every port; what a server chooses for itself is put over it afterwards.
    fileprivate func apply(to servers: inout [PlacedServer], slots: [Int]) {
        for (index, slot) in slots.enumerated() {
            servers[index].server.ports = ports(slot: slot)
            for kind in PortKind.allCases where servers[index].portOrigins[kind] == nil {
                servers[index].portOrigins[kind] =
                    bases[kind].map { .base($0.location) } ?? .implicit(servers[index].location)
            }
        }
    }
}
