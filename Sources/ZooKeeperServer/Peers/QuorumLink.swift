import DataTree
import Jute
import NIOCore
import Storage
import ZooKeeperProtocol

/// One connection between a leader and a learner on the quorum port: packets without frames, and behind SNAP a whole tree
/// (reference 8.1, 8.8; Apache's `LearnerHandler` and `Learner`, as far as they are about bytes).
final class QuorumLink: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// A tree on its way to a learner, in slices.
    private final class OutgoingSnapshot {
        let tree: DataTree
        let snapshot: FuzzySnapshot

        init(_ tree: DataTree, into writer: inout JuteWriter) {
            self.tree = tree
            snapshot = tree.beginSnapshot(into: &writer)
        }
    }

    let number: UInt64
    /// Whether this server dialled: it is the learner then.
    let isDialled: Bool
    private unowned let member: EnsembleMember
    private var channel: (any Channel)!
    private var input = ByteBuffer()
    private var output = JuteWriter(capacity: 1024)
    private var isDirty = false
    private(set) var hasReceived = false
    private var isClosed = false
    private var outgoing: OutgoingSnapshot?
    /// `writeSlice` has been put off.
    private var isSliceDue = false
    /// What was sent behind a snapshot that is still on its way.
    private var behindSnapshot = JuteWriter(capacity: 0)
    private var incoming: IncomingSnapshot?
    /// A snapshot that has arrived and waits to become the tree.
    private(set) var arrived: IncomingSnapshot?

    /// The first packet of a connection is a LearnerInfo.
    private static let greetingLimit = 4096
    private static let sliceSize = 256 << 10
    private static let pauseBetweenSlices = TimeAmount.microseconds(50)
    /// What a peer may leave unread: one that stands still gets the rest when it comes back, from the log or as a snapshot. Behind a
    /// tree there may be as much as the tree takes.
    private let unreadLimit: Int

    init(_ member: EnsembleMember, number: UInt64, isDialled: Bool, unreadLimit: Int) {
        self.member = member
        self.number = number
        self.isDialled = isDialled
        self.unreadLimit = unreadLimit
    }

    // MARK: Channel events

    /// `host:port`
    var remote: String {
        guard let address = channel?.remoteAddress else { return "" }
        return "\(address.ipAddress ?? "unknown"):\(address.port ?? 0)"
    }

    func handlerAdded(context: ChannelHandlerContext) { channel = context.channel }

    func channelActive(context: ChannelHandlerContext) {
        if !isDialled { member.accepted(self, from: context.channel.remoteAddress) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // Taken once: each look at an unowned reference counts it, and a read brings hundreds of packets.
        let member = member
        member.turnBegins()
        var buffer = Self.unwrapInboundIn(data)
        if input.readableBytes == 0 { input = buffer } else { input.writeBuffer(&buffer) }
        if !isDialled, hasReceived { input.withUnsafeReadableBytes { member.foresee(packets: $0) } }
        while !isClosed, readNext(member) {}
    }

    func channelReadComplete(context: ChannelHandlerContext) { member.turnEnded() }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { writeSliceSoon() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        guard !isClosed else { return }
        end()
        member.disconnected(self)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let failure = error as? HandshakeFailure, !isClosed {
            member.handshakeFailed(failure, with: channel.remoteAddress)
        }
        context.close(promise: nil)
    }

    // MARK: Input

    /// Handles the next packet, or the next piece of a snapshot; false when there is nothing whole.
    private func readNext(_ member: EnsembleMember) -> Bool {
        guard input.readableBytes > 0 else { return false }
        if let incoming { return readSnapshot(incoming) }
        let limit = isDialled ? member.leaderLimit : hasReceived ? member.learnerLimit : Self.greetingLimit
        do throws(JuteError) {
            guard let packet = try input.readRecord(QuorumPacket.self, maxFieldLength: limit) else {
                if input.readableBytes > limit + Self.greetingLimit {
                    fail("a packet of more than \(limit) bytes (jute.maxbuffer)")
                }
                return false
            }
            if !hasReceived {
                hasReceived = true
                if !isDialled { member.greeted(self) }
            }
            member.received(packet, on: self)
            if packet.type == .snap, isDialled, !isClosed { beginSnapshot(packet.zxid) }
            return true
        } catch {
            fail("not a packet: \(error)")
            return false
        }
    }

    private func beginSnapshot(_ zxid: ZXID) {
        do throws(StorageError) {
            incoming = try member.expectSnapshot(at: zxid)
        } catch { fail("the leader's snapshot cannot be stored: \(error)") }
    }

    private func readSnapshot(_ snapshot: IncomingSnapshot) -> Bool {
        let limit = member.leaderLimit
        let before = input.readableBytes
        do throws(StorageError) {
            var failure: StorageError?
            var used = 0
            input.withUnsafeReadableBytes { bytes in
                do throws(StorageError) { used = try snapshot.take(bytes, maxFieldLength: limit) } catch {
                    failure = error
                }
            }
            if let failure { throw failure }
            input.moveReaderIndex(forwardBy: used)
        } catch {
            fail("\(error)")
            return false
        }
        if snapshot.isComplete {
            incoming = nil
            arrived = snapshot
            member.snapshotArrived(on: self)
            return true
        }
        guard input.readableBytes <= limit + Self.greetingLimit else {
            fail("a record of more than \(limit) bytes in the leader's snapshot (jute.maxbuffer)")
            return false
        }
        return input.readableBytes < before && input.readableBytes > 0
    }

    private func fail(_ why: String) {
        member.refused(why, on: self, from: channel.remoteAddress)
        channel.close(promise: nil)
    }

    /// The snapshot that arrived, once.
    func takeArrived() -> IncomingSnapshot? {
        defer { arrived = nil }
        return arrived
    }

    // MARK: Output

    func send(_ packet: QuorumPacket) {
        guard !isClosed else { return }
        if outgoing == nil { packet.write(to: &output) } else { packet.write(to: &behindSnapshot) }
        markDirty()
    }

    /// Sends SNAP and the tree as it is; what is sent from now on waits behind it.
    func sendSnapshot(_ packet: QuorumPacket, of tree: DataTree) {
        guard !isClosed else { return }
        packet.write(to: &output)
        outgoing = OutgoingSnapshot(tree, into: &output)
        markDirty()
        writeSliceSoon()
    }

    /// Has the next slice of the tree written when the other connections have been looked after. A peer that reads as fast as the
    /// tree is walked would have this server to itself until it has all of it.
    private func writeSliceSoon() {
        guard outgoing != nil, !isSliceDue, !isClosed else { return }
        isSliceDue = true
        let bound = NIOLoopBound(self, eventLoop: channel.eventLoop)
        // Later than now: a loop looks at connections only when no task is due.
        channel.eventLoop.scheduleTask(in: Self.pauseBetweenSlices) { bound.value.writeSlice() }
    }

    private func writeSlice() {
        isSliceDue = false
        // A peer that takes no more says when it does again.
        guard let outgoing, channel.isWritable, !isClosed else { return }
        let hasMore = outgoing.tree.writeSnapshot(
            outgoing.snapshot, into: &output, size: output.count + Self.sliceSize)
        if !hasMore {
            self.outgoing = nil
            output.write(QuorumProtocol.snapshotSignature)
            behindSnapshot.withUnsafeBytes { output.write(raw: $0) }
            behindSnapshot.removeAll(keepingCapacity: false)
        }
        flush()
        if channel.isWritable { writeSliceSoon() }
    }

    private func markDirty() {
        guard !isDirty else { return }
        isDirty = true
        member.markDirty(self)
    }

    func flush() {
        isDirty = false
        guard !isClosed else { return }
        if let outgoing, behindSnapshot.count > max(unreadLimit, outgoing.tree.snapshotSize) {
            return fail("\(behindSnapshot.count) bytes wait for it behind a tree that it has not read")
        }
        guard output.count > 0 else { return }
        let buffer = channel.buffer(output)
        output.removeAll(keepingCapacity: output.capacity <= 1 << 20)
        channel.writeAndFlush(buffer, promise: nil)
        guard !channel.isWritable, let unread = try? channel.syncOptions?.getOption(.bufferedWritableBytes) else {
            return
        }
        if unread > unreadLimit { fail("it has not read the last \(unread) bytes") }
    }

    /// Sends what is waiting, then closes; nobody is told.
    func close() {
        flush()
        end()
        channel.close(promise: nil)
    }

    private func end() {
        isClosed = true
        if let outgoing { outgoing.tree.abandon(outgoing.snapshot) }
        outgoing = nil
        incoming?.file.abandon()
        incoming = nil
        arrived?.file.abandon()
        arrived = nil
    }
}
