import Foundation
import Glibc
import Membership
import Planning
import ServerConfig
import Testing
import ZooKeeperClient
import ZooKeeperProtocol

@testable import Operations

/// What the servers say of themselves goes before what was written down: real bundled servers whose members, ports and disks change.
extension RealEnsembleTests {
    private func refusal(_ body: () async throws -> some Any) async -> OperationError? {
        await #expect(throws: OperationError.self) { try await body() }
    }

    @Test func membersChangedBehindTheTopologysBack() async throws {
        try await RealEnsembles.with { ensembles in
            let command = ensembles.command("test")
            let base = """
                ensemble: drifting
                ports: auto
                settings: {tickTime: 500, initLimit: 20, syncLimit: 10, reconfigEnabled: true, skipACL: yes}
                participants: 3

                """
            let up = try await command.up(.text(base, file: "t.yaml"))
            let servers = try ConnectString(try #require(up.status?.connect))
            // Who is not named does not get the data.
            let zooCfg = try String(
                contentsOfFile: "\(command.store.root(of: "drifting"))/server.1/conf/zoo.cfg", encoding: .utf8)
            #expect(zooCfg.contains("quorum.membersOnly=true\n"))
            let leader = try #require(up.status?.leader)
            let followers = [1, 2, 3].filter { $0 != leader }
            let (gone, other) = (followers[0], followers[1])
            try await ZooKeeperClient.with(servers) { client in
                _ = try await client.reconfigure(leaving: ["\(gone)"])
            }

            var status = try await command.status(nil)
            #expect(status.health == .degraded)
            #expect(status.votes == Votes(have: 2, of: 2))
            #expect(status.problems.count == 1)
            #expect(
                status.problems.first?.contains("the topology has server \(gone), the ensemble's configuration") == true
            )
            let stop = await refusal { try await command.perform(.stop, on: ["\(other)"], ensemble: nil) }
            #expect(
                stop?.message
                    == "to stop server \(other) would take the quorum away: one vote of two would be left, two are needed"
            )
            // What could not go on without a quorum does not begin.
            let restart = await refusal { try await command.rollingRestart(nil) }
            #expect(
                restart?.message
                    == "restarting server \(other) would take the quorum away: one vote of two would be left, two are needed"
            )
            #expect(try await command.status(nil).servers.map(\.pid) == up.status?.servers.map(\.pid))
            var forced = RollingRestartOptions()
            forced.force = true
            #expect(
                try await command.rollingRestartPlan(nil, options: forced).servers
                    == [other, leader])
            let reset = await refusal { try await command.reset("\(gone)", ensemble: nil) }
            #expect(reset?.message.contains("is not in the ensemble's configuration") == true)

            // Stopped, it could not even start again with what it wrote into its files.
            _ = try await command.perform(.stop, on: ["\(gone)"], ensemble: nil)
            let back = try await command.up(.stored(nil))
            #expect(back.actions.map(\.text).first?.hasPrefix("reconfigure the ensemble: server.\(gone)=") == true)
            #expect(back.actions.last == .start([gone]))
            #expect(back.status?.health == .healthy, "\(back.status?.problems ?? [])")
            #expect(back.status?.votes == Votes(have: 3, of: 3))
            #expect(try await command.up(.stored(nil)).actions == [])

            // Who joins is named first, who leaves is forgotten first; nobody else is restarted.
            let joined = try await command.up(.text(base + "observers: 1\n", file: "t.yaml"))
            #expect(joined.actions.count == 2 && joined.actions.last == .start([4]), "\(joined.actions)")
            #expect(joined.status?.health == .healthy, "\(joined.status?.problems ?? [])")
            #expect(joined.status?.servers.prefix(3).map(\.pid) == back.status?.servers.map(\.pid))
            let left = try await command.up(.text(base, file: "t.yaml"))
            #expect(left.actions == [.forget(4), .remove([4])])
            #expect(left.status?.health == .healthy, "\(left.status?.problems ?? [])")

            // With nobody there to ask, the servers' own files tell.
            try await ZooKeeperClient.with(servers) { client in
                _ = try await client.reconfigure(leaving: ["\(gone)"])
            }
            _ = try await command.perform(.stop, on: ["\(leader)"], ensemble: nil, force: true)
            try await eventually("there is no quorum") { try await command.status(nil).health == .noQuorum }
            status = try await command.status(nil)
            #expect(status.votes?.of == 2)
        }
    }

    @Test func portsDisksAndLeadersThatServeNobody() async throws {
        try await RealEnsembles.with { ensembles in
            let command = ensembles.command("test")
            let ports = FreePorts.find(18)
            func server(_ id: Int, _ client: Int, _ quorum: Int) -> String {
                "  - {id: \(id), ports: {client: \(client), quorum: \(quorum), election: \(ports[11 + id])}}\n"
            }
            func topology(client: Int, quorum: Int, more: String = "") -> TopologySource {
                let servers = (0..<3).map { server($0 + 1, ports[client + $0], ports[quorum + $0]) }
                return .text(
                    """
                    ensemble: moved
                    settings: {tickTime: 500, initLimit: 20, syncLimit: 10, leaderServes: no, admin.enableServer: false}
                    servers:
                    \(servers.joined())\(more)
                    """, file: "t.yaml")
            }
            let began = ContinuousClock.now
            let up = try await command.up(topology(client: 0, quorum: 3))
            #expect(up.status?.health == .healthy, "\(up.status?.problems ?? [])")
            #expect(ContinuousClock.now - began < .seconds(20))
            let leader = try #require(up.status?.leader)
            let shell = await refusal { try await command.shell(nil, server: "leader") }
            #expect(shell?.message == "server \(leader) leads and takes no clients while it does (leaderServes: no)")
            let kept = try #require([1, 2, 3].first { ServerID(Int64($0)) != leader })
            var address = "127.0.0.1:\(ports[kept - 1])"
            try await ZooKeeperClient.with(try ConnectString(address)) { client in
                _ = try await client.create("/kept", data: Array("here".utf8))
            }

            // What it has comes back from the others; what it had is still there.
            let plan = try await command.reset("\(kept)", ensemble: nil, dryRun: true)
            #expect(plan.moved.map(\.from) == ["\(command.store.root(of: "moved"))/server.\(kept)/data/version-2"])
            #expect(access(plan.moved[0].to, F_OK) != 0)
            let reset = try await command.reset("\(kept)", ensemble: nil)
            #expect(access("\(reset.moved[0].to)/acceptedEpoch", F_OK) == 0)
            let data = try await ZooKeeperClient.with(try ConnectString(address)) { try await $0.getData("/kept").data }
            #expect(data == Array("here".utf8))
            #expect(try await command.status(nil).health == .healthy)

            // Servers move their client ports one by one, and are asked where they are.
            let rolled = try await command.up(topology(client: 6, quorum: 3))
            #expect(rolled.actions == [.roll([1, 2, 3])])
            #expect(rolled.status?.health == .healthy, "\(rolled.status?.problems ?? [])")
            #expect(rolled.status?.servers.map(\.client) == (6..<9).map { "127.0.0.1:\(ports[$0])" })
            address = "127.0.0.1:\(ports[6 + kept - 1])"

            // A fourth voter: it is there before the others count on it.
            let joined = try await command.up(
                topology(client: 6, quorum: 3, more: server(4, ports[16], ports[17])))
            #expect(joined.actions == [.start([4]), .roll([1, 2, 3])])
            #expect(joined.status?.health == .healthy, "\(joined.status?.problems ?? [])")
            #expect(joined.status?.votes == Votes(have: 4, of: 4))
            let left = try await command.up(topology(client: 6, quorum: 3))
            #expect(left.actions.last == .remove([4]))
            #expect(left.status?.health == .healthy, "\(left.status?.problems ?? [])")

            // Quorum ports are another matter.
            let stop = await refusal { try await command.up(topology(client: 6, quorum: 9)) }
            #expect(stop?.message.hasPrefix("the quorum or election address of servers 1, 2 and 3 changes") == true)
            #expect(
                stop?.details == ["what would be done:", "  stop servers 1, 2 and 3", "  start servers 1, 2 and 3"])
            #expect(try await command.status(nil).health == .healthy)
            var forced = UpOptions()
            forced.force = true
            let moved = try await command.up(topology(client: 6, quorum: 9), options: forced)
            #expect(moved.actions == [.stop([1, 2, 3]), .start([1, 2, 3])])
            #expect(moved.status?.health == .healthy, "\(moved.status?.problems ?? [])")

            // A name is for life.
            let renamed = await refusal {
                try await command.up(
                    .text("ensemble: other\nparticipants: 1\nports: {client: \(ports[6])}\n", file: "t.yaml"))
            }
            #expect(renamed?.kind == .taken)
            #expect(renamed?.mend?.contains("write 'ensemble: moved' to change that one") == true)
            #expect(command.store.names() == ["moved"])

            // Two of three disks are new.
            _ = try await command.down(nil)
            let empty = [1, 2, 3].filter { $0 != kept }
            for id in empty {
                try removeTree("\(command.store.root(of: "moved"))/server.\(id)/data/version-2")
            }
            let loss = await refusal { try await command.up(.stored(nil)) }
            #expect(
                loss?.message.hasPrefix("servers \(empty[0]) and \(empty[1]), two of three voters, have no data")
                    == true)
            let start = await refusal { try await command.perform(.start, on: ["all"], ensemble: nil) }
            #expect(start?.message.hasPrefix("servers \(empty[0]) and \(empty[1]) have no data, and could") == true)
            let revived = try await command.up(.stored(nil), options: forced)
            #expect(revived.actions == [.start([ServerID(Int64(kept))])] + empty.map { .start([ServerID(Int64($0))]) })
            let servers = try ConnectString(try #require(revived.status?.connect))
            let again = try await ZooKeeperClient.with(servers) { try await $0.getData("/kept").data }
            #expect(again == Array("here".utf8))
        }
    }

    @Test func hostsOfOthersStartNothing() async throws {
        try await RealEnsembles.with { ensembles in
            let text = "ensemble: afar\nservers: [{id: 1, host: 203.0.113.7}]\n"
            let error = await refusal { try await ensembles.command("up").up(.text(text, file: "afar.yaml")) }
            #expect(error?.message == "afar is not an ensemble of this machine; nothing was started")
            #expect(ensembles.store.names() == [])
        }
    }
}
