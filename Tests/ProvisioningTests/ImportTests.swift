import Diagnostics
import Glibc
import ServerConfig
import Testing
import Topology

@testable import Provisioning

@Suite struct ImportTests {
    private func generate(_ topology: Topology, below root: String) -> [ZooCfgFile] {
        let layout = EnsembleLayout(root: root)
        let files = ServerFiles(topology: topology, layout: layout)
        return topology.servers.map { server in
            let place = layout.server(server.id)
            return ZooCfgFile(
                path: place.zooCfg, cfg: ZooCfg(text: files.zooCfg(server)),
                surroundings: .init(myid: .text(files.myid(server), file: place.myid)))
        }
    }

    private func load(_ example: String) throws -> Topology {
        try #require(Topology.load(text: try text("\(Fixtures.examples)/\(example).yaml")).topology)
    }

    /// What was generated from an example gives a topology that generates the same bytes.
    @Test(arguments: GoldenTests.examples) func generatedFilesComeBackToTheByte(example: String) throws {
        let topology = try load(example)
        let files = generate(topology, below: "/srv/\(example)")
        let result = EnsembleImport(files)
        #expect(result.problems.map { $0.rendered() } == [])
        let again = try #require(result.topology)
        #expect(generate(again, below: "/srv/\(example)").map(\.cfg.text) == files.map(\.cfg.text))
        #expect(again.connectString == topology.connectString)
        // And once more: the text does not drift.
        #expect(EnsembleImport(generate(again, below: "/srv/\(example)")).text == result.text)
    }

