import Diagnostics
import Membership
import ServerConfig
import YAML

/// The document into a `Draft`: which keys there are and what type their values have.
struct TopologyReader {
    private var fields: FieldReader

    static func read(_ root: YAMLNode, into problems: inout Problems) -> Draft? {
        var reader = TopologyReader(fields: FieldReader(problems: problems))
        defer { problems = reader.fields.problems }
        return reader.draft(root)
    }

    private mutating func draft(_ root: YAMLNode) -> Draft? {
        let known = fields.fields(of: root, in: "the topology", known: TopologyKey.names(.topology)) { key in
            KnownKeys.isKnown(key) ? "put '\(key)' under 'settings:'" : nil
        }
        guard let known else { return nil }
        var draft = Draft()
        if let node = known["ensemble"]?.value {
            draft.ensemble = ensemble(node) ?? ""
        } else {
            fields.missing(
                "ensemble", in: "the topology", at: root.location, example: "name it: ensemble: demo")
        }
        draft.engine = known["engine"].flatMap { engine($0.value, "'engine'") }
        draft.hosts = known["hosts"].map { hosts($0.value) } ?? []
        draft.ports = known["ports"].map { ports($0.value) } ?? draft.ports
        if let node = known["serverLines"]?.value, let style: ServerLine.Style = fields.word(node, "'serverLines'") {
            draft.lineStyle = style
        }
        draft.logLevel = known["logLevel"].flatMap { fields.word($0.value, "'logLevel'") }
        draft.settings = known["settings"].map { settings($0.value, of: "'settings'") } ?? []
        draft.servers = servers(
            named: known["servers"], participants: known["participants"], observers: known["observers"],
            root: root.location)
        return draft
    }

    private mutating func ensemble(_ node: YAMLNode) -> String? {
        guard let name = fields.text(node, "'ensemble'", example: "name it: ensemble: demo") else { return nil }
        guard EnsembleName.hasRightLetters(name.value) else {
            fields.problems.error(
                .ensembleName, at: name.location, "'\(shown(name.value))' is no name for an ensemble",
                mend: "use up to 64 small letters a-z, digits and '-'")
            return nil
        }
        guard name.value.first != "-" else {
            fields.problems.error(
                .ensembleName, at: name.location, "the name '\(name.value)' would read as an option on a command line",
                mend: "begin it with a letter or a digit")
            return nil
        }
        return name.value
    }

    // MARK: Servers

    private mutating func servers(
        named: YAMLMapping.Entry?, participants: YAMLMapping.Entry?, observers: YAMLMapping.Entry?,
        root: SourceLocation
    ) -> Draft.Servers? {
        if let named {
            if let other = participants ?? observers {
                fields.problems.error(
                    .twoForms, at: other.key.location,
                    "'\(other.key.text)' cannot stand beside 'servers' (line \(named.key.location.line))",
                    mend: "count servers with 'participants' and 'observers', or name each under 'servers', not both")
            }
            return servers(named)
        }
        guard let participants else {
            fields.missing(
                "participants", in: "the topology", at: observers?.key.location ?? root,
                example: "write participants: 3, or name each server under 'servers'")
            return nil
        }
        let voters = count(participants.value, "'participants'")
        let watchers = observers.map { count($0.value, "'observers'") }
        guard let voters else { return nil }
        if case .some(.none) = watchers { return nil }
        return .shorthand(participants: voters, observers: watchers ?? nil)
    }

    private mutating func count(_ node: YAMLNode, _ what: String) -> Placed<Int>? {
        guard let count = fields.integer(node, what, example: "write how many, e.g. 3") else { return nil }
        guard count.value >= 0 else {
            fields.wrongType(node, what, "0 or more", example: "write how many, e.g. 3")
            return nil
        }
        return count
    }

    private mutating func servers(_ entry: YAMLMapping.Entry) -> Draft.Servers? {
        guard let nodes = entry.value.sequence else {
            fields.wrongType(
                entry.value, "'servers'", "a list", example: "write one line a server: - {id: 1, host: a}")
            return nil
        }
        var isComplete = true
        var servers: [Draft.Server] = []
        for node in fields.limited(nodes, to: 255, at: entry.key.location, "'servers'") {
            if let server = server(node) { servers.append(server) } else { isComplete = false }
        }
        return .named(Placed(servers, at: entry.key.location), isComplete: isComplete)
    }

