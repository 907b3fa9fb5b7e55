import Membership
import RequestPipeline
import ZooKeeperProtocol

/// What the admin server tells of the ensemble.
extension ServerReport {
    var leaderMembers: [(key: String, value: JSONText)] {
        guard let ensemble else { return [("error", .string("server is not initialized"))] }
        guard let leader = ensemble.leader else { return [("error", .string("leader unknown"))] }
        let address = ensemble.configuration.server(leader)?.addresses.first
        return [
            ("is_leader", .bool(leader == ensemble.id)), ("leader_id", .integer(leader.rawValue)),
            ("leader_ip", address.map { .string($0.host) } ?? .null),
        ]
    }

    var observerMembers: [(key: String, value: JSONText)] {
        let observers = (ensemble?.leading?.learners ?? []).filter { $0.isObserver && $0.isSynced }
        return [
            ("synced_observers", .integer(Int64(observers.count))),
            (
                "observers",
                .array(
                    observers.map {
                        .object([
                            ("remote_socket_address", .string($0.remote)), ("sid", .integer($0.id.rawValue)),
                        ])
                    })
            ),
        ]
    }

    /// The members that vote, by id.
    var votingView: [(key: String, value: JSONText)] {
        (ensemble?.configuration.participants ?? []).map { server in
            func addresses(_ port: (ServerLine.Address) -> Int) -> JSONText {
                .array(server.addresses.map { .string("\(ServerLine.bracketed($0.host)):\(port($0))") })
            }
            return (
                server.id.description,
                .object([
                    ("serverAddresses", addresses(\.quorumPort)), ("electionAddresses", addresses(\.electionPort)),
                    ("clientAddress", .string(server.client?.text ?? "")),
                    ("learnerType", .string(server.role.rawValue)),
                ])
            )
        }
    }

    var zabStateMembers: [(key: String, value: JSONText)] {
        guard let ensemble else { return [("voting", .bool(false)), ("zabstate", .string(""))] }
        let own = ensemble.ownLine
        func address(_ port: (ServerLine.Address) -> Int) -> JSONText {
            own?.addresses.first.map { .string("\(ServerLine.bracketed($0.host)):\(port($0))") } ?? .null
        }
        return [
            ("myid", .integer(ensemble.id.rawValue)), ("is_leader", .bool(ensemble.leading != nil)),
            ("quorum_address", address(\.quorumPort)), ("election_address", address(\.electionPort)),
            ("client_address", own?.client.map { .string($0.text) } ?? .null),
            ("voting", .bool(own?.role == .participant)), ("last_zxid", .string(lastZXID.description)),
            ("zab_epoch", .integer(lastZXID.epoch.rawValue)), ("zab_counter", .integer(Int64(lastZXID.counter))),
            ("zabstate", .string(ensemble.phase.rawValue)),
        ]
    }

    var proposalMembers: [(key: String, value: JSONText)] {
        (ensemble?.leading?.proposalSizes).map { [("proposal_stats", $0.json)] } ?? []
    }
}

extension Sizes {
    var json: JSONText {
        .object([
            ("last_buffer_size", .integer(last)), ("min_buffer_size", .integer(min)),
            ("max_buffer_size", .integer(max)),
        ])
    }
}
