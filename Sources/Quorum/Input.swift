import ZooKeeperProtocol

/// One connection on a quorum port, numbered by the shell; numbers are not used again while the process lives.
package struct LinkID: RawRepresentable, Hashable, Comparable, Sendable {
    package var rawValue: UInt64

    package init(rawValue: UInt64) { self.rawValue = rawValue }

    package static func < (left: LinkID, right: LinkID) -> Bool { left.rawValue < right.rawValue }
}

/// Number of a write handed to the disk, counted from 1. The disk does writes in this order.
package struct WriteTicket: RawRepresentable, Hashable, Comparable, Sendable {
    package var rawValue: UInt64

    package init(rawValue: UInt64) { self.rawValue = rawValue }

    package static func < (left: WriteTicket, right: WriteTicket) -> Bool { left.rawValue < right.rawValue }
}

extension Quorum {
    /// What happened to this server. The shell passes these to `Quorum.step` in the order they happened.
    package enum Input: Sendable {
        /// The first one: look for a leader.
        case start
        /// The time `Quorum.nextDeadline` named has come. Harmless at any other time.
        case tick

        /// A notification arrived on the election port.
        case notification(Notification, from: ServerID)
        /// The election connection to a server broke or could not be made: its vote is not waited for until it is heard
        /// again.
        case unreachable(ServerID)

        /// The connection asked for by `Effect.connect` stands.
        case connected(LinkID, to: ServerID)
        /// It could not be made.
        case connectFailed(to: ServerID)
        /// A connection came to this server's quorum port.
        case accepted(LinkID)
        case packet(QuorumPacket, from: LinkID)
        /// The stream behind a SNAP packet arrived whole and checked; the shell holds it until `Effect.restore`.
        case snapshotArrived(on: LinkID)
        /// The connection is gone; whatever it had sent was passed on before.
        case disconnected(LinkID)

        /// Every write up to this ticket is on disk, synced.
        case durable(WriteTicket)
        /// What `Effect.readLog` asked for: the txns from the last one at or below the zxid asked for, in order; nil
        /// when the log does not reach back so far or would be too much to send.
        case logRead([Transaction]?, for: LinkID)

        /// A write or sync of one of this server's clients; goes to the leader.
        case request(Request)
        /// The txn a leader's shell made of the request of `Effect.prepare`, with the zxid of `Quorum.nextZXID`.
        case propose(Transaction)
        /// A client of this server wants its session back: ask the leader.
        case revalidate(SessionID, timeout: Int32)
        /// A leader's answer to `Effect.revalidate`.
        case revalidated(SessionID, isValid: Bool, for: LinkID)
        /// A session of one of this server's clients was heard; the next PING's answer tells the leader.
        case touch(SessionID, timeout: Int32)

        /// A leader wants to know which sessions its learners have heard, before the next PING is due.
        case askForTouches

        /// The tree was found to differ from the digests of its txns. Until a leader's whole tree takes its place, this
        /// server stands for election only if no other voter can.
        case dataDiffers

        /// Stop: a leader first commits what is outstanding, then all connections are closed.
        case shutDown

        /// Whether it answers an effect (or is a txn that the leader's shell makes for its own clients), and so comes
        /// before inputs that wait.
        var answersEffect: Bool {
            switch self {
            case .propose, .revalidated: true
            case .start, .tick, .notification, .unreachable, .connected, .connectFailed, .accepted, .packet,
                .snapshotArrived, .disconnected, .durable, .logRead, .request, .revalidate, .touch, .askForTouches,
                .dataDiffers,
                .shutDown:
                false
            }
        }
    }

    /// Where a request came from, and so where its answer goes.
    package enum Origin: Hashable, Sendable {
        case ownClient
        case learner(LinkID)
    }

    /// A client's write or sync, or a change of a session, on its way to the leader.
    package struct Request: Hashable, Sendable {
        package var operation: ForwardedRequest
        /// The client's identities. Never nil for a client's own operation: an Apache leader refuses those without.
        package var authInfo: [AuthID]?

        package init(_ operation: ForwardedRequest, authInfo: [AuthID]?) {
            self.operation = operation
            self.authInfo = authInfo
        }
    }
}
