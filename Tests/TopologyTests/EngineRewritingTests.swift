import Membership
import Testing

@testable import Topology

@Suite struct EngineRewritingTests {
    private func load(_ text: String, _ assignments: Assignments = Assignments()) throws -> Topology {
        let (topology, problems) = Topology.load(text: text, assignments: assignments)
        return try #require(topology, "\(problems)")
    }

    /// Switches `ids` in `text`, expects `result`, and that it means the same but for the engines.
    private func switching(_ ids: [ServerID], to engine: EngineChoice, _ text: String, gives result: String) throws {
        var topology = try load(text)
        for index in topology.servers.indices where ids.contains(topology.servers[index].id) {
            topology.servers[index].engine = engine
        }
        let rewritten = try topology.rewritingEngines(in: text)
        #expect(rewritten == result)
        #expect(try load(rewritten, topology.assignments) == topology)
    }

    private let shorthand = """
        # Three and one.
        ensemble: demo
        participants: 3
        observers: 1
        engine: {apache: {heap: 1g}}
        settings: {tickTime: 500}

        """

    @Test func whileServersDifferEachIsNamed() throws {
        try switching(
            [4, 1], to: .bundled, shorthand,
            gives: """
                ensemble: demo
                servers:
                - {id: 1, engine: bundled}
                - {id: 2, engine: {apache: {heap: 1g}}}
                - {id: 3, engine: {apache: {heap: 1g}}}
                - {id: 4, role: observer, engine: bundled}
                settings: {tickTime: 500}

                """)
    }

    @Test func whenAllAreAlikeTheTopSaysIt() throws {
        try switching(
            [1, 2, 3, 4], to: .bundled, shorthand,
            gives: """
                ensemble: demo
                engine: bundled
                participants: 3
                observers: 1
                settings: {tickTime: 500}

                """)
    }

    @Test func namedServersKeepWhatTheySay() throws {
        let text = """
            ensemble: orders
            engine: bundled
            hosts: {a: 10.0.0.1, b: 10.0.0.2, c: 10.0.0.3}
            servers:
              - {id: 3, host: c, engine: apache, settings: {maxClientCnxns: 200}}
              - id: 1
                host: a
              - {id: 2, host: b}

            """
        try switching(
            [1], to: .apache(home: nil, heap: nil), text,
            gives: """
                ensemble: orders
                hosts: {a: 10.0.0.1, b: 10.0.0.2, c: 10.0.0.3}
                servers:
                - {id: 3, host: c, settings: {maxClientCnxns: 200}, engine: apache}
                - id: 1
                  host: a
                  engine: apache
                - {id: 2, host: b, engine: bundled}

                """)
        try switching(
            [3], to: .bundled, text,
            gives: """
                ensemble: orders
                engine: bundled
                hosts: {a: 10.0.0.1, b: 10.0.0.2, c: 10.0.0.3}
                servers:
                - {id: 3, host: c, settings: {maxClientCnxns: 200}}
                - id: 1
                  host: a
                - {id: 2, host: b}

                """)
    }

    @Test func theUsualEngineOfATopologyHasItsOptions() throws {
        let topology = try load(shorthand)
        #expect(topology.usual(.apache(home: nil, heap: nil)) == .apache(home: nil, heap: "1g"))
        #expect(topology.usual(.bundled) == .bundled)
    }
}
