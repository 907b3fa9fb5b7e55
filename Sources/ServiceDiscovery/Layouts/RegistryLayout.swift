import ZooKeeperClient

/// How instances lie in the tree of znodes, and as which text: whoever shall see each other's instances uses the same.
public enum RegistryLayout: Hashable, Sendable {
    /// Apache Curator's (curator-x-discovery), and so Spring Cloud Zookeeper's: BASE/NAME/ID with JSON.
    case curator(base: String = "/services")
    /// Apache Dubbo's: ROOT/INTERFACE/providers/URL, everything in the name of the znode.
    case dubbo(root: String = "/dubbo")
    /// Twitter's ServerSet: BASE/NAME/member_0000000001 with JSON. Prometheus reads it (`serverset_sd_configs`).
    case serverSet(base: String = "/serversets")

    /// Above all services.
    public var base: String {
        switch self {
        case .curator(let base), .dubbo(let base), .serverSet(let base): base
        }
    }

    /// `curator`, `dubbo` or `serverset`.
    public var name: String {
        switch self {
        case .curator: "curator"
        case .dubbo: "dubbo"
        case .serverSet: "serverset"
        }
    }
}

/// Why a name or an instance cannot be in the registry.
public struct InvalidInstance: Error, Hashable, Sendable, CustomStringConvertible {
    public var description: String
}

/// Why a znode in an instance's place is none: foreign, or corrupt.
public struct UnreadableInstance: Error, Hashable, Sendable, CustomStringConvertible {
    public var path: String
    public var reason: String

    public var description: String { "\(path) is no instance: \(reason)" }
}

/// A znode to be created.
struct NewNode: Hashable, Sendable {
    /// Of a sequential one, what its name begins with.
    var path: String
    var data: [UInt8]
    var mode: CreateMode
}

/// What stands under a service's znode, for who watches it.
enum ServicePlace: Hashable, Sendable {
    /// An instance, by the name of its znode.
    case instance(String)
    /// A rule about instances, by the name of its znode.
    case rule(String)
    /// The parent of the instances, or one of its parents.
    case directory
    case other
}

extension RegistryLayout {
    /// What makes the parents of instances: a container goes when its last child has gone.
    var parentMode: CreateMode {
        switch self {
        case .curator: .container
        case .dubbo, .serverSet: .persistent
        }
    }

    /// Whether the data of an instance's znode says something. With Dubbo the name says it all.
    var readsData: Bool {
        switch self {
        case .curator, .serverSet: true
        case .dubbo: false
        }
    }

    /// The znode of a service, with all that belongs to it.
    func service(_ name: String) throws(InvalidInstance) -> String {
        let component = self.component(name)
        let path = (base == "/" ? "" : base) + "/" + component
        if name.isEmpty { throw InvalidInstance(description: "a service needs a name") }
        if component.contains("/") {
            throw InvalidInstance(description: "the service name '\(name)' must not contain '/'")
        }
        if let problem = ZNodePath.problem(in: path) {
            throw InvalidInstance(description: "the service '\(name)' cannot be at \(path): \(problem)")
        }
        return path
    }

    /// The parent of a service's instances.
    func instances(of name: String) throws(InvalidInstance) -> String {
        let service = try service(name)
        return switch self {
        case .curator, .serverSet: service
        case .dubbo: service + "/" + DubboLayout.providers
        }
    }

    /// The parent of rules about a service's instances.
    func rules(of name: String) throws(InvalidInstance) -> String? {
        switch self {
        case .curator, .serverSet: nil
        case .dubbo: try service(name) + "/" + DubboLayout.configurators
        }
    }

    /// What a path under ``service(_:)`` is.
    func place(of path: String, service: String) -> ServicePlace {
        guard path != service else { return .directory }
        guard path.hasPrefix(service + "/") else { return .other }
        let parts = path.dropFirst(service.count + 1).split(separator: "/", omittingEmptySubsequences: false)
        switch self {
        case .curator, .serverSet:
            return parts.count == 1 ? .instance(String(parts[0])) : .other
        case .dubbo:
            guard parts[0] == DubboLayout.providers || parts[0] == DubboLayout.configurators else { return .other }
            switch parts.count {
            case 1: return .directory
            case 2:
                return parts[0] == DubboLayout.providers ? .instance(String(parts[1])) : .rule(String(parts[1]))
            default: return .other
            }
        }
    }

