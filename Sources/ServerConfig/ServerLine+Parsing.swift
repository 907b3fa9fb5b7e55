import Diagnostics

extension ServerLine {
    /// Reads the value of a `server.N` line. Every problem goes to `diagnostics` (rule ids `server-line`,
    /// `server-line-dot`, `server-port`, `election-port`, `server-role`, `leading-zero`); nil when ZooKeeper would refuse the
    /// line.
    ///
    /// Whether several addresses are allowed depends on another key and is checked with the whole file, and so are hosts.
    ///
    /// - Parameters:
    ///   - key: as the file writes it, if not `server.<id>`.
    ///   - taken: the ids of the other lines of the file.
    package static func parse(
        id: ServerID, _ value: PlacedText, key: String? = nil, taken: Set<ServerID> = [], file: String? = nil,
        into diagnostics: inout [Diagnostic]
    ) -> ServerLine? {
        var parser = ServerLineParser(id: id, value: value, key: key ?? "server.\(id)", taken: taken, file: file)
        let line = parser.parse()
        diagnostics += parser.problems
        return parser.problems.hasErrors ? nil : line
    }

    /// Reads a value that is known to be good, say one this toolkit printed; nil when it is not.
    package static func parse(id: ServerID, _ value: String) -> ServerLine? {
        var problems: [Diagnostic] = []
        return parse(id: id, PlacedText(value, at: SourceLocation(line: 1, column: 1)), into: &problems)
    }
}

/// The state of reading one line.
private struct ServerLineParser {
    let id: ServerID
    let value: PlacedText
    let key: String
    let taken: Set<ServerID>
    let file: String?
    var problems: [Diagnostic] = []

    init(id: ServerID, value: PlacedText, key: String, taken: Set<ServerID>, file: String?) {
        self.taken = taken
        self.id = id
        self.value = value
        self.key = key
        self.file = file
    }

    private static let form =
        "write server.N=host:quorumPort:electionPort, then :participant or :observer, then ;clientHost:clientPort"

    mutating func parse() -> ServerLine? {
        if let servers = PastedServers(value.text, id: id, taken: taken)?.lines {
            problems.append(
                Diagnostic(
                    .error, rule: "server-line", file: file, at: value.location,
                    "server.\(id) has \(servers.count) servers in one line, and ZooKeeper wants a line for each",
                    mend: "write one line each: \(servers.joined(separator: ", "))",
                    edit: .replaceLine(value.location.line, with: servers)))
            return nil
        }
        let halves = value.text.split(separator: ";", omittingEmptySubsequences: false)
        if halves.count > 2 {
            report(
                "server-line", at: halves[2].startIndex, "server.\(id) has more than one ';'",
                mend: "keep one client address after a single ';'")
        }
        // ZooKeeper trims a role, but not the line's ports: a blank at the end of the line is fatal.
        if let last = value.text.unicodeScalars.last, last == " " || last == "\t" {
            var end = value.text.endIndex
            while end > value.text.startIndex, " \t".contains(value.text[value.text.index(before: end)]) {
                end = value.text.index(before: end)
            }
            let endsInRole = halves.count == 1 && value.text[..<end].last?.isLetter == true
            if !endsInRole {
                report(
                    "server-line", at: end,
                    "server.\(id) ends with a blank, which ZooKeeper takes as part of the port and refuses",
                    mend: "remove the blank at the end of the line", meant: String(value.text[..<end]))
                return nil
            }
        }
        let specs = halves[0].split(separator: "|", omittingEmptySubsequences: false)
        var addresses: [ServerLine.Address] = []
        var role: ServerRole?
        for spec in specs {
            guard let (address, ownRole) = parseAddress(spec) else { continue }
            addresses.append(address)
            guard let ownRole else { continue }
            if let role, role != ownRole {
                report(
                    "server-role", at: spec.startIndex,
                    "the addresses of server.\(id) disagree about its role: \(role.rawValue) and \(ownRole.rawValue)",
                    mend: "give every address of server.\(id) the same role")
            }
            role = role ?? ownRole
        }
        let client = halves.count > 1 ? parseClient(halves[1]) : nil
        guard !addresses.isEmpty else { return nil }
        return ServerLine(id: id, addresses: addresses, role: role ?? .participant, client: client)
    }

