import NIOConcurrencyHelpers
import Synchronization
import ZooKeeperProtocol

/// Where the tasks that use a client and the event loop that owns its session meet.
///
/// Tasks leave messages, and the first one of a turn wakes the loop; the loop leaves results and states. Each side holds
/// the lock only to move values. A request's continuation is resumed exactly once: whoever takes it out of `waiting`
/// resumes it.
final class Mailbox: Sendable {
    typealias RequestID = ClientSession.RequestID
    typealias WatcherID = ClientSession.WatcherID
    typealias Reply = ClientSession.Reply
    typealias Result = Swift.Result<Reply, ClientSession.Failure>
    /// Not checked at run time, which would cost an allocation a request: a waiter is resumed by who takes it out of `waiting`.
    private typealias Waiter = UnsafeContinuation<Reply, any Error>

    enum Message {
        case request(RequestID, Request, WatcherID?)
        case cancel(RequestID)
        case watch(String, recursive: Bool, WatcherID)
        case forget(WatcherID)
        case forgetWatches(String, WatcherType)
        case close
    }

    /// What the loop last said about the session.
    struct Status {
        var state = SessionState.connecting
        var credentials: SessionCredentials?
        /// In milliseconds.
        var sessionTimeout: Int32 = 0
        var lastProblem: String?
    }

    private struct Contents {
        var messages: [Message] = []
        var waiting: [RequestID: Waiter] = [:]
        /// Requests whose task was cancelled before it came to ask.
        var cancelledEarly: Set<RequestID> = []
        var status = Status()
        var lastWatcher: WatcherID = 0
        var watchers: [WatcherID: WatchInbox] = [:]
        var lastSubscriber = 0
        var stateSubscribers: [Int: AsyncStream<SessionState>.Continuation] = [:]
        var wake: (@Sendable () -> Void)?

        var orderedStateSubscribers: [AsyncStream<SessionState>.Continuation] {
            stateSubscribers.sorted { $0.key < $1.key }.map(\.value)
        }

        /// Takes back the requests that the loop has not seen.
        mutating func takeRequests() -> [Waiter] {
            let waiters = messages.compactMap { message -> Waiter? in
                guard case .request(let id, _, _) = message else { return nil }
                return waiting.removeValue(forKey: id)
            }
            messages.removeAll()
            return waiters
        }
    }

    private let contents = NIOLockedValueBox(Contents())
    private let lastID = Atomic<RequestID>(0)
    private let observer: (@Sendable (ClientNotification) -> Void)?
    private let whenExpired: ExpiryPolicy
    let metrics = ClientMetrics()

    init(whenExpired: ExpiryPolicy = .end, observer: (@Sendable (ClientNotification) -> Void)? = nil) {
        self.whenExpired = whenExpired
        self.observer = observer
    }

    /// Whether the client ends with this state of its session.
    func ends(_ state: SessionState) -> Bool {
        state.isFinal && !(state == .expired && whenExpired == .renew)
    }

    var status: Status { contents.withLockedValue { $0.status } }

    // MARK: For tasks

    /// Hands a request to the session and waits for its answer; a cancelled task stops waiting at once.
    func perform(_ request: Request, watcher: WatcherID? = nil) async throws -> Reply {
        guard let metrics else { return try await answer(to: request, watcher: watcher) }
        let began = ContinuousClock.now
        do {
            let reply = try await answer(to: request, watcher: watcher)
            metrics.answered(after: .now - began, true)
            return reply
        } catch {
            metrics.answered(after: .now - began, false)
            throw error
        }
    }

    private func answer(to request: Request, watcher: WatcherID?) async throws -> Reply {
        let id = lastID.wrappingAdd(1, ordering: .relaxed).newValue
        defer { if Task.isCancelled { contents.withLockedValue { _ = $0.cancelledEarly.remove(id) } } }
        return try await withTaskCancellationHandler {
            try await withUnsafeThrowingContinuation { submit(request, id: id, watcher: watcher, waiter: $0) }
        } onCancel: {
            cancel(id)
        }
    }

    func close() {
        post(.close)
    }

    func forgetWatches(_ path: String, _ type: WatcherType) {
        post(.forgetWatches(path, type))
    }

    private enum Submission {
        case accepted(wake: (@Sendable () -> Void)?)
        case refused(any Error)
    }

    private func submit(
        _ request: Request, id: RequestID, watcher: WatcherID?, waiter: UnsafeContinuation<Reply, any Error>
    ) {
        let submission = contents.withLockedValue { contents -> Submission in
            if contents.cancelledEarly.contains(id) { return .refused(CancellationError()) }
            if ends(contents.status.state) {
                return .refused(ClientSession.failure(in: contents.status.state))
            }
            contents.waiting[id] = waiter
            contents.messages.append(.request(id, request, watcher))
            return .accepted(wake: contents.messages.count == 1 ? contents.wake : nil)
        }
        switch submission {
        case .accepted(let wake): wake?()
        case .refused(let error): waiter.resume(throwing: error)
        }
    }

