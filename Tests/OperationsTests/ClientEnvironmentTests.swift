import Testing

@testable import Operations

@Suite struct ClientEnvironmentTests {
    @Test func shells() {
        let environment = ClientEnvironment(
            ensemble: "demo", clients: [(host: "127.0.0.1", port: 2181), (host: "::1", port: 2182)])
        #expect(
            environment.text(.sh) == """
                export PADDOCK_ENSEMBLE='demo'
                export ZK_CONNECT='127.0.0.1:2181,[::1]:2182'
                export ZOOKEEPER_CONNECT='127.0.0.1:2181,[::1]:2182'
                export ZOOKEEPER_HOSTS='127.0.0.1:2181,[::1]:2182'
                export ZOOKEEPER_HOST='127.0.0.1'
                export ZOOKEEPER_PORT='2181'

                """)
        #expect(environment.text(.fish).hasPrefix("set -gx PADDOCK_ENSEMBLE 'demo'\nset -gx ZK_CONNECT '127.0.0.1"))
    }
}
