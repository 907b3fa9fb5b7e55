import Glibc
import NIOCore
import NIOPosix
import Testing

@testable import ZooKeeperServer

@Suite struct ListenFailureTests {
    private let election = "the election port of server.3"

    private func text(_ error: any Error, host: String?, _ what: String, servers: [String] = []) -> String {
        ListenFailure(error) { servers }.text(ServerSettings.Listen(host: host, port: 3888), what)
    }

    private func code(_ code: CInt) -> IOError { IOError(errnoCode: code, reason: "bind") }

    /// Each reason has its own way out.
    @Test func wayOut() throws {
        #expect(
            text(code(EADDRINUSE), host: nil, "clientPort")
                == "cannot listen on 0.0.0.0:3888 for clientPort: Address already in use. Is another server running there? Change clientPort or stop it"
        )
        #expect(
            text(code(EADDRNOTAVAIL), host: "10.0.0.9", election)
                == "cannot listen on 10.0.0.9:3888 for the election port of server.3: 10.0.0.9 is no address of this machine. Write one of its addresses into server.3, or set quorumListenOnAllIPs=true where the others reach it by 10.0.0.9"
        )
        #expect(
            text(code(EACCES), host: "::1", "clientPort")
                == "cannot listen on [::1]:3888 for clientPort: this user may not. Ports below 1024 are for root: choose one from 1024 up"
        )
        let unknown = try #require(throws: SocketAddressError.UnknownHost.self) {
            _ = try SocketAddress.makeAddressResolvingHost("zk3.invalid", port: 3888)
        }
        #expect(ListenFailure(unknown).mayPass)
        #expect(!ListenFailure(code(EADDRINUSE)).mayPass)
        #expect(
            text(unknown, host: "zk3.invalid", election, servers: ["10.0.0.2", "10.0.0.3"])
                == "cannot listen on zk3.invalid:3888 for the election port of server.3: the name zk3.invalid does not resolve here (it is not in /etc/hosts, and 10.0.0.2, 10.0.0.3 of /etc/resolv.conf was asked). Enter it in one of the two, or write an address into server.3"
        )
        #expect(
            text(unknown, host: "zk3.invalid", "clientPort")
                == "cannot listen on zk3.invalid:3888 for clientPort: the name zk3.invalid does not resolve here (it is not in /etc/hosts, and no name server is in /etc/resolv.conf). Enter it in one of the two, or write an address into clientPort"
        )
    }

    /// resolv.conf says who answers names.
    @Test func nameServers() {
        let text =
            "# nameserver 1.1.1.1\nsearch example.com\nnameserver 10.0.0.2\nnameserver\tfd00::1  \noptions ndots:5\nnameserver\n"
        #expect(NameServers.parse(text) == ["10.0.0.2", "fd00::1"])
    }
}