    private mutating func server(_ node: YAMLNode) -> Draft.Server? {
        guard let known = fields.fields(of: node, in: "a server", known: TopologyKey.names(.server)) else { return nil }
        var id: Placed<Int>?
        if let value = known["id"]?.value {
            id = fields.integer(value, "'id'", example: "write a number from 1 to 255")
        } else {
            fields.missing("id", in: "this server", at: node.location, example: "give it an id from 1 to 255: id: 1")
        }
        let of = id.map { "server \($0.value)" } ?? "the server"
        let role: ServerRole? = known["role"].flatMap { fields.word($0.value, "'role' of \(of)") }
        let host = known["host"].flatMap {
            fields.text($0.value, "'host' of \(of)", example: "write the name of a host, or its address")
        }
        let (ports, optionalPorts) = known["ports"].map { serverPorts($0.value, of) } ?? ([:], [:])
        let server = Draft.Server(
            location: node.location, id: Placed(ServerID(Int64(id?.value ?? 0)), at: id?.location ?? node.location),
            host: host, role: role ?? .participant,
            ports: ports, optionalPorts: optionalPorts,
            logLevel: known["logLevel"].flatMap { fields.word($0.value, "'logLevel' of \(of)") },
            engine: known["engine"].flatMap { engine($0.value, "'engine' of \(of)") },
            settings: known["settings"].map { settings($0.value, of: "'settings' of \(of)") } ?? [],
            group: known["group"].flatMap {
                fields.integer($0.value, "'group' of \(of)", example: "write the number of its group, e.g. 1")
            },
            weight: known["weight"].flatMap {
                fields.integer($0.value, "'weight' of \(of)", example: "write the weight of its vote, e.g. 1")
            })
        let isReadable = id != nil && (known["role"] == nil || role != nil) && (known["host"] == nil || host != nil)
        return isReadable ? server : nil
    }

    private mutating func hosts(_ node: YAMLNode) -> [Draft.Host] {
        guard let mapping = node.mapping else {
            fields.wrongType(node, "'hosts'", "a mapping", example: "write one line a host: a: 10.0.0.1")
            return []
        }
        return fields.limited(mapping.entries, to: 255, at: node.location, "'hosts'").compactMap { entry in
            let name = shown(entry.key.text)
            let address = fields.text(
                entry.value, "the host '\(name)'", example: "write its address: \(name): 10.0.0.1")
            return address.map { Draft.Host(name: Placed(entry.key.text, at: entry.key.location), address: $0) }
        }
    }

    // MARK: Engines

    private mutating func engine(_ node: YAMLNode, _ what: String) -> EngineChoice? {
        var (name, nameNode, options) = (node.scalar?.text ?? "", node, nil as YAMLNode?)
        if let mapping = node.mapping {
            guard mapping.entries.count == 1, let entry = mapping.entries.first else {
                fields.problems.error(
                    .wrongType, at: node.location, "\(what) must name one engine, not \(mapping.entries.count)",
                    mend: "write engine: \(EngineChoice.standard.name)")
                return nil
            }
            name = entry.key.text
            nameNode = YAMLNode(.scalar(YAMLScalar(name, style: .plain)), location: entry.key.location)
            options = entry.value.isNull ? nil : entry.value
        }
        guard EngineChoice.names.contains(name) else {
            let nearest = EditDistance.nearest(name, among: EngineChoice.names)
            fields.wrongType(
                nameNode, what, EngineChoice.names.joined(separator: " or "),
                example: nearest.map { "did you mean '\($0)'?" } ?? "write engine: \(EngineChoice.standard.name)")
            return nil
        }
        guard let options else { return name == "bundled" ? .bundled : .apache(ApacheOptions()) }
        return name == "bundled" ? bundled(options) : apache(options)
    }

    /// It has no options: what a server does is said by its settings.
    private mutating func bundled(_ node: YAMLNode) -> EngineChoice {
        guard node.mapping?.entries.isEmpty != true else { return .bundled }
        fields.problems.error(
            .wrongType, at: node.location, "'bundled' has no options",
            mend: "write engine: bundled, and zoo.cfg keys under 'settings'")
        return .bundled
    }

