import FoundationEssentials
import Jute
import Testing
import ZooKeeperProtocol

@testable import DataTree

/// What Apache 3.8.0 said to real clients, frame by frame. The captures of its standalone server are one history: in the
/// order of their zxids, our tree must give the same answers and the same events, byte for byte, times and zxids included.
@Suite struct ConversationTests {
    private struct Capture: Decodable {
        struct Frame: Decodable {
            var conn: Int
            var dir: String
            var hex: String
            var what: String?
            var fields: JSON?
        }
        var frames: [Frame]
    }

    /// In the order in which they were taken. A later group goes on with the connections of the one before.
    private static let scenarios = [
        ["session-reopen"], ["create-kinds"], ["create-errors"], ["reads", "setData-delete"], ["auth-acl"],
        ["noauth-and-super"],
        ["watches-one-shot", "watches-persistent", "watches-recursive", "setWatches"], ["multi"], ["quota"],
        ["odd-requests"],
        ["pipelined"],
    ]

    private struct Exchange {
        var scenario: String
        var connection: String
        var op: OpCode
        var xid: Int32
        var request: [UInt8]
        var zxid: Int64
        var error: ErrorCode
        var body: [UInt8]
        /// Place in its connection's conversation.
        var order: Int
    }

    private struct History {
        var exchanges: [Exchange] = []
        var sessions: [String: SessionID] = [:]
        /// When each txn was prepared, as far as some Stat tells.
        var times: [Int64: Int64] = [:]
        /// What each connection was told, in order.
        var events: [String: [[UInt8]]] = [:]
    }

