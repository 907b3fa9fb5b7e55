import DataTree
import Jute
import Logging
import NIOCore
import NIOEmbedded
import Quorum
import ServerConfig
import Storage
import TestSupport
import Testing
import ZooKeeperProtocol

@testable import ZooKeeperServer

/// A leader's end of a connection on the quorum port, with bytes in place of a network.
@Suite struct QuorumLinkTests {
    /// TCP brings several packets in one read. Each is dealt with before the next is looked at: the sync behind a write waits for
    /// its commit.
    @Test(arguments: [OpCode.createSession, .closeSession])
    func aSyncInTheSameReadAsAWriteIsAnsweredBehindIt(op: OpCode) async throws {
        try await Leader.with { leader in
            let learner = try await leader.connect()
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
        try await Leader.with { leader in
            let learner = try await leader.connect()
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
}

extension QuorumPacket {
    fileprivate static func request(_ request: ForwardedRequest) -> QuorumPacket {
        QuorumPacket(
            .request, zxid: ZXID(rawValue: -1), record: request, authInfo: [AuthID(scheme: "ip", id: "127.0.0.1")])
    }
}

/// The only voter of an ensemble, on an event loop of the test's, and an observer that joins it.
private struct Leader {
    let loop: NIOAsyncTestingEventLoop
    let member: NIOLoopBound<EnsembleMember>

    static func with(_ body: (Leader) async throws -> Void) async throws {
        let directory = try TemporaryDirectory("link")
        defer { directory.remove() }
        let path = directory.path
        try "1".write(toFile: path + "/myid", atomically: true, encoding: .utf8)
        let cfg = ZooCfg(
            text: """
                dataDir=\(path)
                initLimit=10
                syncLimit=5
                preAllocSize=64
                standaloneEnabled=false
                server.1=127.0.0.1:1:2
                server.2=127.0.0.1:3:4:observer
                """)
        let settings = try #require(ServerSettings.read(cfg, file: "zoo.cfg").settings)
        let loop = NIOAsyncTestingEventLoop()
        let core = try await loop.executeInContext {
            let directory = DataDirectory(dataDir: path)
            let recovered = try directory.recover()
            let core = ServerCore(
                settings: settings, directory: directory, recovered: recovered,
                epochs: try Epochs(directory, lastZXID: recovered.lastZXID), loop: loop,
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            core.snapshotThread.start()
            core.member = EnsembleMember(
                settings.ensemble!, core: core, transport: .plain, recovered: RecoveredState(), proposed: nil,
                loop: loop)
            core.member!.start()
            return core.bound
        }
        do {
            let leader = Leader(
                loop: loop,
                member: try await loop.executeInContext { NIOLoopBound(core.value.member!, eventLoop: loop) })
            try await eventually("it leads") {
                await loop.advanceTime(by: .milliseconds(20))
                return try await leader.isLeading
            }
            try await body(leader)
        } catch {
            try await stop(core, loop)
            throw error
        }
        try await stop(core, loop)
    }

    private static func stop(_ core: NIOLoopBound<ServerCore>, _ loop: NIOAsyncTestingEventLoop) async throws {
        try await loop.executeInContext { core.value.shutDown {} }
    }

    private var isLeading: Bool {
        get async throws {
            try await loop.executeInContext { [member] in
                if case .leading = member.value.status { true } else { false }
            }
        }
    }

    /// A connection whose learner has joined.
    func connect() async throws -> Learner {
        let channel = try await NIOAsyncTestingChannel(loop: loop) { [member] channel in
            try channel.pipeline.syncOperations.addHandler(member.value.makeLink(isDialled: false))
        }
        try await channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 5)).get()
        let learner = Learner(channel)
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
