import Jute
import Membership
import Quorum
import ZooKeeperProtocol

/// What the clients of a simulated ensemble do, in place of ZooKeeper's operations.
struct Command: Hashable, CustomStringConvertible {
    enum Kind: UInt8 {
        case createSession, closeSession
        /// Sets a key for good.
        case set
        /// Sets a key until the session ends; refused if the key is taken.
        case claim
        case delete
        /// What a request became that the leader refused.
        case refused
        /// A new configuration; written as ZooKeeper writes it, for the core reads it too.
        case reconfig
    }

    var kind: Kind
    var session: SessionID
    var cxid: Int32
    var key: UInt8 = 0
    var value: Int64 = 0

    var bytes: [UInt8] {
        var writer = JuteWriter(capacity: 24)
        writer.write(kind.rawValue)
        writer.write(session)
        writer.write(cxid)
        writer.write(key)
        writer.write(value)
        return writer.bytes
    }

    init(kind: Kind, session: SessionID, cxid: Int32, key: UInt8 = 0, value: Int64 = 0) {
        self.kind = kind
        self.session = session
        self.cxid = cxid
        self.key = key
        self.value = value
    }

    private static let length = 22

    var description: String {
        switch kind {
        case .set, .claim: "\(kind) \(key)=\(value) by \(session) \(cxid)"
        case .delete: "delete \(key) by \(session) \(cxid)"
        case .createSession, .closeSession, .refused, .reconfig: "\(kind) \(session) \(cxid)"
        }
    }

    init?(bytes: [UInt8]) {
        if bytes.count > Self.length {
            let header = try? bytes.readJute { (reader) throws(JuteError) in try TxnHeader(from: &reader) }
            guard let header, header.type == .reconfig else { return nil }
            self.init(kind: .reconfig, session: header.session, cxid: header.cxid)
            return
        }
        let read = try? bytes.readJute { (reader) throws(JuteError) -> Command? in
            guard let kind = Kind(rawValue: try reader.readUInt8()) else { return nil }
            return Command(
                kind: kind, session: try reader.readSessionID(), cxid: try reader.readInt32(),
                key: try reader.readUInt8(),
                value: try reader.readInt64())
        }
        guard let command = read ?? nil else { return nil }
        self = command
    }

    var request: Quorum.Request {
        let op: OpCode =
            switch kind {
            case .createSession: .createSession
            case .closeSession: .closeSession
            case .set, .claim, .delete, .refused, .reconfig: .setData
            }
        return Quorum.Request(
            ForwardedRequest(session: session, cxid: cxid, op: op, body: bytes),
            authInfo: [AuthID(scheme: "ip", id: "127.0.0.1")])
    }
}

/// The state machine the simulated ensemble replicates: keys with values, some owned by a session.
///
/// It remembers every txn it applied as a chain of hashes, so that two replicas are compared by one number.
struct Replica {
    static let keys = 6

    struct Entry: Hashable, HasZXID {
        var zxid: ZXID
        /// Hash of this txn and all before it.
        var chain: UInt64
        var command: Command
    }

    private(set) var entries: [Entry] = []
    private(set) var values = [Int64](repeating: 0, count: keys)
    private(set) var owners = [SessionID?](repeating: nil, count: keys)
    /// Sorted.
    private(set) var sessions: [SessionID] = []
    /// All that were ever proposed in it, in order.
    private(set) var configurations: [(zxid: ZXID, configuration: EnsembleConfiguration)] = []

    var lastZXID: ZXID { entries.last?.zxid ?? .zero }
    var chain: UInt64 { entries.last?.chain ?? 0 }

    func entry(at zxid: ZXID) -> Entry? { entries.place(of: zxid).map { entries[$0] } }

    /// The administrator's session never ends.
    private func lives(_ session: SessionID) -> Bool {
        sessions.contains(session) || session == Simulator.administrator
    }

    /// Leader: what becomes of a request, seen from the state behind all proposals.
    func prepare(_ command: Command) -> Command {
        var outcome = command
        let lives = lives(command.session)
        switch command.kind {
        case .createSession: break
        case .closeSession, .set, .delete: if !lives { outcome.kind = .refused }
        case .claim: if !lives || values[Int(command.key)] != 0 { outcome.kind = .refused }
        case .refused, .reconfig: break
        }
        return outcome
    }

    /// Applies a txn. Returns what is wrong with it, if anything is: a leader must have refused it.
    mutating func apply(_ transaction: Transaction) -> String? {
        guard let command = Command(bytes: transaction.bytes) else { return "a txn that nobody wrote" }
        guard transaction.zxid > lastZXID else { return "applies \(transaction.zxid) after \(lastZXID)" }
        var hash = chain ^ UInt64(bitPattern: transaction.zxid.rawValue)
        for byte in transaction.bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        entries.append(Entry(zxid: transaction.zxid, chain: hash, command: command))
        let lives = lives(command.session)
        let key = Int(command.key)
        switch command.kind {
        case .createSession:
            if !lives {
                sessions.insert(
                    command.session, at: sessions.firstIndex { $0 > command.session } ?? sessions.endIndex)
            }
        case .closeSession:
            sessions.removeAll { $0 == command.session }
            for key in 0..<Self.keys where owners[key] == command.session {
                values[key] = 0
                owners[key] = nil
            }
        case .set:
            if !lives { return "sets a key for dead session \(command.session)" }
            values[key] = command.value
            owners[key] = nil
        case .claim:
            if !lives { return "a key claimed by dead session \(command.session)" }
            values[key] = command.value
            owners[key] = command.session
        case .delete:
            if !lives { return "deletes a key for dead session \(command.session)" }
            values[key] = 0
            owners[key] = nil
        case .reconfig:
            guard let configuration = transaction.configuration else { return "a reconfig without a configuration" }
            configurations.append((transaction.zxid, configuration))
        case .refused:
            break
        }
        return nil
    }
}

protocol HasZXID {
    var zxid: ZXID { get }
}

extension Transaction: HasZXID {}

extension Array where Element: HasZXID {
    /// Where the element of this zxid is; they are sorted.
    func place(of zxid: ZXID) -> Int? {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if self[middle].zxid < zxid { low = middle + 1 } else { high = middle }
        }
        return low < count && self[low].zxid == zxid ? low : nil
    }
}
