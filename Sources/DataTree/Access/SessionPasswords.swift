import ZooKeeperProtocol

/// How the password of a session follows from its id, so that every server of an ensemble knows it.
package enum SessionPasswords: Hashable, Sendable {
    /// As Apache's servers do it: everybody can compute it who knows the id, and ids are no secret (the ephemeralOwner of any
    /// ephemeral is one).
    case derived
    /// SipHash-2-4 with 128 bits of output, under a key that the servers share (`session.secretPath`).
    case keyed(UInt64, UInt64)

    /// Reads a key: 32 hexadecimal digits, blanks around them. Nil when it is anything else.
    package init?(key text: String) {
        let digits = text.utf8.filter { $0 > 0x20 }
        guard digits.count == 32,
            digits.allSatisfy({
                UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 || UInt8(ascii: "a")...UInt8(ascii: "f") ~= $0 | 0x20
            }),
            let first = UInt64(String(decoding: digits[..<16], as: UTF8.self), radix: 16),
            let second = UInt64(String(decoding: digits[16...], as: UTF8.self), radix: 16)
        else { return nil }
        // Bytes, as `openssl mac … SIPHASH` takes them.
        self = .keyed(first.byteSwapped, second.byteSwapped)
    }

    /// 16 bytes.
    package func password(of session: SessionID) -> [UInt8] {
        switch self {
        case .derived: session.password
        case .keyed(let first, let second):
            SipHash.hash(UInt64(bitPattern: session.rawValue).byteSwapped, key: (first, second))
        }
    }

    /// Whether a client that presents `password` may renew the session. Session 0 never may.
    package func accepts(_ password: [UInt8], for session: SessionID) -> Bool {
        let expected = self.password(of: session)
        guard session != .none, password.count == expected.count else { return false }
        // In the same time wherever they differ.
        return zip(password, expected).reduce(0 as UInt8) { $0 | ($1.0 ^ $1.1) } == 0
    }
}

/// SipHash-2-4 (Aumasson and Bernstein) of 8 bytes, 16 bytes long.
private struct SipHash {
    private var v0: UInt64
    private var v1: UInt64
    private var v2: UInt64
    private var v3: UInt64

    /// - Parameter message: 8 bytes as a little-endian number, as the parts of the key.
    static func hash(_ message: UInt64, key: (UInt64, UInt64)) -> [UInt8] {
        var state = SipHash(key)
        state.absorb(message)
        // The length of the message, with nothing left of it.
        state.absorb(8 << 56)
        state.v2 ^= 0xee
        var output: [UInt8] = []
        for _ in 0..<2 {
            state.rounds(4)
            let word = state.v0 ^ state.v1 ^ state.v2 ^ state.v3
            output += (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) }
            state.v1 ^= 0xdd
        }
        return output
    }

    private init(_ key: (UInt64, UInt64)) {
        v0 = key.0 ^ 0x736f_6d65_7073_6575
        v1 = key.1 ^ 0x646f_7261_6e64_6f6d ^ 0xee
        v2 = key.0 ^ 0x6c79_6765_6e65_7261
        v3 = key.1 ^ 0x7465_6462_7974_6573
    }

    private mutating func absorb(_ word: UInt64) {
        v3 ^= word
        rounds(2)
        v0 ^= word
    }

    private mutating func rounds(_ count: Int) {
        func rotate(_ word: UInt64, _ by: UInt64) -> UInt64 { word << by | word >> (64 - by) }
        for _ in 0..<count {
            v0 &+= v1
            v2 &+= v3
            v1 = rotate(v1, 13) ^ v0
            v3 = rotate(v3, 16) ^ v2
            v0 = rotate(v0, 32)
            v2 &+= v1
            v0 &+= v3
            v1 = rotate(v1, 17) ^ v2
            v3 = rotate(v3, 21) ^ v0
            v2 = rotate(v2, 32)
        }
    }
}
