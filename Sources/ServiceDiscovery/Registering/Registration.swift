import Synchronization
import ZooKeeperClient

/// How a registration fares.
public enum RegistrationState: Hashable, Sendable {
    /// Not in the registry: not yet, or not since its session ended.
    case pending
    /// In the registry, at this path.
    case registered(path: String)
    /// Somebody else has registered under the same id since. It waits until that one is gone.
    case replaced(path: String)
    /// ``Registration/deregister()`` was called, or its session ended for good.
    case ended
}

/// Keeps an instance in the registry: it is registered anew when its session ended, or when somebody has deleted it.
///
/// What others change in it (``ServiceRegistry/setEnabled(_:service:id:)``) is kept, also over a session's end.
/// Letting go of a registration ends it like ``deregister()``, only that nobody waits.
public final class Registration: Sendable {
    private let keeper: RegistrationKeeper
    private let task: Task<Void, Never>

    init(
        _ client: ZooKeeperClient, layout: RegistryLayout, instance: ServiceInstance,
        report: @escaping @Sendable (RegistryNotice) -> Void
    ) throws(InvalidInstance) {
        keeper = RegistrationKeeper(client: client, layout: layout, instance: instance, report: report)
        _ = try layout.node(for: instance)
        task = Task { [keeper] in await keeper.run() }
    }

    deinit {
        task.cancel()
        Task { [keeper, task] in
            await task.value
            await keeper.remove()
        }
    }

    /// As it is in the registry.
    public var instance: ServiceInstance { keeper.instance }

    public var state: RegistrationState { keeper.states.current }

    /// The state now, and each later one.
    public var states: AsyncStream<RegistrationState> { keeper.states.all() }

    /// Waits until the instance is in the registry.
    ///
    /// - Throws: what keeps it from being registered: `noAuth`, say.
    public func registered() async throws {
        for await state in states {
            if case .registered = state { return }
            if let problem = keeper.problem { throw problem }
        }
        try Task.checkCancellation()
        throw keeper.problem ?? InvalidInstance(description: "the registration has ended")
    }

    /// Changes what the instance says of itself, in the registry and for later registrations; not its name, id and kind. While the
    /// registry is away the change waits.
    public func update(_ change: @Sendable (inout ServiceInstance) -> Void) async throws {
        try await keeper.update(change)
    }

    /// Takes the instance out of the registry.
    ///
    /// - Throws: when the registry is away; then the instance goes with its session.
    public func deregister() async throws {
        task.cancel()
        await task.value
        try await keeper.deregister()
    }
}
