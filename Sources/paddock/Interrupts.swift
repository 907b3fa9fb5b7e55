import Dispatch
import Glibc

/// Ctrl-C and SIGTERM while a command works: the first cancels the work, which then stops cleanly; the second ends
/// the program at once.
enum Interrupts {
    /// The work was cancelled by a signal.
    struct Interrupted: Error {}

    static func cancelling<Result: Sendable>(_ body: @escaping @Sendable () async throws -> Result) async throws
        -> Result
    {
        let work = Task { try await body() }
        let sources = [SIGINT, SIGTERM, SIGHUP].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { @Sendable in
                if work.isCancelled { _exit(ExitStatus.interrupted.rawValue) }
                work.cancel()
            }
            source.activate()
            return source
        }
        defer { sources.forEach { $0.cancel() } }
        do {
            return try await work.value
        } catch  where work.isCancelled {
            throw Interrupted()
        }
    }
}
