import DurableFiles
import Glibc

/// TCP ports for `ports: auto`: ones that nobody listens on and that the kernel does not hand out to connections.
package enum FreePorts {
    /// `count` different ports. They are free at the moment of asking; who starts at a random place rarely meets another seeker.
    package static func find(_ count: Int) -> [Int] {
        let candidates = candidates()
        let start = Int.random(in: candidates.indices)
        var found: [Int] = []
        for step in candidates.indices where found.count < count {
            let port = candidates[(start + step) % candidates.count]
            if isFree(port) { found.append(port) }
        }
        return found
    }

    /// 10000…65535 without the ephemeral range.
    private static func candidates() -> [Int] {
        let text = try? DurableFile.read("/proc/sys/net/ipv4/ip_local_port_range", limit: 100)
        let limits = String(decoding: text ?? [], as: UTF8.self).split { $0 == "\t" || $0 == " " || $0 == "\n" }
            .compactMap { Int($0) }
        let ephemeral = limits.count == 2 && limits[0] <= limits[1] ? limits[0]...limits[1] : 32768...60999
        return (10_000...65_535).filter { !ephemeral.contains($0) }
    }

    /// Nobody listens on it on any address.
    private static func isFree(_ port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var on: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
