import DataTree
import Jute
import NIOCore
import NIOEmbedded
import Storage
import Testing
import ZooKeeperProtocol

@testable import ZooKeeperServer

/// A leader's end of a connection on the quorum port, with bytes in place of a network.
@Suite struct QuorumLinkTests {
    /// TCP brings several packets in one read. Each is dealt with before the next is looked at: the sync behind a write waits for
    /// its commit.
    @Test(arguments: [OpCode.createSession, .closeSession])
    func aSyncInTheSameReadAsAWriteIsAnsweredBehindIt(op: OpCode) async throws {
        try await LoneLeader.with { leader in
            let learner = try await leader.connectLearner()
            let write = ForwardedRequest(
                session: SessionID(rawValue: 7), cxid: 1, op: op, body: op == .createSession ? [0, 0, 0x75, 0x30] : [])
            let sync = ForwardedRequest(session: SessionID(rawValue: 7), cxid: 2, op: .sync, body: [])
            for round in 1...3 {
                try await learner.send([write, sync, sync].map { QuorumPacket.request($0) })
                let answers = try await learner.receive(3)
                #expect(answers.map(\.type) == [.inform, .sync, .sync], "round \(round)")
            }
        }
    }

    /// Nothing is lost or turned round when a read ends within a packet.
    @Test func readsMayEndAnywhere() async throws {
        try await LoneLeader.with { leader in
            let learner = try await leader.connectLearner()
            let packets = (1...4).flatMap { number in
                [OpCode.createSession, .sync].map { op in
                    QuorumPacket.request(
                        ForwardedRequest(
                            session: SessionID(rawValue: number), cxid: 0, op: op, body: [0, 0, 0x75, 0x30]))
                }
            }
            try await learner.send(packets, piecesOf: 7)
            let answers = try await learner.receive(8)
            #expect(answers.filter { $0.type == .inform }.map(\.zxid.counter) == [1, 2, 3, 4])
            var (writes, syncs) = (0, 0)
            for answer in answers {
                if answer.type == .inform { writes += 1 } else { syncs += 1 }
                #expect(syncs <= writes)
            }
        }
    }

    /// A learner that reads as fast as the tree is written does not keep the leader from its clients: after each slice the loop turns
    /// to them. What is said meanwhile comes behind the tree.
    @Test func aTreeIsSentInSlices() async throws {
        try await LoneLeader.with { [nodes = 3000] leader in
            let (channel, link) = try await leader.connectLink()
            try await leader.loop.executeInContext {
                link.value.sendSnapshot(QuorumPacket(.snap, zxid: .zero), of: try tree(of: nodes, length: 1000))
                link.value.send(QuorumPacket(.sync, zxid: .zero))
                link.value.flush()
            }
            let directory = try await leader.loop.executeInContext { [core = leader.core] in core.value.directory }
            let learner = try IncomingSnapshot(directory, zxid: .zero, access: AccessControl(), seed: 1)
            defer { learner.file.abandon() }
            var (received, slices) = (ByteBuffer(), 0)
            while !learner.isComplete, slices < 100 {
                slices += 1
                await leader.loop.advanceTime(by: .microseconds(50))
                let before = received.readableBytes
                while var more = try await channel.readOutbound(as: ByteBuffer.self) { received.writeBuffer(&more) }
                #expect(received.readableBytes - before < 300 << 10, "as much at once, in slice \(slices)")
                if slices == 1 {
                    let snap = try received.withUnsafeReadableBytes { bytes in
                        var reader = JuteReader(bytes)
                        return (try reader.readIfComplete(QuorumPacket.self)?.type, reader.offset)
                    }
                    #expect(snap.0 == .snap)
                    received.moveReaderIndex(forwardBy: snap.1)
                }
                let used = try received.withUnsafeReadableBytes { try learner.take($0, maxFieldLength: 1 << 20) }
                received.moveReaderIndex(forwardBy: used)
            }
            #expect(learner.isComplete && slices > 10)
            #expect(learner.takeTree().nodeCount >= nodes)
            let behind = try received.withUnsafeReadableBytes { bytes in
                var reader = JuteReader(bytes)
                return try reader.readIfComplete(QuorumPacket.self)?.type
            }
            #expect(behind == .sync)
        }
    }

