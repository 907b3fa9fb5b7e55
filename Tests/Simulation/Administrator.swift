import Jute
import Membership
import Quorum
import ZooKeeperProtocol

/// Somebody who changes the ensemble while it runs: servers join, leave, are promoted and demoted, the leader among them.
///
/// Asks whoever serves and does not wait for an answer; the judge sees what comes of it.
extension Simulator {
    static let administrator = SessionID(rawValue: 99 << 32)

    /// The line of one server, as configuration texts have it.
    static func line(_ id: ServerID, isVoter: Bool) -> String {
        "server.\(id)=host\(id):2888:3888:\(isVoter ? "participant" : "observer");host\(id):2181"
    }

    static func configuration(
        voters: some Sequence<ServerID>, observers: some Sequence<ServerID>, groups: [[Int64]] = [],
        weights: [(server: Int64, weight: Int64)] = []
    ) -> EnsembleConfiguration {
        var lines = voters.map { line($0, isVoter: true) } + observers.map { line($0, isVoter: false) }
        for (number, group) in groups.enumerated() {
            lines.append("group.\(number + 1)=" + group.map(String.init).joined(separator: ":"))
        }
        lines += weights.map { "weight.\($0.server)=\($0.weight)" }
        guard let configuration = EnsembleConfiguration(text: (lines + ["version=0"]).joined(separator: "\n")) else {
            fatalError("the simulator writes configurations that cannot be read")
        }
        return configuration
    }

    /// What a server starts with: the ensemble's configuration, and one that is not in it adds itself.
    func firstConfiguration(of index: Int) -> EnsembleConfiguration {
        let id = nodes[index].id
        let members = configuration.servers
        if members.contains(where: { $0.id == id }) { return configuration }
        let comesToVote = id.rawValue % 2 == 0
        return Self.configuration(
            voters: members.filter(\.isVoter).map(\.id) + (comesToVote ? [id] : []),
            observers: members.filter { !$0.isVoter }.map(\.id) + (comesToVote ? [] : [id]))
    }

    func administer() {
        guard !isHealed else { return }
        agenda.plan(.administer, at: now + 10_000 + chance.delay(mean: scenario.reconfigPause))
        let serving = nodes.indices.filter { nodes[$0].isServing && nodes[$0].pausedUntil <= now }
        guard !serving.isEmpty else { return }
        let server = chance.pick(serving)
        guard let known = nodes[server].quorum?.membership.committed else { return }
        reconfigure(draw(known), at: server)
    }

    func reconfigure(_ change: Change, at server: Int) {
        record("reconfig \(server + 1) \(change)")
        trace(server, .role, "reconfig \(change)")
        var writer = JuteWriter(capacity: 100)
        change.request.write(to: &writer)
        let command = nextCommand(.reconfig)
        let operation = ForwardedRequest(
            session: command.session, cxid: command.cxid, op: .reconfig, body: writer.bytes)
        step(
            server, .request(Quorum.Request(operation, authInfo: [AuthID(scheme: "ip", id: "127.0.0.1")])))
    }

    /// The administrator's next request.
    func nextCommand(_ kind: Command.Kind) -> Command {
        reconfigurations += 1
        let command = Command(kind: kind, session: Self.administrator, cxid: Int32(reconfigurations))
        judge.asks(command, over: reconfigurations)
        return command
    }

    private func draw(_ known: EnsembleConfiguration) -> Change {
        let everybody = nodes.map(\.id)
        var change = Change()
        change.version = chance.happens(percent: 20) ? known.version : -1
        switch chance.pick(0...9) {
        case 0...3:
            // Joins, is promoted, or is demoted.
            change.joining = [(chance.pick(everybody), isVoter: chance.happens(percent: 70))]
        case 4...5:
            change.leaving = [chance.pick(everybody)]
        case 6:
            // One for another.
            change.leaving = [chance.pick(everybody)]
            change.joining = [(chance.pick(everybody), isVoter: true)]
        case 7:
            if let leader = nodes.first(where: \.isLeader)?.id {
                if chance.happens(percent: 50) {
                    change.leaving = [leader]
                } else {
                    change.joining = [(leader, isVoter: false)]
                }
            }
        default:
            // All anew.
            change.isWhole = true
            change.joining = everybody.filter { _ in chance.happens(percent: 70) }
                .map { ($0, isVoter: chance.happens(percent: 75)) }
        }
        return change
    }

    /// What the administrator wants. As scripts write it: `+4` joins as a voter, `+5o` as an observer, `-1` leaves; `=2,3,5o` are all
    /// members there are to be; `@100000001` is the version the change is meant for.
    struct Change: CustomStringConvertible {
        var joining: [(id: ServerID, isVoter: Bool)] = []
        var leaving: [ServerID] = []
        /// Those who join are all there are to be.
        var isWhole = false
        var version: Int64 = -1

        var request: ReconfigRequest {
            let lines = joining.map { Simulator.line($0.id, isVoter: $0.isVoter) }.joined(separator: ",")
            if isWhole {
                return ReconfigRequest(
                    joiningServers: nil, leavingServers: nil, newMembers: lines, currentConfigID: version)
            }
            return ReconfigRequest(
                joiningServers: lines, leavingServers: leaving.map(\.description).joined(separator: ","),
                newMembers: nil, currentConfigID: version)
        }

        var description: String {
            let members = joining.map { "\($0.id)\($0.isVoter ? "" : "o")" }
            var words = isWhole ? ["=" + members.joined(separator: ",")] : members.map { "+" + $0 }
            words += leaving.map { "-\($0)" }
            if version != -1 { words.append("@" + String(version, radix: 16)) }
            return words.joined(separator: " ")
        }

        init() {}

        /// Nil when a word is none of these.
        init?(_ words: some Sequence<Substring>) {
            for word in words {
                switch word.first {
                case "+", "=":
                    isWhole = isWhole || word.first == "="
                    for member in word.dropFirst().split(separator: ",") {
                        let isVoter = member.last != "o"
                        guard let id = ServerID(isVoter ? member : member.dropLast()) else { return nil }
                        joining.append((id, isVoter))
                    }
                case "-":
                    guard let id = ServerID(word.dropFirst()) else { return nil }
                    leaving.append(id)
                case "@":
                    guard let version = Int64(word.dropFirst(), radix: 16) else { return nil }
                    self.version = version
                default:
                    return nil
                }
            }
        }
    }

    /// The leader's shell: what becomes of a reconfig.
    func prepareReconfig(_ request: Quorum.Request, _ zxid: ZXID, on index: Int) -> Transaction? {
        let wanted = try? request.operation.body.readJute { (reader) throws(JuteError) in
            try ReconfigRequest(from: &reader)
        }
        guard let wanted, let outcome = nodes[index].quorum?.reconfiguration(wanted) else { return nil }
        switch outcome {
        case .accepted(let configuration):
            var writer = JuteWriter(capacity: 200)
            TxnHeader(
                session: request.operation.session, cxid: request.operation.cxid, zxid: zxid, time: 0, type: .reconfig
            ).write(to: &writer)
            SetDataTxn(path: "/zookeeper/config", data: [UInt8](configuration.text.utf8), version: -1)
                .write(to: &writer)
            return Transaction(zxid: zxid, bytes: writer.bytes)
        case .refused(let code):
            trace(index, .role, "refuses the reconfig: \(code)")
            let refused = Command(
                kind: .refused, session: request.operation.session, cxid: request.operation.cxid)
            return Transaction(zxid: zxid, bytes: refused.bytes)
        }
    }
}
