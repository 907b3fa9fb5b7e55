import Planning
import Provisioning
import Topology
import ZooKeeperProtocol

/// `up` starts servers on this machine. Those of a topology for other machines are not started here under their names.
enum HostsElsewhere {
    static func check(
        _ topology: Topology, file: String, addresses: LocalAddresses = .gather()
    ) throws(OperationError) {
        var places: [String: LocalAddresses.Place] = [:]
        var elsewhere: [String] = []
        for server in topology.servers {
            let place = places[server.host] ?? addresses.place(of: server.host)
            places[server.host] = place
            switch place {
            case .here: continue
            case .elsewhere: elsewhere.append("server \(server.id) is for \(server.host)")
            case .unresolved(let why):
                elsewhere.append("server \(server.id) is for \(server.host), a name that means nothing here (\(why))")
            }
        }
        guard !elsewhere.isEmpty else { return }
        let all = elsewhere.count == topology.servers.count
        throw OperationError(
            .failed,
            "\(topology.ensemble) is not an ensemble of this machine\(all ? "" : " alone"); nothing was started",
            mend:
                "`paddock generate \(file) -o DIR` writes the files of every server, to be copied to its host; playbooks/README.md says how Ansible does it",
            details: elsewhere)
    }
}
