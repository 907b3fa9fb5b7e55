import DurableFiles
import Membership
import ServerConfig
import Testing

@testable import Provisioning
@testable import Topology

/// Plans against real directories: what is created, what is left alone, what is put aside.
@Suite struct PlanTests {
    /// Three participants and an observer on one host.
    private func demo(tickTime: String? = nil) -> Topology {
        let servers = (0..<4).map { slot in
            TopologyServer(
                id: ServerID(Int64(slot + 1)), role: slot == 3 ? .observer : .participant,
                ports: ServerPorts(client: 2181 + slot, quorum: 2888 + slot, election: 3888 + slot, admin: 8080 + slot),
                settings: tickTime.map { [Setting("tickTime", $0)] } ?? [])
        }
        return Topology(ensemble: "demo", servers: servers)
    }

    private func withRoot(_ body: (EnsembleLayout) throws -> Void) throws {
        try TemporaryDirectory.use { directory in try body(EnsembleLayout(root: "\(directory)/demo")) }
    }

    @Test func aFirstRunCreatesEverythingAndASecondNothing() throws {
        try withRoot { layout in
            let plan = try Provisioning.plan(demo(), layout: layout, topologyText: "ensemble: demo\n")
            #expect(plan.files.allSatisfy { $0.change == .created })
            try plan.apply()
            #expect(try text(layout.server(4).myid) == "4\n")
            #expect(try text(layout.connect) == "127.0.0.1:2181,127.0.0.1:2182,127.0.0.1:2183,127.0.0.1:2184\n")
            #expect(try text(layout.topology) == "ensemble: demo\n")
            let again = try Provisioning.plan(demo(), layout: layout, topologyText: "ensemble: demo\n")
            #expect(!again.hasChanges)
            #expect(again.diff() == "")
        }
    }

