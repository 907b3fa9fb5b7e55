import Dispatch
import Glibc
import Planning
import Supervision

extension HealthCheck {
    /// Nil when all is well, else what is wrong.
    package func run(timeout: Duration, environment: [String: String]) async -> String? {
        switch self {
        case .command(let text): await Self.run(text, timeout: timeout, environment: environment)
        case .tcp(let host, let port):
            await blocking { Self.connect(host, port, timeout: timeout).problem(closing: true) }
        case .http(let host, let port, let path):
            await blocking { Self.get(host, port, path, timeout: timeout) }
        }
    }

    /// On a thread of its own: the calls of the system block.
    private func blocking(_ body: @escaping @Sendable () -> String?) async -> String? {
        await withCheckedContinuation { continuation in
            DispatchQueue(label: "health check").async { continuation.resume(returning: body()) }
        }
    }

    private enum Connection {
        case open(Int32)
        case failed(String)

        func problem(closing: Bool) -> String? {
            switch self {
            case .open(let descriptor):
                close(descriptor)
                return nil
            case .failed(let text): return text
            }
        }
    }

    private static func connect(_ host: String, _ port: Int, timeout: Duration) -> Connection {
        let place = "\(host.contains(":") ? "[\(host)]" : host):\(port)"
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, String(port), &hints, &found)
        guard code == 0 else { return .failed("\(place): \(String(cString: gai_strerror(code)))") }
        defer { freeaddrinfo(found) }
        var problem = "\(place) has no address"
        var next = found
        while let address = next?.pointee {
            next = address.ai_next
            let descriptor = socket(address.ai_family, address.ai_socktype | Int32(SOCK_CLOEXEC.rawValue), 0)
            guard descriptor >= 0 else { continue }
            // For the connection, and for each read and write on it.
            var limit = timeval(timeout)
            setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
            setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
            if Glibc.connect(descriptor, address.ai_addr, address.ai_addrlen) == 0 { return .open(descriptor) }
            problem = "\(place): " + (errno == EINPROGRESS ? "no answer" : String(cString: strerror(errno)))
            close(descriptor)
        }
        return .failed(problem)
    }

    private static func get(_ host: String, _ port: Int, _ path: String, timeout: Duration) -> String? {
        let connection = connect(host, port, timeout: timeout)
        guard case .open(let descriptor) = connection else { return connection.problem(closing: true) }
        defer { close(descriptor) }
        let name = host.contains(":") ? "[\(host)]" : host
        let request = Array(
            "GET \(path) HTTP/1.1\r\nHost: \(name):\(port)\r\nUser-Agent: paddock\r\nConnection: close\r\n\r\n".utf8)
        let url = "http://\(name):\(port)\(path)"
        guard send(descriptor, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else {
            return "\(url): \(String(cString: strerror(errno)))"
        }
        // The first line is enough.
        var line: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 512)
        while !line.contains(0x0a), line.count < 4096 {
            let count = recv(descriptor, &chunk, chunk.count, 0)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return "\(url): no answer" }
            line += chunk[..<count]
        }
        let words = String(decoding: line.prefix { $0 != 0x0a && $0 != 0x0d }, as: UTF8.self).split(separator: " ")
        guard words.count > 1, words[0].hasPrefix("HTTP/"), let status = Int(words[1]) else {
            return "\(url): the answer is no HTTP"
        }
        return (200..<400).contains(status) ? nil : "\(url): status \(status)"
    }

    private static func run(_ text: String, timeout: Duration, environment: [String: String]) async -> String? {
        let command: RunningCommand
        do {
            command = try ChildCommand(["/bin/sh", "-c", text], environment: environment).start(output: "/dev/null")
        } catch {
            return "\(error)"
        }
        let limit = Task {
            try await Task.sleep(for: timeout)
            command.signal(SIGKILL)
        }
        let code = await command.wait()
        limit.cancel()
        guard code != 0 else { return nil }
        return code == 128 + SIGKILL ? "'\(text)' did not end within \(timeout)" : "'\(text)' ended with \(code)"
    }
}

extension timeval {
    fileprivate init(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        self.init(tv_sec: Int(seconds), tv_usec: Int(attoseconds / 1_000_000_000_000))
    }
}
