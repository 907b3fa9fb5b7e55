import DequeModule
import NIOConcurrencyHelpers
import ZooKeeperProtocol

/// What a watcher was told and has not yet taken. Bounded: one that is slow loses what waits and is told to read again.
struct ChangeBuffer {
    let limit: Int
    /// Whether the watch is in place. What is told before that is due to other watches of the same path.
    private var isOpen: Bool
    private var waiting = Deque<ZNodeChange>()

    /// - Parameter isOpen: Whether no `readAgain` comes first.
    init(limit: Int, isOpen: Bool = false) {
        self.limit = max(limit, 1)
        self.isOpen = isOpen
    }

    var first: ZNodeChange? { waiting.first }

    mutating func append(_ change: ZNodeChange) {
        switch change {
        case .event where !isOpen: break
        case .event where waiting.count < limit: waiting.append(change)
        case .event, .readAgain:
            // What is read after it comprises everything that waits.
            isOpen = true
            waiting.removeAll()
            waiting.append(.readAgain)
        }
    }

    mutating func popFirst() -> ZNodeChange? { waiting.popFirst() }
}

/// Where the event loop leaves what a watcher is told, and tasks wait for it.
final class WatchInbox: Sendable {
    private typealias Waiter = CheckedContinuation<Void, any Error>

    private struct Contents {
        var buffer: ChangeBuffer
        var end: ClientSession.Failure?
        var lastWaiter = 0
        var waiters: [Int: Waiter] = [:]
        /// Waiters whose task was cancelled before they came to wait.
        var cancelledEarly: Set<Int> = []
    }

    private let contents: NIOLockedValueBox<Contents>

    /// For the watch of a read; otherwise for one of addWatch.
    let firesOnce: Bool

    static func once() -> WatchInbox { WatchInbox(firesOnce: true, limit: 1) }
    static func lasting(limit: Int) -> WatchInbox { WatchInbox(firesOnce: false, limit: limit) }

    private init(firesOnce: Bool, limit: Int) {
        self.firesOnce = firesOnce
        contents = NIOLockedValueBox(Contents(buffer: ChangeBuffer(limit: limit, isOpen: firesOnce)))
    }

    func append(_ change: ZNodeChange) {
        resume { $0.buffer.append(change) }
    }

    func end(_ failure: ClientSession.Failure) {
        resume { $0.end = $0.end ?? failure }
    }

    /// The first change, which goes away with `consuming`; waits for one. What was told before the end comes before it.
    func next(consuming: Bool) async throws -> ZNodeChange {
        while true {
            let result = contents.withLockedValue { contents -> Result<ZNodeChange, any Error>? in
                if let change = consuming ? contents.buffer.popFirst() : contents.buffer.first {
                    return .success(change)
                }
                return contents.end.map { .failure($0) }
            }
            if let result { return try result.get() }
            try await wait()
        }
    }

    private func resume(_ change: (inout Contents) -> Void) {
        let waiters = contents.withLockedValue { contents -> [Int: Waiter] in
            change(&contents)
            defer { contents.waiters.removeAll() }
            return contents.waiters
        }
        for waiter in waiters.values { waiter.resume() }
    }

    /// Until something has changed.
    private func wait() async throws {
        let id = contents.withLockedValue { contents in
            contents.lastWaiter += 1
            return contents.lastWaiter
        }
        defer { _ = contents.withLockedValue { $0.cancelledEarly.remove(id) } }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (waiter: Waiter) in
                let outcome = contents.withLockedValue { contents -> Result<Void, any Error>? in
                    if contents.cancelledEarly.contains(id) { return .failure(CancellationError()) }
                    if contents.buffer.first != nil || contents.end != nil { return .success(()) }
                    contents.waiters[id] = waiter
                    return nil
                }
                if let outcome { waiter.resume(with: outcome) }
            }
        } onCancel: {
            let waiter = contents.withLockedValue { contents -> Waiter? in
                if let waiter = contents.waiters.removeValue(forKey: id) { return waiter }
                contents.cancelledEarly.insert(id)
                return nil
            }
            waiter?.resume(throwing: CancellationError())
        }
    }
}
