import DataTree
import DequeModule
import Jute
import Membership
import Quorum
import RequestPipeline
import ZooKeeperProtocol

struct Client {
    let server: Int
    let id: ClientID
}

/// Servers in one process, joined by a queue: the cores with the least of a shell around them, which adds no allocation of its own.
///
/// The disk is done with everything at once, and forgets it.
final class Ensemble {
    private enum Message {
        case input(Quorum.Input)
        case stored(UInt64)
    }

    private final class Server {
        var pipeline: RequestPipeline
        let replication: QuorumReplication?
        /// Alone: txns on their way to the disk.
        var log = JuteWriter()
        var entries: [Range<Int>] = []

        init(pipeline: consuming RequestPipeline, replication: QuorumReplication?) {
            self.pipeline = pipeline
            self.replication = replication
        }
    }

    private var servers: [Server] = []
    private var messages: Deque<(server: Int, message: Message)> = []
    private var network = Network()
    private var now: Int64 = 1000
    private var answered = 0
    /// The error in the header of the last answer; means nothing for that of a handshake.
    private var error: Int32 = 0

    /// The last one leads: it has the highest id, and all have the same history.
    init(_ count: Int) {
        for id in 1...count {
            var replication: QuorumReplication?
            if count > 1 {
                replication = QuorumReplication(
                    Quorum(id: ServerID(Int64(id)), configuration: Self.configuration(count)))
            }
            let pipeline = RequestPipeline(
                PipelineOptions(), tree: DataTree(), replication: replication ?? Alone(lastZXID: .zero), now: now,
                wall: now)
            servers.append(Server(pipeline: pipeline, replication: replication))
            if count > 1 { messages.append((id - 1, .input(.start))) }
        }
        settle()
        while count > 1, !isServing {
            now += 10
            for server in servers {
                server.pipeline.advance(to: now, wall: now)
                server.pipeline.tick()
            }
            settle()
            if now > 100_000 { fail("the servers found no leader") }
        }
    }

    static func configuration(_ count: Int) -> EnsembleConfiguration {
        let members = (1...count).map { id in "server.\(id)=10.0.0.\(id):2888:3888:participant;0.0.0.0:2181" }
        guard let configuration = EnsembleConfiguration(text: members.joined(separator: "\n")) else {
            fail("no configuration")
        }
        return configuration
    }

    private var isServing: Bool {
        var isServing = true
        for server in servers {
            switch server.pipeline.service {
            case .leading, .learning: break
            case .readOnly, .none: isServing = false
            }
        }
        return isServing
    }

    // MARK: Clients

    /// A client with a session, and the znode that requests are about.
    func connect(to server: Int) -> Client {
        guard let id = servers[server].pipeline.accept(host: "10.0.1.1", remote: "10.0.1.1:1", isSecure: false) else {
            fail("refused")
        }
        let client = Client(server: server, id: id)
        send(Request.handshake(), client)
        send(Request.creation(of: Request.path).frame, client)
        return client
    }

    func ask(_ request: inout Request, _ client: Client) {
        request.next()
        send(request.frame, client)
        guard error == 0 else { fail("\(request.name) is answered with error \(error)") }
    }

    private func send(_ frame: [UInt8], _ client: Client) {
        let before = answered
        let taken = frame.withUnsafeBytes { servers[client.server].pipeline.take($0, from: client.id) }
        guard case .used(frame.count) = taken else { fail("a request was not taken") }
        settle()
        guard answered == before + 1 else { fail("a request was not answered") }
    }

    // MARK: The shell

    private func settle() {
        for server in servers.indices { carryOut(server) }
        while let (server, message) = messages.popFirst() {
            switch message {
            case .input(let input): servers[server].replication?.step(input)
            case .stored(let ticket): stored(ticket, servers[server])
            }
            carryOut(server)
        }
    }

    private func stored(_ ticket: UInt64, _ server: Server) {
        server.pipeline.stored(ticket) { body in
            server.log.withUnsafeBytes { bytes in
                for entry in server.entries { body(UnsafeRawBufferPointer(rebasing: bytes[entry])) }
            }
        }
        server.log.removeAll()
        server.entries.removeAll(keepingCapacity: true)
    }

    private func carryOut(_ place: Int) {
        let server = servers[place]
        while let effect = server.pipeline.nextEffect() {
            switch effect {
            case .append(_, let entry):
                let start = server.log.count
                entry.withUnsafeBytes { server.log.write(raw: $0) }
                server.entries.append(start..<server.log.count)
                messages.append((place, .stored(0)))
            case .quorum(let effect): carryOut(effect, place)
            case .close(let id): fail("client \(id.rawValue) was closed")
            case .keepMismatch: fail("the digests differ")
            case .flush, .resume, .log, .returnMemory, .stopped: break
            }
        }
        while let id = server.pipeline.nextDirty() {
            guard let output = server.pipeline.takeOutput(of: id) else { continue }
            answered += 1
            error = output.bytes.withUnsafeBytes {
                Int32(bigEndian: $0.loadUnaligned(fromByteOffset: 16, as: Int32.self))
            }
            server.pipeline.giveBack(output.bytes)
        }
    }

    private func carryOut(_ effect: Quorum.Effect, _ place: Int) {
        if network.carry(effect, from: place, { messages.append(($0, .input($1))) }) { return }
        switch effect {
        case .write(_, let ticket): messages.append((place, .stored(ticket.rawValue)))
        case .readLog(_, let link): messages.append((place, .input(.logRead([], for: link))))
        case .close, .become, .activate: break
        default: fail("the servers have no disk to do this: \(effect)")
        }
    }
}
