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
        voters: some Sequence<ServerID>, observers: some Sequence<ServerID>, groups: [[Int64]] = []
    ) -> EnsembleConfiguration {
        var lines = voters.map { line($0, isVoter: true) } + observers.map { line($0, isVoter: false) }
        for (number, group) in groups.enumerated() {
            lines.append("group.\(number + 1)=" + group.map(String.init).joined(separator: ":"))
        }
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
        reconfigurations += 1
        let command = Command(kind: .reconfig, session: Self.administrator, cxid: Int32(reconfigurations))
        judge.asks(command, over: reconfigurations)
        let request = draw(known)
        trace(server, "reconfig \(request)")
        var writer = JuteWriter(capacity: 100)
        request.write(to: &writer)
        let operation = ForwardedRequest(
            session: command.session, cxid: command.cxid, op: .reconfig, body: writer.bytes)
        step(
            server, .request(Quorum.Request(operation, authInfo: [AuthID(scheme: "ip", id: "127.0.0.1")])))
    }

    private func draw(_ known: EnsembleConfiguration) -> ReconfigRequest {
        let everybody = nodes.map(\.id)
        var joining: [String] = []
        var leaving: [String] = []
        let version = chance.happens(percent: 20) ? known.version : -1
        switch chance.pick(0...9) {
        case 0...3:
            // Joins, is promoted, or is demoted.
            joining.append(Self.line(chance.pick(everybody), isVoter: chance.happens(percent: 70)))
        case 4...5:
            leaving.append("\(chance.pick(everybody))")
        case 6:
            // One for another.
            leaving.append("\(chance.pick(everybody))")
            joining.append(Self.line(chance.pick(everybody), isVoter: true))
        case 7:
            if let leader = nodes.first(where: \.isLeader)?.id {
                if chance.happens(percent: 50) {
                    leaving.append("\(leader)")
                } else {
                    joining.append(Self.line(leader, isVoter: false))
                }
            }
        default:
            // All anew.
            let members = everybody.filter { _ in chance.happens(percent: 70) }
            let lines = members.map { Self.line($0, isVoter: chance.happens(percent: 75)) }
            return ReconfigRequest(
                joiningServers: nil, leavingServers: nil, newMembers: lines.joined(separator: ","),
                currentConfigID: version)
        }
        return ReconfigRequest(
            joiningServers: joining.joined(separator: ","), leavingServers: leaving.joined(separator: ","),
            newMembers: nil, currentConfigID: version)
    }

    /// The leader's shell: what becomes of a reconfig.
    func prepareReconfig(_ request: Quorum.Request, _ zxid: ZXID, on index: Int) -> Transaction? {
        let wanted = try? request.operation.body.readJute { (reader) throws(JuteError) in
            try ReconfigRequest(from: &reader)
        }
        guard let wanted, let outcome = nodes[index].quorum?.reconfiguration(wanted, at: zxid) else { return nil }
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
            trace(index, "refuses the reconfig: \(code)")
            let refused = Command(
                kind: .refused, session: request.operation.session, cxid: request.operation.cxid)
            return Transaction(zxid: zxid, bytes: refused.bytes)
        }
    }
}
