import DataTree
import Jute
import Membership
import Quorum
import ZooKeeperProtocol

/// A member of an ensemble: writes are committed by a `Quorum`. Its effects that concern clients and the tree go to
/// the pipeline here; those that concern the network and the disk go on to the shell as `Effect.quorum`.
package final class QuorumReplication: Replication {
    package private(set) var quorum: Quorum
    package private(set) var reign = ReignHistory()
    package private(set) var metrics = QuorumMetrics()
    package private(set) var touchRound: Int64 = 0
    package var now: Int64 = 0
    /// 255, or 254 with `extendedTypesEnabled`.
    private let largestID: ServerID
    private var foundDifference = false
    /// Learner: for how many of the next txns the tree has been looked through already, as far as they were known.
    private var foreseen = 0
    /// How many behind one that is applied: those that are committed soon.
    private static let foresight = 15

    package init(_ quorum: Quorum, largestID: ServerID = 255) {
        self.quorum = quorum
        self.largestID = largestID
    }

    // MARK: Inputs of the shell

    /// Something happened to the network, or an effect is answered.
    package func step(_ input: Quorum.Input) { quorum.step(input, now: now) }

    package func start(_ pipeline: inout RequestPipeline) {
        let configuration = quorum.membership.committed
        pipeline.configuration = (Array(configuration.text.utf8), configuration.version)
        pipeline.showConfiguration()
    }

    package func stored(
        _ ticket: UInt64, _ forEachTxn: ((UnsafeRawBufferPointer) -> Void) -> Void, _ pipeline: inout RequestPipeline
    ) { step(.durable(WriteTicket(rawValue: ticket))) }

    package func tick() { step(.tick) }
    package var nextDeadline: Int64 { quorum.nextDeadline }

    package func shutDown(_ pipeline: inout RequestPipeline) {
        if case .stopped = quorum.status { pipeline.effects.append(.stopped) } else { step(.shutDown) }
    }

    package func resetStatistics() { metrics = QuorumMetrics() }

    // MARK: What the pipeline asks for

    package var nextZXID: ZXID? { quorum.nextZXID }

    package func propose(_ zxid: ZXID, _ entry: borrowing JuteWriter) {
        reign.proposed(bytes: entry.count, &metrics)
        step(.propose(Transaction(zxid: zxid, bytes: entry.bytes)))
    }

    package func forward(_ operation: ForwardedRequest, authInfo: [AuthID]?) {
        step(.request(Quorum.Request(operation, authInfo: authInfo)))
    }

    package func revalidate(_ session: SessionID, timeout: Int32) { step(.revalidate(session, timeout: timeout)) }

    package func touch(_ session: SessionID, timeout: Int32) { step(.touch(session, timeout: timeout)) }

    package func askForTouches() { step(.askForTouches) }

    package func judge(reconfig body: UnsafeRawBufferPointer) -> ReconfigVerdict? {
        var reader = JuteReader(body, maxFieldLength: body.count)
        guard let request = try? ReconfigRequest(from: &reader) else {
            return ReconfigVerdict(.failure(Refusal(code: .marshallingError)))
        }
        switch quorum.reconfiguration(request) {
        case .accepted(let next):
            return ReconfigVerdict(
                .success(Array(next.text.utf8)),
                objection: quorum.membership.committed.objection(to: next, largestID: largestID))
        case .refused(let code): return ReconfigVerdict(.failure(Refusal(code: code)))
        }
    }

    package func dataDiffers() { foundDifference = true }

    // MARK: Effects

    package func nextEffect(_ pipeline: inout RequestPipeline) -> RequestPipeline.Effect? {
        while true {
            while let effect = quorum.nextEffect() {
                if let outside = carryOut(effect, &pipeline) { return outside }
                // What it led to is done before the next.
                if let effect = pipeline.effects.popFirst() { return effect }
            }
            // Not in the middle of a txn's way; and another tree may have come meanwhile.
            guard foundDifference else { return nil }
            foundDifference = false
            if pipeline.tree.digestMismatches > 0 { step(.dataDiffers) }
        }
    }

    /// What is left for the shell to do.
    private func carryOut(
        _ effect: consuming Quorum.Effect, _ pipeline: inout RequestPipeline
    ) -> RequestPipeline.Effect? {
        switch effect {
        case .apply(let transaction):
            if foreseen == 0, pipeline.service == .learning {
                pipeline.foresee(transaction, quorum.uncommitted(first: Self.foresight))
                foreseen = 1 + Self.foresight
            }
            foreseen = max(0, foreseen - 1)
            transaction.bytes.withUnsafeBytes { pipeline.commit($0) }
        case .prepare(let request, let origin):
            let owner: SessionOwner =
                switch origin {
                case .ownClient: .local
                case .learner(let link): SessionOwner(rawValue: Int64(link.rawValue))
                }
            pipeline.decide(request.operation, authInfo: request.authInfo ?? [], owner: owner)
        case .synced:
            pipeline.synced()
        case .revalidate(let session, let timeout, let link):
            let isValid = pipeline.claim(
                session, timeout: timeout, owner: SessionOwner(rawValue: Int64(link.rawValue)))
            step(.revalidated(session, isValid: isValid, for: link))
        case .revalidated(let session, let isValid):
            pipeline.revalidated(session, isValid: isValid)
        case .touched(let sessions):
            for touch in sessions { pipeline.touched(touch.session, timeLeft: touch.timeout) }
        case .become(let status):
            become(status, &pipeline)
            return .quorum(effect)
        case .activate(let configuration):
            pipeline.configure(configuration.text, version: configuration.version)
            return .quorum(effect)
        case .send(let packet, let link):
            guard packet.type == .ping else { return .quorum(effect) }
            touchRound += 1
            guard let touches = packet.touches, !touches.isEmpty else { return .quorum(effect) }
            return .quorum(.send(.pong(packet.zxid, pipeline.endTouchRound(touches)), to: link))
        case .notify, .connect, .broadcast, .sendSnapshot, .close, .write, .readLog, .reload, .restore:
            return .quorum(effect)
        }
        return nil
    }

    private func become(_ status: Quorum.Status, _ pipeline: inout RequestPipeline) {
        reign.became(status, now: now, &metrics)
        switch status {
        case .looking:
            pipeline.stopServing()
            pipeline.awaitLeader()
        case .preparingToLead:
            pipeline.endReadOnly()
            pipeline.removeOrphanedEphemerals()
        case .joining:
            pipeline.endReadOnly()
        case .leading(let epoch):
            pipeline.serve(.leading, epochStart: ZXID(epoch: epoch, counter: 0))
        case .following(_, let epoch), .observing(_, let epoch):
            pipeline.serve(.learning, epochStart: ZXID(epoch: epoch, counter: 0))
        case .stopped:
            pipeline.stopServing()
            pipeline.effects.append(.stopped)
        }
    }
}
