import Digests
import Testing

@Suite struct DigestsTests {
    /// RFC 3174's own, and lengths around the padding's edges.
    @Test(arguments: [
        ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        ("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "84983e441c3bd26ebaae4aa1f95129e5e54670f1"),
        ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
        (
            String(repeating: "0123456701234567012345670123456701234567012345670123456701234567", count: 10),
            "dea356a2cddd90c7a7ecedc5ebb563934f460452"
        ),
        (String(repeating: "a", count: 55), "c1c8bbdc22796e28c0e15163d20899b65621d65a"),
        (String(repeating: "a", count: 64), "0098ba824b5c16427bd7a1122a5a442a25ec644d"),
    ])
    func sha1(text: String, hex: String) { #expect(SHA1.hash(Array(text.utf8)).hexadecimal == hex) }

    /// FIPS 180-4's own, and lengths around the padding's edges; in one piece and in pieces of every size.
    @Test(arguments: [
        "", "abc", String(repeating: "a", count: 55), String(repeating: "a", count: 56),
        String(repeating: "a", count: 64), String(repeating: "b", count: 1000),
    ])
    func sha256(text: String) {
        let known = [
            "": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "abc": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            String(repeating: "a", count: 55): "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318",
            String(repeating: "a", count: 56): "b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a",
            String(repeating: "a", count: 64): "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb",
            String(repeating: "b", count: 1000): "f6f118e120e52be0bd0cfdf2794cd12c07686cc871235ac2f11459378e6d235b",
        ]
        let bytes = Array(text.utf8)
        #expect(SHA256.hash(bytes).hexadecimal == known[text])
        for piece in [1, 3, 63, 64, 65, 200] {
            var hash = SHA256()
            for start in stride(from: 0, to: bytes.count, by: piece) {
                bytes[start..<min(start + piece, bytes.count)].withUnsafeBytes { hash.update($0) }
            }
            #expect(hash.finish().hexadecimal == known[text])
        }
    }

    /// RFC 1321's own (A.5), and lengths around the padding's edges.
    @Test(arguments: [
        ("", "d41d8cd98f00b204e9800998ecf8427e"), ("a", "0cc175b9c0f1b6a831c399e269772661"),
        ("abc", "900150983cd24fb0d6963f7d28e17f72"), ("message digest", "f96b697d7cb7938d525a2f31aaf161d0"),
        ("abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b"),
        (
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", "d174ab98d277d9f5a5611c2c9f419d9f"
        ),
        (
            "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
            "57edf4a22be3c955ac49da2e2107b67a"
        ),
        (String(repeating: "a", count: 55), "ef1772b6dff9a122358552954ad0df65"),
        (String(repeating: "a", count: 56), "3b0c8ac703f828b04c6c197006d17218"),
        (String(repeating: "a", count: 63), "b06521f39153d618550606be297466d5"),
        (String(repeating: "a", count: 64), "014842d480b571495a4a0363793f7367"),
        (String(repeating: "a", count: 119), "8a7bd0732ed6a28ce75f6dabc90e1613"),
        (String(repeating: "a", count: 120), "5f61c0ccad4cac44c75ff505e1f1e537"),
        (String(repeating: "a", count: 1000), "cabe45dcc9ae5b66ba86600cca6b8ba8"),
    ])
    func md5(text: String, hex: String) { #expect(MD5.hash(Array(text.utf8)).hexadecimal == hex) }

    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("foobar", "Zm9vYmFy"),
    ])
    func base64(text: String, encoded: String) {
        #expect(Array(text.utf8).base64 == encoded)
        #expect([UInt8](base64: encoded) == Array(text.utf8))
        #expect(
            [UInt8](base64: encoded.filter { $0 != "=" }) == Array(text.utf8), "Java's decoder needs no padding either")
    }

    @Test(arguments: ["Z", "Zg=", "Zg===", "Zm9=v", "Zm8 ", "Zm-v", "====", "Zm9vYg=", "é"])
    func whatIsNoBase64(text: String) { #expect([UInt8](base64: text) == nil) }

    @Test func allBytesGoThroughBase64() {
        let bytes = (0..<256).map { UInt8($0) }
        #expect([UInt8](base64: bytes.base64) == bytes)
    }

    @Test(
        arguments: [
            ([], [], true), ([1, 2], [1, 2], true), ([1, 2], [1, 3], false), ([1, 2], [1], false), ([], [0], false),
        ] as [([UInt8], [UInt8], Bool)])
    func comparison(one: [UInt8], other: [UInt8], isSame: Bool) {
        #expect(one.equalsInConstantTime(other) == isSame)
    }
}
