import Testing

@testable import Operations

@Suite struct SecretsTests {
    @Test(arguments: [
        ("ssl.keyStore.password=hunter2", "ssl.keyStore.password=(removed)"),
        ("  ssl.trustStore.password: hunter2", "  ssl.trustStore.password: (removed)"),
        ("DigestAuthenticationProvider.superDigest=super:abc=", "DigestAuthenticationProvider.superDigest=(removed)"),
        ("settings: {tickTime: 1, a.password: x y, b: 2}", "settings: {tickTime: 1, a.password: (removed), b: 2}"),
        ("{id: 1, settings: {secret: x}}", "{id: 1, settings: {secret: (removed)}}"),
        ("server.1=127.0.0.1:2888:3888;2181", "server.1=127.0.0.1:2888:3888;2181"),
        ("tickTime=2000", "tickTime=2000"),
        ("# a comment", "# a comment"),
        ("a: 1\npassword: x\nb: 2\n", "a: 1\npassword: (removed)\nb: 2\n"),
    ])
    func valuesGoAndKeysStay(_ text: String, _ redacted: String) { #expect(Secrets.redacted(text) == redacted) }
}
