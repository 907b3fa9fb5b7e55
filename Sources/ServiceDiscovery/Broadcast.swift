import Synchronization

/// A value that changes, and who waits for that. Each listener sees every value.
final class Broadcast<Value: Sendable>: Sendable {
    private struct State {
        var current: Value
        var listeners: [Int: AsyncStream<Value>.Continuation] = [:]
        var lastListener = 0
        var isFinished = false
    }

    private let state: Mutex<State>
    private let buffered: Int

    /// - Parameter buffered: How many values wait for a slow listener; the oldest give way.
    init(_ value: Value, buffered: Int = 64) {
        state = Mutex(State(current: value))
        self.buffered = buffered
    }

    var current: Value { state.withLock { $0.current } }

    func send(_ value: Value) {
        state.withLock { state in
            state.current = value
            for listener in state.listeners.values { listener.yield(value) }
        }
    }

    /// Sends the value there is once more, if `condition` holds: what belongs to it has changed.
    func repeatCurrent(if condition: (Value) -> Bool) {
        state.withLock { state in
            guard condition(state.current) else { return }
            for listener in state.listeners.values { listener.yield(state.current) }
        }
    }

    func finish() {
        let listeners = state.withLock { state in
            state.isFinished = true
            defer { state.listeners = [:] }
            return Array(state.listeners.values)
        }
        for listener in listeners { listener.finish() }
    }

    func all() -> AsyncStream<Value> {
        let (stream, continuation) = AsyncStream<Value>.makeStream(bufferingPolicy: .bufferingNewest(buffered))
        state.withLock { state in
            continuation.yield(state.current)
            if state.isFinished { return continuation.finish() }
            state.lastListener += 1
            let listener = state.lastListener
            state.listeners[listener] = continuation
            continuation.onTermination = { [weak self] _ in
                _ = self?.state.withLock { $0.listeners.removeValue(forKey: listener) }
            }
        }
        return stream
    }
}
