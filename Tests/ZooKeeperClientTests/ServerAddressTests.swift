import Testing
import ZooKeeperClient

struct ServerAddressTests {
    @Test(arguments: [
        ("a", ServerAddress(host: "a", port: 2181)), ("a:1", ServerAddress(host: "a", port: 1)),
        ("[::1]", ServerAddress(host: "::1", port: 2181)), ("[::1]:65535", ServerAddress(host: "::1", port: 65535)),
    ])
    func addressesAreRead(text: String, address: ServerAddress) {
        #expect(ServerAddress(text) == address)
        #expect(ServerAddress(address.description) == address)
    }

    @Test(arguments: ["", ":1", "a:", "a:0", "a:65536", "a:b", "::1", "[::1", "[::1]x", "[]:1", "a:1:2"])
    func anythingElseIsRefused(text: String) {
        #expect(ServerAddress(text) == nil)
    }
}
