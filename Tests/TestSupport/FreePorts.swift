import Foundation
import NIOConcurrencyHelpers

/// TCP ports of 127.0.0.1 that nobody listens on at the moment.
package enum FreePorts {
    /// Every port handed out in this process: that of a server which is down for a moment is still its own.
    private static let taken = NIOLockedValueBox<Set<Int>>([])

    /// Distinct free ports, outside the range from which the kernel picks ports for outgoing connections, so that nobody
    /// gets one by accident between the look and the use.
    ///
    /// - Parameter range: another one where much time is between: ensembles with `ports: auto` of other tests take theirs from this one.
    package static func take(_ count: Int, in range: Range<Int> = 10_000..<32_000) -> [Int] {
        var ports: [Int] = []
        while ports.count < count {
            let port = Int.random(in: range)
            if isFree(port), taken.withLockedValue({ $0.insert(port).inserted }) { ports.append(port) }
        }
        return ports
    }

    package static func isFree(_ port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var on: CInt = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<CInt>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
