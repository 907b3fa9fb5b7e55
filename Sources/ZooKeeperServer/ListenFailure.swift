import Glibc
import Membership
import NIOCore
import NIOPosix

/// Why a port could not be opened, and what to do: each reason has its own way out.
enum ListenFailure: Hashable, Sendable {
    /// The host's name means no address here. `servers`: whom this machine asks for names.
    case unknownName(servers: [String])
    /// The address is not one of this machine's.
    case foreignAddress
    case taken
    case notAllowed
    case other(String)

    init(_ error: any Error, nameServers: () -> [String] = NameServers.read) {
        if error is SocketAddressError.UnknownHost {
            self = .unknownName(servers: nameServers())
            return
        }
        switch (error as? IOError)?.errnoCode {
        case EADDRNOTAVAIL?: self = .foreignAddress
        case EADDRINUSE?: self = .taken
        case EACCES?: self = .notAllowed
        default: self = .other("\(error)")
        }
    }

    /// Whether it may be different in a while by itself: a name is often entered while its host comes up.
    var mayPass: Bool {
        if case .unknownName = self { true } else { false }
    }

    func text(_ address: ServerSettings.Listen, _ what: String) -> String {
        let host = address.host ?? "0.0.0.0"
        let beginning = "cannot listen on \(ServerLine.bracketed(host)):\(address.port) for \(what): "
        let line = what.hasPrefix("the ") ? what.split(separator: " ").last.map(String.init) ?? what : what
        switch self {
        case .unknownName(let servers):
            let asked =
                servers.isEmpty
                ? "no name server is in /etc/resolv.conf"
                : "\(servers.joined(separator: ", ")) of /etc/resolv.conf was asked"
            return beginning
                + "the name \(host) does not resolve here (it is not in /etc/hosts, and \(asked)). Enter it in one of the two, or write an address into \(line)"
        case .foreignAddress:
            return beginning
                + "\(host) is no address of this machine. Write one of its addresses into \(line)"
                + (what.hasPrefix("the ")
                    ? ", or set quorumListenOnAllIPs=true where the others reach it by \(host)" : "")
        case .taken:
            return beginning + "Address already in use. Is another server running there? Change \(what) or stop it"
        case .notAllowed:
            return beginning + "this user may not. Ports below 1024 are for root: choose one from 1024 up"
        case .other(let reason): return beginning + reason
        }
    }
}

/// Whom this machine asks for names.
enum NameServers {
    static func read() -> [String] {
        guard let bytes = try? ConfigFile.read("/etc/resolv.conf") else { return [] }
        return parse(String(decoding: bytes, as: UTF8.self))
    }

    /// The `nameserver` lines of resolv.conf(5).
    static func parse(_ text: String) -> [String] {
        text.split(whereSeparator: \.isNewline).compactMap { line in
            let words = line.split(whereSeparator: \.isWhitespace)
            return words.count > 1 && words[0] == "nameserver" ? String(words[1]) : nil
        }
    }
}
