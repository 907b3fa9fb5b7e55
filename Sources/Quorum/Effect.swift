import Membership
import ZooKeeperProtocol

extension Quorum {
    /// What the shell has to do, in the order given. It decides nothing: the core holds back what must wait for the
    /// disk.
    package enum Effect: Sendable {
        // MARK: Other servers

        /// Send to the election port of `to`, connecting if need be. Only the newest matters to a peer that is slow.
        case notify(Notification, to: ServerID)
        /// Open a connection to the quorum port of `ServerID`; answer with `connected` or `connectFailed`.
        case connect(to: ServerID)
        case send(QuorumPacket, to: LinkID)
        /// The same packet to several.
        case broadcast(QuorumPacket, to: [LinkID])
        /// SNAP with this zxid, then the tree as it is now; what is sent later on the connection waits behind it.
        case sendSnapshot(ZXID, to: LinkID)
        /// Flush and close. No `disconnected` is expected for it.
        case close(LinkID, because: CloseReason)

        // MARK: The disk

        /// Do these in order; report with `durable`, which may stand for several (group commit).
        case write(Write, WriteTicket)
        /// Read the log from the last txn at or below `from`; answer with `logRead`.
        case readLog(from: ZXID, for: LinkID)

        // MARK: The tree

        /// Commit: apply to the tree, answer the client that asked for it, fire watches.
        case apply(Transaction)
        /// After the writes so far are done, load the tree anew from the disk: txns above `ZXID` have been cut off.
        case reload(upTo: ZXID)
        /// Replace the tree by the stream that arrived on the connection; it stands at `ZXID`.
        case restore(from: LinkID, at: ZXID)

        // MARK: The configuration

        /// This configuration is in force from now on (only with `reconfigEnabled`). Show its text in /zookeeper/config
        /// unless a txn has just brought it there, reach the other servers at its addresses, and listen to clients
        /// where this server's own line says. Its files are `Write.configuration`, which comes before.
        case activate(EnsembleConfiguration)

        // MARK: Clients

        /// Leader: make a txn of this with `Quorum.nextZXID` and `propose` it before anything else.
        case prepare(Request, from: Origin)
        /// The oldest waiting `sync` of this server's clients is done.
        case synced
        /// Leader: is this session tracked? It then belongs to that learner. Answer with `revalidated`.
        case revalidate(SessionID, timeout: Int32, for: LinkID)
        /// The answer to the oldest `Input.revalidate` of this session.
        case revalidated(SessionID, isValid: Bool)
        /// Leader: these sessions live, says a learner.
        case touched([SessionTimeout])

        /// The role changed. Entering `.looking` and `.stopped`: stop serving and close the clients.
        case become(Status)
    }

    package enum Write: Hashable, Sendable {
        /// Add to the end of the log.
        case append(Transaction)
        /// Cut the log after the last txn at or below this; forget snapshots above it.
        case truncate(to: ZXID)
        /// Make the stream that arrived on the connection the only snapshot; the log begins anew behind it.
        case snapshot(from: LinkID, at: ZXID)
        case acceptedEpoch(Epoch)
        case currentEpoch(Epoch)
        /// The last proposed configuration, with its version: keep it as `<zoo.cfg>.dynamic.next`; nil: remove that
        /// file. Its new servers may call from now on, and may have to be called (`Quorum.membership`).
        case proposedConfiguration(EnsembleConfiguration?)
        /// The configuration in force: write `<zoo.cfg>.dynamic.<version>`, point zoo.cfg there (reference 5.6), remove
        /// `<zoo.cfg>.dynamic.next` if its version is not above this one.
        case configuration(EnsembleConfiguration)
    }

    /// What a server is doing, as `srvr` and `mntr` show it.
    package enum Status: Hashable, Sendable {
        case looking(Departure)
        /// Elected; not serving before its quorum is.
        case preparingToLead
        case leading(Epoch)
        case joining(ServerID)
        case following(ServerID, Epoch)
        case observing(ServerID, Epoch)
        case stopped
    }

    /// A learner that has told its leader who it is.
    package struct LearnerStatus: Hashable, Sendable {
        package let id: ServerID
        package let connection: LinkID
        package let isObserver: Bool
        /// It has the leader's history and hears what follows.
        package let isSynced: Bool
    }

    /// Why a server looks for a leader.
    package enum Departure: Hashable, Sendable {
        case started
        // As a learner.
        case leaderUnreachable(ServerID)
        case leaderSilent(ServerID, for: Milliseconds)
        case connectionLost(ServerID)
        case epochTooLow(Epoch, accepted: Epoch)
        case unexpected(PacketType, from: ServerID)
        /// There is only a snapshot above it; the next leader is asked for a whole tree.
        case cannotTruncate(to: ZXID)
        /// The leader itself has begun to look for a leader.
        case leaderLooks(ServerID)
        // As a leader.
        /// No quorum has joined yet, and a voter that the election did not wait for has a better candidate.
        case betterVote(ServerID, from: ServerID)
        case noQuorumInTime(LeaderProgress)
        case quorumLost(stillHere: ServerSet)
        /// A member has promised this epoch: it can join in a later one only.
        case higherEpochPromised(Epoch, by: ServerID)
        /// A voter had promised this leader's epoch before, so its promise does not count.
        case epochPromisedBefore(Epoch, by: ServerID)
        case zxidsExhausted(Epoch)
        // As either.
        /// A reconfig changed this server's role, or the leader; the next role may follow at once.
        case configurationChanged
        case shutDown
    }

    /// How far a new leader came.
    package enum LeaderProgress: Hashable, Sendable {
        case awaitingLearners
        case awaitingPromises(Epoch)
        case awaitingNewLeaderAcks(Epoch)
    }

    /// Why a connection on the quorum port was closed. Logged by the shell.
    package enum CloseReason: Hashable, Sendable {
        case notLeading
        case notExpected(PacketType)
        /// It is in no configuration (`QuorumOptions.membersOnly`).
        case noMember(ServerID)
        case newerConfiguration
        case aheadOfLeader(epoch: Epoch, zxid: ZXID)
        case replacedByNewerConnection
        case silent(for: Milliseconds)
        case slowToAcknowledge(ZXID)
        case epochTooLow(Epoch)
        case malformed
        case roleEnded
    }
}
