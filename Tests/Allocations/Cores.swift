import DataTree
import DequeModule
import Jute
import Membership
import Quorum
import ZooKeeperProtocol

/// The tree by itself: a request is prepared and applied, or read.
final class BareTree {
    private var tree = DataTree()
    private var preparer = TxnPreparer()
    private var sessions = SessionTracker()
    private var zxid = ZXID.zero
    private var entry = JuteWriter(capacity: 1 << 12)
    private var reply = JuteWriter(capacity: 1 << 12)
    private let session = SessionID(rawValue: 1)
    private let client = ClientID(rawValue: 0)

    init() {
        sessions.track(session, timeout: 30_000, now: 0)
        tree.watches.connect(client, [])
        ask(Request.creation(of: Request.path))
    }

    func ask(_ request: Request) {
        request.withBody { body in
            reply.removeAll()
            if !TxnPreparer.isWrite(request.op) {
                let reader = Reader(connection: client, session: session)
                guard tree.read(request.op, body, for: reader, into: &reply) == .ok else {
                    fail("\(request.name) failed")
                }
                return
            }
            entry.removeAll()
            zxid = zxid.next
            let error = preparer.prepare(
                WriteRequest(session: session, cxid: 1, op: request.op, body: body, identities: []), zxid: zxid,
                time: 1,
                tree: tree, sessions: &sessions, into: &entry)
            guard error == .ok,
                let applied = try? entry.withUnsafeBytes({ try tree.apply($0, reply: &reply) })
            else { fail("\(request.name) failed") }
            preparer.applied(applied.header.zxid, tree: tree)
        }
    }
}

/// Three cores of the quorum by themselves, with a disk that is done with everything at once.
final class BareQuorums {
    private var cores: [Quorum]
    private var network = Network()
    private var inputs: Deque<(place: Int, input: Quorum.Input)> = []
    private var now: Int64 = 1000
    private var applied = 0
    private var zxid = ZXID.zero
    private let txn = [UInt8](repeating: 0x61, count: 200)

    init() {
        cores = (1...3).map { Quorum(id: ServerID($0), configuration: Ensemble.configuration(3)) }
        for place in cores.indices { inputs.append((place, .start)) }
        settle()
        while cores[2].nextZXID == nil {
            now += 10
            for place in cores.indices { inputs.append((place, .tick)) }
            settle()
            if now > 100_000 { fail("the cores found no leader") }
        }
    }

    /// The last one leads: it has the highest id, and all have the same history.
    func propose() {
        guard let zxid = cores[2].nextZXID else { fail("the leader takes no txn") }
        let before = applied
        inputs.append((2, .propose(Transaction(zxid: zxid, bytes: txn))))
        settle()
        guard applied == before + 3 else { fail("a txn was not committed by all") }
    }

    private func settle() {
        while let (place, input) = inputs.popFirst() {
            cores[place].step(input, now: now)
            while let effect = cores[place].nextEffect() { carryOut(effect, place) }
        }
    }

    private func carryOut(_ effect: Quorum.Effect, _ place: Int) {
        if network.carry(effect, from: place, { inputs.append(($0, $1)) }) { return }
        switch effect {
        case .write(_, let ticket): inputs.append((place, .durable(ticket)))
        case .readLog(_, let link): inputs.append((place, .logRead([], for: link)))
        case .apply: applied += 1
        case .close, .become, .activate: break
        default: fail("nobody is there to do this: \(effect)")
        }
    }
}
