import Dispatch
import Glibc
import ZooKeeperProtocol

/// What a server says of itself on its client port, through `srvr` and, when it leads, `mntr`.
enum ServerAnswer {
    static func ask(host: String, port: Int, timeout: Duration) async -> ServerObservation.Answer {
        switch await RawWord.ask("srvr", host: host, port: port, seconds: timeout.seconds) {
        case .failure(let error): return .silent(error.why)
        case .success(let text):
            guard var serving = serving(srvr: text) else {
                return text.contains("not currently serving")
                    ? .notServing : .silent("its answer to srvr is not understood")
            }
            if serving.role == .leader,
                case .success(let text) = await RawWord.ask("mntr", host: host, port: port, seconds: timeout.seconds)
            {
                let values = monitored(mntr: text)
                serving.syncedFollowers = values["zk_synced_followers"].flatMap { Int($0) }
                serving.syncedObservers = values["zk_synced_observers"].flatMap { Int($0) }
            }
            return .serving(serving)
        }
    }

    /// What a server answers to any word; nil when it answers nothing.
    static func text(of word: String, from member: Member) async -> String? {
        try? await RawWord.ask(word, host: member.clientHost, port: member.clientPort, seconds: 2).get()
    }

    /// The lines `key TAB value` of `mntr`; empty where that word is not allowed.
    static func monitored(mntr text: String) -> [Substring: Substring] {
        var values: [Substring: Substring] = [:]
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: "\t", maxSplits: 1)
            if parts.count == 2 { values[parts[0]] = parts[1] }
        }
        return values
    }

    /// From the text of `srvr`; nil when that is no such text.
    static func serving(srvr text: String) -> ServerObservation.Serving? {
        var fields: [Substring: Substring] = [:]
        for line in text.split(separator: "\n") {
            guard let colon = line.firstIndex(of: ":") else { continue }
            fields[line[..<colon]] = line[line.index(after: colon)...].drop { $0 == " " }
        }
        guard let mode = fields["Mode"], let zxid = fields["Zxid"], zxid.hasPrefix("0x"),
            let number = UInt64(zxid.dropFirst(2), radix: 16)
        else { return nil }
        // A read-only server serves for want of a leader.
        return ServerObservation.Serving(
            role: RoleWord(rawValue: String(mode)) ?? .looking, zxid: ZXID(rawValue: Int64(bitPattern: number)),
            connections: fields["Connections"].flatMap { Int($0) } ?? 0,
            latency: fields["Latency min/avg/max"]?.split(separator: "/").dropFirst().first.flatMap { Double($0) })
    }
}

enum RawWord {
    struct Failure: Error { var why: String }
    static func ask(_ word: String, host: String, port: Int, seconds: Double) async -> Result<String, Failure> {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(returning: blocking(word, host: host, port: port, seconds: seconds))
            }
        }
    }
    private static func blocking(_ word: String, host: String, port: Int, seconds: Double) -> Result<String, Failure> {
        let fd = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(fd) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        inet_pton(AF_INET, host, &address.sin_addr)
        var limit = timeval(tv_sec: Int(seconds), tv_usec: 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        let code = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(fd, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard code == 0 else { return .failure(Failure(why: "connection refused")) }
        _ = Array(word.utf8).withUnsafeBytes { send(fd, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = read(fd, &chunk, chunk.count)
            if count < 0 { return .failure(Failure(why: "no answer within \(Int(seconds)) s")) }
            if count == 0 { break }
            bytes += chunk[..<count]
        }
        return .success(String(decoding: bytes, as: UTF8.self))
    }
}