    @Test func anObserversZooCfgIsAsTheContractSays() throws {
        let layout = EnsembleLayout(root: "/srv/demo")
        let files = ServerFiles(topology: demo(), layout: layout)
        #expect(
            files.zooCfg(demo()[4]!) == """
                # demo, server 4: observer.
                # Generated from the topology. Change that, not this file: an edit made here is put aside as zoo.cfg.orig.
                tickTime=2000
                initLimit=10
                syncLimit=5
                dataDir=/srv/demo/server.4/data
                admin.serverAddress=127.0.0.1
                admin.serverPort=8083
                4lw.commands.whitelist=conf, dirs, isro, mntr, ruok, srvr, stat, wchs
                peerType=observer

                server.1=127.0.0.1:2888:3888:participant;127.0.0.1:2181
                server.2=127.0.0.1:2889:3889:participant;127.0.0.1:2182
                server.3=127.0.0.1:2890:3890:participant;127.0.0.1:2183
                server.4=127.0.0.1:2891:3891:observer;127.0.0.1:2184

                """)
    }

    @Test func theClassicFormHasAClientPortAndShortLines() throws {
        var topology = demo()
        topology.lineStyle = .classic
        let lines = ServerFiles(topology: topology, layout: EnsembleLayout(root: "/srv/demo")).zooCfg(topology[4]!)
            .split(separator: "\n")
        #expect(lines.contains("clientPort=2184"))
        #expect(lines.contains("clientPortAddress=127.0.0.1"))
        #expect(lines.contains("server.1=127.0.0.1:2888:3888"))
        #expect(lines.contains("server.4=127.0.0.1:2891:3891:observer"))
    }

    @Test func aSingleParticipantStandsAlone() throws {
        let topology = Topology(
            ensemble: "one",
            servers: [
                TopologyServer(id: 1, ports: ServerPorts(client: 2181, quorum: 2888, election: 3888, admin: 8080))
            ])
        let text = ServerFiles(topology: topology, layout: EnsembleLayout(root: "/srv/one")).zooCfg(topology[1]!)
        #expect(text.contains("clientPort=2181\n"))
        #expect(!text.contains("server.1="))
    }

    @Test func groupsAndWeightsFollowTheServers() throws {
        var topology = demo()
        for index in 0..<3 {
            topology.servers[index].group = index == 0 ? 2 : 1
            topology.servers[index].weight = index + 1
        }
        let text = ServerFiles(topology: topology, layout: EnsembleLayout(root: "/srv/demo")).zooCfg(topology[1]!)
        #expect(text.hasSuffix("group.1=2:3\ngroup.2=1\nweight.1=1\nweight.2=2\nweight.3=3\n"))
    }

    @Test func aChangedTopologyChangesItsLinesOnly() throws {
        try withRoot { layout in
            try Provisioning.plan(demo(), layout: layout).apply()
            let plan = try Provisioning.plan(demo(tickTime: "1000"), layout: layout)
            #expect(plan.files.filter(\.isWritten).map(\.path) == (1...4).map { layout.server(ServerID($0)).zooCfg })
            #expect(plan.diff().contains("-tickTime=2000\n+tickTime=1000\n"))
            try plan.apply()
            #expect(try !Provisioning.plan(demo(tickTime: "1000"), layout: layout).hasChanges)
        }
    }

    @Test func anEditByHandIsPutAsideUnderAFreeName() throws {
        try withRoot { layout in
            let place = layout.server(2)
            try Provisioning.plan(demo(), layout: layout).apply()
            for (edit, name) in [("tickTime=1\n", "zoo.cfg.orig"), ("tickTime=2\n", "zoo.cfg.orig.1")] {
                try write(edit, place.zooCfg)
                let plan = try Provisioning.plan(demo(), layout: layout)
                let file = try #require(plan.files.first { $0.path == place.zooCfg })
                #expect(file.change == .editedByHand(from: edit, keptAs: "\(place.conf)/\(name)"))
                try plan.apply()
                #expect(try text("\(place.conf)/\(name)") == edit)
                #expect(try text(place.zooCfg) == file.content)
            }
            #expect(try !Provisioning.plan(demo(), layout: layout).hasChanges)
        }
    }

    @Test func anInterruptedApplyIsNotTakenForAnEdit() throws {
        try withRoot { layout in
            let place = layout.server(1)
            try Provisioning.plan(demo(), layout: layout).apply()
            // The file of the next topology is in place, and the process died before it noted so.
            let next = try Provisioning.plan(demo(tickTime: "1000"), layout: layout)
            try write(next.files.first { $0.path == place.zooCfg }!.content, place.zooCfg)
            try Provisioning.plan(demo(tickTime: "1000"), layout: layout).apply()
            let after = try Provisioning.plan(demo(tickTime: "3000"), layout: layout)
            guard case .changed = after.files.first(where: { $0.path == place.zooCfg })?.change else {
                Issue.record("expected a plain change")
                return
            }
        }
    }

    @Test func aForeignMyidIsNeverRewritten() throws {
        try withRoot { layout in
            try Provisioning.plan(demo(), layout: layout).apply()
            try write("9\n", layout.server(2).myid)
            let plan = try Provisioning.plan(demo(tickTime: "1000"), layout: layout)
            #expect(plan.problems.map(\.rule) == [.myidMismatch])
            let error = #expect(throws: ProvisioningError.self) { try plan.apply() }
            #expect(
                error?.message == """
                    \(layout.server(2).myid): error: this myid says '9', but the topology has server 2 here [myid-mismatch]
                      mend: give the server its own id in the topology, or move the data directory aside
                    """)
            #expect(try text(layout.server(2).myid) == "9\n")
            #expect(try text(layout.server(1).zooCfg).contains("tickTime=2000"))
        }
    }

    @Test(arguments: [
        ("2 \n", "this myid says '2 ', which is no server id, not even with a blank; the topology has server 2 here"),
        ("", "this myid says '', which is no server id, not even with a blank; the topology has server 2 here"),
        ("3", "this myid says '3', but the topology has server 2 here"),
    ])
    func aMyidThatTheServerWouldNotReadAsItsIdIsAnError(content: String, message: String) throws {
        try withRoot { layout in
            try Provisioning.plan(demo(), layout: layout).apply()
            try write(content, layout.server(2).myid)
            #expect(try Provisioning.plan(demo(), layout: layout).problems.map(\.message) == [message])
        }
    }

    @Test(arguments: ["2", "2\r\n", "+2\n\n", "02\nwritten by hand"])
    func aMyidThatReadsAsTheIdStays(content: String) throws {
        try withRoot { layout in
            try Provisioning.plan(demo(), layout: layout).apply()
            try write(content, layout.server(2).myid)
            let plan = try Provisioning.plan(demo(), layout: layout)
            #expect(plan.problems.isEmpty && !plan.hasChanges)
        }
    }

    @Test func aServerThatLeftIsNamedAndItsDirectoryKept() throws {
        try withRoot { layout in
            try Provisioning.plan(demo(), layout: layout).apply()
            var smaller = demo()
            smaller.servers.removeLast()
            let plan = try Provisioning.plan(smaller, layout: layout)
            try plan.apply()
            #expect(
                plan.problems.map { $0.rendered() } == [
                    """
                    \(layout.root)/server.4: warning: server 4 is not in the topology any more; its directory is kept [server-left]
                      mend: remove it when nobody needs its data: rm -r \(layout.root)/server.4
                    """
                ])
            #expect(try text(layout.server(4).myid) == "4\n")
        }
    }

    @Test func anEditIsKeptByteForByte() throws {
        try withRoot { layout in
            let place = layout.server(1)
            try Provisioning.plan(demo(), layout: layout).apply()
            let edited: [UInt8] = Array("# caf".utf8) + [0xE9, 0x0D, 0x0A] + Array("tickTime=1".utf8)
            try DurableFile.write(edited, to: place.zooCfg)
            try Provisioning.plan(demo(), layout: layout).apply()
            #expect(try DurableFile.read("\(place.conf)/zoo.cfg.orig") == edited)
        }
    }

    @Test func valuesAreEscapedAsZooKeeperReadsThem() throws {
        var topology = demo()
        topology.servers[0].settings = [Setting("superUser", "DOMAIN\\users: ö")]
        let text = ServerFiles(topology: topology, layout: EnsembleLayout(root: "/srv/demo")).zooCfg(topology[1]!)
        #expect(text.contains("superUser=DOMAIN\\\\users: \\u00f6\n"))
        #expect(ZooCfg(text: text)["superUser"] == "DOMAIN\\users: ö")
    }
}
