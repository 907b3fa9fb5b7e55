import Glibc
import Planning
import ServiceDiscovery
import Supervision
import ZooKeeperClient

/// A command that provides a service: registered while it runs and is well.
package struct ProvidedService: Sendable {
    package var instance: ServiceInstance
    /// Nil: it is well as long as it runs.
    package var check: HealthCheck?
    package var checkInterval: Duration
    package var checkTimeout: Duration
    /// Empty: it runs elsewhere.
    package var words: [String]

    package init(
        instance: ServiceInstance, check: HealthCheck?, checkInterval: Duration, checkTimeout: Duration, words: [String]
    ) {
        self.instance = instance
        self.check = check
        self.checkInterval = checkInterval
        self.checkTimeout = checkTimeout
        self.words = words
    }
}

extension Operator {
    /// Runs the command and keeps its service registered while it is well; returns the command's exit code, or 128 + the signal
    /// that ended it. Signals are passed on; for SIGTERM and SIGINT the service is deregistered before.
    ///
    /// The registration is of a session in this process. So it is gone when the command has ended, however it did, and, by the
    /// session's timeout, when this process has. The command is started, and runs on, also while the registry is away.
    package func provide(_ service: ProvidedService, in request: RegistryRequest) async throws -> Int32 {
        try await withRegistry(request, isPatient: true) { registry in
            // What is wrong with it is said before anything is started.
            _ = try registry.check(service.instance)
            let unseen = registry.layout.unseenParts(of: service.instance)
            if !unseen.isEmpty {
                report(
                    .warning(
                        "the layout \(registry.layout.name) has no place for \(Wording.list(unseen)): consumers will not see it"
                    ))
            }
            let provision = Provision(registry: registry, instance: service.instance, report: report)
            let command =
                try service.words.isEmpty ? nil : ChildCommand(service.words, environment: environment).start()
            let signals = PassedSignals(isShared: command != nil) { number in
                if number == SIGTERM || number == SIGINT { await provision.set(isWell: false, because: nil) }
                if let command { command.signal(number) } else { provision.endWaiting() }
            }
            defer { signals.stop() }
            let watching = Task { await watch(service, provision) }
            let code: Int32
            if let command {
                code = await command.wait()
            } else {
                await provision.waitForEnd()
                // Interrupted, after a clean stop.
                code = 130
            }
            watching.cancel()
            await provision.end()
            await watching.value
            return code
        }
    }

    private func watch(_ service: ProvidedService, _ provision: Provision) async {
        guard let check = service.check else { return await provision.set(isWell: true, because: nil) }
        var health = Health()
        var firstFailures = 0
        while !Task.isCancelled {
            let problem = await check.run(timeout: service.checkTimeout, environment: environment)
            if Task.isCancelled { return }
            if health.note(success: problem == nil) {
                // From now on a change is told.
                firstFailures = 3
                await provision.set(isWell: health.isWell, because: problem)
            } else if let problem, !health.isWell {
                firstFailures += 1
                if firstFailures == 3 {
                    report(.warning("\(service.instance.name) is not well, and not registered: \(problem)"))
                }
                report(.waiting("\(service.instance.name) to be well: \(problem)"))
            }
            try? await Task.sleep(
                for: health.isWell ? service.checkInterval : min(service.checkInterval, .milliseconds(250)))
        }
    }
}

/// The registration of a service that is well, and none of one that is not.
private actor Provision {
    private let registry: ServiceRegistry
    private var instance: ServiceInstance
    private let report: @Sendable (Progress) -> Void
    private var registration: Registration?
    private var telling: Task<Void, Never>?
    /// It is being ended: nothing registers it again.
    private var hasEnded = false
    private nonisolated let (ends, endSignal) = AsyncStream<Void>.makeStream()

    init(registry: ServiceRegistry, instance: ServiceInstance, report: @escaping @Sendable (Progress) -> Void) {
        self.registry = registry
        self.instance = instance
        self.report = report
    }

    nonisolated func endWaiting() { endSignal.finish() }
    nonisolated func waitForEnd() async { for await _ in ends {} }

    func set(isWell: Bool, because problem: String?) async {
        guard isWell, !hasEnded else {
            // The signal that has it end.
            if problem == nil { hasEnded = true }
            if let problem { report(.warning("\(instance.name) is not well and is deregistered: \(problem)")) }
            return await deregister()
        }
        guard registration == nil, let registration = try? registry.register(instance) else { return }
        self.registration = registration
        telling = Task { [report, instance] in
            let slow = Task {
                try await Task.sleep(for: .seconds(3))
                if registration.state == .pending {
                    report(
                        .warning("\(instance.name) is not registered yet: the registry does not answer; trying on")
                    )
                }
            }
            defer { slow.cancel() }
            var wasRegistered = false
            for await state in registration.states {
                switch state {
                case .registered(let path):
                    wasRegistered = true
                    report(.step("\(instance.name) \(instance.endpoint) is registered at \(path)"))
                case .pending where wasRegistered:
                    report(
                        .warning("\(instance.name) is not registered any more: its session has ended; trying again"))
                case .pending, .replaced, .ended: break
                }
            }
        }
    }

    func end() async {
        hasEnded = true
        await deregister()
    }

    private func deregister() async {
        guard let registration else { return }
        self.registration = nil
        telling?.cancel()
        // As it is now: what others have set, a later registration keeps.
        instance = registration.instance
        // If the registry is away, the session's end tells it.
        let work = Task { try await registration.deregister() }
        let limit = Task {
            try await Task.sleep(for: .seconds(1))
            work.cancel()
        }
        _ = await work.result
        limit.cancel()
    }
}