    /// `host:quorumPort:electionPort[:role]`.
    private mutating func parseAddress(_ spec: Substring) -> (ServerLine.Address, ServerRole?)? {
        guard let (host, parts) = splitHost(spec) else { return nil }
        if reportDotForColon(spec, host: host, parts: parts) { return nil }
        guard !host.isEmpty else {
            report("server-line", at: spec.startIndex, "server.\(id) names no host", mend: Self.form)
            return nil
        }
        switch parts.count {
        case 0:
            report(
                "server-line", at: host.endIndex, "server.\(id) names no quorum port and no election port",
                mend: "write server.\(id)=\(hostText(host)):2888:3888",
                meant: replaced(spec, "\(hostText(host)):2888:3888"))
            return nil
        case 1:
            report(
                "server-line", at: parts[0].endIndex, "server.\(id) names no election port",
                mend: "write server.\(id)=\(hostText(host)):\(parts[0] == "3888" ? "2888" : parts[0]):3888",
                meant: JavaText.int32(parts[0]).map { port in
                    replaced(spec, "\(hostText(host)):\(port == 3888 ? 2888 : port):3888")
                })
            return nil
        case 2, 3: break
        default:
            reportTooMany(spec, host: host, parts: parts)
            return nil
        }
        let quorum = port(parts[0], "quorum port")
        let election = port(parts[1], "election port")
        var role: ServerRole?
        if parts.count == 3, parts[2].isEmpty {
            report(
                "server-line", at: parts[2].startIndex, "server.\(id) has nothing after its last ':'",
                mend: "write the role there, or remove the ':'",
                meant: replaced(spec, String(spec[..<value.text.index(before: parts[2].startIndex)])),
                severity: .warning)
        } else if parts.count == 3 {
            role = ServerRole(caseInsensitive: parts[2])
            if role == nil { reportRole(parts[2]) }
        }
        guard let quorum, let election else { return nil }
        if quorum == election {
            report(
                "election-port", at: parts[1].startIndex,
                "server.\(id) has \(quorum) as its quorum port and as its election port",
                mend:
                    "give it another election port, e.g. server.\(id)=\(hostText(host)):\(quorum):\(otherPort(quorum))",
                meant: replaced(
                    spec,
                    (["\(hostText(host)):\(quorum):\(otherPort(quorum))"] + parts.dropFirst(2).map(String.init))
                        .joined(separator: ":")))
            return nil
        }
        return (ServerLine.Address(host: String(host), quorumPort: quorum, electionPort: election), role)
    }

    /// `port`, or `host:port`.
    private mutating func parseClient(_ spec: Substring) -> ServerLine.ClientAddress? {
        if spec.isEmpty {
            // ZooKeeper drops the ';' and goes on.
            report(
                "server-line", at: spec.startIndex, "server.\(id) has nothing after its ';'",
                mend: "write the client port there, e.g. ;2181, or remove the ';'",
                meant: String(value.text[..<value.text.index(before: spec.startIndex)]), severity: .warning)
            return nil
        }
        if !spec.contains(":") {
            guard let port = port(spec, "client port") else { return nil }
            return ServerLine.ClientAddress(host: nil, port: port)
        }
        guard let (host, parts) = splitHost(spec) else { return nil }
        guard parts.count == 1 else {
            let many = parts.count > 1
            report(
                "server-line", at: many ? parts[1].startIndex : host.endIndex,
                many
                    ? "the client address of server.\(id) has more than one port"
                    : "the client address of server.\(id) has no port",
                mend: "write ;clientHost:clientPort, with an IPv6 address in brackets")
            return nil
        }
        guard let port = port(parts[0], "client port") else { return nil }
        return ServerLine.ClientAddress(host: host.isEmpty ? nil : String(host), port: port)
    }

    /// The host (brackets taken off) and what follows it between colons.
    private mutating func splitHost(_ spec: Substring) -> (host: Substring, parts: [Substring])? {
        guard spec.first == "[" else {
            let pieces = spec.split(separator: ":", omittingEmptySubsequences: false)
            return (pieces[0], Array(pieces.dropFirst()))
        }
        guard let close = spec.firstIndex(of: "]") else {
            report(
                "server-line", at: spec.startIndex, "server.\(id) opens '[' and never closes it",
                mend: "write the IPv6 address as [address]")
            return nil
        }
        let host = spec[spec.index(after: spec.startIndex)..<close]
        let rest = spec[spec.index(after: close)...]
        if rest.isEmpty { return (host, []) }
        guard rest.first == ":" else {
            report(
                "server-line", at: rest.startIndex, "server.\(id) has '\(rest.first!)' after ']' where ':' belongs",
                mend: "write [\(host)]:\(rest.dropFirst())", meant: replaced(spec, "[\(host)]:\(rest.dropFirst())"))
            return nil
        }
        return (host, Array(rest.dropFirst().split(separator: ":", omittingEmptySubsequences: false)))
    }