    /// The name of the service that a child of ``base`` stands for; nil for what is no service.
    public func service(ofChild child: String) -> String? {
        switch self {
        case .curator, .serverSet: child
        case .dubbo: DubboLayout.service(ofChild: child).flatMap { Unreadable.isPlain($0) ? $0 : nil }
        }
    }

    /// The znode that registers an instance.
    func node(for instance: ServiceInstance) throws(InvalidInstance) -> NewNode {
        let parent = try instances(of: instance.name)
        let node =
            switch self {
            case .curator: CuratorLayout.node(for: instance, in: parent)
            case .dubbo: DubboLayout.node(for: instance, in: parent)
            case .serverSet: try ServerSetLayout.node(for: instance, in: parent)
            }
        let name = node.path.dropFirst(parent.count + 1)
        if name.isEmpty && !node.mode.isSequential || name.contains("/") {
            throw InvalidInstance(description: "'\(name)' cannot be the id of an instance")
        }
        if let problem = ZNodePath.problem(in: node.mode.isSequential ? node.path + "1" : node.path) {
            throw InvalidInstance(description: "the instance cannot be at \(node.path): \(problem)")
        }
        return node
    }

    /// What consumers will not see of an instance, because the layout has no place for it: `payload.zone`, say.
    package func unseenParts(of instance: ServiceInstance) -> [String] {
        var parts: [String] = []
        switch self {
        case .curator: return []
        case .dubbo:
            if instance.sslPort != nil { parts.append("sslPort") }
            parts += DubboLayout.unseenMembers(of: instance.payload)
        case .serverSet: parts += ServerSetLayout.unseenMembers(of: instance.payload)
        }
        return instance.uriSpec == nil ? parts : parts + ["uriSpec"]
    }

    /// Reads the instance that a znode stands for.
    ///
    /// - Parameter node: the znode's name.
    func instance(service: String, node: String, data: [UInt8]) throws(UnreadableInstance) -> ServiceInstance {
        try instance(service: service, node: node, data: .success(data))
    }

    func instance(
        service: String, node: String, data: Result<[UInt8], Unreadable>
    ) throws(UnreadableInstance) -> ServiceInstance {
        func path() -> String { ((try? instances(of: service)) ?? "") + "/" + node }
        do throws(Unreadable) {
            let data = try data.get()
            let instance =
                switch self {
                case .curator: try CuratorLayout.instance(data, service: service, node: node)
                case .dubbo: try DubboLayout.instance(service: service, node: node)
                case .serverSet: try ServerSetLayout.instance(service: service, node: node, data: data)
                }
            try Unreadable.check(instance)
            return instance
        } catch {
            throw UnreadableInstance(path: path(), reason: error.reason)
        }
    }

    /// The data with which an instance is enabled or not; nil where a rule says that, and not the instance.
    func data(_ data: [UInt8], enabled: Bool) throws(Unreadable) -> [UInt8]? {
        switch self {
        case .curator: try CuratorLayout.data(data, enabled: enabled)
        case .dubbo: nil
        case .serverSet: try ServerSetLayout.data(data, enabled: enabled)
        }
    }

    private func component(_ name: String) -> String {
        switch self {
        case .curator, .serverSet: name
        case .dubbo: PercentEncoding.encode(name)
        }
    }
}

/// Why data cannot be read, without its place.
struct Unreadable: Error, Hashable {
    var reason: String

    init(_ reason: String) { self.reason = reason }

    /// Refuses text that would be something else where it is printed, or split where scripts take it apart: anybody may have written it.
    static func check(_ instance: ServiceInstance) throws(Unreadable) {
        if let address = instance.address, !isPlain(address) || address.contains(where: \.isWhitespace) {
            throw Unreadable("its address holds blanks or control characters")
        }
        for (what, text) in [("name", instance.name), ("id", instance.id)] where !isPlain(text) {
            throw Unreadable("its \(what) holds control characters")
        }
        for case .text(let text) in instance.uriSpec?.parts ?? [] where !isPlain(text) {
            throw Unreadable("its uriSpec holds control characters")
        }
    }

    /// Whether text holds no control characters.
    static func isPlain(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
    }

    static func json(_ data: [UInt8]) throws(Unreadable) -> JSONValue {
        guard !data.isEmpty else { throw Unreadable("it has no data") }
        do throws(JSONError) {
            return try JSONValue(parsing: data)
        } catch {
            throw Unreadable(error.description)
        }
    }
}
