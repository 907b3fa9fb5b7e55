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
        do throws(LookUpError) {
            let addresses = try Self.lookUp(host)
            return addresses.contains { HostAddress.isLoopback($0) || machines.contains(HostAddress.machine($0)) }
                ? .here : .elsewhere
        } catch { return .unresolved(error.words) }
    }

    /// The addresses that a name has here; none when it has none.
    package static func addresses(of host: String) -> [String] { (try? lookUp(host)) ?? [] }

    private struct LookUpError: Error {
        /// The resolver's.
        var words: String
    }

    private static func lookUp(_ host: String) throws(LookUpError) -> [String] {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var first: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, nil, &hints, &first)
        guard code == 0 else { throw LookUpError(words: String(cString: gai_strerror(code))) }
        defer { freeaddrinfo(first) }
        var addresses: [String] = []
        var next = first
        while let entry = next {
            if let address = text(entry.pointee.ai_addr) { addresses.append(address) }
            next = entry.pointee.ai_next
        }
        return addresses
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
