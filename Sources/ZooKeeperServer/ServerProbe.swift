import Glibc

/// What a container's keeper asks about a server, `zkserver --probe live|ready CONFIG`: answered by the exit code.
package enum ServerProbe: String, CaseIterable, Sendable {
    /// It answers. One that waits for a quorum does, too: killing it would not help.
    case live
    /// It takes requests: as a member of a quorum or alone, and not for reading only.
    case ready

    /// The four-letter word that is asked.
    package var word: String {
        switch self {
        case .live: "ruok"
        case .ready: "srvr"
        }
    }

    /// Whether that is the answer of a server that is so.
    package func isYes(_ answer: String) -> Bool {
        switch self {
        // One whose whitelist leaves the word out says so, and lives.
        case .live: !answer.isEmpty
        case .ready:
            answer.split(separator: "\n").contains { line in
                ["leader", "follower", "observer", "standalone"].contains { line == "Mode: \($0)" }
            }
        }
    }

    /// What to say when it is not.
    package func complaint(_ answer: String) -> String {
        let line = answer.split(separator: "\n").first { self == .live || $0.hasPrefix("Mode: ") || !$0.contains(": ") }
        return line.map { "it says: \($0.prefix(200))" } ?? "it says nothing"
    }

    /// Asks the server that listens there.
    /// - Parameter seconds: how long it may take to accept, and to answer.
    /// - Throws: `ProbeFailure`: why there is no yes.
    package func ask(_ address: ServerSettings.Listen, seconds: Int = 3) throws(ProbeFailure) {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        // A server that listens at every address listens at this one.
        let host = address.host ?? "localhost"
        let code = getaddrinfo(host, "\(address.port)", &hints, &found)
        guard code == 0 else { throw ProbeFailure("\(host): \(String(cString: gai_strerror(code)))") }
        defer { freeaddrinfo(found) }
        var problem = "\(host) has no address"
        var next = found
        while let candidate = next {
            next = candidate.pointee.ai_next
            let descriptor = socket(
                candidate.pointee.ai_family, candidate.pointee.ai_socktype | Int32(SOCK_CLOEXEC.rawValue), 0)
            guard descriptor >= 0 else { continue }
            defer { close(descriptor) }
            // Linux heeds the first for connect, too.
            var patience = timeval(tv_sec: seconds, tv_usec: 0)
            for option in [SO_SNDTIMEO, SO_RCVTIMEO] {
                setsockopt(descriptor, SOL_SOCKET, option, &patience, socklen_t(MemoryLayout<timeval>.size))
            }
            guard connect(descriptor, candidate.pointee.ai_addr, candidate.pointee.ai_addrlen) == 0 else {
                problem = "cannot connect to \(host):\(address.port): \(String(cString: strerror(errno)))"
                continue
            }
            let answer = Self.exchange(word, descriptor)
            guard isYes(answer) else { throw ProbeFailure(complaint(answer)) }
            return
        }
        throw ProbeFailure(problem)
    }

    /// What is said to `word` until the connection is closed, or the time is over.
    private static func exchange(_ word: String, _ descriptor: Int32) -> String {
        let bytes = Array(word.utf8)
        guard send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else { return "" }
        var answer: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while answer.count < 1 << 16 {
            let count = recv(descriptor, &chunk, chunk.count, 0)
            guard count > 0 else { break }
            answer += chunk[..<count]
        }
        return String(decoding: answer, as: UTF8.self)
    }
}

/// Why a probe got no yes.
package struct ProbeFailure: Error, CustomStringConvertible {
    package var description: String

    init(_ description: String) { self.description = description }
}
