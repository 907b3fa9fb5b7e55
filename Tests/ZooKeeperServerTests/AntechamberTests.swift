import NIOCore
import NIOEmbedded
import NIOPosix
import Testing

@testable import ZooKeeperServer

@Suite struct AntechamberTests {
    final class Guest {
        let name: String
        init(_ name: String) { self.name = name }
    }

    /// Enters them all and says what came of each: `+` admitted, `-` refused, a name for whom that one had to go.
    private func outcome(_ capacity: Int, _ guests: [(String, isPeer: Bool)]) -> String {
        var room = Antechamber<Guest>(capacity: capacity)
        let all = guests.map { Guest($0.0) }
        var words: [String] = []
        for (index, guest) in all.enumerated() {
            switch room.enter(guest, isPeer: guests[index].isPeer, now: Int64(index)) {
            case .admitted: words.append("+")
            case .admittedInsteadOf(let other): words.append(other.name)
            case .refused: words.append("-")
            }
            #expect(room.count <= capacity)
        }
        return words.joined(separator: " ")
    }

    /// The oldest goes, a stranger before a member; a stranger never sends a member away.
    @Test func places() {
        #expect(outcome(2, [("a", false), ("b", false), ("c", false), ("d", false)]) == "+ + a b")
        #expect(outcome(2, [("p", true), ("b", false), ("c", false), ("q", true)]) == "+ + b c")
        #expect(outcome(2, [("p", true), ("q", true), ("c", false), ("r", true)]) == "+ + - p")
    }

    /// Who has said who it is, or is gone, takes no room; who says nothing goes in the order of coming.
    @Test func leaving() {
        var room = Antechamber<Guest>(capacity: 3)
        let guests = ["a", "b", "c", "d"].map(Guest.init)
        for (index, guest) in guests.prefix(3).enumerated() {
            _ = room.enter(guest, isPeer: false, now: Int64(index * 10))
        }
        room.leave(guests[0])
        room.leave(guests[0])
        guard case .admitted = room.enter(guests[3], isPeer: false, now: 30) else { return #expect(Bool(false)) }
        #expect(room.removeSilent(since: 9).map(\.name) == [])
        #expect(room.removeSilent(since: 20).map(\.name) == ["b", "c"])
        #expect(room.count == 1)
    }

    /// Members are known by the addresses of their lines, in every spelling of them.
    @Test func addresses() throws {
        let peers = PeerAddresses(loop: EmbeddedEventLoop())
        peers.setHosts(["10.0.0.1", "::1", "FE80::0001"])
        for (address, isPeer) in [
            ("10.0.0.1", true), ("::ffff:10.0.0.1", true), ("0:0:0:0:0:0:0:1", true), ("fe80::1", true),
            ("10.0.0.2", false), ("::2", false),
        ] {
            #expect(peers.contains(try SocketAddress(ipAddress: address, port: 5)) == isPeer, "\(address)")
        }
        #expect(!peers.contains(nil))
    }

    /// Names are looked up beside the loop.
    @Test func names() async throws {
        let group = MultiThreadedEventLoopGroup.singleton
        let loop = group.next()
        let peers = try await loop.submit {
            let peers = PeerAddresses(loop: loop)
            peers.setHosts(["localhost", "no-such-host.invalid"])
            return NIOLoopBound(peers, eventLoop: loop)
        }.get()
        let local = try SocketAddress(ipAddress: "127.0.0.1", port: 1)
        let end = ContinuousClock.now + .seconds(30)
        while try await !loop.submit({ peers.value.contains(local) }).get() {
            try #require(ContinuousClock.now < end)
            await Task.yield()
        }
    }
}
