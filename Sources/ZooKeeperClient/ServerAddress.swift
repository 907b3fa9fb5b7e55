/// Where a server takes clients: a host name or IP address, and a port.
public struct ServerAddress: Hashable, Sendable {
    /// A name, an IPv4 address, or an IPv6 address without brackets.
    public var host: String
    public var port: Int

    /// ZooKeeper's client port where nobody names one.
    public static let defaultPort = 2181

    public init(host: String, port: Int = ServerAddress.defaultPort) {
        self.host = host
        self.port = port
    }

    /// Reads `host`, `host:port`, `[v6]` or `[v6]:port`; nil for anything else, and for ports outside 1…65535.
    public init?(_ text: some StringProtocol) {
        var host = text[...]
        var port: Substring?
        let text = Substring(text)
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { return nil }
            self.host = String(text[text.index(after: text.startIndex)..<end])
            let rest = text[text.index(after: end)...]
            guard rest.isEmpty || rest.hasPrefix(":") else { return nil }
            port = rest.isEmpty ? nil : rest.dropFirst()
        } else {
            if let colon = text.firstIndex(of: ":") {
                host = host[..<colon]
                port = text[text.index(after: colon)...]
            }
            self.host = String(host)
        }
        if let port {
            guard let number = Int(port), (1...65535).contains(number) else { return nil }
            self.port = number
        } else {
            self.port = Self.defaultPort
        }
        if self.host.isEmpty { return nil }
    }
}

extension ServerAddress: CustomStringConvertible {
    /// `host:port`, an IPv6 address in brackets.
    public var description: String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}