    @Test func theShortestFormIsWritten() throws {
        #expect(
            EnsembleImport(generate(try load("demo"), below: "/srv/demo")).text == """
                # Imported from zoo.cfg files by `paddock import`.
                ensemble: demo
                participants: 3
                observers: 1
                settings:
                  tickTime: 2000
                  initLimit: 10
                  syncLimit: 5

                """)
        #expect(
            EnsembleImport(generate(try load("orders"), below: "/srv/orders")).text == """
                # Imported from zoo.cfg files by `paddock import`.
                ensemble: orders
                servers:
                - {id: 1, host: 10.0.0.1}
                - id: 2
                  host: 10.0.0.2
                  settings:
                    maxClientCnxns: 200
                - {id: 3, host: 10.0.0.3}
                - {id: 7, host: 10.0.1.1, role: observer, ports: {client: 2191}}
                settings:
                  tickTime: 2000
                  initLimit: 10
                  syncLimit: 5
                  maxClientCnxns: 60
                  autopurge.snapRetainCount: 5
                  autopurge.purgeInterval: 24

                """)
    }

    static let production = """
        # production, by hand
        dataDir=/var/lib/zookeeper
        dataLogDir=/var/log/zookeeper
        clientPort=2181
        initLimit=10
        syncLimit=5
        snapCount=50000
        server.1=zk1.example.com:2888:3888
        server.2=zk2.example.com:2888:3888
        server.3=zk3.example.com:2888:3888
        server.4=zk4.example.com:2888:3888:observer

        """

    private func file(_ text: String, id: String?, path: String = "zoo.cfg") -> ZooCfgFile {
        ZooCfgFile(
            path: path, cfg: ZooCfg(text: text),
            surroundings: .init(myid: id.map { .text($0, file: "myid") } ?? .unknown))
    }

    @Test func aFileWrittenByHandIsTakenOverAndEveryChangeSaid() {
        let result = EnsembleImport([file(Self.production, id: "2\n")], ensemble: "orders")
        #expect(
            result.text == """
                # Imported from zoo.cfg files by `paddock import`.
                ensemble: orders
                servers:
                - {id: 1, host: zk1.example.com}
                - {id: 2, host: zk2.example.com}
                - {id: 3, host: zk3.example.com}
                - {id: 4, host: zk4.example.com, role: observer}
                serverLines: classic
                settings:
                  tickTime: 3000
                  dataLogDir: /var/log/zookeeper
                  initLimit: 10
                  syncLimit: 5
                  snapCount: 50000

                """)
        #expect(
            result.problems.map { $0.rendered() } == [
                """
                zoo.cfg: warning: the zoo.cfg of servers 1, 3, 4 was not given: settings of its own are not known [import-missing]
                  mend: import the files of all servers together
                """,
                """
                zoo.cfg:2:9: warning: server 2 has its data in /var/lib/zookeeper; generated, it would start empty in DIR/server.2/data [import-data-dir]
                  mend: copy /var/lib/zookeeper to DIR/server.2/data while the server is stopped, before its first start there
                """,
                """
                zoo.cfg:3:12: warning: server 2 keeps the dataLogDir of the server there is, /var/log/zookeeper: running side by side, the two would destroy each other's log [import-data-log-dir]
                  mend: leave the old server stopped from the copy of its data on; or give the new one a dataLogDir of its own, and copy /var/log/zookeeper there as well
                """,
                """
                zoo.cfg: warning: server 2: admin.serverAddress becomes 'zk2.example.com', it is the default 0.0.0.0 [import-changes]
                  mend: see that this is what you want
                """,
                """
                zoo.cfg: warning: server 2: 4lw.commands.whitelist becomes 'conf, dirs, isro, mntr, ruok, srvr, stat, wchs', it is the default srvr [import-changes]
                  mend: see that this is what you want
                """,
                """
                zoo.cfg: warning: server 2: clients come to zk2.example.com, it is 0.0.0.0 [import-changes]
                  mend: see that this is what you want
                """,
            ])
    }

    @Test func membersComeFromTheDynamicFile() throws {
        let cfg = ZooCfg(text: try Fixtures.text("dynamic-config/2-observer-4-added/s1/zoo.cfg"))
        let dynamic = try Fixtures.text("dynamic-config/2-observer-4-added/s1/zoo.cfg.dynamic.100000004")
        let result = EnsembleImport([
            ZooCfgFile(
                path: "server.1/conf/zoo.cfg", cfg: cfg,
                surroundings: .init(dynamicConfig: .text(dynamic, file: "zoo.cfg.dynamic.100000004")))
        ])
        let topology = try #require(result.topology)
        #expect(topology.serverLines.map { $0.text() }.joined(separator: "\n") == dynamic)
        #expect(topology[1]?.setting("extendedTypesEnabled") == "true")
    }

    @Test func filesOfTwoEnsemblesAreRefused() {
        let other = Self.production.replacing("zk2.example.com", with: "zk9.example.com")
        let result = EnsembleImport([
            file(Self.production, id: "1", path: "a.cfg"), file(other, id: "2", path: "b.cfg"),
        ])
        #expect(result.text == nil)
        #expect(
            result.problems.map(\.message) == [
                "the files are not of one ensemble: server.2 is zk9.example.com:2888:3888:participant here and zk2.example.com:2888:3888:participant, in a.cfg"
            ])
    }

    @Test func oneServerTwiceIsRefused() {
        let result = EnsembleImport([
            file(Self.production, id: "1", path: "a.cfg"), file(Self.production, id: "1", path: "b.cfg"),
        ])
        #expect(result.text == nil)
        #expect(result.problems.map(\.message) == ["this is server 1, and so is a.cfg"])
    }

    @Test func whatZooKeeperRefusesIsRefused() {
        let result = EnsembleImport([file("dataDir=/d/1\nserver.2=IP2.2888:3888\n", id: "2")])
        #expect(result.text == nil)
        #expect(result.problems.map(\.rule) == [.serverLineDot])
    }

    @Test func filesAreReadWithWhatLiesBesideThem() throws {
        try TemporaryDirectory.use { directory in
            let layout = EnsembleLayout(root: "\(directory)/demo")
            let topology = try load("demo")
            try Provisioning.plan(topology, layout: layout).apply()
            let place = layout.server(2)
            #expect(try ZooCfgFile(reading: place.zooCfg).surroundings.myid == .text("2\n", file: place.myid))
            // Copied from another host: dataDir is not here, the myid lies beside.
            let moved = try text(place.zooCfg).replacing(place.data, with: "/nowhere/data")
            try write(moved, place.zooCfg)
            let copied = try ZooCfgFile(reading: place.zooCfg)
            #expect(copied.surroundings.myid == .text("2\n", file: "\(place.conf)/../data/myid"))
            unlink(place.myid)
            #expect(try ZooCfgFile(reading: place.zooCfg).surroundings.myid == .unknown)
            #expect(
                try ZooCfgFile(reading: place.zooCfg).check().map(\.rule.rawValue).filter { !$0.hasPrefix("port-") }
                    == [
                        "data-dir-absent"
                    ])
        }
    }
}
