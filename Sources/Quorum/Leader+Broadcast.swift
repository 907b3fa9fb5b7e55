import Diagnostics
import Membership
import ZooKeeperProtocol

/// Broadcast: what a leader that serves does with inputs and packets (reference 8.9 to 8.13), by means of `Broadcast`.
extension Leader {
    mutating func propose(_ transaction: Transaction, _ server: inout Server) {
        guard let zxid = nextZXID(server) else { return }
        invariant(transaction.zxid == zxid, "server \(server.id): proposes \(transaction.zxid), the next is \(zxid)")
        whileServing { $0.propose(transaction, &$1, &server) }
        acknowledge(.ownAck(zxid), &server)
    }

    /// The ACK of a server that is in no configuration is kept too: a reconfig may make it a voter while the proposal
    /// is outstanding. A quorum counts its voters only.
    mutating func countAck(of zxid: ZXID, from sender: LearnerPeer.Identity, _ server: inout Server) {
        if sender.isObserver, server.rules.onlyVotersCount { return }
        whileServing { $0.countAck(of: zxid, from: sender.server, &$1, &server) }
    }

    mutating func request(_ request: Quorum.Request, from origin: Quorum.Origin, _ server: inout Server) {
        whileServing { $0.request(request, from: origin, $1, &server) }
    }

    mutating func request(_ packet: QuorumPacket, from connection: LinkID, _ server: inout Server) -> Bool {
        guard learners[connection]?.isServing == true, let forwarded = packet.request else { return false }
        request(forwarded, from: .learner(connection), &server)
        return true
    }

    func revalidate(_ packet: QuorumPacket, from connection: LinkID, _ server: inout Server) -> Bool {
        guard learners[connection]?.isServing == true, let asked = packet.revalidationRequest else { return false }
        server.effects.append(.revalidate(asked.session, timeout: asked.timeout, for: connection))
        return true
    }

    func revalidated(_ session: SessionID, isValid: Bool, for connection: LinkID, _ server: inout Server) {
        guard learners[connection] != nil else { return }
        server.effects.append(.send(.revalidated(session, isValid: isValid), to: connection))
    }

    /// A learner's answer to PING: the sessions that it has heard.
    func ping(_ packet: QuorumPacket, _ server: inout Server) -> Bool {
        guard let touches = packet.touches else { return false }
        if !touches.isEmpty { server.effects.append(.touched(touches)) }
        return true
    }

    /// A PING that is not due by the clock: its answers tell.
    mutating func askForTouches(_ server: inout Server) { whileServing { $0.sendPings($1, &server) } }

    mutating func heartbeat(_ server: inout Server) {
        let isQuorumDue = whileServing { $0.ping($1, &server) }
        guard isQuorumDue == true, server.rules.leadingNeedsQuorum else { return }
        // A leader cut off from its quorum must not go on as if it led (reference 8.10).
        var here: ServerSet = [server.id]
        for learner in learners where learner.subscription != nil {
            if let identity = learner.identity, identity.hasVote(in: server) { here.insert(identity.server) }
        }
        if !server.isQuorum(here) { server.leave(.quorumLost(stillHere: here)) }
    }
}

/// What goes to many learners.
extension LearnerPeers {
    mutating func sendProposal(_ transaction: Transaction, _ server: inout Server) {
        guard !followers.isEmpty else { return }
        server.effects.append(.broadcast(.proposal(transaction), to: followers))
        noteProposal(transaction.zxid, now: server.now)
    }

    /// The commit to followers, behind UPTODATE to those that have not had that; `inform` to observers.
    mutating func sendCommit(
        _ commit: QuorumPacket, inform: @autoclosure () -> QuorumPacket, _ server: inout Server
    ) {
        if !servingFollowers.isEmpty { server.effects.append(.broadcast(commit, to: servingFollowers)) }
        if servingFollowers.count < followers.count { holdBack(commit) }
        if !observers.isEmpty { server.effects.append(.broadcast(inform(), to: observers)) }
    }

    func sendSync(to origin: Quorum.Origin, _ server: inout Server) {
        switch origin {
        case .ownClient:
            server.effects.append(.synced)
        case .learner(let connection):
            if self[connection] != nil { server.effects.append(.send(.sync, to: connection)) }
        }
    }
}