    /// A learner that takes a tree more slowly than clients write is given up before what it has yet to hear fills the memory.
    @Test func whatWaitsBehindATreeIsBounded() async throws {
        try await LoneLeader.with { leader in
            let (channel, link) = try await leader.connectLink(unreadLimit: 1 << 20)
            let packet = QuorumPacket(.commit, zxid: .zero, data: [UInt8](repeating: 7, count: 100 << 10))
            for sent in 1...12 {
                try await leader.loop.executeInContext {
                    if sent == 1 {
                        link.value.sendSnapshot(QuorumPacket(.snap, zxid: .zero), of: try tree(of: 10, length: 1000))
                        // It reads nothing.
                        channel.isWritable = false
                    }
                    link.value.send(packet)
                    link.value.flush()
                }
                await leader.loop.run()
                #expect(channel.isActive == (sent <= 10), "\(sent) packets of 100 KiB")
            }
        }
    }

    private func tree(of nodes: Int, length: Int) throws -> DataTree {
        var loader = DataTreeLoader()
        let data = [UInt8](repeating: 7, count: length)
        for number in 1...nodes {
            let orphan = Array("/\(number)".utf8).withUnsafeBytes { path in
                data.withUnsafeBytes { loader.add([SnapshotNode(path, data: $0, acl: -1, stat: StatPersisted())]) }
            }
            #expect(orphan == nil)
        }
        return loader.finish(lastZXID: .zero, digest: nil)
    }
}

extension QuorumPacket {
    fileprivate static func request(_ request: ForwardedRequest) -> QuorumPacket {
        QuorumPacket(
            .request, zxid: ZXID(rawValue: -1), record: request, authInfo: [AuthID(scheme: "ip", id: "127.0.0.1")])
    }
}

extension LoneLeader {
    /// A connection to the quorum port, and the leader's end of it.
    fileprivate func connectLink(
        unreadLimit: Int = .max
    ) async throws -> (NIOAsyncTestingChannel, NIOLoopBound<QuorumLink>) {
        let channel = NIOAsyncTestingChannel(loop: loop)
        let link = try await loop.executeInContext { [core] in
            let link = core.value.member!.makeLink(isDialled: false, unreadLimit: unreadLimit)
            try channel.pipeline.syncOperations.addHandler(link)
            return NIOLoopBound(link, eventLoop: loop)
        }
        try await channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 5)).get()
        return (channel, link)
    }

    /// A connection whose learner has joined.
    fileprivate func connectLearner() async throws -> Learner {
        let learner = Learner(try await connectLink().0)
        try await learner.send([
            QuorumPacket(
                .observerInfo, zxid: .zero, record: LearnerInfo(server: ServerID(rawValue: 2), configVersion: 0))
        ])
        let epoch = try #require(try await learner.receive(1).first { $0.type == .leaderInfo }).zxid
        try await learner.send([QuorumPacket(.ackEpoch, zxid: .zero, data: [0, 0, 0, 0])])
        #expect(try await learner.receive(2).map(\.type) == [.diff, .newLeader])
        try await learner.send([QuorumPacket(.ack, zxid: epoch)])
        #expect(try await learner.receive(1).map(\.type) == [.upToDate])
        return learner
    }
}

/// The other end of the connection.
private final class Learner {
    private let channel: NIOAsyncTestingChannel
    private var input = ByteBuffer()

    init(_ channel: NIOAsyncTestingChannel) { self.channel = channel }

    /// Sends all in one segment, or in several.
    func send(_ packets: [QuorumPacket], piecesOf length: Int = .max) async throws {
        var writer = JuteWriter(capacity: 256)
        for packet in packets { packet.write(to: &writer) }
        var buffer = ByteBuffer(bytes: writer.bytes)
        while let piece = buffer.readSlice(length: min(length, buffer.readableBytes)), piece.readableBytes > 0 {
            try await channel.writeInbound(piece)
            // What was put off to the end of the turn.
            await channel.testingEventLoop.run()
        }
    }

    /// The next packets, without PINGs.
    func receive(_ count: Int) async throws -> [QuorumPacket] {
        var packets: [QuorumPacket] = []
        while packets.count < count {
            let (packet, used) = try input.withUnsafeReadableBytes { bytes in
                var reader = JuteReader(bytes)
                return (try reader.readIfComplete(QuorumPacket.self), reader.offset)
            }
            if let packet {
                input.moveReaderIndex(forwardBy: used)
                if packet.type != .ping { packets.append(packet) }
            } else {
                var more = try await channel.waitForOutboundWrite(as: ByteBuffer.self)
                input.writeBuffer(&more)
            }
        }
        return packets
    }
}