    private func cancel(_ id: RequestID) {
        let waiter = contents.withLockedValue { contents -> Waiter? in
            if let waiter = contents.waiting.removeValue(forKey: id) { return waiter }
            contents.cancelledEarly.insert(id)
            return nil
        }
        guard let waiter else { return }
        waiter.resume(throwing: CancellationError())
        post(.cancel(id))
    }

    private func post(_ message: Message) {
        let wake = contents.withLockedValue { contents in
            contents.messages.append(message)
            return contents.messages.count == 1 ? contents.wake : nil
        }
        wake?()
    }

    /// Every state from now on, the present one first. Ends behind a final one.
    func states() -> AsyncStream<SessionState> {
        let (stream, continuation) = AsyncStream.makeStream(of: SessionState.self)
        let subscriber = contents.withLockedValue { contents -> Int in
            continuation.yield(contents.status.state)
            if ends(contents.status.state) { continuation.finish() }
            contents.lastSubscriber += 1
            contents.stateSubscribers[contents.lastSubscriber] = continuation
            return contents.lastSubscriber
        }
        continuation.onTermination = { [weak self] _ in
            self?.contents.withLockedValue { _ = $0.stateSubscribers.removeValue(forKey: subscriber) }
        }
        return stream
    }

    /// How many watchers somebody holds and the session may still tell something.
    var watcherCount: Int { contents.withLockedValue { $0.watchers.count } }

    /// A new watcher, of one event or of many. `forget` must follow.
    func newWatcher(_ inbox: WatchInbox) -> (WatcherID, WatchInbox) {
        let watcher = contents.withLockedValue { contents in
            contents.lastWatcher += 1
            contents.watchers[contents.lastWatcher] = inbox
            return contents.lastWatcher
        }
        return (watcher, inbox)
    }

    func watch(_ path: String, recursive: Bool, for watcher: WatcherID) {
        post(.watch(path, recursive: recursive, watcher))
        // Nobody takes messages any more.
        let state = status.state
        if ends(state) { dismiss(watcher, ClientSession.failure(in: state)) }
    }

    /// The session is told only of those that it may still know.
    func forget(_ watcher: WatcherID) {
        let isKnown = contents.withLockedValue { $0.watchers.removeValue(forKey: watcher) != nil }
        if isKnown { post(.forget(watcher)) }
    }

    // MARK: For the event loop

    /// How a task tells the loop that messages are there; nil once the loop has left.
    func setWake(_ wake: (@Sendable () -> Void)?) {
        contents.withLockedValue { $0.wake = wake }
    }

    func takeMessages() -> [Message] {
        contents.withLockedValue { contents in
            defer { contents.messages.removeAll() }
            return contents.messages
        }
    }

    /// Hands over the answers of one turn.
    func resume(_ answers: [(id: RequestID, result: Result)]) {
        let waiters = contents.withLockedValue { contents in answers.map { contents.waiting.removeValue(forKey: $0.id) }
        }
        for (waiter, answer) in zip(waiters, answers) {
            switch answer.result {
            case .success(let reply): waiter?.resume(returning: reply)
            case .failure(let failure): waiter?.resume(throwing: failure)
            }
        }
    }

    func publish(_ status: Status) {
        let isEnd = ends(status.state)
        let (changed, subscribers, abandoned) = contents.withLockedValue { contents in
            let changed = contents.status.state != status.state
            contents.status = status
            // A request may have come in behind the messages that the loop took last.
            let abandoned = isEnd ? contents.takeRequests() : []
            return (changed, changed ? contents.orderedStateSubscribers : [], abandoned)
        }
        if changed { observer?(.state(status.state)) }
        for subscriber in subscribers {
            subscriber.yield(status.state)
            if isEnd { subscriber.finish() }
        }
        for waiter in abandoned { waiter.resume(throwing: ClientSession.failure(in: status.state)) }
        guard isEnd else { return }
        let watchers = contents.withLockedValue { $0.watchers.keys.sorted() }
        for watcher in watchers { dismiss(watcher, ClientSession.failure(in: status.state)) }
    }

    func publish(_ event: WatchEvent) {
        observer?(.event(event))
    }

    func tell(_ watcher: WatcherID, _ change: ZNodeChange) {
        let inbox = contents.withLockedValue { contents in
            let inbox = contents.watchers[watcher]
            if inbox?.firesOnce == true { contents.watchers[watcher] = nil }
            return inbox
        }
        inbox?.append(change)
    }

    /// The watcher is told nothing more.
    func dismiss(_ watcher: WatcherID, _ failure: ClientSession.Failure) {
        contents.withLockedValue { $0.watchers.removeValue(forKey: watcher) }?.end(failure)
    }
}