    /// `IP2.2888:3888`, `IP2:2888.3888`, `IP2.2888.3888`: says so and gives the line as it was meant. True when it was that.
    private mutating func reportDotForColon(_ spec: Substring, host: Substring, parts: [Substring]) -> Bool {
        guard spec.first != "[" else { return false }
        var role: Substring?
        var fields = [host] + parts
        if fields.count > 1, let last = fields.last, ServerRole(caseInsensitive: last) != nil {
            role = last
            fields.removeLast()
        }
        guard fields.count < 3 else { return false }
        var place: Substring.Index?
        var dotted: Substring?
        // The election port hangs on the quorum port, and either hangs on the host.
        while fields.count < 3 {
            let index = fields.count == 2 && fields[1].contains(".") ? 1 : 0
            let field = fields[index]
            guard let dot = field.lastIndex(of: ".") else { break }
            let tail = field[field.index(after: dot)...]
            guard let port = Int(tail), (256...65535).contains(port) || !isIPv4(field), tail.allSatisfy(\.isNumber)
            else { break }
            fields.replaceSubrange(index...index, with: [field[..<dot], tail])
            place = dot
            dotted = tail
        }
        guard fields.count == 3, let place, let dotted, fields[1...].allSatisfy({ Int($0) != nil }) else {
            return false
        }
        let which = dotted == fields[1] ? "quorum" : "election"
        let mended = (fields + (role.map { [$0] } ?? [])).joined(separator: ":")
        let text = replaced(spec, mended)
        report(
            "server-line-dot", at: place, "server.\(id) has '.' where ':' belongs, before the \(which) port \(dotted)",
            mend: "write server.\(id)=\(text)", meant: text)
        return true
    }

    private mutating func reportTooMany(_ spec: Substring, host: Substring, parts: [Substring]) {
        let meant = withBrackets(spec)
        let isIPv6 = (Int(parts[0]) == nil || parts.count > 4) && spec.filter { $0 == ":" }.count > 4
        if spec.first != "[", isIPv6 || meant != nil {
            report(
                "server-line", at: spec.startIndex, "server.\(id) has an IPv6 address without brackets",
                mend: "write server.\(id)=\(meant ?? "[address]:quorumPort:electionPort")",
                meant: meant.map { replaced(spec, $0) })
        } else if parts.count == 4, ServerRole(caseInsensitive: parts[2]) != nil, Int(parts[3]) != nil {
            let colon = spec.index(before: parts[3].startIndex)
            report(
                "server-line", at: colon, "server.\(id) has ':' where ';' belongs, before the client port \(parts[3])",
                mend: "write server.\(id)=\(spec[..<colon]);\(parts[3])",
                meant: replaced(spec, "\(spec[..<colon]);\(parts[3])"))
        } else {
            report(
                "server-line", at: parts[3].startIndex, "server.\(id) has more fields than host, two ports and a role",
                mend: Self.form)
        }
    }

    private mutating func reportRole(_ text: Substring) {
        if Int(text) != nil {
            let colon = value.text.index(before: text.startIndex)
            report(
                "server-line", at: colon, "server.\(id) has ':' where ';' belongs, before the client port \(text)",
                mend: "write server.\(id)=\(value.text[..<colon]);\(text)",
                meant: "\(value.text[..<colon]);\(text)")
        } else {
            let nearest = EditDistance.nearest(String(text), among: ServerRole.allCases.map(\.rawValue))
            report(
                "server-role", at: text.startIndex, "server.\(id) has the role '\(text)', which does not exist",
                mend: "write participant or observer",
                meant: nearest.map { value.text.replacingCharacters(of: text, with: $0) })
        }
    }

    private mutating func port(_ text: Substring, _ what: String) -> Int? {
        guard let number = JavaText.int32(text) else {
            report(
                "server-port", at: text.startIndex,
                text.isEmpty
                    ? "server.\(id) has an empty \(what)" : "the \(what) of server.\(id) is '\(text)', not a number",
                mend: "write a port from 1 to 65535")
            return nil
        }
        guard (1...65535).contains(number) else {
            report(
                "server-port", at: text.startIndex, "the \(what) of server.\(id) is \(number), outside 1…65535",
                mend: "write a port from 1 to 65535")
            return nil
        }
        if JavaText.isSpeltOddly(text) {
            report(
                "leading-zero", at: text.startIndex,
                "the \(what) of server.\(id) is '\(text)', which ZooKeeper reads as \(number)",
                mend: "write \(number)", meant: value.text.replacingCharacters(of: text, with: "\(number)"),
                severity: .warning)
        }
        return number
    }

