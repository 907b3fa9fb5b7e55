import Foundation
import Testing

@testable import ZooKeeperServerTLS

@Suite struct CertificateHostsTests {
    private static func certificate(_ text: String) -> [UInt8] {
        [UInt8](Data(base64Encoded: text.filter { !$0.isWhitespace })!)
    }

    /// With the alternative names zk1.Example.org, *.zk.example.org, a*z.example.org, 10.0.0.1, 2001:db8::1, and a mail address.
    private static let named = certificate(
        """
        MIICODCCAd+gAwIBAgIUQaJyVn+Lph5DpTUkOcl0E+jmuWQwCgYIKoZIzj0EAwIwPTEQMA4GA1UECgwHRXhhbXBsZTEOMAwGA1UE
        AwwFZmlyc3QxGTAXBgNVBAMMEExhc3QuZXhhbXBsZS5vcmcwIBcNMjYxMTI4MjIzNTA5WhgPMjEyNjExMDQyMjM1MDlaMD0xEDAO
        BgNVBAoMB0V4YW1wbGUxDjAMBgNVBAMMBWZpcnN0MRkwFwYDVQQDDBBMYXN0LmV4YW1wbGUub3JnMFkwEwYHKoZIzj0CAQYIKoZI
        zj0DAQcDQgAEQmvH5lygLpp3+CPY7u8xu9pgAXh//9rslRvFg3SLkOgkk2q5gRyeCldx3H7ZxRBFrffPuRB/sTYRSg84iwsB6KOB
        ujCBtzAdBgNVHQ4EFgQUcVVLXBtzjTXPu0otnr6huWmVgFgwHwYDVR0jBBgwFoAUcVVLXBtzjTXPu0otnr6huWmVgFgwDwYDVR0T
        AQH/BAUwAwEB/zBkBgNVHREEXTBbgg96azEuRXhhbXBsZS5vcmeCECouemsuZXhhbXBsZS5vcmeCD2Eqei5leGFtcGxlLm9yZ4cE
        CgAAAYcQIAENuAAAAAAAAAAAAAAAAYENeEBleGFtcGxlLm9yZzAKBggqhkjOPQQDAgNHADBEAiB3gWRudiTV/1YU2vJOPLNfCj1d
        JM/XUx3W5qE4ag32xQIgZgNauLFl1p3U9uoucFoe0J2lOXKQvrpJH1DbxqM8xEs=
        """)

    /// Without alternative names; its subject is O=Example, CN=first, CN=*.Last.example.org.
    private static let common = certificate(
        """
        MIIB1DCCAXugAwIBAgIUZsqHx0UtV870y43di9YVhZ53GwkwCgYIKoZIzj0EAwIwPzEQMA4GA1UECgwHRXhhbXBsZTEOMAwGA1UE
        AwwFZmlyc3QxGzAZBgNVBAMMEiouTGFzdC5leGFtcGxlLm9yZzAgFw0yNjExMjgyMjM1MDlaGA8yMTI2MTEwNDIyMzUwOVowPzEQ
        MA4GA1UECgwHRXhhbXBsZTEOMAwGA1UEAwwFZmlyc3QxGzAZBgNVBAMMEiouTGFzdC5leGFtcGxlLm9yZzBZMBMGByqGSM49AgEG
        CCqGSM49AwEHA0IABB18i4hx6E7CHwaqVuMMTD35oAC+ZhoTQdVmZ1Neu+i/aWU/C2oCV9j25RrIZHfeucwPuuNdGA+6vbazsD6W
        Y5SjUzBRMB0GA1UdDgQWBBSy3AOAuhR04QiAgHBPCiYeY7zhzDAfBgNVHSMEGDAWgBSy3AOAuhR04QiAgHBPCiYeY7zhzDAPBgNV
        HRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0cAMEQCIBjRlx2HpyA5m8xS8bFPUPSg2f7QRm4QSV9/I8xTM6ZfAiBGtMnqXsoMBDl6
        m4ogncKl9g/EAgjCJ0sTC7VmLxpFNQ==
        """)

    /// What a certificate is for is read from its alternative names, else from its last common name.
    @Test func reading() throws {
        let named = try #require(CertificateHosts(certificate: Self.named))
        #expect(
            named.text
                == "zk1.Example.org, *.zk.example.org, a*z.example.org, 10.0.0.1, 2001:db8:0:0:0:0:0:1")
        let common = try #require(CertificateHosts(certificate: Self.common))
        #expect(common.text == "*.Last.example.org")
        #expect(common.names.isEmpty && common.addresses.isEmpty)
    }

    /// Names and addresses match as in Apache's ZKHostnameVerifier.
    @Test(arguments: [
        ("zk1.example.org", true), ("ZK1.EXAMPLE.ORG", true), ("zk2.example.org", false), ("zk1.example.or", false),
        ("a.zk.example.org", true), ("a.b.zk.example.org", false), ("zk.example.org", false),
        ("abcz.example.org", true), ("az.example.org", true), ("a.z.example.org", false),
        ("10.0.0.1", true), ("10.0.0.2", false), ("2001:db8::1", true), ("2001:db8:0:0::1", true),
        ("2001:db8::2", false), ("last.example.org", false), ("", false),
    ])
    func covers(host: String, expected: Bool) throws {
        let hosts = try #require(CertificateHosts(certificate: Self.named))
        #expect(hosts.covers(host) == expected)
    }

    /// The common name counts only without alternative names.
    @Test(arguments: [("a.last.example.org", true), ("last.example.org", false), ("first", false), ("10.0.0.1", false)])
    func commonName(host: String, expected: Bool) throws {
        let hosts = try #require(CertificateHosts(certificate: Self.common))
        #expect(hosts.covers(host) == expected)
    }

    /// Bytes cut off or changed anywhere are read or refused, never more.
    @Test func damaged() {
        for length in 0..<Self.named.count { _ = CertificateHosts(certificate: Array(Self.named[..<length])) }
        for position in Self.named.indices {
            for value in [0x00, 0x7f, 0x80, 0x84, 0xff] as [UInt8] {
                var damaged = Self.named
                damaged[position] = value
                _ = CertificateHosts(certificate: damaged)
            }
        }
    }
}
