import Membership
import Planning
import Supervision
import ZooKeeperClient
import ZooKeeperProtocol

extension Operator {
    /// Lets the ensemble change its members, and waits meanwhile for a leader and for a change that is still under way.
    ///
    /// Without `skipACL` only who may write `/zookeeper/config` is allowed to: `$PADDOCK_AUTH` (`digest:super:PASSWORD`) says who we are.
    func reconfigure(
        _ ensemble: Ensemble, _ control: ControlClient, joining: ServerLine?, leaving: ServerID?
    ) async throws {
        try await waitUntilLed(ensemble, control)
        let sweep = await ensemble.sweeper(control).sweep()
        let members = ensemble.clients(sweep).filter { $0.id != leaving }
        let servers = ConnectString(
            servers: members.map { ServerAddress(host: $0.clientHost, port: $0.clientPort) })
        let what = joining.map { "-add \($0.text())" } ?? leaving.map { "-remove \($0)" } ?? ""
        let deadline = Instant.now() + ensemble.patience
        while true {
            do {
                try await ZooKeeperClient.with(servers) { client in
                    if let auth = environment["PADDOCK_AUTH"], let colon = auth.firstIndex(of: ":") {
                        try await client.addAuth(
                            scheme: String(auth[..<colon]), credentials: Array(auth[auth.index(after: colon)...].utf8))
                    }
                    _ = try await client.reconfigure(
                        joining: joining.map { [$0.text()] } ?? [], leaving: leaving.map { ["\($0)"] } ?? [])
                }
                return
            } catch let error as ZooKeeperError where Self.isPassing(error) && Instant.now() < deadline {
                try await Task.sleep(for: .milliseconds(200))
            } catch let error as ZooKeeperError {
                throw OperationError(
                    .failed, "the ensemble refused `reconfig \(what)`: \(error.code)", mend: Self.mend(error.code, what)
                )
            }
        }
    }

    /// Repeating it changes nothing that was done already.
    private static func isPassing(_ error: ZooKeeperError) -> Bool {
        switch error.code {
        case .connectionLoss, .requestTimeout, .reconfigInProgress, .newConfigNoQuorum, .sessionExpired: true
        default: false
        }
    }

    private static func mend(_ code: ErrorCode, _ what: String) -> String {
        switch code {
        case .noAuth:
            "only a super user may change the members: give PADDOCK_AUTH=digest:super:PASSWORD in the environment, or type it yourself (`paddock shell`: addauth digest super:PASSWORD, then reconfig \(what)) and repeat the command"
        case .reconfigDisabled: "write reconfigEnabled: true under 'settings', and `paddock up FILE`"
        case .newConfigNoQuorum:
            "too few of the servers that would vote are in step with the leader; see `paddock status`"
        default: "see `paddock status`, and repeat the command"
        }
    }
}
