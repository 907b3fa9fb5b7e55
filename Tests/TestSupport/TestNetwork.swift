import Foundation
import Glibc
import ZooKeeperClient

/// The links between the servers of an ensemble, as TCP proxies of the test's own: what one server sends another can be
/// held up, in one direction alone, too, as by a network that drops packets.
///
/// Nothing is lost: when the way is free again the bytes go on, as TCP would send them again. A connection made meanwhile
/// stands, but says nothing.
package final class TestNetwork: @unchecked Sendable {
    /// From one server to another.
    private struct Way: Hashable {
        var from: Int
        var to: Int
        var back: Way { Way(from: to, to: from) }
    }

    private let ports: [Way: (quorum: Int, election: Int)]
    /// Where clients connect to, of a link between clients (0) and a server (1).
    package let clientPort: Int?
    /// Guards all that follows, and tells of changes.
    private let condition = NSCondition()
    private var blocked: Set<Way> = []
    private var sockets: Set<CInt> = []
    private var isClosed = false

    init(_ servers: [EnsembleServer]) throws {
        let ways = servers.flatMap { from in servers.map { Way(from: from.id, to: $0.id) } }.filter { $0.from != $0.to }
        let free = FreePorts.take(ways.count * 2)
        var ports: [Way: (quorum: Int, election: Int)] = [:]
        for (index, way) in ways.enumerated() { ports[way] = (free[index * 2], free[index * 2 + 1]) }
        self.ports = ports
        clientPort = nil
        for way in ways {
            let target = servers[way.to - 1]
            try listen(on: ports[way]!.quorum, way, to: target.quorumPort)
            try listen(on: ports[way]!.election, way, to: target.electionPort)
        }
    }

    /// One link: what clients (0) send to ``clientPort`` arrives at a server (1), and back.
    package init(to server: ServerAddress) throws {
        let port = FreePorts.take(1)[0]
        ports = [:]
        clientPort = port
        try listen(on: port, Way(from: 0, to: 1), to: server.port)
    }

    /// `host:quorumPort:electionPort` of `server` as `reader` has to know it.
    func address(of server: Int, for reader: Int) -> String {
        let port = ports[Way(from: reader, to: server)]!
        return "127.0.0.1:\(port.quorum):\(port.election)"
    }

    // MARK: Faults

    /// Nothing that one of `from` sends reaches any of `to`.
    package func block(from: [Int], to: [Int]) {
        change { for from in from { for to in to { blocked.insert(Way(from: from, to: to)) } } }
    }

    /// Nothing passes between the two sides.
    package func part(_ one: [Int], from other: [Int]) {
        block(from: one, to: other)
        block(from: other, to: one)
    }

    package func heal() { change { blocked.removeAll() } }

    package func close() {
        change {
            isClosed = true
            for socket in sockets { shutdown(socket, CInt(SHUT_RDWR)) }
        }
    }

    private func change(_ body: () -> Void) {
        condition.withLock {
            body()
            condition.broadcast()
        }
    }

    /// Waits until what is sent this way arrives.
    private func waitUntilFree(_ way: Way) {
        condition.withLock { while blocked.contains(way), !isClosed { condition.wait() } }
    }

    // MARK: Proxies

    private func listen(on port: Int, _ way: Way, to target: Int) throws {
        let listener = try Self.socket(port) { bind($0, $1, $2) }
        Glibc.listen(listener, 64)
        keep(listener)
        Thread.detachNewThread { [self] in
            while true {
                let near = accept(listener, nil, nil)
                guard near >= 0 else { return discard(listener) }
                keep(near)
                Thread.detachNewThread { [self] in
                    // The handshake goes both ways.
                    waitUntilFree(way)
                    waitUntilFree(way.back)
                    guard let far = try? Self.socket(target, { connect($0, $1, $2) }) else { return discard(near) }
                    keep(far)
                    let answered = DispatchSemaphore(value: 0)
                    Thread.detachNewThread { [self] in
                        pass(from: far, to: near, way.back)
                        answered.signal()
                    }
                    pass(from: near, to: far, way)
                    answered.wait()
                    discard(near)
                    discard(far)
                }
            }
        }
    }

    /// Passes bytes on until one end closes.
    private func pass(from source: CInt, to sink: CInt, _ way: Way) {
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = read(source, &buffer, buffer.count)
            waitUntilFree(way)
            var sent = 0
            while sent < count {
                let more = buffer.withUnsafeBytes {
                    send(sink, $0.baseAddress! + sent, count - sent, CInt(MSG_NOSIGNAL))
                }
                if more <= 0 { break }
                sent += more
            }
            if count <= 0 || sent < count { break }
        }
        shutdown(source, CInt(SHUT_RDWR))
        shutdown(sink, CInt(SHUT_RDWR))
    }

    private func keep(_ socket: CInt) {
        condition.withLock {
            sockets.insert(socket)
            if isClosed { shutdown(socket, CInt(SHUT_RDWR)) }
        }
    }

    private func discard(_ socket: CInt) {
        condition.withLock {
            sockets.remove(socket)
            Glibc.close(socket)
        }
    }

    package static func socket(
        _ port: Int, _ use: (CInt, UnsafePointer<sockaddr>, socklen_t) -> CInt
    ) throws -> CInt {
        let descriptor = Glibc.socket(AF_INET, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        var on: CInt = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<CInt>.size))
        setsockopt(descriptor, CInt(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<CInt>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
        let outcome = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                use(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard outcome == 0 else {
            let why = String(cString: strerror(errno))
            Glibc.close(descriptor)
            throw ChildProcess.LaunchFailure(description: "the proxy's port \(port): \(why)")
        }
        return descriptor
    }
}
