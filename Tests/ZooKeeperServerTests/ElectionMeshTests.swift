import Jute
import Logging
import Membership
import NIOCore
import NIOEmbedded
import NIOPosix
import Quorum
import TestSupport
import Testing
import ZooKeeperProtocol

@testable import ZooKeeperServer

/// The election port of server 2, with bytes in place of a network. Servers with larger ids call it.
@Suite struct ElectionMeshTests {
    /// Who calls is told what was last said to it, and heard.
    @Test(arguments: [1, 3, 1000])
    func talking(pieces: Int) throws {
        let port = Port()
        port.mesh.send(.vote(for: 2, round: 1), to: 3)
        port.mesh.send(.vote(for: 3, round: 2), to: 3)
        let caller = try port.accept()
        try caller.send(.hello(3) + .frame(.vote(for: 3, round: 7)) + .frame(.vote(for: 2, round: 8)), pieces: pieces)
        #expect(try caller.received() == [.vote(for: 3, round: 2)], "the newest")
        #expect(port.heard.map(\.peer) == [3, 3])
        #expect(port.heard.map(\.notification.electionEpoch) == [7, 8])
        port.mesh.send(.vote(for: 3, round: 9), to: 3)
        #expect(try caller.received() == [.vote(for: 3, round: 9)])
        #expect(port.turns.begun == port.turns.ended && port.turns.begun > 0)
    }

    /// Only the newest matters to a peer that is slow.
    @Test func slowness() throws {
        let port = Port()
        let caller = try port.accept()
        try caller.send(.hello(3))
        caller.channel.isWritable = false
        for round in 1...5 { port.mesh.send(.vote(for: 2, round: Int64(round)), to: 3) }
        #expect(try caller.received() == [])
        caller.channel.isWritable = true
        caller.channel.pipeline.fireChannelWritabilityChanged()
        #expect(try caller.received() == [.vote(for: 2, round: 5)])
    }

    /// In a large ensemble a server that has just spoken keeps its next votes for a moment, and then tells the newest.
    @Test func largeEnsemble() throws {
        let port = Port(servers: 21)
        let callers = try [Int64(3), 4].map { peer -> Caller in
            let caller = try port.accept()
            try caller.send(.hello(peer))
            return caller
        }
        func say(_ round: Int64) {
            for peer: ServerID in [3, 4] { port.mesh.send(.vote(for: 2, round: round), to: peer) }
        }
        func rounds() throws -> [[Int64]] { try callers.map { try $0.received().map(\.electionEpoch) } }
        say(1)
        say(2)
        port.loop.run()
        #expect(try rounds() == [[2], [2]], "at the end of the turn")
        say(3)
        port.loop.advanceTime(by: .milliseconds(10))
        say(4)
        port.loop.advanceTime(by: .milliseconds(9))
        #expect(try rounds() == [[], []])
        port.loop.advanceTime(by: .milliseconds(1))
        #expect(try rounds() == [[4], [4]])
        port.loop.advanceTime(by: .seconds(1))
        #expect(try rounds() == [[], []])
        say(5)
        port.loop.run()
        #expect(try rounds() == [[5], [5]], "at once")
    }

    /// A second connection of a server takes the place of the first, whose end then says nothing.
    @Test func replacement() throws {
        let port = Port()
        let first = try port.accept()
        try first.send(.hello(3))
        let second = try port.accept()
        try second.send(.hello(3))
        #expect(!first.channel.isActive && second.channel.isActive)
        #expect(port.unreachable == [])
        second.end()
        #expect(port.unreachable == [3])
    }

