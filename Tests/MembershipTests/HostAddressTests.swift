import Membership
import Testing

@Suite struct HostAddressTests {
    @Test(arguments: [
        ("127.0.0.1", "loopback"), ("127.8.9.1", "loopback"), ("localhost", "loopback"), ("LocalHost", "loopback"),
        ("::1", "loopback"), ("0:0:0:0:0:0:0:1", "loopback"), ("::ffff:127.0.0.1", "loopback"),
        ("10.0.0.1", "10.0.0.1"),
        ("fd00:0:0::1", "fd00::1"), ("Zoo1.Example.com", "zoo1.example.com"), ("127.example.com", "127.example.com"),
    ])
    func machine(_ host: String, machine: String) {
        #expect(HostAddress.machine(host) == machine)
    }

    @Test(arguments: ["0.0.0.0", "::", "0:0:0:0:0:0:0:0", "::ffff:0.0.0.0"])
    func everyInterface(_ host: String) {
        #expect(HostAddress.isWildcard(host))
    }

    @Test(arguments: [
        ("10.0.0.1", true), ("fd00::1", true), ("zoo1", true), ("zoo_1.svc.cluster.local", true), ("a-b.c", true),
        ("10.0.0.256", false), ("10.0.0", false), ("1", false), ("", false), (".", false), ("a..b", false),
        ("-a", false), ("a-", false), ("a b", false), ("a:1", false), ("[::1]", false), ("zoö", false),
        (String(repeating: "a", count: 64), false), (String(repeating: "a.", count: 127) + "a", false),
    ])
    func validity(_ host: String, isValid: Bool) {
        #expect(HostAddress.isValid(host) == isValid)
    }
}