    private mutating func apache(_ node: YAMLNode) -> EngineChoice? {
        guard
            let known = fields.fields(of: node, in: "'apache'", known: TopologyKey.names(.apache))
        else { return nil }
        let home = known["home"].flatMap {
            fields.text($0.value, "'home'", example: "write the directory of the distribution")
        }
        if let home, !home.value.hasPrefix("/") {
            fields.problems.error(
                .engineHome, at: home.location,
                "'home' is '\(shown(home.value))', which depends on the working directory",
                mend: "write the whole path, e.g. /usr/share/zookeeper")
        }
        let heap = known["heap"].flatMap { fields.text($0.value, "'heap'", example: "write a size, e.g. 256m") }
        if let heap, !Self.isHeap(heap.value) {
            fields.problems.error(
                .engineHeap, at: heap.location, "'heap' is '\(shown(heap.value))', which is no size of a Java heap",
                mend: "write a number with k, m or g behind it, at least 16m, e.g. 256m")
        }
        return .apache(
            ApacheOptions(
                home: home?.value, heap: heap?.value, jvmFlags: known["jvmFlags"].map { jvmFlags($0.value) } ?? [],
                environment: known["environment"].map { variables($0.value) } ?? [:]))
    }

    private mutating func jvmFlags(_ node: YAMLNode) -> [String] {
        guard let nodes = node.sequence else {
            fields.wrongType(
                node, "'jvmFlags'", "a list", example: "write jvmFlags: [-Dzookeeper.snapCount=10000, -XX:+UseG1GC]")
            return []
        }
        return fields.limited(nodes, to: 100, at: node.location, "'jvmFlags'").compactMap { node in
            let example = "write one flag: -Dzookeeper.snapCount=10000"
            guard let flag = fields.text(node, "a flag of the JVM", example: example) else { return nil }
            if let mend = Self.mend(ofFlag: flag.value) {
                fields.problems.error(
                    .jvmFlag, at: flag.location, "'\(shown(flag.value))' cannot be a flag of the server's JVM",
                    mend: mend)
                return nil
            }
            checkProperty(flag)
            return flag.value
        }
    }

    /// What to do about a flag that cannot be passed on; nil when it can.
    private static func mend(ofFlag flag: String) -> String? {
        if !flag.hasPrefix("-") || flag.contains(where: \.isWhitespace) && !flag.hasPrefix("-D") {
            return "write each flag by itself, beginning with '-'"
        }
        if flag.hasPrefix("-Xmx") { return "write heap: \(flag.dropFirst(4))" }
        let program = ["-cp", "-classpath", "--class-path", "-jar", "-version", "--version", "-help", "--help"]
        return program.contains(flag) ? "remove it: paddock says itself what the JVM runs" : nil
    }

    /// A property that Apache's server reads has the value that it would have in zoo.cfg.
    private mutating func checkProperty(_ flag: Placed<String>) {
        let properties = SystemProperties(flags: [flag.value])
        for property in properties.settings {
            for problem in KnownKeys.check(
                key: property.key, at: flag.location, value: property.value, at: flag.location,
                file: fields.problems.file) where problem.rule != .jvmOnly
            {
                fields.problems.add(problem)
            }
        }
        for ignored in properties.ignored where ignored.isMisspelt {
            fields.problems.warn(
                .jvmFlag, at: flag.location, "'\(shown(flag.value))' has no effect: \(ignored.why)", mend: "correct it")
        }
    }

