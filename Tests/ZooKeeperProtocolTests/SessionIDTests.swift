import Testing
import ZooKeeperProtocol

struct SessionIDTests {
    @Test(arguments: [
        (0x100_0015_4dd8_0000, "1afa5a2c9f0afd87882bdd9280014ae4"),
        (0x100_0015_4dd8_001a, "5baf952c601644d7f48dd4e03ca97ce1"),
    ])
    func passwordsAreThoseOfApachesServers(session: Int64, password: String) {
        let id = SessionID(rawValue: session)
        #expect(hex(id.password) == password)
    }

    @Test func theFirstIdHoldsTheServerAndTheClock() {
        #expect(SessionID.first(serverID: 1, milliseconds: 0x12_3456_789a).description == "0x1123456789a0000")
        #expect(SessionID.first(serverID: 3, milliseconds: 0xff_0000_0000_0001).description == "0x300000000010000")
        #expect(SessionID.first(serverID: 128, milliseconds: 0).rawValue == .min + 1)
    }
}