    private static func load() throws -> History {
        var history = History()
        for (group, names) in scenarios.enumerated() {
            for name in names {
                let path = #filePath.split(separator: "/").dropLast(2).map { "/" + $0 }.joined()
                let data = try Data(
                    contentsOf: URL(filePath: "\(path)/ZooKeeperProtocolTests/Fixtures/client/\(name).json"))
                var waiting: [Int: [(op: OpCode, xid: Int32, body: [UInt8])]] = [:]
                for frame in try JSONDecoder().decode(Capture.self, from: data).frames {
                    frame.fields?.collectTimes(into: &history.times)
                    let bytes = Array(unhex(frame.hex).dropFirst(4))
                    let connection = "\(group).\(frame.conn)"
                    if frame.what == "ConnectResponse" {
                        history.sessions[connection] = try ConnectResponse(decoding: bytes).session
                    } else if frame.what == "ConnectRequest" || bytes.isEmpty {
                        continue
                    } else if frame.dir == "c2s" {
                        let header = try RequestHeader(decoding: Array(bytes[..<8]))
                        waiting[frame.conn, default: []].append((header.op, header.xid, Array(bytes[8...])))
                    } else {
                        let header = try ReplyHeader(decoding: Array(bytes[..<16]))
                        if header.xid == -1 {
                            history.events[connection, default: []].append(bytes)
                            continue
                        }
                        let request = try #require(
                            waiting[frame.conn]?.first { $0.xid == header.xid || $0.op == .ping })
                        waiting[frame.conn]!.removeAll {
                            $0.xid == request.xid && $0.op == request.op && $0.body == request.body
                        }
                        history.exchanges.append(
                            Exchange(
                                scenario: name, connection: connection, op: request.op, xid: request.xid,
                                request: request.body, zxid: header.zxid.rawValue, error: header.error,
                                body: Array(bytes[16...]), order: history.exchanges.count))
                    }
                }
            }
        }
        // Auth replies carry zxid 0: they stay behind the reply before them.
        var seen: [String: Int64] = [:]
        for index in history.exchanges.indices {
            let connection = history.exchanges[index].connection
            if history.exchanges[index].op == .auth { history.exchanges[index].zxid = seen[connection] ?? 0 }
            seen[connection] = history.exchanges[index].zxid
        }
        return history
    }

    @Test func sameAnswersAsApache() throws {
        let history = try Self.load()
        let exchanges = history.exchanges.sorted {
            let (left, right) = (TxnPreparer.isWrite($0.op) ? 0 : 1, TxnPreparer.isWrite($1.op) ? 0 : 1)
            return ($0.zxid, left, $0.order) < ($1.zxid, right, $1.order)
        }
        var access = AccessControl()
        access.superDigest = "super:lK75jTNcA+U9vtVEw5vB51mj/w4="
        var options = TxnPreparer.Options()
        options.allowsTTL = true
        options.enforcesQuotas = true
        let server = TestServer(options, access: access)
        var connections: [String: ClientID] = [:]
        var inbox: [ClientID: [[UInt8]]] = [:]
        var compared = 0

        func deliver() {
            for event in server.tree.events.events {
                var frame = JuteWriter()
                server.tree.events.writeFrame(event, to: &frame)
                inbox[event.connection, default: []].append(Array(frame.bytes[4...]))
            }
        }
        for exchange in exchanges {
            let session = try #require(history.sessions[exchange.connection])
            if connections[exchange.connection] == nil {
                connections[exchange.connection] = server.tree.watches.connect([AuthID(scheme: "ip", id: "127.0.0.1")])
                server.sessions.track(session, timeout: 30_000, now: 0)
            }
            let connection = connections[exchange.connection]!
            let identities = server.tree.watches.identities(of: connection)
            var (error, body) = (ErrorCode.ok, [UInt8]())
            let place = "\(exchange.scenario) xid \(exchange.xid) (\(exchange.op)) at zxid \(exchange.zxid)"
            if exchange.op == .auth {
                let packet = try AuthPacket(decoding: exchange.request)
                if let added = server.tree.access.authenticate(scheme: packet.scheme, credentials: packet.auth ?? []) {
                    let merged = added.filter { !identities.contains($0) } + identities
                    server.tree.watches.setIdentities(merged, of: connection)
                } else {
                    error = .authFailed
                }
            } else if TxnPreparer.isWrite(exchange.op) {
                server.zxid = ZXID(rawValue: exchange.zxid - 1)
                server.time = history.times[exchange.zxid] ?? 0
                server.prepare(exchange.op, exchange.request, session: session, as: identities, cxid: exchange.xid)
                (error, body) = server.applyNext()
                deliver()
                #expect(server.tree.digestMismatches == 0, "\(place): foreseen digest")
                #expect(server.preparerIsIdle)
            } else if DataTree.isRead(exchange.op) {
                var reply = JuteWriter()
                error = exchange.request.withUnsafeBytes {
                    server.tree.read(
                        exchange.op, $0, for: Reader(connection: connection, session: session), into: &reply)
                }
                body = reply.bytes
                deliver()
            } else {
                continue
            }
            compared += 1
            #expect(error == exchange.error, "\(place)")
            if error == .ok, exchange.error == .ok {
                #expect(normal(exchange.op, body) == normal(exchange.op, exchange.body), "\(place)")
            }
        }
        #expect(compared > 220)
        #expect(server.tree.recomputedDigest() == server.tree.digest)
        for (name, events) in history.events {
            let received = try #require(connections[name].flatMap { inbox[$0] })
            #expect(try received.map(Self.describe) == events.map(Self.describe), "connection \(name)")
            #expect(received == events)
        }
        #expect(inbox.values.map(\.count).reduce(0, +) > 25)
        // The whole history once more, as a log.
        let copy = DataTree()
        for entry in server.everything { try copy.apply(entry) }
        #expect(copy.digest == server.tree.digest)
        #expect(try copy.everything() == server.tree.everything())
    }

    private static func describe(_ frame: [UInt8]) throws -> String {
        let event = try WatcherEvent(decoding: Array(frame[16...]))
        return "\(event.type) \(event.path), \(try ReplyHeader(decoding: Array(frame[..<16])).zxid)"
    }

    /// Lists whose order means nothing, sorted.
    private func normal(_ op: OpCode, _ body: [UInt8]) -> [String] {
        do {
            switch op {
            case .getChildren, .getEphemerals: return (try StringsRecord(decoding: body).strings ?? []).sorted()
            case .getChildren2:
                let reply = try Children2Response(decoding: body)
                return (reply.children ?? []).sorted() + ["\(reply.stat)"]
            case .whoAmI: return (try WhoAmIResponse(decoding: body).clientInfo ?? []).map { "\($0)" }.sorted()
            case .multiRead:
                return try body.readJute { reader throws(JuteError) in try MultiResult.readAll(from: &reader) }.map {
                    if case .getChildren(let names) = $0 { return "\((names.strings ?? []).sorted())" }
                    return "\($0)"
                }
            default: return ["\(body)"]
            }
        } catch { return ["\(error)", "\(body)"] }
    }
}

/// Any JSON, to look for Stats in.
private enum JSON: Decodable {
    case object([String: JSON]), array([JSON]), number(Int64), other

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let value = try? container.decode([String: JSON].self) {
            self = .object(value)
        } else if let value = try? container.decode([JSON].self) {
            self = .array(value)
        } else if let value = try? container.decode(Int64.self) {
            self = .number(value)
        } else {
            self = .other
        }
    }

    /// When each txn was: from the Stats that show it.
    func collectTimes(into times: inout [Int64: Int64]) {
        switch self {
        case .object(let members):
            for (zxid, time) in [("czxid", "ctime"), ("mzxid", "mtime")] {
                if case .number(let zxid)? = members[zxid], case .number(let time)? = members[time], zxid > 0 {
                    times[zxid] = time
                }
            }
            for member in members.values { member.collectTimes(into: &times) }
        case .array(let elements):
            for element in elements { element.collectTimes(into: &times) }
        case .number, .other: break
        }
    }
}

private func unhex(_ text: String) -> [UInt8] {
    let digits = text.utf8.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
    return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
}
