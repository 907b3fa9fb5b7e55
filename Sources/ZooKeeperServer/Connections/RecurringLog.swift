import Logging
import NIOConcurrencyHelpers

/// Warnings that anybody can cause as often as they like. Each kind is written once a second at most, with how many were left out,
/// so that a log is no way to fill a disk.
final class RecurringLog: Sendable {
    private let logger: Logger
    /// Few: their names are made of what this server is, not of what others send.
    private let kinds = NIOLockedValueBox<[String: Pacer]>([:])

    init(_ logger: Logger) { self.logger = logger }

    func warn(_ kind: String, _ message: @autoclosure () -> String, metadata: @autoclosure () -> Logger.Metadata = [:])
    {
        let now = Clock.monotonic
        guard let omitted = kinds.withLockedValue({ $0[kind, default: Pacer()].admit(now: now) }) else { return }
        let more = omitted == 0 ? "" : " (and \(omitted) more of this kind since the last such line)"
        logger.warning("\(message())\(more)", metadata: metadata())
    }

    func debug(_ message: @autoclosure () -> String, metadata: @autoclosure () -> Logger.Metadata) {
        logger.debug("\(message())", metadata: metadata())
    }

    /// Lets one pass each second.
    struct Pacer {
        private var next = Int64.min
        private var omitted = 0

        /// - Parameter now: milliseconds.
        /// - Returns: how many were held back since the last that passed; nil when this one is held back, too.
        mutating func admit(now: Int64) -> Int? {
            guard now >= next else {
                omitted += 1
                return nil
            }
            next = now + 1000
            defer { omitted = 0 }
            return omitted
        }
    }
}