    /// - Parameter meant: the whole value as it was certainly meant.
    private mutating func report(
        _ rule: String, at index: String.Index, _ message: String, mend: String, meant: String? = nil,
        severity: Diagnostic.Severity = .error
    ) {
        problems.append(
            Diagnostic(
                severity, rule: rule, file: file, at: value.location(at: index), message, mend: mend,
                edit: meant.map { .set(key: key, value: $0) }))
    }

    private func replaced(_ spec: Substring, _ other: String) -> String {
        value.text.replacingCharacters(of: spec, with: other)
    }

    /// `fd00::1:2888:3888` as it was meant; nil when that cannot be told.
    private func withBrackets(_ spec: Substring) -> String? {
        var fields = spec.split(separator: ":", omittingEmptySubsequences: false)
        let role = fields.last.flatMap { ServerRole(caseInsensitive: $0) }
        if role != nil { fields.removeLast() }
        guard fields.count > 4, fields.suffix(2).allSatisfy({ JavaText.int32($0) != nil }) else { return nil }
        let address = fields.dropLast(2).joined(separator: ":")
        guard HostAddress.isIPv6(address) else { return nil }
        let ports = fields.suffix(2).joined(separator: ":")
        return "[\(address)]:\(ports)" + (role.map { ":\($0.rawValue)" } ?? "")
    }

    private func hostText(_ host: Substring) -> String { ServerLine.bracketed(String(host)) }

    private func otherPort(_ port: Int) -> Int { port + 1000 <= 65535 ? port + 1000 : port - 1000 }

    private func isIPv4(_ text: Substring) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts.allSatisfy { part in Int(part).map { (0...255).contains($0) } ?? false }
    }
}

extension String {
    /// With `other` in the place of `part`, a slice of this very string.
    fileprivate func replacingCharacters(of part: Substring, with other: String) -> String {
        self[..<part.startIndex] + other + self[part.endIndex...]
    }
}

/// The list of all servers in one line, as environment variables of containers have it: `zk1:2888:3888;2181
/// server.2=zk2:2888:3888;2181`, `zk1:2888:3888,zk2:2888:3888`, `zk1:2888:3888;zk2:2888:3888`.
private struct PastedServers {
    /// `server.1=…`, one for each.
    let lines: [String]

    /// Nil when the text is about one server.
    init?(_ text: String, id: ServerID, taken: Set<ServerID>) {
        var servers: [(id: Int64?, value: String)] = []
        for word in text.split(whereSeparator: { $0 == "," || $0.isWhitespace }) {
            var named: Int64?
            var value = word
            if word.hasPrefix("server."), let end = word.firstIndex(where: { $0 == "=" || $0 == ":" }) {
                named = Int64(word[..<end].dropFirst(7))
                value = word[word.index(after: end)...]
            }
            for part in value.split(separator: ";") {
                if Self.isServer(part) {
                    servers.append((named, String(part)))
                    named = nil
                } else if servers.isEmpty {
                    return nil
                } else {
                    servers[servers.count - 1].value += ";\(part)"
                }
            }
        }
        guard servers.count > 1 else { return nil }
        var used = taken.union([id]).union(servers.dropFirst().compactMap { $0.id.map { ServerID($0) } })
        var next = id
        lines = servers.enumerated().map { index, server in
            var own = id
            if index > 0 {
                while server.id == nil, used.contains(next) { next = ServerID(next.rawValue &+ 1) }
                own = server.id.map { ServerID($0) } ?? next
                used.insert(own)
            }
            return "server.\(own)=\(server.value)"
        }
    }

    /// `host:port:port`, and no more than a role behind it.
    private static func isServer(_ text: Substring) -> Bool {
        var rest = text
        if rest.first == "[", let close = rest.firstIndex(of: "]") { rest = rest[close...] }
        let fields = rest.split(separator: ":", omittingEmptySubsequences: false)
        return (3...4).contains(fields.count) && !fields[0].isEmpty && fields[1...2].allSatisfy { Int($0) != nil }
    }
}
