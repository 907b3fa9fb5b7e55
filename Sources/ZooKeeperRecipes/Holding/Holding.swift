import NIOConcurrencyHelpers
import ZooKeeperClient

/// Watches over what is held through a znode of ours, and tells its holder when it is lost.
struct Holding: Sendable {
    private let client: ZooKeeperClient
    private let own: OwnZNode
    /// How what is held is called in errors.
    private let path: String
    private let lease: NIOLockedValueBox<HoldLease<ContinuousClock.Instant>>
    private let clock = ContinuousClock()

    /// Has it proven first that the session is alive.
    init(_ client: ZooKeeperClient, _ own: OwnZNode, of path: String) async throws {
        self.client = client
        self.own = own
        self.path = path
        let sentAt = clock.now
        try await client.repeating { try await client.sync(own.path) }
        lease = NIOLockedValueBox(HoldLease(timeout: client.sessionTimeout, provenBy: sentAt))
        guard hasSession else {
            throw RecipeError.lost(path: path, token: own.token, reason: .sessionExpired)
        }
    }

    private enum Event<Value: Sendable>: Sendable {
        case ended(Result<Value, any Error>)
        case lost(LossReason?)
    }

    /// Calls `body`, and cancels it at the moment when what it holds is lost or may be lost; then gives the znode back.
    ///
    /// - Parameter release: What gives it back instead of its deletion; it is told whether `body` ended without an error.
    /// - Throws: `RecipeError.lost` if so, whatever `body` has done by then; else what `body` throws.
    static func hold<Value: Sendable>(
        _ client: ZooKeeperClient, _ own: OwnZNode, of path: String,
        releasing release: (@Sendable (Bool) async throws -> Void)? = nil,
        _ body: @escaping @Sendable (FencingToken) async throws -> Value
    ) async throws -> Value {
        let holding: Holding
        do {
            holding = try await Holding(client, own, of: path)
        } catch {
            client.removeInBackground(own)
            throw error
        }
        var (result, reason) = await holding.run(body)
        if reason == nil {
            let hasSucceeded = if case .success = result { true } else { false }
            reason = await holding.release { [client, own] in
                if let release { try await release(hasSucceeded) } else { try await client.delete(own.path) }
            }
        }
        if let reason {
            client.removeInBackground(own)
            throw RecipeError.lost(path: path, token: own.token, reason: reason)
        }
        return try result.get()
    }

    private func run<Value: Sendable>(
        _ body: @escaping @Sendable (FencingToken) async throws -> Value
    ) async -> (Result<Value, any Error>, LossReason?) {
        await withTaskGroup(of: Event<Value>.self) { group in
            group.addTask {
                do { return .ended(.success(try await body(own.token))) } catch { return .ended(.failure(error)) }
            }
            group.addTask { .lost(await loss()) }
            var reason: LossReason?
            while let event = await group.next() {
                switch event {
                case .ended(let result):
                    group.cancelAll()
                    return (result, reason)
                case .lost(let loss?):
                    reason = loss
                    group.cancelAll()
                case .lost(nil):
                    // Cancelled, as the body is.
                    break
                }
            }
            return (.failure(CancellationError()), reason)
        }
    }

    /// Gives back what is held, while the session is surely alive; beyond that the znode's removal goes on by itself.
    ///
    /// - Returns: Why it was lost before it could be given back: then somebody else may have held it beside the body's end.
    private func release(_ release: @escaping @Sendable () async throws -> Void) async -> LossReason? {
        // Also for a task that is cancelled: the others wait.
        await Task { () -> LossReason? in
            let left = clock.now.duration(to: lease.withLockedValue(\.end))
            guard left > .zero else { return .unheard }
            do {
                if try await within(left, release) != nil { return nil }
            } catch ErrorCode.noNode {
                return hasSession ? .removed : .sessionExpired
            } catch {
                // Nobody knows whether it happened.
            }
            client.removeInBackground(own)
            return nil
        }.value
    }

    // MARK: What ends a hold

    /// Why what was held is lost, at the moment when it is; nil when the task is cancelled.
    private func loss() async -> LossReason? {
        await withTaskGroup(of: LossReason?.self) { group in
            group.addTask { await endOfSession() }
            group.addTask { await endOfZNode() }
            group.addTask { await endOfLease() }
            group.addTask { await beat() }
            for await case let reason? in group {
                group.cancelAll()
                return reason
            }
            return nil
        }
    }

    private var hasSession: Bool { client.session?.id == own.session }

    private func endOfSession() async -> LossReason? {
        for await state in client.states {
            switch state {
            case .expired: return .sessionExpired
            case .authenticationFailed, .closed: return .sessionClosed
            case .connecting, .connected, .connectedReadOnly, .disconnected:
                if !hasSession { return .sessionExpired }
            }
        }
        return nil
    }

    private func endOfZNode() async -> LossReason? {
        while true {
            do {
                let (_, stat, watch) = try await client.getData(watching: own.path)
                guard stat.czxid == own.czxid else { return .removed }
                _ = try await watch.event()
            } catch ErrorCode.noNode {
                return hasSession ? .removed : .sessionExpired
            } catch {
                guard await goesOn(after: error) else { return reason(of: error) }
            }
        }
    }

    private func endOfLease() async -> LossReason? {
        while true {
            let end = lease.withLockedValue(\.end)
            guard clock.now < end else { return .unheard }
            do { try await clock.sleep(until: end) } catch { return nil }
        }
    }

    private func beat() async -> LossReason? {
        while true {
            do {
                try await clock.sleep(until: lease.withLockedValue(\.nextBeat))
                let sentAt = clock.now
                try await client.sync(own.path)
                guard hasSession else { return .sessionExpired }
                lease.withLockedValue { $0.proven(by: sentAt) }
            } catch {
                guard await goesOn(after: error) else { return reason(of: error) }
            }
        }
    }

    /// Whether another try is worth it, after a moment.
    private func goesOn(after error: any Error) async -> Bool {
        if error is CancellationError || reason(of: error) != nil { return false }
        return (try? await Task.sleep(for: .milliseconds(20))) != nil
    }

    private func reason(of error: any Error) -> LossReason? {
        switch error {
        case ErrorCode.sessionExpired: client.state == .closed ? .sessionClosed : .sessionExpired
        case ErrorCode.authFailed: .sessionClosed
        default: nil
        }
    }
}
