import ZooKeeperProtocol

/// `host:port,host:port/chroot`: the servers of an ensemble, and optionally the znode that is the root for this client.
public struct ConnectString: Hashable, Sendable {
    public var servers: [ServerAddress]
    /// The absolute path under which all paths of this client are; nil for the whole tree.
    public var chroot: String?

    /// Why a connect string cannot be used.
    public struct ParseError: Error, Hashable, Sendable, CustomStringConvertible {
        public var description: String
    }

    /// `chroot` must be a valid path; "/" is none.
    public init(servers: [ServerAddress], chroot: String? = nil) {
        self.servers = servers
        self.chroot = chroot == "/" ? nil : chroot
    }

    /// Reads a connect string. A port that is left out is 2181, as with Java's client.
    public init(_ text: String) throws(ParseError) {
        let slash = text.firstIndex(of: "/") ?? text.endIndex
        var servers: [ServerAddress] = []
        for part in text[..<slash].split(separator: ",", omittingEmptySubsequences: false) {
            let name = part.trimmingSpaces
            guard let server = ServerAddress(name) else {
                throw ParseError(description: "\"\(name)\" in the connect string \"\(text)\" is not host:port")
            }
            servers.append(server)
        }
        let chroot = String(text[slash...])
        if !chroot.isEmpty, let problem = ZNodePath.problem(in: chroot) {
            throw ParseError(description: "the chroot \"\(chroot)\" of the connect string is no path: \(problem)")
        }
        self.init(servers: servers, chroot: chroot.isEmpty ? nil : chroot)
    }

    /// The path in the ensemble's tree of this client's `path`.
    func absolute(_ path: String) -> String {
        guard let chroot else { return path }
        return path == "/" ? chroot : chroot + path
    }

    /// This client's name for a path of the ensemble's tree; as it is if it lies outside the chroot.
    func relative(_ path: String) -> String {
        guard let chroot, path.utf8.starts(with: chroot.utf8) else { return path }
        let rest = path[path.utf8.index(path.startIndex, offsetBy: chroot.utf8.count)...]
        return rest.isEmpty ? "/" : rest.hasPrefix("/") ? String(rest) : path
    }
}

extension ConnectString: CustomStringConvertible {
    public var description: String { servers.map(\.description).joined(separator: ",") + (chroot ?? "") }
}

extension StringProtocol {
    fileprivate var trimmingSpaces: String {
        var rest = self[...]
        while rest.first?.isWhitespace == true { rest = rest.dropFirst() }
        while rest.last?.isWhitespace == true { rest = rest.dropLast() }
        return String(rest)
    }
}
