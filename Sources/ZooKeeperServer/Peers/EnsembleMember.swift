import DataTree
import DurableFiles
import Jute
import Logging
import Membership
import NIOCore
import NIOPosix
import Quorum
import Storage
import ZooKeeperProtocol

/// This server's part in its ensemble: feeds the `Quorum` with what happens and carries out what it decides.
///
/// Lives on the server's event loop. Each input's effects are carried out before the next; those that wait for the disk come
/// back as inputs. What they send goes out once a turn of the loop.
final class EnsembleMember {
    unowned let core: ServerCore
    private(set) var settings: EnsembleSettings
    let logger: Logger
    private let loop: any EventLoop
    /// TLS for the quorum ports that are dialled.
    private let security: (any TransportSecurity)?
    private var quorum: Quorum
    private(set) var mesh: ElectionMesh!

    private var links: [LinkID: QuorumLink] = [:]
    private var lastLink: UInt64 = 0
    private var dirtyLinks: [QuorumLink] = []
    /// Accepted connections that have not said who they are.
    private var silent: Antechamber<QuorumLink>
    /// Rounds of PINGs answered: the leader is told once a round that a session lives.
    private(set) var touchRound: Int64 = 0

    private(set) var reign = ReignHistory()

    private var isCarryingOut = false
    private var timer: Scheduled<Void>?
    private var timerDue = Int64.max
    /// Counts the searches for a leader.
    private var searches = 0
    /// Called when the core has stopped.
    private var onStop: (() -> Void)?

    /// Connections to the quorum port that are put up with besides those of the members.
    private static let patience = 256

    /// - Parameter proposed: the text of a configuration that was under way when the server stopped.
    init(
        _ settings: EnsembleSettings, core: ServerCore, transport: PeerTransport, recovered: RecoveredState,
        proposed: String?, loop: any EventLoop
    ) {
        self.settings = settings
        self.core = core
        self.loop = loop
        logger = core.logger
        silent = Antechamber(capacity: core.descriptors.strangers)
        security = transport.dials
        quorum = Quorum(
            id: settings.id, configuration: settings.members,
            proposed: proposed.flatMap { EnsembleConfiguration(text: $0) }, options: settings.options,
            recovered: recovered)
        mesh = ElectionMesh(
            settings, security: transport.dials, loop: loop, logger: logger, warnings: core.warnings,
            capacity: core.descriptors.strangers,
            listener: ElectionMesh.Listener(
                heard: { [unowned self] in step(.notification($0, from: $1)) },
                unreachable: { [unowned self] in step(.unreachable($0)) },
                turnBegins: { [unowned self] in turnBegins() },
                turnEnded: { [unowned self] in turnEnded() }))
    }

    func start() {
        core.tree.setConfiguration(
            Array(settings.members.text.utf8), version: settings.members.version, now: Clock.wall)
        step(.start)
        core.flush()
    }

    /// Lets everybody go; a leader first commits what is under way.
    func shutDown(_ done: @escaping () -> Void) {
        if case .stopped = quorum.status { return done() }
        onStop = done
        step(.shutDown)
        core.flush()
    }

    // MARK: What the rest of the server sees

    var status: Quorum.Status { quorum.status }

    /// Leader: those that are connected.
    var learners: [Quorum.LearnerStatus] { quorum.learners }
    /// `host:port` of a learner's connection.
    func remote(of link: LinkID) -> String { links[link]?.remote ?? "" }

    /// The longest packet that is taken from a leader, and the longest record of its tree: what is in its log must be taken,
    /// though it be longer than a txn may be here.
    var leaderLimit: Int { max(core.settings.maxTxnLength, 64 << 20) }
    /// From a learner: a client's request, and its identities, for which Apache's servers have no limit.
    var learnerLimit: Int { max(core.settings.maxFrame * 4, 8 << 20) }

    // MARK: From clients

    /// Leader: the zxid of the next txn; nil when it may make none.
    var nextZXID: ZXID? { quorum.nextZXID }

    func propose(_ zxid: ZXID, _ entry: [UInt8]) {
        reign.proposed(bytes: entry.count, &core.metrics.quorum)
        step(.propose(Transaction(zxid: zxid, bytes: entry)))
    }

