import Dispatch
import Glibc
import Synchronization

/// Signals that are another process's as much as ours.
final class PassedSignals: Sendable {
    private let sources: Mutex<[any DispatchSourceSignal]>

    /// - Parameters:
    ///   - isShared: Another process of ours has them from the terminal, if they come from there.
    ///   - pass: Called for each, one after the other.
    init(isShared: Bool, _ pass: @escaping @Sendable (Int32) async -> Void) {
        let (stream, continuation) = AsyncStream<Int32>.makeStream()
        // At a terminal the kernel gives these to every process of the foreground.
        let isForeground = isShared && isatty(STDIN_FILENO) == 1 && tcgetpgrp(STDIN_FILENO) == getpgrp()
        let shared: Set<Int32> = isForeground ? [SIGINT, SIGQUIT, SIGWINCH] : []
        let numbers = [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH]
        sources = Mutex(
            numbers.map { number in
                Glibc.signal(number, SIG_IGN)
                let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
                source.setEventHandler { @Sendable in if !shared.contains(number) { continuation.yield(number) } }
                source.activate()
                return source
            })
        Task { for await number in stream { await pass(number) } }
    }

    func stop() {
        sources.withLock { sources in
            sources.forEach { $0.cancel() }
            sources = []
        }
    }
}
