import ServerConfig
import Testing

@testable import Topology

/// How an engine is run, and the ports that only some want.
@Suite struct EngineOptionsTests {
    private func load(_ text: String) -> (topology: Topology?, problems: [String]) {
        let (topology, problems) = Topology.load(text: text)
        return (
            topology, problems.map { "\($0.location?.line ?? 0) \($0.severity) \($0.rule.rawValue): \($0.message)" }
        )
    }

    @Test func flagsAndVariablesOfTheJVM() throws {
        let options = ApacheOptions(
            heap: "1g", jvmFlags: ["-Dzookeeper.snapCount=1000", "-XX:+UseG1GC"],
            environment: ["TZ": "UTC", "LANG": "C"])
        let (topology, problems) = load(
            """
            ensemble: demo
            participants: 3
            engine:
              apache:
                heap: 1g
                jvmFlags: [-Dzookeeper.snapCount=1000, -XX:+UseG1GC]
                environment: {TZ: UTC, LANG: C}
            """)
        #expect(problems == [])
        let engine = try #require(topology?.servers.first?.engine)
        #expect(engine == .apache(options))
        // As it is written, it is read.
        let again = try #require(topology).rewritingEngines(in: "ensemble: demo\nparticipants: 3\n")
        #expect(load(again).topology?.servers.first?.engine == engine)
    }

    @Test(
        arguments: [
            ("jvmFlags: -Xms1g", "3 error wrong-type: 'jvmFlags' must be a list, not '-Xms1g'"),
            ("jvmFlags: [-Xmx1g]", "3 error jvm-flag: '-Xmx1g' cannot be a flag of the server's JVM"),
            ("jvmFlags: [-cp]", "3 error jvm-flag: '-cp' cannot be a flag of the server's JVM"),
            ("jvmFlags: ['-ea -esa']", "3 error jvm-flag: '-ea -esa' cannot be a flag of the server's JVM"),
            (
                "jvmFlags: [-Dzookeeper.snapCuont=5]",
                "3 warning jvm-flag: '-Dzookeeper.snapCuont=5' has no effect: no ZooKeeper server knows it; did you mean -Dzookeeper.snapCount?"
            ),
            ("environment: {'A=B': c}", "3 error wrong-type: 'A=B' is no name of a variable"),
        ])
    func aMistakeInTheOptions(_ option: String, _ problem: String) {
        #expect(load("ensemble: demo\nparticipants: 3\nengine: {apache: {\(option)}}\n").problems == [problem])
    }

    @Test func aValueOfAFlagIsCheckedAsInZooCfg() {
        let flags = "jvmFlags: [-Djute.maxbuffer=many]"
        let (topology, problems) = load("ensemble: demo\nparticipants: 3\nengine: {apache: {\(flags)}}\n")
        #expect(topology == nil)
        #expect(problems.count == 1, "\(problems)")
    }

    @Test func theLevelOfTheLogIsForAllOrForOne() throws {
        let (topology, problems) = load(
            """
            ensemble: demo
            logLevel: warn
            servers:
              - {id: 1}
              - {id: 2, logLevel: debug}
              - {id: 3}
            """)
        #expect(problems == [])
        #expect(topology?.servers.map(\.logLevel) == [.warn, .debug, .warn])
        #expect(
            load("ensemble: demo\nparticipants: 3\nlogLevel: wran\n").problems
                == ["3 error wrong-type: 'logLevel' must be trace or debug or info or warn or error, not 'wran'"])
    }

    @Test func portsOfMetricsAndOfTLSAreCountedFromTheirBase() throws {
        let (topology, problems) = load(
            """
            ensemble: demo
            participants: 3
            ports: {client: 2181, metrics: 7000, secure: 2281, offset: 10}
            settings: {ssl.keyStore.location: /srv/key.pem, ssl.trustStore.location: /srv/trust.pem}
            """)
        #expect(problems == [])
        let servers = try #require(topology?.servers)
        #expect(servers.map { $0.setting("metricsProvider.httpPort") } == ["7000", "7010", "7020"])
        #expect(servers.map { $0.setting("secureClientPort") } == ["2281", "2291", "2301"])
        #expect(servers[0].setting("metricsProvider.httpHost") == "127.0.0.1")
        #expect(servers[0].setting("metricsProvider.className")?.hasSuffix("PrometheusMetricsProvider") == true)
        #expect(servers[0].setting("secureClientPortAddress") == "127.0.0.1")
    }

    /// One process that holds many ports is one line, not a screen full.
    @Test func aHolderOfManyPortsIsNamedOnce() {
        let listeners = [2181, 2888, 3888, 8080].map {
            HostFacts.Listener(address: "127.0.0.1", port: $0, pid: 7, program: "java")
        }
        let (_, problems) = Topology.load(
            text: "ensemble: demo\nparticipants: 3\n", facts: HostFacts(listeners: listeners))
        let ports = ["2181 (client port", "2888 (quorum port", "3888 (election port", "8080 (admin port"]
        #expect(
            problems.map(\.message) == [
                ports.map { "\($0) of server 1)" }.joined(separator: ", ") + " are taken by java (pid 7)"
            ])
    }

    @Test func aServersOwnPortOfMetricsAndConflicts() throws {
        let (topology, problems) = load(
            """
            ensemble: demo
            servers:
              - {id: 1, ports: {metrics: 7100}}
              - {id: 2}
              - {id: 3, ports: {metrics: 7100}}
            """)
        #expect(topology == nil)
        #expect(
            problems == [
                "5 error port-conflict: the metricsProvider.httpPort of server 3 is 7100 on 127.0.0.1, which is the metricsProvider.httpPort of server 1 already"
            ])
        #expect(
            load(
                "ensemble: demo\nparticipants: 1\nports: {metrics: 7000}\nsettings: {metricsProvider.httpPort: 7001}\n"
            )
            .problems.first?.contains("error two-forms: metricsProvider.httpPort is under 'settings'") == true)
    }
}