    /// Who has this server's own id, and who says what no server says, is let go.
    @Test func refusals() throws {
        let port = Port()
        let own = try port.accept()
        try own.send(.hello(2))
        let browser = try port.accept()
        try browser.send(Array("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8))
        let large = try port.accept()
        try large.send(.hello(3) + [0x7f, 0xff, 0xff, 0xff])
        let empty = try port.accept()
        try empty.send(.hello(4) + [0, 0, 0, 0])
        #expect([own, browser, large, empty].map(\.channel.isActive) == [false, false, false, false])
        #expect(port.heard.isEmpty)
        // Who is told something now is called, not written to in vain.
        #expect(port.unreachable.suffix(2) == [3, 4])
    }

    /// A message that makes no sense is passed over, as Apache's server does.
    @Test func nonsense() throws {
        let port = Port()
        let caller = try port.accept()
        try caller.send(.hello(3) + [0, 0, 0, 3, 1, 2, 3] + .frame(.vote(for: 3, round: 4)))
        #expect(port.heard.map(\.notification.electionEpoch) == [4])
    }

    /// Nobody calls an observer: a voter that is not there yet is called again, though there is nothing new to tell it.
    @Test func whoIsNotThereYet() async throws {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        // Nobody has ever listened there: a child that another suite starts meanwhile would keep a socket that listens.
        let port = FreePorts.take(1)[0]
        let called = loop.makePromise(of: Void.self)
        let listening = loop.makePromise(of: (any Channel).self)
        let (mesh, failure) = try await loop.submit {
            let lines = [(1, port), (4, 2)].map {
                ServerLine(id: ServerID(rawValue: $0.0), host: "127.0.0.1", quorumPort: 1, electionPort: $0.1)
            }
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            let mesh = ElectionMesh(
                EnsembleSettings(lines[1], members: EnsembleConfiguration(servers: lines), options: QuorumOptions()),
                .plain, loop: loop, logger: logger, warnings: RecurringLog(logger), capacity: 8,
                listener: ElectionMesh.Listener(
                    heard: { _, _ in },
                    unreachable: { _ in
                        // Now it comes.
                        ServerBootstrap(group: loop)
                            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                            .childChannelInitializer { _ in
                                called.succeed()
                                return loop.makeSucceededVoidFuture()
                            }
                            .bind(host: "127.0.0.1", port: port).cascade(to: listening)
                    },
                    turnBegins: {}, turnEnded: {}))
            mesh.send(.vote(for: 4, round: 1), to: 1)
            let failure = loop.scheduleTask(in: .seconds(30)) {
                called.fail(NobodyCalled())
                listening.fail(NobodyCalled())
            }
            return (NIOLoopBound(mesh, eventLoop: loop), failure)
        }.get()
        try await called.futureResult.get()
        failure.cancel()
        try await loop.submit { mesh.value.close() }.get()
        try await listening.futureResult.get().close()
    }

    private struct NobodyCalled: Error {}

    /// Who says nothing for too long is let go, who has said who it is stays.
    @Test func silence() throws {
        let port = Port()
        let silent = try port.accept()
        let caller = try port.accept()
        try caller.send(.hello(3))
        port.mesh.closeSilent(since: .max)
        silent.run()
        #expect(!silent.channel.isActive && caller.channel.isActive)
    }
}

extension Notification {
    fileprivate static func vote(for leader: Int64, round: Int64) -> Notification {
        Notification(
            state: .looking, leader: ServerID(rawValue: leader), zxid: .zero, electionEpoch: round, peerEpoch: .zero,
            config: "")
    }
}

extension [UInt8] {
    fileprivate static func hello(_ id: Int64) -> [UInt8] {
        ElectionHello(.oneAddress, server: ServerID(rawValue: id), addresses: ["127.0.0.1:3888"]).encoded
    }

    fileprivate static func frame(_ notification: Notification) -> [UInt8] {
        var writer = JuteWriter()
        writer.frame { notification.write(to: &$0) }
        return writer.bytes
    }
}

private final class Port {
    private(set) var mesh: ElectionMesh!
    private(set) var heard: [(notification: Notification, peer: ServerID)] = []
    private(set) var unreachable: [ServerID] = []
    private(set) var turns = (begun: 0, ended: 0)

    let loop = EmbeddedEventLoop()

    /// - Parameter servers: The members are 2 and as many from 1000 on as it takes.
    init(servers: Int = 1) {
        // Where those are that call is not known: nobody is dialled.
        let lines = ([2] + (1000..<1000 + servers - 1)).map {
            ServerLine(id: ServerID(rawValue: Int64($0)), host: "127.0.0.1", quorumPort: 1, electionPort: 2)
        }
        let settings = EnsembleSettings(
            lines[0], members: EnsembleConfiguration(servers: lines), options: QuorumOptions())
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        mesh = ElectionMesh(
            settings, .plain, loop: loop, logger: logger, warnings: RecurringLog(logger),
            capacity: 8,
            listener: ElectionMesh.Listener(
                heard: { [unowned self] in heard.append(($0, $1)) },
                unreachable: { [unowned self] in unreachable.append($0) },
                turnBegins: { [unowned self] in turns.begun += 1 }, turnEnded: { [unowned self] in turns.ended += 1 }))
    }

    func accept() throws -> Caller {
        let caller = Caller()
        try caller.channel.pipeline.syncOperations.addHandler(ElectionConnection(mesh: mesh, isDialled: false))
        try caller.channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        return caller
    }
}

private final class Caller {
    let channel = EmbeddedChannel()
    private var input = ByteBuffer()

    func send(_ bytes: [UInt8], pieces: Int = .max) throws {
        var buffer = ByteBuffer(bytes: bytes)
        while let piece = buffer.readSlice(length: min(pieces, buffer.readableBytes)), piece.readableBytes > 0,
            channel.isActive
        {
            try channel.writeInbound(piece)
            run()
        }
    }

    func run() { channel.embeddedEventLoop.run() }

    /// The other end is gone.
    func end() {
        _ = channel.close()
        run()
    }

    func received() throws -> [Notification] {
        while let more = try channel.readOutbound(as: ByteBuffer.self) { input.writeImmutableBuffer(more) }
        var notifications: [Notification] = []
        while let length = input.getInteger(at: input.readerIndex, as: Int32.self),
            input.readableBytes >= 4 + Int(length)
        {
            input.moveReaderIndex(forwardBy: 4)
            let bytes = input.readBytes(length: Int(length))!
            notifications.append(
                try bytes.withUnsafeBytes { bytes in
                    var reader = JuteReader(bytes)
                    return try Notification(from: &reader)
                })
        }
        return notifications
    }
}
