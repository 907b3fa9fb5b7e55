import Glibc

/// Listens on a port and answers every connection as `srvr` would.
struct FakeServer {
    var port = 0
    /// At once, instead of serving.
    var exitCode: Int32?
    var ignoresTerm = false
    /// Accepts and says nothing of a mode.
    var isMute = false
    var mode = "standalone"
    /// Numbered lines to print, as fast as it goes, before serving.
    var lines = 0

    init(_ words: [String]) {
        var words = words[...]
        port = words.popFirst().flatMap { Int($0) } ?? 0
        while let word = words.popFirst() {
            switch word {
            case "ignore-term": ignoresTerm = true
            case "mute": isMute = true
            case "exit": exitCode = words.popFirst().flatMap { Int32($0) }
            case "mode": mode = words.popFirst() ?? ""
            case "chat": lines = words.popFirst().flatMap { Int($0) } ?? 0
            default: exit(64)
            }
        }
    }

    func run() {
        if ignoresTerm { signal(SIGTERM, SIG_IGN) }
        if let exitCode { exit(exitCode) }
        guard let listener = Loopback.listen(port: port) else { exit(3) }
        for number in 0..<lines { say("line \(number) \(String(repeating: "x", count: number % 90))") }
        if lines > 0 { say("said all") }
        while true {
            let connection = accept(listener, nil, nil)
            guard connection >= 0 else { continue }
            var word = [UInt8](repeating: 0, count: 4)
            _ = read(connection, &word, 4)
            let answer = isMute ? "This ZooKeeper instance is not currently serving requests\n" : statistics
            _ = write(connection, Array(answer.utf8), answer.utf8.count)
            close(connection)
        }
    }

    private var statistics: String {
        """
        Zookeeper version: 3.8.0-fake, built on 2022-02-25 08:49 UTC
        Latency min/avg/max: 0/0.0/0
        Received: 1
        Sent: 0
        Connections: 1
        Outstanding: 0
        Zxid: 0x0
        Mode: \(mode)
        Node count: 5

        """
    }

    private func say(_ text: String) {
        let line = Array((text + "\n").utf8)
        _ = write(STDOUT_FILENO, line, line.count)
    }
}

enum Loopback {
    static func listen(port: Int) -> Int32? {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        guard attach(descriptor, port: port, Glibc.bind) == 0, Glibc.listen(descriptor, 64) == 0 else { return nil }
        return descriptor
    }

    /// Nil when nobody listens or an answer takes longer than 2 s.
    static func ask(_ word: String, port: Int) -> String? {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var limit = timeval(tv_sec: 2, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        guard attach(descriptor, port: port, Glibc.connect) == 0 else { return nil }
        _ = send(descriptor, Array(word.utf8), word.utf8.count, Int32(MSG_NOSIGNAL))
        var text: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(descriptor, &chunk, chunk.count)
            guard count > 0 else { break }
            text += chunk[..<count]
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static func attach(
        _ descriptor: Int32, port: Int, _ call: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                call(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}
