import NIOConcurrencyHelpers
import ZooKeeperProtocol

/// Where the tasks that use a client and the event loop that owns its session meet.
///
/// Tasks leave messages, and the first one of a turn wakes the loop; the loop leaves results and states. Each side holds
/// the lock only to move values. A request's continuation is resumed exactly once: whoever takes it out of `waiting`
/// resumes it.
final class Mailbox: Sendable {
    typealias RequestID = ClientSession.RequestID
    typealias Reply = ClientSession.Reply
    private typealias Waiter = CheckedContinuation<Reply, any Error>

    enum Message {
        case request(RequestID, Request)
        case cancel(RequestID)
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
        var lastID: RequestID = 0
        var messages: [Message] = []
        var waiting: [RequestID: Waiter] = [:]
        /// Requests whose task was cancelled before it came to ask.
        var cancelledEarly: Set<RequestID> = []
        var status = Status()
        var lastSubscriber = 0
        var stateSubscribers: [Int: AsyncStream<SessionState>.Continuation] = [:]
        var eventSubscribers: [Int: AsyncStream<WatchEvent>.Continuation] = [:]
        var wake: (@Sendable () -> Void)?

        var orderedStateSubscribers: [AsyncStream<SessionState>.Continuation] {
            stateSubscribers.sorted { $0.key < $1.key }.map(\.value)
        }

        /// Takes back the requests that the loop has not seen.
        mutating func takeRequests() -> [Waiter] {
            let waiters = messages.compactMap { message -> Waiter? in
                guard case .request(let id, _) = message else { return nil }
                return waiting.removeValue(forKey: id)
            }
            messages.removeAll()
            return waiters
        }
    }

    private let contents = NIOLockedValueBox(Contents())
    private let observer: (@Sendable (ClientNotification) -> Void)?

    init(observer: (@Sendable (ClientNotification) -> Void)? = nil) {
        self.observer = observer
    }

    var status: Status { contents.withLockedValue { $0.status } }

    // MARK: For tasks

    /// Hands a request to the session and waits for its answer; a cancelled task stops waiting at once.
    func perform(_ request: Request) async throws -> Reply {
        let id = contents.withLockedValue { contents in
            contents.lastID += 1
            return contents.lastID
        }
        defer { _ = contents.withLockedValue { $0.cancelledEarly.remove(id) } }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { submit(request, id: id, waiter: $0) }
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

    private func submit(_ request: Request, id: RequestID, waiter: CheckedContinuation<Reply, any Error>) {
        let submission = contents.withLockedValue { contents -> Submission in
            if contents.cancelledEarly.contains(id) { return .refused(CancellationError()) }
            if contents.status.state.isFinal {
                return .refused(ClientSession.failure(in: contents.status.state))
            }
            contents.waiting[id] = waiter
            contents.messages.append(.request(id, request))
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
            if contents.status.state.isFinal { continuation.finish() }
            contents.lastSubscriber += 1
            contents.stateSubscribers[contents.lastSubscriber] = continuation
            return contents.lastSubscriber
        }
        continuation.onTermination = { [weak self] _ in
            self?.contents.withLockedValue { _ = $0.stateSubscribers.removeValue(forKey: subscriber) }
        }
        return stream
    }

    /// Every watch event from now on. Ends with the session.
    func events() -> AsyncStream<WatchEvent> {
        let (stream, continuation) = AsyncStream.makeStream(of: WatchEvent.self)
        let subscriber = contents.withLockedValue { contents -> Int in
            if contents.status.state.isFinal { continuation.finish() }
            contents.lastSubscriber += 1
            contents.eventSubscribers[contents.lastSubscriber] = continuation
            return contents.lastSubscriber
        }
        continuation.onTermination = { [weak self] _ in
            self?.contents.withLockedValue { _ = $0.eventSubscribers.removeValue(forKey: subscriber) }
        }
        return stream
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

    func resume(_ id: RequestID, with result: Result<Reply, ClientSession.Failure>) {
        let waiter = contents.withLockedValue { $0.waiting.removeValue(forKey: id) }
        waiter?.resume(with: result.mapError { $0 as any Error })
    }

    func publish(_ status: Status) {
        let (changed, subscribers, abandoned) = contents.withLockedValue { contents in
            let changed = contents.status.state != status.state
            contents.status = status
            // A request may have come in behind the messages that the loop took last.
            let abandoned = status.state.isFinal ? contents.takeRequests() : []
            return (changed, changed ? contents.orderedStateSubscribers : [], abandoned)
        }
        if changed { observer?(.state(status.state)) }
        for subscriber in subscribers {
            subscriber.yield(status.state)
            if status.state.isFinal { subscriber.finish() }
        }
        for waiter in abandoned { waiter.resume(throwing: ClientSession.failure(in: status.state)) }
        if status.state.isFinal { finishEvents() }
    }

    func publish(_ event: WatchEvent) {
        observer?(.event(event))
        let subscribers = contents.withLockedValue { $0.eventSubscribers.sorted { $0.key < $1.key }.map(\.value) }
        for subscriber in subscribers { subscriber.yield(event) }
    }

    private func finishEvents() {
        let subscribers = contents.withLockedValue { $0.eventSubscribers.map(\.value) }
        for subscriber in subscribers { subscriber.finish() }
    }
}
