import ZooKeeperClient

/// Services and their instances in a tree of znodes.
///
/// ```swift
/// let registry = ServiceRegistry(client, layout: .curator())
/// let registration = try registry.register(
///     ServiceInstance(name: "web", id: "web-1", address: "10.0.0.7", port: 8080))
/// try await registration.registered()
///
/// let provider = try registry.provider(of: "web", strategy: .roundRobin)
/// try await provider.withInstance { instance in try await call(instance.endpoint) }
/// ```
///
/// The client should renew its session (``ClientConfiguration/whenExpired``), so that registrations outlive one.
public struct ServiceRegistry: Sendable {
    public let client: ZooKeeperClient
    public let layout: RegistryLayout
    /// Told what people should know; called from any thread.
    public var report: @Sendable (RegistryNotice) -> Void = { _ in }

    public init(_ client: ZooKeeperClient, layout: RegistryLayout = .curator()) {
        self.client = client
        self.layout = layout
    }

    // MARK: Providers

    /// Registers an instance in the background and keeps it registered as long as the result is held. An instance without a time of
    /// registration gets the present one.
    public func register(_ instance: ServiceInstance) throws(InvalidInstance) -> Registration {
        var instance = instance
        if instance.registrationTime == 0 {
            instance.registrationTime = WallClock.milliseconds()
        }
        return try Registration(client, layout: layout, instance: instance, report: report)
    }

    /// Throws what keeps an instance from being registered in this layout; says nothing of the registry.
    public func check(_ instance: ServiceInstance) throws(InvalidInstance) { _ = try layout.node(for: instance) }

    // MARK: Consumers

    /// The names of the services, ascending; without any, none.
    public func names() async throws -> [String] {
        do {
            return try await client.getChildren(layout.base).names.compactMap(layout.service(ofChild:)).sorted()
        } catch ErrorCode.noNode {
            return []
        }
    }

    /// The instances of a service as the registry has them now, by the name of the znode. What is no instance is told to ``report``.
    public func entries(of service: String) async throws -> [ServiceEntry] {
        let follower = try CacheFollower(
            client: client, layout: layout, service: service, options: CacheOptions(report: report))
        return try await follower.readOnce()
    }

    /// ``entries(of:)`` without what the registry knows of them.
    public func instances(of service: String) async throws -> [ServiceInstance] {
        try await entries(of: service).map(\.instance)
    }

    /// Keeps the instances of a service in memory. Options without a report have this registry's.
    public func cache(of service: String, options: CacheOptions = CacheOptions()) throws(InvalidInstance)
        -> ServiceCache
    {
        var options = options
        let (own, theirs) = (report, options.report)
        options.report = { notice in
            own(notice)
            theirs(notice)
        }
        return try ServiceCache(client, layout: layout, service: service, options: options)
    }

    /// Keeps the instances of a service in memory and chooses among them.
    public func provider(
        of service: String, strategy: SelectionStrategy = .roundRobin, downPolicy: DownPolicy = DownPolicy(),
        options: CacheOptions = CacheOptions()
    ) throws(InvalidInstance) -> ServiceProvider {
        ServiceProvider(try cache(of: service, options: options), strategy: strategy, downPolicy: downPolicy)
    }

    // MARK: Draining

    /// Takes an instance out of what consumers choose from, or puts it back, without deregistering it. Anybody may do that.
    ///
    /// - Parameter id: of the instance, or the name of its znode.
    /// - Returns: the instances that were changed: none when all were so already.
    /// - Throws: `noNode` when there is no such instance.
    @discardableResult
    public func setEnabled(_ isEnabled: Bool, service: String, id: String) async throws -> [ServiceInstance] {
        let found = try await entries(of: service).filter { $0.instance.id == id || $0.node == id }
        let parent = try layout.instances(of: service)
        guard !found.isEmpty else {
            throw ZooKeeperError(.noNode, operation: "setEnabled", path: parent, detail: "no instance \(id)")
        }
        var changed: [ServiceInstance] = []
        for entry in found where entry.instance.isEnabled != isEnabled {
            if layout.readsData {
                try await setData(of: "\(parent)/\(entry.node)", enabled: isEnabled)
            } else {
                try await setRule(for: entry.instance, enabled: isEnabled)
            }
            var instance = entry.instance
            instance.isEnabled = isEnabled
            changed.append(instance)
        }
        return changed
    }

    private func setData(of path: String, enabled: Bool) async throws {
        while true {
            let (data, stat) = try await client.getData(path)
            do {
                guard let new = try layout.data(data ?? [], enabled: enabled) else { return }
                try await client.setData(path, new, version: stat.version)
                return
            } catch ErrorCode.badVersion {
                // Somebody else has changed it meanwhile.
            } catch let error as Unreadable {
                throw UnreadableInstance(path: path, reason: error.reason)
            }
        }
    }

    /// In a layout whose instances cannot be changed by others.
    private func setRule(for instance: ServiceInstance, enabled: Bool) async throws {
        guard let rules = try layout.rules(of: instance.name) else { return }
        if !enabled {
            do {
                try await client.create(rules, data: [], mode: layout.parentMode)
            } catch ErrorCode.nodeExists {}
            do {
                try await client.create("\(rules)/\(DubboLayout.rule(disabling: instance))", data: [])
            } catch ErrorCode.nodeExists {}
            return
        }
        let names: [String]
        do { names = try await client.getChildren(rules).names } catch ErrorCode.noNode { names = [] }
        let disabling = names.filter { DubboLayout.rule($0, disables: instance) }
        guard !disabling.isEmpty else {
            throw InvalidInstance(
                description: "\(instance.endpoint) says itself that it is disabled; only its provider can change that")
        }
        for name in disabling { try await client.delete("\(rules)/\(name)") }
    }
}
