import Glibc
import Membership

/// The addresses of this machine, to tell whether a host of a topology is this one.
package struct LocalAddresses: Hashable, Sendable {
    /// Where a host is.
    package enum Place: Hashable, Sendable {
        case here
        case elsewhere
        /// Its name means nothing here: the resolver's words.
        case unresolved(String)
    }

    /// `HostAddress.machine` of each.
    let machines: Set<String>

    package init(_ addresses: some Sequence<String>) { machines = Set(addresses.map(HostAddress.machine)) }

    /// Those of all interfaces now.
    package static func gather() -> LocalAddresses {
        var first: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&first) == 0 else { return LocalAddresses([]) }
        defer { freeifaddrs(first) }
        var addresses: [String] = []
        var next = first
        while let interface = next {
            if let address = interface.pointee.ifa_addr.flatMap(text) { addresses.append(address) }
            next = interface.pointee.ifa_next
        }
        return LocalAddresses(addresses)
    }

    /// Where `host` is, an address or a name. A name is looked up; with several addresses, one of them here is enough.
    package func place(of host: String) -> Place {
        if HostAddress.isLoopback(host) || machines.contains(HostAddress.machine(host)) { return .here }
        if HostAddress.isIPv4(host) || HostAddress.isIPv6(host) { return .elsewhere }
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var first: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, nil, &hints, &first)
        guard code == 0 else { return .unresolved(String(cString: gai_strerror(code))) }
        defer { freeaddrinfo(first) }
        var next = first
        while let entry = next {
            if let address = Self.text(entry.pointee.ai_addr),
                HostAddress.isLoopback(address) || machines.contains(HostAddress.machine(address))
            {
                return .here
            }
            next = entry.pointee.ai_next
        }
        return .elsewhere
    }

    /// An IPv4 or IPv6 address in figures; nil for any other.
    private static func text(_ address: UnsafeMutablePointer<sockaddr>) -> String? {
        let family = Int32(address.pointee.sa_family)
        guard family == AF_INET || family == AF_INET6 else { return nil }
        let length = family == AF_INET ? MemoryLayout<sockaddr_in>.size : MemoryLayout<sockaddr_in6>.size
        var host = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        guard
            getnameinfo(address, socklen_t(length), &host, socklen_t(host.count), nil, 0, NI_NUMERICHOST) == 0
        else { return nil }
        let text = String(decoding: host.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        // A link-local address carries its interface.
        return text.split(separator: "%").first.map(String.init)
    }
}