    /// Learner: hands a client's write, sync or session change to the leader.
    func forward(_ operation: ForwardedRequest, authInfo: [AuthID]?) {
        step(.request(Quorum.Request(operation, authInfo: authInfo)))
    }

    func revalidate(_ session: SessionID, timeout: Int32) { step(.revalidate(session, timeout: timeout)) }

    func touch(_ session: SessionID, timeout: Int32) { step(.touch(session, timeout: timeout)) }

    /// The disk has everything up to this ticket.
    func stored(_ ticket: UInt64) { step(.durable(WriteTicket(rawValue: ticket))) }

    /// The tree was found to differ, in the middle of a txn's way: the core hears of it in a turn of its own.
    func dataDiffers() {
        let bound = NIOLoopBound(self, eventLoop: loop)
        loop.execute {
            let member = bound.value
            // Another tree may have come meanwhile.
            guard member.core.tree.digestMismatches > 0 else { return }
            member.core.refreshClock()
            member.step(.dataDiffers)
            member.core.flush()
        }
    }

    // MARK: Links

    func makeLink(isDialled: Bool) -> QuorumLink {
        lastLink += 1
        return QuorumLink(self, number: lastLink, isDialled: isDialled)
    }

    /// A new connection to the quorum port, which has yet to say who it is.
    func accepted(_ link: QuorumLink, from address: SocketAddress?) {
        // Those that have said who they are, the core looks after.
        let hasRoom = links.count - silent.count < Self.patience + settings.members.servers.count
        let isPeer = mesh.callers.contains(address)
        switch hasRoom ? silent.enter(link, isPeer: isPeer, now: Clock.monotonic) : .refused {
        case .admitted: return take(link)
        case .admittedInsteadOf(let other):
            drop(other)
            take(link)
        case .refused: link.close()
        }
        mesh.callers.lookUp()
        core.warnings.warn(
            "quorum port is full",
            "\(silent.count) connections to the quorum port have not said who they are, of \(links.count) in all: the oldest is closed, or the newest when it does not call from the address of a member"
        )
    }

    private func take(_ link: QuorumLink) {
        links[link.id] = link
        step(.accepted(link.id))
    }

    /// A connection to the quorum port has sent its first packet.
    func greeted(_ link: QuorumLink) { silent.leave(link) }

    /// Milliseconds that a connection to a port for servers may take to say who it is. A server does so in its first packet.
    private var greetingTime: Int64 { 5000 + Int64(core.settings.quorumTLS?.tls.handshakeTimeout ?? 0) }

    /// Closes the connections to both ports for servers that have said nothing for too long.
    func closeSilent() {
        let since = core.now - greetingTime
        mesh.closeSilent(since: since)
        for link in silent.removeSilent(since: since) { drop(link) }
    }

    private func drop(_ link: QuorumLink) {
        link.close()
        disconnected(link)
    }

    func received(_ packet: QuorumPacket, on link: QuorumLink) { step(.packet(packet, from: link.id)) }

    func disconnected(_ link: QuorumLink) {
        silent.leave(link)
        guard links.removeValue(forKey: link.id) != nil else { return }
        step(.disconnected(link.id))
        turnEnded()
    }

    func expectSnapshot(at zxid: ZXID) throws(StorageError) -> IncomingSnapshot {
        try IncomingSnapshot(
            core.directory, zxid: zxid, access: core.settings.accessControl, seed: UInt64.random(in: .min ... .max))
    }

    func snapshotArrived(on link: QuorumLink) { step(.snapshotArrived(on: link.id)) }

    func refused(_ why: String, on link: QuorumLink, from address: SocketAddress?) {
        core.warnings.warn(
            "quorum port", "closing a connection of the quorum port: \(why)",
            metadata: ["peer": "\(address?.ipAddress ?? "unknown")"])
    }

    private func turnedAway(_ stranger: ServerID, at address: String) {
        core.warnings.warn(
            "strangers",
            "server \(stranger) is turned away: it is no member of this ensemble, and quorum.membersOnly is true. If it is to become one, name it first, as an observer (reconfig)",
            metadata: ["peer": "\(address)"])
    }

