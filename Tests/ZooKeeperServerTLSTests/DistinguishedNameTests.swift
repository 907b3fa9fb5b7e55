import Foundation
import Testing

@testable import ZooKeeperServerTLS

@Suite struct DistinguishedNameTests {
    /// Made by openssl, with a subject that needs every rule: names without a keyword, escapes, blanks at the ends, two
    /// attributes in one part.
    private static let certificate = [UInt8](
        Data(
            base64Encoded: """
                MIICkjCCAjegAwIBAgIUKksu0wNuY/s06SXbXtLH5SbrjZ8wCgYIKoZIzj0EAwIwgZwxEzARBgoJkiaJk/IsZAEZFgNvcmcxGTAX
                BgNVBAoMECBsZWFkIGFuZCB0cmFpbCAxEDAOBgNVBAsMByNoYXNoPXgxJDAQBgNVBAMMCWEiYjxjPjtcZDAQBgoJkiaJk/IsZAEB
                DAJ1MTELMAkGA1UEBRMCNDIxDzANBgNVBAkMBlPDvGQgMTEUMBIGCSqGSIb3DQEJARYFYUBiLmMwIBcNMjYxMTI4MTkxODI5WhgP
                MjEyNjExMDQxOTE4MjlaMIGcMRMwEQYKCZImiZPyLGQBGRYDb3JnMRkwFwYDVQQKDBAgbGVhZCBhbmQgdHJhaWwgMRAwDgYDVQQL
                DAcjaGFzaD14MSQwEAYDVQQDDAlhImI8Yz47XGQwEAYKCZImiZPyLGQBAQwCdTExCzAJBgNVBAUTAjQyMQ8wDQYDVQQJDAZTw7xk
                IDExFDASBgkqhkiG9w0BCQEWBWFAYi5jMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEJhR1WqcpKIRtUF4To3MxRKyfiIKl6xQ0
                EuZ4Xkinc80kE5asXQk2vxch7xnKd195fufWTOtAZT3NU4fYInIMuaNTMFEwHQYDVR0OBBYEFNkU2fYIFFFG6FcT3eh5ap6U9fFw
                MB8GA1UdIwQYMBaAFNkU2fYIFFFG6FcT3eh5ap6U9fFwMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSQAwRgIhAKjuZRyZ
                4Xx8NbxLoV5lg1+YRSvMfxYa0CVTZk0j6slvAiEArzNBJGFNzvuJDJycNegCMNuho8pX5v5Xl2QuS02kt6Q=
                """.filter { !$0.isWhitespace })!)

    /// The subject reads as Java's X500Principal.getName() prints it.
    @Test func subject() {
        // What OpenJDK 17 printed for this certificate.
        #expect(
            DistinguishedName.ofSubject(certificate: Self.certificate)
                == ##"1.2.840.113549.1.9.1=#16056140622e63,STREET=Süd 1,2.5.4.5=#13023432,CN=a\"b\<c\>\;\\d+UID=u1,OU=\#hash\=x,O=\ lead and trail\ ,DC=org"##
        )
    }

    /// Every kind of text reads as Java reads it.
    @Test(arguments: [
        // The encoded value of CN, and what OpenJDK 17 printed for it.
        ("1e0400610062", ##"CN=\00a\00b"##), ("140261e9", "CN=a\u{fffd}"), ("12023432", "CN=#12023432"),
        ("1b026162", "CN=ab"), ("1603e9612c", "CN=\u{fffd}a\\,"), ("0c0361003d", ##"CN=a\00\="##),
        ("0c0420610d20", "CN=\\ a\\\r\\ "), ("0c030d610d", "CN=\\\ra\\\r"), ("0c020a61", "CN=\na"),
        ("0c043dcc8161", "CN=\\=\u{301}a"),
    ])
    func texts(value: String, expected: String) throws {
        let digits = Array(value)
        let bytes = try stride(from: 0, to: digits.count, by: 2).map {
            try #require(UInt8(String(digits[$0..<$0 + 2]), radix: 16))
        }
        func element(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] { [tag, UInt8(content.count)] + content }
        let name = element(0x30, element(0x31, element(0x30, element(0x06, [0x55, 4, 3]) + bytes)))
        // Serial number, algorithm, issuer, validity, subject.
        let certificate = element(
            0x30, element(0x30, element(2, [1]) + element(0x30, []) + name + element(0x30, []) + name))
        let subject = DistinguishedName.ofSubject(certificate: certificate)
        #expect(subject.map { Array($0.unicodeScalars) } == Array(expected.unicodeScalars))
    }

    /// A certificate whose issuer has its own name is known as such.
    @Test(arguments: [("a", "a", true), ("a", "b", false)])
    func selfIssued(issuer: String, subject: String, expected: Bool) {
        func element(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] { [tag, UInt8(content.count)] + content }
        func name(_ text: String) -> [UInt8] {
            element(0x30, element(0x31, element(0x30, element(0x06, [0x55, 4, 3]) + element(0x0c, Array(text.utf8)))))
        }
        // Serial number, algorithm, issuer, validity, subject.
        let body = element(2, [1]) + element(0x30, []) + name(issuer) + element(0x30, []) + name(subject)
        #expect(CertificateFields(element(0x30, element(0x30, body)))?.isSelfIssued == expected)
    }

    /// A certificate cut off anywhere before its subject's end is none.
    @Test func cutOff() {
        for length in 0..<Self.certificate.count {
            #expect(DistinguishedName.ofSubject(certificate: Array(Self.certificate[..<length])) == nil)
        }
    }

    /// Bytes changed anywhere are read or refused, never more.
    @Test func damaged() {
        for position in Self.certificate.indices {
            for value in [0x00, 0x7f, 0x80, 0x84, 0xff] as [UInt8] {
                var damaged = Self.certificate
                damaged[position] = value
                _ = DistinguishedName.ofSubject(certificate: damaged)
            }
        }
    }
}
