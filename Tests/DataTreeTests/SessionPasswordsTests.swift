import DataTree
import Testing
import ZooKeeperProtocol

/// Who may take a session over.
@Suite struct SessionPasswordsTests {
    /// `openssl mac -macopt size:16 -macopt hexkey:000102030405060708090a0b0c0d0e0f SIPHASH`, of the id's eight bytes.
    @Test(
        arguments: [
            (0, "C293AB68EFE6F296BD92A49D6257801D"), (0x0100_0000_0000_0001, "4948579CFF22F74924C0FC45789E2B7E"),
            (0x018c_3f2b_9a7d_0000, "59470DBFEE0A514F0860E19C602E3EBD"),
        ] as [(Int64, String)])
    func keyedPasswordsAreSipHash(session: Int64, password: String) throws {
        let passwords = try #require(SessionPasswords(key: "000102030405060708090a0B0c0D0e0f\n"))
        #expect(hex(passwords.password(of: SessionID(rawValue: session))).uppercased() == password)
    }

    @Test func onlyTheSessionsOwnPasswordIsAccepted() throws {
        let one = try #require(SessionPasswords(key: "000102030405060708090a0b0c0d0e0f"))
        let other = try #require(SessionPasswords(key: "000102030405060708090a0b0c0d0e0e"))
        let id = SessionID(rawValue: 0x100_0015_4dd8_0000)
        for passwords in [.derived, one, other] {
            let right = passwords.password(of: id)
            #expect(right.count == 16)
            #expect(passwords.accepts(right, for: id))
            #expect(!passwords.accepts(right, for: id.next))
            #expect(!passwords.accepts(passwords.password(of: .none), for: .none))
            for wrong in [[], Array(right.dropLast()), right + [0], [UInt8](repeating: 0, count: 16)] {
                #expect(!passwords.accepts(wrong, for: id))
            }
        }
        // Whoever knows the id knows Apache's password.
        #expect(SessionPasswords.derived.password(of: id) == id.password)
        #expect(!one.accepts(id.password, for: id))
        #expect(!other.accepts(one.password(of: id), for: id))
    }

    @Test(arguments: [
        "", "00", "000102030405060708090a0b0c0d0e0g", "+00102030405060708090a0b0c0d0e0f",
        "000102030405060708090a0b0c0d0e0f00",
    ])
    func whatIsNoKeyIsRefused(text: String) {
        #expect(SessionPasswords(key: text) == nil)
    }

    private func hex(_ bytes: [UInt8]) -> String {
        bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }
}
