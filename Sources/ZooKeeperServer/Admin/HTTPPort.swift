import NIOCore
import NIOPosix

/// A port with pages to read: the admin server's, or that of the metrics. Its pages are made on the loop that serves the clients, so
/// there is a limit to what readers may ask of it: some connections, one request of each at a time, and a fifth of the loop's time.
final class HTTPPort {
    /// When the next page may be made; one for all ports of a server.
    final class Pace {
        private(set) var next = NIODeadline.uptimeNanoseconds(0)

        /// A page was made: four times as long as that took, the loop belongs to the clients.
        func made(from start: NIODeadline, to end: NIODeadline) { next = end + (end - start) * 4 }
    }

    let answer: (String) -> HTTPAnswer
    /// How long a connection may go without an answer; nil: for ever.
    let idleTime: TimeAmount?
    let pace: Pace
    private let capacity: Int
    private var connections: [HTTPConnection] = []

    /// - Parameters:
    ///   - capacity: how many connections there may be.
    ///   - answer: from the path with its query.
    init(capacity: Int, idleTime: TimeAmount?, pace: Pace, answer: @escaping (String) -> HTTPAnswer) {
        self.capacity = capacity
        self.idleTime = idleTime
        self.pace = pace
        self.answer = answer
    }

    /// One more: when there are too many, the one that has gone without an answer for the longest is closed.
    func opened(_ connection: HTTPConnection) {
        if connections.count >= capacity, let oldest = connections.min(by: { $0.lastProgress < $1.lastProgress }) {
            closed(oldest)
            oldest.close()
        }
        connections.append(connection)
    }

    func closed(_ connection: HTTPConnection) { connections.removeAll { $0 === connection } }
}
