import Membership
import ZooKeeperProtocol

/// The servers of an ensemble in the order in which a session tries them, and when it pauses.
struct ServerList {
    private var servers: [ServerAddress]
    private let shuffles: Bool
    private var next = 0
    /// The one of this connection, or of the last.
    private(set) var current: ServerAddress
    /// Connections that failed, or lived for less than a second, since one that did not.
    private var failures = 0
    private var random: SplitMix

    /// `seed` decides the order and the jitter of waits.
    init(_ servers: [ServerAddress], shuffles: Bool, seed: UInt64) {
        random = SplitMix(state: seed)
        self.shuffles = shuffles
        self.servers = shuffles ? servers.shuffled(using: &random) : servers
        current = self.servers[0]
    }

    var count: Int { servers.count }

    /// The server of the next connection.
    mutating func take() -> ServerAddress {
        current = servers[next]
        return current
    }

    mutating func failed() { failures += 1 }

    mutating func served() { failures = 0 }

    /// The connection has ended: the turn is the next server's.
    mutating func advance() { next = (next + 1) % servers.count }

    /// How long to pause, in milliseconds, when every server has been tried in vain; else nil.
    ///
    /// 20 ms at first: an election lasts some tens of milliseconds where all goes well, and who waits longer than that makes it longer
    /// for himself. From the sixth round on twice as long each time, up to a second. Half of it is at random.
    mutating func waitBeforeNextRound() -> ClientSession.Instant? {
        guard failures > 0, failures % servers.count == 0 else { return nil }
        let round = failures / servers.count
        let longest = min(ClientSession.Instant(20) << ClientSession.Instant(min(max(round - 5, 0), 10)), 1000)
        return .random(in: longest / 2...longest, using: &random)
    }

    /// Takes the servers of a configuration, the text of /zookeeper/config; what is none changes nothing.
    mutating func follow(_ text: [UInt8]) {
        guard let configuration = EnsembleConfiguration(text: String(decoding: text, as: UTF8.self)) else { return }
        let found = configuration.servers.compactMap { line -> ServerAddress? in
            guard let client = line.client else { return nil }
            let host = client.host.flatMap { HostAddress.isWildcard($0) ? nil : $0 } ?? line.addresses[0].host
            return ServerAddress(host: host, port: client.port)
        }
        guard !found.isEmpty, Set(found) != Set(servers) else { return }
        servers = shuffles ? found.shuffled(using: &random) : found
        // The one behind this is the next.
        next = servers.firstIndex(of: current) ?? servers.count - 1
        failures = 0
    }
}

/// A small generator, so that a session's choices can be repeated (Steele, Lea, Flood: SplitMix, 2014).
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
