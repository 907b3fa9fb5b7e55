import ServerConfig
import Testing

@testable import ZooKeeperServerTLS

@Suite struct TLSNamesTests {
    /// The check of a zoo.cfg knows the very cipher suites that there are.
    @Test func cipherSuites() { #expect(Set(TLSNames.cipherNames.keys) == KnownKeys.cipherSuites) }
}