    func handshakeFailed(_ failure: HandshakeFailure, with address: SocketAddress?) {
        logger.log(
            level: failure.isHangUp ? .debug : .warning, "closing a connection of the quorum port: \(failure)",
            metadata: ["peer": "\(address?.ipAddress ?? "unknown")"])
    }

    func markDirty(_ link: QuorumLink) { dirtyLinks.append(link) }

    /// Sends what this turn has for other servers.
    func flush() {
        guard !dirtyLinks.isEmpty else { return }
        let links = dirtyLinks
        dirtyLinks.removeAll(keepingCapacity: true)
        for link in links { link.flush() }
    }

    /// Something came from a peer: from now on it is later.
    func turnBegins() { core.refreshClock() }

    /// What a read from a peer led to is done: clients that were held back may go on.
    func turnEnded() {
        core.resumeThrottled()
        core.flush()
    }

    private func dial(_ peer: ServerID) {
        guard let address = reachable.first(where: { $0.id == peer })?.addresses.first else {
            return step(.connectFailed(to: peer))
        }
        let link = makeLink(isDialled: true)
        let bound = NIOLoopBound(self, eventLoop: loop)
        let boundLink = NIOLoopBound(link, eventLoop: loop)
        let security = security
        ClientBootstrap(group: loop)
            .connectTimeout(.milliseconds(Int64(settings.learnerConnectTimeout)))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.maxMessagesPerRead, value: 4)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let security { try pipeline.addHandlers(try security.clientHandlers(host: address.host)) }
                    try pipeline.addHandler(boundLink.value)
                }
            }
            .connect(host: address.host, port: address.quorumPort)
            .whenComplete { result in
                let member = bound.value
                switch result {
                case .success:
                    let link = boundLink.value
                    member.links[link.id] = link
                    member.step(.connected(link.id, to: peer))
                case .failure(let error):
                    member.logger.debug("leader \(peer) cannot be reached: \(error)")
                    member.step(.connectFailed(to: peer))
                }
                member.core.flush()
            }
    }

    // MARK: The core

    /// Carries out what the core decides. What happens meanwhile waits in the core until that is done.
    private func step(_ input: Quorum.Input) {
        quorum.step(input, now: core.now)
        guard !isCarryingOut else { return }
        isCarryingOut = true
        while let effect = quorum.nextEffect() { carryOut(effect) }
        isCarryingOut = false
        setTimer()
    }

    private func setTimer() {
        let due = quorum.nextDeadline
        guard due < timerDue else { return }
        timer?.cancel()
        timerDue = due
        let bound = NIOLoopBound(self, eventLoop: loop)
        timer = loop.scheduleTask(in: .milliseconds(max(0, due - Clock.monotonic))) { bound.value.timerFired() }
    }

    private func timerFired() {
        timer = nil
        timerDue = .max
        core.refreshClock()
        step(.tick)
        core.flush()
    }

    private func carryOut(_ effect: Quorum.Effect) {
        switch effect {
        case .notify(let notification, let peer): mesh.send(notification, to: peer)
        case .connect(let peer): dial(peer)
        case .send(let packet, let link):
            if packet.type == .ping { touchRound += 1 }
            links[link]?.send(packet)
        case .broadcast(let packet, let receivers):
            for link in receivers { links[link]?.send(packet) }
        case .sendSnapshot(let zxid, let link):
            logger.info("sending a snapshot at \(zxid)")
            links[link]?.sendSnapshot(QuorumPacket(.snap, zxid: zxid), of: core.tree)
        case .close(let link, let reason):
            if case .noMember(let stranger) = reason {
                turnedAway(stranger, at: remote(of: link))
            } else {
                logger.debug("closing a connection of the quorum port: \(reason)")
            }
            if let link = links.removeValue(forKey: link) {
                silent.leave(link)
                link.close()
            }
        case .write(let write, let ticket): store(write, ticket.rawValue)
        case .readLog(let zxid, let link): readLog(from: zxid, for: link)
        case .apply(let transaction): transaction.bytes.withUnsafeBytes { core.apply($0) }
        case .activate(let configuration): activate(configuration)
        case .reload(let zxid): reload(upTo: zxid)
        case .restore(let link, let zxid): restore(from: link, at: zxid)
        case .prepare(let request, let origin):
            let owner: UInt64
            switch origin {
            case .ownClient: owner = 0
            case .learner(let link): owner = link.rawValue
            }
            core.decide(request.operation, authInfo: request.authInfo ?? [], owner: owner)
        case .synced:
            if let item = core.syncs.popFirst() { core.answerSync(item) }
        case .revalidate(let session, let timeout, let link):
            let isValid = core.claim(session, timeout: timeout, owner: link.rawValue)
            step(.revalidated(session, isValid: isValid, for: link))
        case .revalidated(let session, let isValid): core.revalidated(session, isValid: isValid)
        case .touched(let sessions): for touch in sessions { core.touched(touch.session, timeout: touch.timeout) }
        case .become(let status): become(status)
        }
    }

    // MARK: The configuration

    /// Every server that is or may become a member, with where it is reached.
    private var reachable: [ServerLine] {
        let members = settings.members
        let coming = quorum.membership.proposed?.servers.filter { members.server($0.id) == nil }
        return members.servers + (coming ?? [])
    }

    private func activate(_ configuration: EnsembleConfiguration) {
        logger.info("the ensemble's configuration is now version \(String(configuration.version, radix: 16))")
        settings.members = configuration
        mesh.setMembers(reachable)
        if core.tree.configurationVersion != configuration.version {
            core.tree.setConfiguration(
                Array(configuration.text.utf8), version: configuration.version, now: Clock.wall)
        }
        if let client = configuration.server(settings.id)?.listen { core.listen(client) }
    }

    /// Leader: the text that a client's reconfig leads to, or why it is refused.
    func reconfiguration(_ body: UnsafeRawBufferPointer) -> Result<[UInt8], Refusal> {
        var reader = JuteReader(body, maxFieldLength: body.count)
        guard let request = try? ReconfigRequest(from: &reader) else {
            return .failure(Refusal(code: .marshallingError))
        }
        guard let zxid = quorum.nextZXID else { return .failure(Refusal(code: .unimplemented)) }
        switch quorum.reconfiguration(request, at: zxid) {
        case .accepted(let configuration): return .success(Array(configuration.text.utf8))
        case .refused(let code): return .failure(Refusal(code: code))
        }
    }

    /// Leader: why a configuration is refused that no topology could have either.
    func objection(to configuration: [UInt8]) -> Refusal? {
        guard let next = EnsembleConfiguration(text: String(decoding: configuration, as: UTF8.self)) else {
            return Refusal(code: .badArguments)
        }
        let largestID: ServerID = core.settings.extendedTypes ? 254 : 255
        guard let objection = quorum.membership.committed.objection(to: next, largestID: largestID) else { return nil }
        logger.warning("a reconfig is refused: \(objection)")
        return Refusal(code: .badArguments)
    }

    // MARK: Roles

    private func become(_ status: Quorum.Status) {
        reign.became(status, now: core.now, &core.metrics.quorum)
        switch status {
        case .looking(let reason):
            logger.info("LOOKING: \(reason.sentence)")
            core.stopServing()
            scheduleReadOnly()
        case .preparingToLead:
            logger.info("elected; waiting for a quorum of followers")
            if core.tree.digestMismatches > 0 {
                logger.error("elected although this server's data differs from its digests: no other voter could be")
            }
            endReadOnly()
            core.removeOrphanedEphemerals()
        case .joining(let leader):
            logger.info("joining leader \(leader)")
            endReadOnly()
        case .leading(let epoch):
            logger.info("LEADING in epoch \(epoch)")
            core.startServing(.leading, epochStart: ZXID(epoch: epoch, counter: 0))
        case .following(let leader, let epoch):
            logger.info("FOLLOWING server \(leader) in epoch \(epoch)")
            core.startServing(.learning, epochStart: ZXID(epoch: epoch, counter: 0))
        case .observing(let leader, let epoch):
            logger.info("OBSERVING server \(leader) in epoch \(epoch)")
            core.startServing(.learning, epochStart: ZXID(epoch: epoch, counter: 0))
        case .stopped:
            core.stopServing()
            mesh.close()
            timer?.cancel()
            onStop?()
            onStop = nil
        }
    }

    /// A server that finds no leader for a while serves what it has, if it may (`readonlymode.enabled`; reference 9.1).
    private func scheduleReadOnly() {
        guard core.settings.readOnlyMode else { return }
        searches += 1
        let search = searches
        let bound = NIOLoopBound(self, eventLoop: loop)
        loop.scheduleTask(in: .milliseconds(max(2000, settings.options.tickTime))) {
            let member = bound.value
            guard member.searches == search, case .looking = member.status else { return }
            member.logger.info("no leader yet: serving read-only clients")
            member.core.startServing(.readOnly, epochStart: .zero)
        }
    }

    private func endReadOnly() {
        searches += 1
        if core.service == .readOnly { core.stopServing() }
    }

    // MARK: Disk

    private func store(_ write: Quorum.Write, _ ticket: UInt64) {
        switch write {
        case .append(let transaction):
            transaction.bytes.withUnsafeBytes { core.log.append(transaction.zxid, entry: $0, ticket: ticket) }
        case .truncate(let zxid):
            perform(ticket) { (durable) throws(StorageError) in
                durable.log.roll()
                try durable.directory.truncate(to: zxid)
            }
        case .snapshot(let link, _):
            // Taken before the tree: `restore` came first and left the file here.
            guard let file = arrivedFiles.removeValue(forKey: link) else {
                // Done when all before it is, and not sooner.
                return perform(ticket) { (_) throws(StorageError) in }
            }
            let box = FileBox(file)
            perform(ticket) { (durable) throws(StorageError) in
                durable.log.roll()
                try durable.directory.replaceAll(by: box.file)
            }
        case .acceptedEpoch(let epoch):
            perform(ticket) { (durable) throws(StorageError) in try durable.epochs?.setAccepted(epoch) }
        case .currentEpoch(let epoch):
            perform(ticket) { (durable) throws(StorageError) in try durable.epochs?.setCurrent(epoch) }
        case .proposedConfiguration(let configuration):
            mesh.setMembers(reachable)
            keep(ticket) { (files) throws(FileError) in try files.setProposed(configuration?.text) }
        case .configuration(let configuration):
            keep(ticket) { (files) throws(FileError) in try files.activate(configuration) }
        }
    }

    private func perform(
        _ ticket: UInt64, _ body: @escaping @Sendable (inout LogWriter.Durable) throws(StorageError) -> Void
    ) {
        core.log.perform(LogWriter.Work(ticket: ticket, body: body))
    }

    /// Changes the configuration files, in their place between the txns.
    private func keep(
        _ ticket: UInt64, _ body: @escaping @Sendable (ConfigurationFiles) throws(FileError) -> Void
    ) {
        let files = settings.files
        perform(ticket) { (_) throws(StorageError) in
            guard let files else { return }
            do throws(FileError) { try body(files) } catch { throw .file(error) }
        }
    }

    /// Files of snapshots that became the tree and are not yet durable.
    private var arrivedFiles: [LinkID: SnapshotWriter] = [:]

    /// From the loop to the log thread, once.
    private struct FileBox: @unchecked Sendable {
        let file: SnapshotWriter
        init(_ file: SnapshotWriter) { self.file = file }
    }

    private func restore(from link: LinkID, at zxid: ZXID) {
        guard let arrived = links[link]?.takeArrived() else { return }
        arrivedFiles[link] = arrived.file
        core.replaceTree(by: arrived.takeTree(), configuration: settings.members)
        logger.info("took over the leader's snapshot at \(zxid): \(core.tree.nodeCount) znodes")
    }

    private func reload(upTo zxid: ZXID) {
        logger.info("the leader does not know this server's last txns: cut the log after \(zxid)")
        core.reload(configuration: settings.members)
    }

    private func readLog(from zxid: ZXID, for link: LinkID) {
        let (directory, loop) = (core.directory, loop)
        let bound = NIOLoopBound(self, eventLoop: loop)
        core.snapshotThread.submit { state in
            guard case .active = state else { return }
            let records = try? directory.readLog(from: zxid)
            let transactions = records.flatMap { $0 }?.map { Transaction(zxid: $0.zxid, bytes: $0.entry) }
            loop.execute {
                let member = bound.value
                member.step(.logRead(transactions, for: link))
                member.core.flush()
            }
        }
    }
}

extension QuorumLink {
    var id: LinkID { LinkID(rawValue: number) }
}
