import Jute
import Testing
import ZooKeeperProtocol

struct ElectionGoldenTests {
    @Test(arguments: Fixtures.names(in: "election"))
    func aCapturedElectionSurvivesDecodingAndEncoding(name: String) throws {
        let capture = Fixtures.load("election/\(name).json", as: ElectionCapture.self)
        for message in capture.connections.flatMap(\.messages) {
            let bytes = unhex(message.hex)
            if message.name == "initial message" {
                let hello = try ElectionHello(decoding: bytes)
                #expect(hex(hello.encoded) == message.hex)
                #expect(hello.server.rawValue == message.sid)
                #expect(hello.addresses == message.addr.map { [$0] })
            } else {
                let notification = try Notification(decoding: Array(bytes.dropFirst(4)))
                var writer = JuteWriter()
                writer.frame { $0.write(notification) }
                #expect(hex(writer.bytes) == message.hex)
                #expect(notification.state.description == message.state)
                #expect(notification.leader.rawValue == message.leader)
                #expect(notification.config == message.config)
            }
        }
    }

    static let modern = Notification(
        state: .following, leader: 3, zxid: ZXID(rawValue: 0x2_0000_0005), electionEpoch: 7,
        peerEpoch: Epoch(rawValue: 3), config: "version=0")

    @Test func oldServersNotificationsAreShorter() throws {
        let bytes = Self.modern.encoded
        var old = Self.modern
        old.version = 0
        old.config = nil
        #expect(try Notification(decoding: Array(bytes.prefix(40))) == old)
        old.peerEpoch = Epoch(rawValue: 2)
        #expect(try Notification(decoding: Array(bytes.prefix(28))) == old)
        #expect(throws: JuteError.truncated(at: 20, wanted: 8)) { try Notification(decoding: Array(bytes.prefix(27))) }
    }

    @Test(arguments: [
        ("0000000000000002", ElectionHello(.idOnly, server: 2, addresses: [])),
        ("7fffffffffffffff", ElectionHello(.idOnly, server: ElectionHello.anonymous, addresses: [])),
        (
            "ffffffffffff0001000000000000000200000007613a317c623a32",
            ElectionHello(.severalAddresses, server: 2, addresses: ["a:1", "b:2"])
        ),
    ])
    func theFormsOfAHello(bytes: String, hello: ElectionHello) throws {
        #expect(try ElectionHello(decoding: unhex(bytes)) == hello)
        #expect(hex(hello.encoded) == bytes)
    }

    @Test(arguments: [
        ("ffffffffffff0002", JuteError.unknownValue(-65534, at: 0)),
        ("ffffffffffff0000000000000000000200000000", .unreasonableLength(0, at: 16, limit: 2048)),
        ("ffffffffffff0000000000000000000200000801", .unreasonableLength(2049, at: 16, limit: 2048)),
        ("ffffffffffff00000000000000000002000000", .truncated(at: 16, wanted: 4)),
    ])
    func aBadHello(bytes: String, error: JuteError) {
        #expect(throws: error) { try ElectionHello(decoding: unhex(bytes)) }
    }
}
