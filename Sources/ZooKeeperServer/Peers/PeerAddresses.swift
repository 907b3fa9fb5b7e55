import Glibc
import NIOCore
import NIOPosix

/// From which addresses members of the ensemble call. Names are looked up beside the event loop; until they are known, members called by
/// name are strangers.
final class PeerAddresses {
    private let loop: any EventLoop
    private var names: Set<String> = []
    private var literals: Set<String> = []
    private var resolved: Set<String> = []
    private var isLookingUp = false
    /// Monotonic milliseconds.
    private var nextLookUp = Int64.min

    /// How long an answer of the DNS is taken for true.
    private static let trust: Int64 = 10_000

    init(loop: any EventLoop) { self.loop = loop }

    /// Hosts as they are in server lines.
    func setHosts(_ hosts: some Sequence<String>) {
        literals = []
        names = []
        for host in hosts {
            if let address = try? SocketAddress(ipAddress: host, port: 0) {
                literals.insert(address.plainHost)
            } else {
                names.insert(host)
            }
        }
        nextLookUp = .min
        lookUp()
    }

    func contains(_ address: SocketAddress?) -> Bool {
        guard let host = address?.plainHost else { return false }
        return literals.contains(host) || resolved.contains(host)
    }

    /// Asks the DNS again, unless it has been asked just now.
    func lookUp() {
        let now = Clock.monotonic
        guard !names.isEmpty, !isLookingUp, now >= nextLookUp else { return }
        isLookingUp = true
        nextLookUp = now + Self.trust
        let (asked, bound) = (names, NIOLoopBound(self, eventLoop: loop))
        NIOThreadPool.singleton.runIfActive(eventLoop: loop) { Set(asked.flatMap(Self.addresses)) }
            .whenComplete { result in
                bound.value.isLookingUp = false
                if case .success(let addresses) = result { bound.value.resolved = addresses }
            }
    }

    /// All that the DNS, or /etc/hosts, knows of a name. Blocks.
    private static func addresses(of name: String) -> [String] {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(name, nil, &hints, &list) == 0 else { return [] }
        defer { freeaddrinfo(list) }
        var addresses: [String] = []
        var next = list
        while let entry = next {
            var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            let code = getnameinfo(
                entry.pointee.ai_addr, entry.pointee.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
            if code == 0 {
                addresses.append(String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
            }
            next = entry.pointee.ai_next
        }
        return addresses
    }
}

extension SocketAddress {
    /// The address without its port, `unknown` where it has none. One of IPv4 that came through a listener for both families is one of
    /// IPv4.
    package var plainHost: String {
        guard let text = ipAddress else { return "unknown" }
        return text.hasPrefix("::ffff:") && text.contains(".") ? String(text.dropFirst(7)) : text
    }
}