    private mutating func variables(_ node: YAMLNode) -> [String: String] {
        guard let mapping = node.mapping else {
            fields.wrongType(node, "'environment'", "a mapping", example: "write environment: {TZ: UTC}")
            return [:]
        }
        var variables: [String: String] = [:]
        for entry in fields.limited(mapping.entries, to: 100, at: node.location, "'environment'") {
            let name = entry.key.text
            let isName = name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "=") }
            guard !name.isEmpty, isName else {
                fields.problems.error(
                    .wrongType, at: entry.key.location, "'\(shown(name))' is no name of a variable",
                    mend: "use letters, digits and '_'")
                continue
            }
            variables[name] =
                fields.text(entry.value, "the variable '\(shown(name))'", example: "write its value")?.value
        }
        return variables
    }

    /// What java takes behind `-Xmx`, from 16 MiB (less, and ZooKeeper does not start) to 1 TiB.
    private static func isHeap(_ text: String) -> Bool {
        guard let unit = text.last, let number = Int(text.dropLast()), text.first != "+" else { return false }
        let shift: [Character: Int] = ["k": 10, "m": 20, "g": 30]
        guard let shift = shift[Character(unit.lowercased())], (1...1 << 30).contains(number) else { return false }
        return (16 << 20...1 << 40).contains(number << shift)
    }

    // MARK: Ports and settings

    private mutating func ports(_ node: YAMLNode) -> Draft.Ports {
        if let scalar = node.scalar, scalar.text == "auto" { return .auto(node.location) }
        guard node.mapping != nil else {
            fields.wrongType(
                node, "'ports'", "auto or a mapping", example: "write ports: auto, or base ports: {client: 2181}")
            return .planned(PortPlan())
        }
        guard let known = fields.fields(of: node, in: "'ports'", known: TopologyKey.names(.ports)) else {
            return .planned(PortPlan())
        }
        var plan = PortPlan()
        for kind in PortKind.allCases {
            plan.bases[kind] = known[kind.rawValue].flatMap { port($0.value, "the \(kind.rawValue) port") }
        }
        plan.optional = optionalPorts(known, of: "")
        if let value = known["offset"]?.value,
            let offset = fields.integer(value, "'offset'", example: "write the step from server to server, e.g. 1")
        {
            if (1...10000).contains(offset.value) {
                plan.offset = offset.value
            } else {
                fields.problems.error(
                    .serverPort, at: offset.location, "'offset' is \(offset.value), outside 1…10000",
                    mend: "write the step from server to server, e.g. 1")
            }
        }
        return .planned(plan)
    }

    private mutating func serverPorts(
        _ node: YAMLNode, _ of: String
    ) -> (ports: [PortKind: Placed<Int>], optional: [OptionalPort: Placed<Int>]) {
        guard let known = fields.fields(of: node, in: "'ports' of \(of)", known: TopologyKey.names(.serverPorts)) else {
            return ([:], [:])
        }
        var ports: [PortKind: Placed<Int>] = [:]
        for kind in PortKind.allCases {
            ports[kind] = known[kind.rawValue].flatMap { port($0.value, "the \(kind.rawValue) port of \(of)") }
        }
        return (ports, optionalPorts(known, of: " of \(of)"))
    }

    private mutating func optionalPorts(
        _ known: [String: YAMLMapping.Entry], of whom: String
    ) -> [OptionalPort: Placed<Int>] {
        var ports: [OptionalPort: Placed<Int>] = [:]
        for kind in OptionalPort.allCases {
            ports[kind] = known[kind.rawValue].flatMap { port($0.value, "the \(kind.rawValue) port\(whom)") }
        }
        return ports
    }

    private mutating func port(_ node: YAMLNode, _ what: String) -> Placed<Int>? {
        if node.scalar?.text == "auto" {
            fields.wrongType(
                node, what, "a number", example: "write ports: auto, without keys, at the top: it is for all ports")
            return nil
        }
        guard let port = fields.integer(node, what, example: "write a port from 1024 to 65535") else { return nil }
        guard (1...65535).contains(port.value) else {
            fields.problems.error(
                .serverPort, at: port.location, "\(what) is \(port.value), outside 1…65535",
                mend: "write a port from 1024 to 65535")
            return nil
        }
        return port
    }

    private mutating func settings(_ node: YAMLNode, of what: String) -> [DraftSetting] {
        if node.isNull { return [] }
        guard let mapping = node.mapping else {
            fields.wrongType(node, what, "a mapping", example: "write zoo.cfg keys below it: tickTime: 2000")
            return []
        }
        return fields.limited(mapping.entries, to: 500, at: node.location, what).compactMap { entry in
            let key = Placed(entry.key.text, at: entry.key.location)
            let name = shown(entry.key.text)
            let value = fields.text(
                entry.value, "the setting '\(name)'", example: "write its value, or remove the key")
            return value.map { DraftSetting(key: key, value: $0) }
        }
    }
}
