import Diagnostics
import ServerConfig
import TestSupport
import Testing

@testable import Topology

@Suite struct LoadTests {
    private func load(_ text: String) throws -> Topology {
        let (topology, problems) = Topology.load(text: text)
        #expect(problems == [])
        return try #require(topology)
    }

    @Test func theShorthandNumbersServersAndPlansPorts() throws {
        let topology = try load("ensemble: demo\nparticipants: 3\nobservers: 1\n")
        #expect(topology.ensemble == "demo")
        #expect(
            topology.serverLines.map { $0.text() } == [
                "server.1=127.0.0.1:2888:3888:participant;127.0.0.1:2181",
                "server.2=127.0.0.1:2889:3889:participant;127.0.0.1:2182",
                "server.3=127.0.0.1:2890:3890:participant;127.0.0.1:2183",
                "server.4=127.0.0.1:2891:3891:observer;127.0.0.1:2184",
            ])
        #expect(topology.connectString == "127.0.0.1:2181,127.0.0.1:2182,127.0.0.1:2183,127.0.0.1:2184")
        #expect(topology.servers.map(\.ports.admin) == [8080, 8081, 8082, 8083])
        #expect(topology.participants.map(\.id) == [1, 2, 3])
        #expect(topology.observers.map(\.id) == [4])
        #expect(!topology.isStandalone)
        #expect(!topology.isMultiHost)
    }

    @Test func theFullFormCountsSlotsPerHost() throws {
        let topology = try load(
            """
            ensemble: orders
            engine:
              apache:
                home: /opt/zookeeper
                heap: 256m
            hosts:
              a: 10.0.0.1
              b: 10.0.0.2
              c: fd00::3
            settings: {tickTime: 1000, maxClientCnxns: 60}
            ports: {offset: 10}
            servers:
              - {id: 7, host: b, role: observer, ports: {client: 2200}}
              - {id: 2, host: b, settings: {maxClientCnxns: 200, snapCount: 500}}
              - {id: 1, host: a}
              - {id: 3, host: c, engine: apache}
              - {id: 4, host: c, engine: {bundled: }, role: observer}
            """)
        #expect(
            topology.serverLines.map { $0.text() } == [
                "server.1=10.0.0.1:2888:3888:participant;10.0.0.1:2181",
                "server.2=10.0.0.2:2898:3898:participant;10.0.0.2:2191",
                "server.3=[fd00::3]:2888:3888:participant;[fd00::3]:2181",
                "server.4=[fd00::3]:2898:3898:observer;[fd00::3]:2191",
                "server.7=10.0.0.2:2888:3888:observer;10.0.0.2:2200",
            ])
        #expect(topology.connectString == "10.0.0.1:2181,10.0.0.2:2191,[fd00::3]:2181,[fd00::3]:2191,10.0.0.2:2200")
        #expect(topology.isMultiHost)
        #expect(topology[1]?.engine == .apache(home: "/opt/zookeeper", heap: "256m"))
        #expect(topology[3]?.engine == .apache(home: nil, heap: nil))
        #expect(topology[4]?.engine == .bundled)
        #expect(
            topology[2]?.settings == [
                Setting("tickTime", "1000"), Setting("maxClientCnxns", "200"), Setting("snapCount", "500"),
            ])
        #expect(topology[9] == nil)
    }

    @Test(arguments: [
        ("participants: 1", true),
        ("participants: 1\nsettings: {standaloneEnabled: false}", false),
        ("participants: 1\nsettings: {standaloneEnabled: FALSE}", false),
        ("participants: 3", false),
    ])
    func standalone(_ text: String, isStandalone: Bool) throws {
        let topology = try load("ensemble: demo\n\(text)\n")
        #expect(topology.isStandalone == isStandalone)
        #expect(topology.serverLines.isEmpty == isStandalone)
    }

    @Test func groupsAreAscendingAndNameParticipants() throws {
        let topology = try load(
            """
            ensemble: demo
            serverLines: classic
            servers:
              - {id: 1, group: 5}
              - {id: 2, group: 3, weight: 2}
              - {id: 3, group: 5}
              - {id: 4, group: 4}
            """)
        #expect(topology.configuration.groups == [3: [2], 4: [4], 5: [1, 3]])
        #expect(topology.configuration.weights == [1: 1, 2: 2, 3: 1, 4: 1])
        #expect(topology[2]?.weight == 2)
        #expect(topology.lineStyle == .classic)
        #expect(topology.serverLines[0].text(topology.lineStyle) == "server.1=127.0.0.1:2888:3888")
    }

    @Test func aTakenPortNamesItsHolder() {
        let facts = HostFacts(
            listeners: [
                HostFacts.Listener(address: "0.0.0.0", port: 2182, pid: 4711, program: "java"),
                HostFacts.Listener(address: "127.0.0.1", port: 2184),
                HostFacts.Listener(address: "10.0.0.1", port: 2181, pid: 1, program: "init"),
            ])
        let text = "ensemble: demo\nparticipants: 3\n"
        let (topology, problems) = Topology.load(text: text, file: "t.yaml", facts: facts)
        #expect(topology != nil)
        #expect(
            problems.map { $0.rendered(source: text) } == [
                """
                t.yaml:2:15: warning: the client port of server 2, 2182, is taken by java (pid 4711) [port-taken]
                    participants: 3
                                  ^
                  mend: stop that process, or give server 2 another client port, e.g. 2185
                """
            ])
        #expect(WrittenExample.difference(of: .portTaken, from: problems) == nil)
    }

    @Test func freePortsMayBeTooFew() {
        let text = "ensemble: demo\nparticipants: 3\nports: auto\n"
        let problems = Topology.load(text: text, freePorts: { _ in Array(40001...40007) }).diagnostics
        #expect(WrittenExample.difference(of: .portsExhausted, from: problems) == nil)
    }

    /// What listens on every interface here says nothing about a server of another machine.
    @Test func aPortOfAnotherMachineIsNotTakenHere() {
        let facts = HostFacts(listeners: [HostFacts.Listener(address: "0.0.0.0", port: 2181, pid: 1)])
        let (_, problems) = Topology.load(
            text: "ensemble: demo\nservers:\n  - {id: 1, host: 10.9.9.9}\n", facts: facts)
        #expect(problems == [])
    }

    @Test func theEphemeralRangeIsTheHostsOwn() {
        let text = "ensemble: demo\nparticipants: 1\nports: {client: 40000}\n"
        let facts = HostFacts(ephemeralPorts: 50000...60000)
        #expect(Topology.load(text: text, facts: facts).diagnostics == [])
    }

    @Test func textThatIsNoYAMLIsReportedByTheReader() {
        let (topology, problems) = Topology.load(text: "ensemble: demo\nensemble: demo\n", file: "t.yaml")
        #expect(topology == nil)
        #expect(problems.map(\.rule) == [.yamlDuplicateKey])
    }
}
