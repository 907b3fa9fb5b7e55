import Jute
import NIOCore
import NIOEmbedded
import TestSupport
import Testing
import ZooKeeperProtocol

@testable import ZooKeeperServer

/// A client that does not wait for answers gets them in the order in which it asked, whatever it asked for.
@Suite struct RequestOrderTests {
    @Test func requestsOfAllKindsAreAnsweredInOrder() async throws {
        try await LoneLeader.with { leader in
            let client = try await leader.connectClient()
            var generator = SeededGenerator(seed: 7)
            for _ in 0..<20 {
                let asked = (0..<12).map { _ in Request.allCases.randomElement(using: &generator)! }
                let xids = try await client.send(asked)
                #expect(try await client.receive(asked.count) == xids, "\(asked)")
            }
        }
    }

    /// A leader that stops commits what is under way and takes nothing more. A write that it drops is not answered, and
    /// nothing behind it is, either.
    @Test func whatALeaderNoLongerTakesIsNotOvertaken() async throws {
        try await LoneLeader.with { leader in
            let client = try await leader.connectClient()
            let first = try await client.send([.create, .sync]) { core in
                // Before the disk is done with it.
                core.pipeline.shutDown()
                core.carryOut()
            }
            _ = try await client.send([.set, .sync, .get, .ping, .sync])
            #expect(try await client.receiveToTheEnd() == first)
        }
    }
}

private enum Request: CaseIterable {
    case create, set, delete, get, exists, sync, ping, setWatches, multi
    /// Bodies that cannot be read.
    case brokenSync, brokenGet, brokenSet

    var op: OpCode {
        switch self {
        case .create: .create
        case .set, .brokenSet: .setData
        case .delete: .delete
        case .get, .brokenGet: .getData
        case .exists: .exists
        case .sync, .brokenSync: .sync
        case .ping: .ping
        case .setWatches: .setWatches
        case .multi: .multi
        }
    }

    var body: [UInt8] {
        switch self {
        case .create:
            CreateRequest(path: "/a", data: [1], acl: .open, flags: 0).encoded
        case .set: SetDataRequest(path: "/a", data: [2], version: -1).encoded
        case .delete: DeleteRequest(path: "/a", version: -1).encoded
        case .get, .exists: ReadRequest(path: "/a", watch: false).encoded
        case .sync: PathRecord(path: "/a").encoded
        // relativeZXID and three empty lists.
        case .setWatches: [UInt8](repeating: 0, count: 20)
        // The end of a multi without operations.
        case .multi: [0xff, 0xff, 0xff, 0xff, 1, 0xff, 0xff, 0xff, 0xff]
        case .ping, .brokenSync: []
        case .brokenGet, .brokenSet: [0, 0, 0, 9, 1]
        }
    }
}

extension LoneLeader {
    fileprivate func connectClient() async throws -> Client {
        let channel = try await NIOAsyncTestingChannel(loop: loop) { [core] channel in
            try channel.pipeline.syncOperations.addHandler(ClientConnection(server: core.value, isSecure: false))
        }
        try await channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 6)).get()
        let client = Client(channel, core)
        try await client.greet()
        return client
    }
}

private final class Client {
    private let channel: NIOAsyncTestingChannel
    private let core: NIOLoopBound<ServerCore>
    private var input = ByteBuffer()
    private var xid: Int32 = 0

    init(_ channel: NIOAsyncTestingChannel, _ core: NIOLoopBound<ServerCore>) {
        self.channel = channel
        self.core = core
    }

    func greet() async throws {
        let request = ConnectRequest(
            lastZXIDSeen: .zero, timeout: 30_000, session: .none, password: [UInt8](repeating: 0, count: 16),
            readOnly: false)
        try await put([request.encoded]) { _ in }
        _ = try await frame()
    }

    /// Sends all in one segment.
    ///
    /// - Parameter meanwhile: what happens before anything else does.
    /// - Returns: the xids that the answers must have.
    func send(
        _ requests: [Request], meanwhile: @escaping @Sendable (ServerCore) -> Void = { _ in }
    ) async throws -> [Int32] {
        var xids: [Int32] = []
        let bodies = requests.map { request in
            xid += 1
            xids.append(request.op == .ping ? SpecialXID.ping : xid)
            return RequestHeader(xid: xids.last!, op: request.op).encoded + request.body
        }
        try await put(bodies, meanwhile)
        return xids
    }

    private func put(_ bodies: [[UInt8]], _ meanwhile: @escaping @Sendable (ServerCore) -> Void) async throws {
        var writer = JuteWriter(capacity: 1024)
        for body in bodies { writer.frame { output in body.withUnsafeBytes { output.write(raw: $0) } } }
        let buffer = ByteBuffer(bytes: writer.bytes)
        try await channel.testingEventLoop.executeInContext { [channel, core] in
            channel.pipeline.fireChannelRead(buffer)
            meanwhile(core.value)
            channel.pipeline.fireChannelReadComplete()
        }
        // What was put off to the end of the turn.
        await channel.testingEventLoop.run()
    }

    /// The xids of the next answers.
    func receive(_ count: Int) async throws -> [Int32] {
        var xids: [Int32] = []
        while xids.count < count { xids.append(try await frame()) }
        return xids
    }

    /// The xids of all answers that come before the connection is closed.
    func receiveToTheEnd() async throws -> [Int32] {
        try await channel.closeFuture.get()
        while let more = try await channel.readOutbound(as: ByteBuffer.self) { input.writeImmutableBuffer(more) }
        var xids: [Int32] = []
        while input.readableBytes > 0 { xids.append(try await frame()) }
        return xids
    }

    /// The first number of the next frame, and skips the rest.
    private func frame() async throws -> Int32 {
        while true {
            if let length = input.getInteger(at: input.readerIndex, as: Int32.self),
                input.readableBytes >= 4 + Int(length)
            {
                input.moveReaderIndex(forwardBy: 4)
                var frame = input.readSlice(length: Int(length))!
                let xid = frame.readInteger(as: Int32.self)
                return try #require(xid)
            }
            input.writeImmutableBuffer(try await channel.waitForOutboundWrite(as: ByteBuffer.self))
        }
    }
}
