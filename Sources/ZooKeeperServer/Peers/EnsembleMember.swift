import DataTree
import Diagnostics
import DurableFiles
import Logging
import Membership
import NIOCore
import NIOPosix
import Quorum
import RequestPipeline
import Storage
import ZooKeeperProtocol

/// The connections of this server to the others of its ensemble: puts into the `Quorum` what comes from them, and carries out what it wants
/// of the network and the disk.
///
/// Lives on the server's event loop. What waits for the disk comes back as inputs; what is sent goes out once a turn of the loop.
final class EnsembleMember {
    unowned let core: ServerCore
    let replication: QuorumReplication
    private(set) var settings: EnsembleSettings
    let logger: Logger
    private let loop: any EventLoop
    private let transport: PeerTransport
    private(set) var mesh: ElectionMesh!

    /// The longest packet that is taken from a leader, and the longest record of its tree: what is in its log must be taken,
    /// though it be longer than a txn may be here. Kept, since each packet asks and the settings are costly to copy.
    let leaderLimit: Int
    /// From a learner: a client's request, and its identities, for which Apache's servers have no limit.
    let learnerLimit: Int

    private var links: [LinkID: QuorumLink] = [:]
    private var lastLink: UInt64 = 0
    private var dirtyLinks: [QuorumLink] = []
    /// Accepted connections that have not said who they are.
    private var silent: Antechamber<QuorumLink>

    /// Connections to the quorum port that are put up with besides those of the members.
    private static let patience = 256

    init(
        _ membership: ServerCore.Ensemble, _ replication: QuorumReplication, core: ServerCore, loop: any EventLoop
    ) {
        settings = membership.settings
        self.replication = replication
        self.core = core
        self.loop = loop
        logger = core.logger
        silent = Antechamber(capacity: core.descriptors.strangers)
        transport = membership.transport
        leaderLimit = max(core.settings.maxTxnLength, 64 << 20)
        learnerLimit = max(core.settings.pipeline.maxFrame * 4, 8 << 20)
        mesh = ElectionMesh(
            settings, membership.transport, loop: loop, logger: logger, warnings: core.warnings,
            capacity: core.descriptors.strangers,
            listener: ElectionMesh.Listener(
                heard: { [unowned self] in step(.notification($0, from: $1)) },
                unreachable: { [unowned self] in step(.unreachable($0)) },
                turnBegins: { [unowned self] in turnBegins() },
                turnEnded: { [unowned self] in turnEnded() }))
    }

    /// The quorum of a server that is a member, as it was recovered.
    static func replication(_ membership: ServerCore.Ensemble, _ settings: ServerSettings) -> QuorumReplication {
        let ensemble = membership.settings
        let quorum = Quorum(
            id: ensemble.id, configuration: ensemble.members,
            proposed: membership.proposed.flatMap { EnsembleConfiguration(text: $0) }, options: ensemble.options,
            recovered: membership.recovered)
        return QuorumReplication(quorum, largestID: settings.pipeline.preparer.allowsTTL ? 254 : 255)
    }

    func start() { step(.start) }

    // MARK: What the rest of the server sees

    var status: Quorum.Status { replication.quorum.status }

    /// `host:port` of a learner's connection.
    func remote(of link: LinkID) -> String { links[link]?.remote ?? "" }

    // MARK: Links

    /// - Parameter unreadLimit: bytes that may wait for a peer that does not read.
    func makeLink(isDialled: Bool, unreadLimit: Int = 256 << 20) -> QuorumLink {
        lastLink += 1
        return QuorumLink(self, number: lastLink, isDialled: isDialled, unreadLimit: unreadLimit)
    }

    /// A new connection to the quorum port, which has yet to say who it is.
    func accepted(_ link: QuorumLink, from address: SocketAddress?) {
        // Those that have said who they are, the quorum looks after.
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
        let since = Clock.monotonic - greetingTime
        mesh.closeSilent(since: since)
        for link in silent.removeSilent(since: since) { drop(link) }
        core.flush()
    }

    private func drop(_ link: QuorumLink) {
        link.close()
        disconnected(link)
    }

