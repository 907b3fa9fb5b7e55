import Digests
import Glibc
import Membership
import ServerConfig
import ZooKeeperClient

/// How results look. Every text ends with its line.
package enum ResultText {
    /// The eleven lines of a Stat, times in the local time zone.
    package static func stat(_ stat: Stat) -> String {
        """
        cZxid = \(stat.czxid)
        ctime = \(date(stat.ctime))
        mZxid = \(stat.mzxid)
        mtime = \(date(stat.mtime))
        pZxid = \(stat.pzxid)
        cversion = \(stat.cversion)
        dataVersion = \(stat.version)
        aclVersion = \(stat.aversion)
        ephemeralOwner = \(stat.ephemeralOwner)
        dataLength = \(stat.dataLength)
        numChildren = \(stat.numChildren)

        """
    }

    /// `Thu Jan 01 00:00:00 UTC 1970`: Java's `Date.toString`, whatever the locale.
    package static func date(_ milliseconds: Int64) -> String {
        var seconds = time_t((milliseconds - (milliseconds < 0 ? 999 : 0)) / 1000)
        var parts = tm()
        guard localtime_r(&seconds, &parts) != nil else { return "\(milliseconds)" }
        let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        var zone = parts.tm_zone.map { String(cString: $0) } ?? "UTC"
        // Zones without a name: `-03` here, `GMT-03:00` in Java.
        if let sign = zone.first, sign == "+" || sign == "-" {
            let digits = zone.dropFirst()
            zone = "GMT\(sign)\(digits.prefix(2)):\(digits.count > 2 ? digits.suffix(2) : "00")"
        }
        let day = "\(days[Int(parts.tm_wday)]) \(months[Int(parts.tm_mon)]) \(two(parts.tm_mday))"
        return
            "\(day) \(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec)) \(zone) \(Int(parts.tm_year) + 1900)"
    }

    /// Data as a string; null data is `null`. What is no UTF-8 becomes U+FFFD.
    package static func data(_ data: [UInt8]?) -> String {
        (data.map { String(decoding: $0, as: UTF8.self) } ?? "null") + "\n"
    }

    /// Data as base64. Apache's shell takes null for the word.
    package static func base64(_ data: [UInt8]?) -> String { (data ?? Array("null".utf8)).base64 + "\n" }

    /// Data as netty's `prettyHexDump`: 16 bytes a line, what is no visible ASCII as a dot; an empty line for none.
    package static func hexadecimal(_ data: [UInt8]?) -> String {
        let data = data ?? Array("null".utf8)
        guard !data.isEmpty else { return "\n" }
        let rule = "+--------+-------------------------------------------------+----------------+\n"
        var text =
            "         +-------------------------------------------------+\n"
            + "         |  0  1  2  3  4  5  6  7  8  9  a  b  c  d  e  f |\n" + rule
        for start in stride(from: 0, to: data.count, by: 16) {
            let row = data[start..<min(start + 16, data.count)]
            let digits = row.map { " " + [$0].hexadecimal }.joined()
            let letters = row.map { (0x20...0x7e).contains($0) ? String(Unicode.Scalar($0)) : "." }.joined()
            let offset = (0..<4).map { UInt8(truncatingIfNeeded: start >> (24 - 8 * $0)) }.hexadecimal
            let missing = 16 - row.count
            text += "|\(offset)|\(digits)\(String(repeating: "   ", count: missing)) |"
            text += letters + String(repeating: " ", count: missing) + "|\n"
        }
        return text + rule
    }

    /// `[a, b]`, in this order.
    package static func list(_ names: [String]) -> String { "[" + names.joined(separator: ", ") + "]\n" }

    /// `'world,'anyone` and, on the next line, `: cdrwa`.
    package static func acl(_ acl: [ACL]) -> String {
        acl.reduce("") { $0 + "\(csv($1.id.scheme)),\(csv($1.id.id))\n: \($1.permissions)\n" }
    }

    /// A string in a record that Java prints (Jute's CSV form).
    private static func csv(_ text: String) -> String {
        text.unicodeScalars.reduce(into: "'") { result, scalar in
            switch scalar {
            case "\0": result += "%00"
            case "\n": result += "%0A"
            case "\r": result += "%0D"
            case ",": result += "%2C"
            case "}": result += "%7D"
            case "%": result += "%25"
            default: result.unicodeScalars.append(scalar)
            }
        }
    }

    package static func identities(_ identities: [AuthID]) -> String {
        identities.reduce("Auth scheme: User\n") { $0 + "\($1.scheme): \($1.id)\n" }
    }

    /// `version client:port,client:port` of a configuration's text: what clients connect to.
    package static func clients(ofConfiguration text: String) -> String {
        var version = ""
        var clients: [String] = []
        for line in ZooCfg(text: text).lines {
            guard case .entry(let entry) = line.content else { continue }
            if entry.key == "version" { version = entry.value }
            guard entry.key.hasPrefix("server."), let server = ServerLine(id: 1, entry.value)
            else { continue }
            clients.append(server.client?.text ?? "")
        }
        return version + " " + clients.joined(separator: ",") + "\n"
    }

    package static func event(_ event: WatchEvent) -> String {
        watched(state: "SyncConnected", type: event.type.description, path: event.path)
    }

    /// What is printed when the session's state has changed; nil for states that watchers are not told of.
    package static func event(_ state: SessionState) -> String? {
        let name: String? =
            switch state {
            case .connecting: nil
            case .connected: "SyncConnected"
            case .connectedReadOnly: "ConnectedReadOnly"
            case .disconnected: "Disconnected"
            case .expired: "Expired"
            case .authenticationFailed: "AuthFailed"
            case .closed: "Closed"
            }
        return name.map { watched(state: $0, type: "None", path: "null") }
    }

    /// What is printed when the servers have taken the login.
    package static let saslAuthenticated = watched(state: "SaslAuthenticated", type: "None", path: "null")

    private static func watched(state: String, type: String, path: String) -> String {
        "\nWATCHER::\n\nWatchedEvent state:\(state) type:\(type) path:\(path)\n"
    }
}

extension SessionState {
    /// What the prompt calls it.
    package var promptWord: String {
        switch self {
        case .connecting, .disconnected: "CONNECTING"
        case .connected: "CONNECTED"
        case .connectedReadOnly: "CONNECTEDREADONLY"
        case .expired, .closed: "CLOSED"
        case .authenticationFailed: "AUTH_FAILED"
        }
    }
}
