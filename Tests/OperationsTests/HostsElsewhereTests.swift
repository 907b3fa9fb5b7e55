import Planning
import Provisioning
import Testing

@testable import Operations
@testable import Topology

@Suite struct HostsElsewhereTests {
    private let here = LocalAddresses(["127.0.0.1", "192.0.2.1", "fe80::1"])

    private func topology(_ hosts: [String]) -> Topology {
        Topology(
            ensemble: "orders",
            servers: hosts.enumerated().map { index, host in
                TopologyServer(
                    id: .init(Int64(index + 1)), host: host,
                    ports: ServerPorts(client: 2181, quorum: 2888, election: 3888, admin: 8080))
            })
    }

    @Test(arguments: ["127.0.0.1", "127.3.2.1", "localhost", "::1", "192.0.2.1", "fe80:0::1"])
    func hostsThatAreHere(host: String) throws {
        #expect(here.place(of: host) == .here)
        try HostsElsewhere.check(topology([host, host]), file: "o.yaml", addresses: here)
    }

    @Test func hostsThatAreNot() {
        let none = #expect(throws: OperationError.self) {
            try HostsElsewhere.check(topology(["203.0.113.7", "2001:db8::7"]), file: "o.yaml", addresses: here)
        }
        #expect(none?.message == "orders is not an ensemble of this machine; nothing was started")
        #expect(none?.details == ["server 1 is for 203.0.113.7", "server 2 is for 2001:db8::7"])
        #expect(none?.mend?.hasPrefix("`paddock generate o.yaml -o DIR` writes the files of every server") == true)
        let some = #expect(throws: OperationError.self) {
            try HostsElsewhere.check(topology(["192.0.2.1", "203.0.113.7"]), file: "o.yaml", addresses: here)
        }
        #expect(some?.message == "orders is not an ensemble of this machine alone; nothing was started")
        #expect(some?.details == ["server 2 is for 203.0.113.7"])
    }

    @Test func aNameThatMeansNothing() {
        guard case .unresolved = here.place(of: "zk1.invalid") else {
            Issue.record("zk1.invalid has an address")
            return
        }
    }

    @Test func thisMachineHasLoopback() { #expect(LocalAddresses.gather().place(of: "127.0.0.1") == .here) }
}