    func foresee(packets bytes: UnsafeRawBufferPointer) { core.pipeline.foresee(packets: bytes) }

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
        core.warnings.closing("a connection of the quorum port", failure, peer: address)
    }

    func markDirty(_ link: QuorumLink) { dirtyLinks.append(link) }

    /// Whether this turn has something for other servers.
    var hasOutput: Bool { !dirtyLinks.isEmpty }

    /// Sends that.
    func flush() {
        guard !dirtyLinks.isEmpty else { return }
        let links = dirtyLinks
        dirtyLinks.removeAll(keepingCapacity: true)
        for link in links { link.flush() }
    }

    /// Something came from a peer: from now on it is later.
    func turnBegins() { core.refreshClock() }

    /// What was read from a peer has been handled.
    func turnEnded() { core.endTurnSoon() }

    private func dial(_ peer: ServerID) {
        guard let address = reachable.first(where: { $0.id == peer })?.addresses.first else {
            return step(.connectFailed(to: peer))
        }
        let link = makeLink(isDialled: true)
        let bound = NIOLoopBound(self, eventLoop: loop)
        let boundLink = NIOLoopBound(link, eventLoop: loop)
        transport.dial(.quorum, address.host, address.quorumPort, timeout: settings.learnerConnectTimeout, on: loop) {
            boundLink.value
        }.whenComplete { result in
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

    // MARK: The quorum

    private func step(_ input: Quorum.Input) {
        replication.step(input)
        let core = core
        core.carryOut()
        core.setTimer()
    }

    /// Does what the quorum wants of the network and the disk.
    func carryOut(_ effect: consuming Quorum.Effect) {
        switch effect {
        case .notify(let notification, let peer): mesh.send(notification, to: peer)
        case .connect(let peer): dial(peer)
        case .send(let packet, let link): links[link]?.send(packet)
        case .broadcast(let packet, let receivers):
            for link in receivers { links[link]?.send(packet) }
        case .sendSnapshot(let zxid, let link):
            logger.info("sending a snapshot at \(zxid)")
            links[link]?.sendSnapshot(QuorumPacket(.snap, zxid: zxid), of: core.pipeline.tree)
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
        case .activate(let configuration): activate(configuration)
        case .reload(let zxid):
            logger.info("the leader does not know this server's last txns: cut the log after \(zxid)")
            core.reload()
        case .restore(let link, let zxid): restore(from: link, at: zxid)
        case .become(let status): become(status)
        case .apply, .prepare, .synced, .revalidate, .revalidated, .touched:
            invariant(false, "the pipeline carries this out: \(effect)")
        }
    }

    // MARK: The configuration

    /// Every server that is or may become a member, with where it is reached.
    private var reachable: [ServerLine] {
        let members = settings.members
        let coming = replication.quorum.membership.proposed?.servers.filter { members.server($0.id) == nil }
        return members.servers + (coming ?? [])
    }

    /// This server's place among those that write snapshots.
    var snapshotTurn: SnapshotSchedule.Turn {
        let servers = settings.members.servers
        let rank = servers.count { $0.id < settings.id }
        return SnapshotSchedule.Turn(rank: rank, servers: max(servers.count, rank + 1))
    }

    private func activate(_ configuration: EnsembleConfiguration) {
        logger.info("the ensemble's configuration is now version \(String(configuration.version, radix: 16))")
        settings.members = configuration
        mesh.setMembers(reachable)
        if let client = configuration.server(settings.id)?.listen { core.listen(client) }
    }

    // MARK: Roles

    private func become(_ status: Quorum.Status) {
        switch status {
        case .looking(let reason):
            logger.info("LOOKING: \(reason.sentence)")
            core.abandonSnapshot()
        case .preparingToLead:
            logger.info("elected; waiting for a quorum of followers")
            if core.pipeline.tree.digestMismatches > 0 {
                logger.error("elected although this server's data differs from its digests: no other voter could be")
            }
        case .joining(let leader):
            logger.info("joining leader \(leader)")
        case .leading(let epoch):
            logger.info("LEADING in epoch \(epoch)")
            core.takeSnapshotIfDue()
        case .following(let leader, let epoch):
            logger.info("FOLLOWING server \(leader) in epoch \(epoch)")
            core.takeSnapshotIfDue()
        case .observing(let leader, let epoch):
            logger.info("OBSERVING server \(leader) in epoch \(epoch)")
            core.takeSnapshotIfDue()
        case .stopped:
            core.abandonSnapshot()
            mesh.close()
        }
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
            let handed = Handed(file)
            perform(ticket) { (durable) throws(StorageError) in
                durable.log.roll()
                try durable.directory.replaceAll(by: handed.value)
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

    private func restore(from link: LinkID, at zxid: ZXID) {
        guard let arrived = links[link]?.takeArrived() else { return }
        arrivedFiles[link] = arrived.file
        core.pipeline.replaceTree(by: arrived.takeTree())
        logger.info("took over the leader's snapshot at \(zxid): \(core.pipeline.tree.nodeCount) znodes")
    }

    private func readLog(from zxid: ZXID, for link: LinkID) {
        let (directory, loop) = (core.directory, loop)
        let bound = NIOLoopBound(self, eventLoop: loop)
        core.reading.async {
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
