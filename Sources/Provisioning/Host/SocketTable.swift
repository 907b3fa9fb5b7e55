import Glibc
import ServerConfig

/// The listening TCP sockets of this machine, from /proc/net/tcp and tcp6 (proc(5)), and the processes that hold them.
enum SocketTable {
    /// A listening socket: its address and the inode by which a process's descriptors name it.
    struct Socket: Hashable {
        var address: String
        var port: Int
        var inode: UInt64
    }

    /// Ascending by port.
    static func listeners() -> [HostFacts.Listener] {
        let sockets = ["/proc/net/tcp", "/proc/net/tcp6"].flatMap { parse(SystemFile.text($0) ?? "") }
        let holders = holders(of: Set(sockets.map(\.inode)))
        return sockets.map { socket in
            let pid = holders[socket.inode]
            return HostFacts.Listener(
                address: socket.address, port: socket.port, pid: pid, program: pid.flatMap(program))
        }
        .sorted { ($0.port, $0.address) < ($1.port, $1.address) }
    }

    /// The sockets in state LISTEN (0A). A line: `sl local_address rem_address st … inode`, where the address is
    /// `ADDRESS:PORT` in hex, each 32-bit word of the address in the byte order of the machine.
    static func parse(_ table: String) -> [Socket] {
        table.split(separator: "\n").dropFirst().compactMap { line in
            let fields = line.split(separator: " ", omittingEmptySubsequences: true)
            guard fields.count > 9, fields[3] == "0A", let inode = UInt64(fields[9]) else { return nil }
            let local = fields[1].split(separator: ":")
            guard local.count == 2, let port = Int(local[1], radix: 16), let address = address(local[0]) else {
                return nil
            }
            return Socket(address: address, port: port, inode: inode)
        }
    }

    private static func address(_ hex: Substring) -> String? {
        guard hex.utf8.count == 8 || hex.utf8.count == 32 else { return nil }
        var words: [UInt32] = []
        var rest = hex
        while !rest.isEmpty {
            guard let word = UInt32(rest.prefix(8), radix: 16) else { return nil }
            words.append(word)
            rest = rest.dropFirst(8)
        }
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let family = words.count == 1 ? AF_INET : AF_INET6
        guard inet_ntop(family, words, &text, socklen_t(text.count)) != nil else { return nil }
        let printed = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        // A Java server binds an IPv4 address through an IPv6 socket: ::ffff:127.0.0.1 is 127.0.0.1.
        let mapped = "::ffff:"
        return printed.hasPrefix(mapped) && printed.contains(".") ? String(printed.dropFirst(mapped.count)) : printed
    }

    /// The process that has each of these sockets open; the smallest pid when several do.
    private static func holders(of inodes: Set<UInt64>) -> [UInt64: Int32] {
        var holders: [UInt64: Int32] = [:]
        for pid in SystemFile.names(in: "/proc").compactMap({ Int32($0) }).sorted() {
            let directory = "/proc/\(pid)/fd"
            for descriptor in SystemFile.names(in: directory) {
                guard let inode = socketInode("\(directory)/\(descriptor)"), inodes.contains(inode) else { continue }
                if holders[inode] == nil { holders[inode] = pid }
            }
        }
        return holders
    }

    /// N of a link to `socket:[N]`.
    private static func socketInode(_ link: String) -> UInt64? {
        var target = [CChar](repeating: 0, count: 64)
        let length = readlink(link, &target, target.count)
        guard length > 0 else { return nil }
        let text = String(decoding: target[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        guard text.hasPrefix("socket:["), text.hasSuffix("]") else { return nil }
        return UInt64(text.dropFirst(8).dropLast())
    }

    private static func program(_ pid: Int32) -> String? {
        SystemFile.text("/proc/\(pid)/comm").map { String($0.prefix { $0 != "\n" }) }
    }
}
