import Glibc
import Planning

/// How it is found out whether a provider is well.
package enum HealthCheck: Hashable, Sendable {
    /// It takes a connection.
    case tcp(host: String, port: Int)
    /// It answers a GET with a status of 200 to 399.
    case http(host: String, port: Int, path: String)
    /// The command, given to /bin/sh, ends with 0.
    case command(String)

    /// Reads `tcp`, `http://HOST:PORT/PATH`, or anything else as a command.
    ///
    /// - Parameter host: what `tcp` connects to, with `port`; and what an `http:///PATH` asks.
    package init(_ text: String, host: String, port: Int) throws(OperationError) {
        let mend = "write --check tcp, --check http://HOST:PORT/PATH, or a command"
        if text == "tcp" {
            self = .tcp(host: host, port: port)
        } else if text.hasPrefix("http://") {
            let rest = text.dropFirst("http://".count)
            let authority = rest.prefix { $0 != "/" && $0 != "?" }
            let path = String(rest[authority.endIndex...])
            guard let (named, number) = Self.authority(authority) else {
                throw OperationError(.badUsage, "'\(text)' is no URL to check", mend: mend)
            }
            self = .http(
                host: named.isEmpty ? host : named, port: authority.isEmpty ? port : number ?? 80,
                path: path.hasPrefix("/") ? path : "/" + path)
        } else if text.hasPrefix("https://") {
            throw OperationError(
                .badUsage, "'\(text)' cannot be checked: there is no TLS here",
                mend: "write --check 'curl --fail --silent --output /dev/null \(text)'")
        } else if text.isEmpty {
            throw OperationError(.badUsage, "there is nothing to check", mend: mend)
        } else {
            self = .command(text)
        }
    }

    private static func authority(_ text: Substring) -> (host: String, port: Int?)? {
        var host = text
        var port: Int?
        if let colon = text.lastIndex(of: ":"), !text.hasSuffix("]") {
            guard let number = Int(text[text.index(after: colon)...]), (1...65535).contains(number) else { return nil }
            port = number
            host = text[..<colon]
        }
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        return host.contains("@") ? nil : (String(host), port)
    }
}

/// Whether a provider counts as well, after what its checks have said.
package struct Health: Hashable, Sendable {
    /// So many failures in a row make it ill; one success makes it well.
    package var failuresUntilIll: Int
    package private(set) var isWell = false
    private var failures = 0

    package init(failuresUntilIll: Int = 3) { self.failuresUntilIll = failuresUntilIll }

    /// Returns whether that has changed it.
    package mutating func note(success: Bool) -> Bool {
        let before = isWell
        failures = success ? 0 : failures + 1
        if success { isWell = true } else if failures >= failuresUntilIll { isWell = false }
        return isWell != before
    }
}
