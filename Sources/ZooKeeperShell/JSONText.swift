import Digests
import Membership
import ServerConfig
import ZooKeeperClient

/// Results for programs: one JSON document on one line. Its keys are a contract, as those of `paddock --json` are.
enum JSONText {
    static func node(_ path: String, _ data: [UInt8]?, _ stat: Stat) -> String {
        document([("path", string(path))] + fields(of: data) + [("stat", object(of: stat))])
    }

    static func children(_ path: String, _ names: [String], _ stat: Stat) -> String {
        document([("path", string(path)), ("children", array(names.map(string))), ("stat", object(of: stat))])
    }

    /// `ls -R`: the znode and all below it.
    static func tree(_ path: String, _ paths: [String]) -> String {
        document([("path", string(path)), ("paths", array(paths.map(string)))])
    }

    static func stat(_ path: String, _ stat: Stat) -> String {
        document([("path", string(path)), ("stat", object(of: stat))])
    }

    static func configuration(_ text: String?, _ stat: Stat) -> String {
        var version = "null"
        var servers: [String] = []
        for line in ZooCfg(text: text ?? "").lines {
            guard case .entry(let entry) = line.content else { continue }
            if entry.key == "version" { version = string(entry.value) }
            guard entry.key.hasPrefix("server."), let id = ServerID(entry.key.dropFirst(7)),
                let server = ServerLine(id: id, entry.value)
            else { continue }
            servers.append(object(of: server))
        }
        return document([
            ("version", version), ("servers", array(servers)), ("text", text.map(string) ?? "null"),
            ("stat", object(of: stat)),
        ])
    }

    // MARK: Parts

    /// Data is text where it is UTF-8, else base64: `encoding` says which, and is null where there is no data.
    private static func fields(of data: [UInt8]?) -> [(String, String)] {
        guard let data else { return [("data", "null"), ("encoding", "null")] }
        let text = String(decoding: data, as: UTF8.self)
        return text.utf8.elementsEqual(data)
            ? [("data", string(text)), ("encoding", "\"utf-8\"")]
            : [("data", string(data.base64)), ("encoding", "\"base64\"")]
    }

    /// zxids and session ids are strings: 64 bits are more than JavaScript's numbers hold.
    private static func object(of stat: Stat) -> String {
        object([
            ("czxid", string("\(stat.czxid)")), ("ctime", "\(stat.ctime)"), ("mzxid", string("\(stat.mzxid)")),
            ("mtime", "\(stat.mtime)"), ("pzxid", string("\(stat.pzxid)")), ("cversion", "\(stat.cversion)"),
            ("version", "\(stat.version)"), ("aversion", "\(stat.aversion)"),
            ("ephemeralOwner", string("\(stat.ephemeralOwner)")), ("dataLength", "\(stat.dataLength)"),
            ("numChildren", "\(stat.numChildren)"),
        ])
    }

    private static func object(of server: ServerLine) -> String {
        object([
            ("id", "\(server.id)"),
            ("role", server.role == .observer ? "\"observer\"" : "\"participant\""),
            (
                "addresses",
                array(
                    server.addresses.map {
                        object([
                            ("host", string($0.host)), ("quorumPort", "\($0.quorumPort)"),
                            ("electionPort", "\($0.electionPort)"),
                        ])
                    })
            ), ("client", server.client.map { string($0.text) } ?? "null"),
        ])
    }

    private static func document(_ members: [(String, String)]) -> String { object(members) + "\n" }

    private static func object(_ members: [(String, String)]) -> String {
        "{" + members.map { "\"\($0.0)\": \($0.1)" }.joined(separator: ", ") + "}"
    }

    private static func array(_ elements: [String]) -> String { "[" + elements.joined(separator: ", ") + "]" }

    static func string(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            // The last two end lines for JavaScript.
            case "\0"..."\u{1f}", "\u{7f}", "\u{2028}", "\u{2029}":
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
