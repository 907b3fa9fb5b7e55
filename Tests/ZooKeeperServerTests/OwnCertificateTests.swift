import Testing

@testable import ZooKeeperServer

@Suite struct OwnCertificateTests {
    /// 2026-11-29 12:00:00 UTC
    private let now: Int64 = 1_795_953_600

    /// A certificate is spoken of from thirty days before its end.
    @Test(
        arguments: [
            (30 * 86400, nil), (86400 * 365, nil),
            (
                30 * 86400 - 1,
                "runs out at 2026-12-29 11:59 UTC, in 29 days: put a new one there and restart the server before then"
            ),
            (
                86400,
                "runs out at 2026-11-30 12:00 UTC, in 1 day: put a new one there and restart the server before then"
            ),
            (0, "runs out at 2026-11-29 12:00 UTC, in 0 days: put a new one there and restart the server before then"),
            (
                -60,
                "ran out at 2026-11-29 11:59 UTC: whoever checks it does not talk to this server any more; put a new one there and restart the server"
            ),
        ] as [(Int64, String?)])
    func warnings(left: Int64, words: String?) {
        let certificate = OwnCertificate(prefix: "ssl.quorum.", path: "/k.pem", end: now + left)
        #expect(
            certificate.warning(now: now)
                == words.map { "the certificate in /k.pem (ssl.quorum.keyStore.location) " + $0 })
    }

    /// It is a gauge beside Apache's.
    @Test func metric() {
        let lines = OwnCertificate(prefix: "ssl.quorum.", path: "/k.pem", end: 5).metric.lines
        #expect(lines.map(\.key) == ["ssl_quorum_certificate_end"])
    }
}
