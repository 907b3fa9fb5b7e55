import NIOConcurrencyHelpers
import NIOCore

/// The names of addresses that were looked up lately.
///
/// A server with a smaller id dials only to be called back, and hangs up as soon as it has said who it is: its connection may be gone
/// before the DNS has answered. Its next try finds the answer here, and is heard.
final class HostNames: Sendable {
    /// How long an answer is good for.
    static let lifetime = TimeAmount.seconds(60)
    /// Anybody can connect from many addresses: beyond this many everything is forgotten.
    static let limit = 256

    private struct Answer {
        /// Nil: the address has no name.
        var name: String?
        var until: NIODeadline
    }

    private let answers = NIOLockedValueBox<[String: Answer]>([:])

    /// The name of an address in figures; nil when it was not looked up lately, `.some(nil)` when it has none.
    func known(_ address: String, now: NIODeadline = .now()) -> String?? {
        answers.withLockedValue { answers in
            guard let answer = answers[address], now < answer.until else { return nil }
            return .some(answer.name)
        }
    }

    func keep(_ name: String?, of address: String, now: NIODeadline = .now()) {
        answers.withLockedValue { answers in
            if answers.count >= Self.limit { answers.removeAll() }
            answers[address] = Answer(name: name, until: now + Self.lifetime)
        }
    }
}
