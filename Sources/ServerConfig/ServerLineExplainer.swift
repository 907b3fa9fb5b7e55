import Diagnostics
import Membership

/// Says what is wrong with a `server.N` line, where, and what was meant. Rule ids: `server-line`, `server-line-dot`, `server-port`,
/// `election-port`, `server-role`, `leading-zero`.
struct ServerLineExplainer {
    private let id: ServerID
    private let value: PlacedText
    private let key: String
    private let file: String?
    private var problems: [Diagnostic] = []

    /// - Parameters:
    ///   - key: as the file writes it.
    ///   - taken: the ids of the other lines of the file.
    static func problems(
        _ faults: [ServerLine.Fault], of id: ServerID, _ value: PlacedText, key: String, taken: Set<ServerID>,
        file: String?
    ) -> [Diagnostic] {
        var explainer = ServerLineExplainer(id: id, value: value, key: key, file: file)
        explainer.explain(faults, taken)
        return explainer.problems
    }

    private init(id: ServerID, value: PlacedText, key: String, file: String?) {
        self.id = id
        self.value = value
        self.key = key
        self.file = file
    }

    private mutating func explain(_ faults: [ServerLine.Fault], _ taken: Set<ServerID>) {
        if faults.isEmpty { return }
        if let servers = PastedServers(value.text, id: id, taken: taken)?.lines {
            problems.append(
                Diagnostic(
                    .error, rule: .serverLine, file: file, at: value.location,
                    "server.\(id) has \(servers.count) servers in one line, and ZooKeeper wants a line for each",
                    mend: "write one line each: \(servers.joined(separator: ", "))",
                    edit: .replaceLine(value.location.line, with: servers)))
            return
        }
        if let end = blankEnd {
            return report(
                .serverLine, at: end,
                "server.\(id) ends with a blank, which ZooKeeper takes as part of the port and refuses",
                mend: "remove the blank at the end of the line", meant: String(value.text[..<end]))
        }
        var misread: String.Index?
        for fault in faults {
            // Nothing else in an address that was cut at the wrong places means anything.
            if let spec = fault.spec {
                if misread == spec.text.startIndex { continue }
                if reportDotForColon(spec) {
                    misread = spec.text.startIndex
                    continue
                }
            }
            explain(fault)
        }
    }

    /// Where the blanks begin that end the line. ZooKeeper trims a role, but not the line's ports.
    private var blankEnd: String.Index? {
        let text = value.text
        guard let last = text.unicodeScalars.last, last == " " || last == "\t" else { return nil }
        var end = text.endIndex
        while end > text.startIndex, " \t".contains(text[text.index(before: end)]) { end = text.index(before: end) }
        let endsInRole = !text.contains(";") && text[..<end].last?.isLetter == true
        return endsInRole ? nil : end
    }

    private static let form =
        "write server.N=host:quorumPort:electionPort, then :participant or :observer, then ;clientHost:clientPort"

    private mutating func explain(_ fault: ServerLine.Fault) {
        switch fault {
        case .secondClient(let text):
            report(
                .serverLine, at: text.startIndex, "server.\(id) has more than one ';'",
                mend: "keep one client address after a single ';'")
        case .openBracket(let spec):
            report(
                .serverLine, at: spec.startIndex, "server.\(id) opens '[' and never closes it",
                mend: "write the IPv6 address as [address]")
        case .textAfterBracket(let rest, let host, let spec):
            let meant = "[\(host)]:\(rest.dropFirst())"
            report(
                .serverLine, at: rest.startIndex, "server.\(id) has '\(rest.first!)' after ']' where ':' belongs",
                mend: "write \(meant)", meant: replaced(spec, meant))
        case .noHost(let spec):
            report(.serverLine, at: spec.text.startIndex, "server.\(id) names no host", mend: Self.form)
        case .fieldCount(let spec): spec.fields.count < 2 ? reportTooFew(spec) : reportTooMany(spec)
        case .samePorts(let spec, let port):
            let ports = "\(hostText(spec.host)):\(port):\(otherPort(port))"
            report(
                .electionPort, at: spec.fields[1].startIndex,
                "server.\(id) has \(port) as its quorum port and as its election port",
                mend: "give it another election port, e.g. server.\(id)=\(ports)",
                meant: replaced(
                    spec.text, ([ports] + spec.fields.dropFirst(2).map(String.init)).joined(separator: ":")))
        case .unknownRole(let text, _): reportRole(text)
        case .otherRole(let role, let first, let spec):
            report(
                .serverRole, at: spec.text.startIndex,
                "the addresses of server.\(id) disagree about its role: \(first.rawValue) and \(role.rawValue)",
                mend: "give every address of server.\(id) the same role")
        case .port(let text, let port, _):
            report(
                .serverPort, at: text.startIndex,
                text.isEmpty
                    ? "server.\(id) has an empty \(port) port"
                    : "the \(port) port of server.\(id) is '\(text)', not a number",
                mend: "write a port from 1 to 65535")
        case .portRange(let text, let number, let port, _):
            report(
                .serverPort, at: text.startIndex,
                "the \(port) port of server.\(id) is \(number), outside 1…65535", mend: "write a port from 1 to 65535")
        case .clientWithoutPort(let host):
            report(
                .serverLine, at: host.endIndex, "the client address of server.\(id) has no port",
                mend: "write ;clientHost:clientPort, with an IPv6 address in brackets")
        case .clientPorts(let second):
            report(
                .serverLine, at: second.startIndex, "the client address of server.\(id) has more than one port",
                mend: "write ;clientHost:clientPort, with an IPv6 address in brackets")
        case .emptyRole(let text, let spec):
            report(
                .serverLine, at: text.startIndex, "server.\(id) has nothing after its last ':'",
                mend: "write the role there, or remove the ':'",
                meant: replaced(spec.text, String(spec.text[..<value.text.index(before: text.startIndex)])),
                severity: .warning)
        case .emptyClient(let text):
            report(
                .serverLine, at: text.startIndex, "server.\(id) has nothing after its ';'",
                mend: "write the client port there, e.g. ;2181, or remove the ';'",
                meant: String(value.text[..<value.text.index(before: text.startIndex)]), severity: .warning)
        case .oddPort(let text, let number, let port):
            report(
                .leadingZero, at: text.startIndex,
                "the \(port) port of server.\(id) is '\(text)', which ZooKeeper reads as \(number)",
                mend: "write \(number)", meant: value.text.replacingCharacters(of: text, with: "\(number)"),
                severity: .warning)
        }
    }

    private mutating func reportTooFew(_ spec: ServerLine.Spec) {
        let host = hostText(spec.host)
        guard let only = spec.fields.first else {
            let meant = "\(host):2888:3888"
            return report(
                .serverLine, at: spec.host.endIndex, "server.\(id) names no quorum port and no election port",
                mend: "write server.\(id)=\(meant)", meant: replaced(spec.text, meant))
        }
        report(
            .serverLine, at: only.endIndex, "server.\(id) names no election port",
            mend: "write server.\(id)=\(host):\(only == "3888" ? "2888" : only):3888",
            meant: JavaText.int32(only).map { port in
                replaced(spec.text, "\(host):\(port == 3888 ? 2888 : port):3888")
            })
    }

    /// `IP2.2888:3888`, `IP2:2888.3888`, `IP2.2888.3888`: says so and gives the line as it was meant. True when it was that.
    private mutating func reportDotForColon(_ spec: ServerLine.Spec) -> Bool {
        guard spec.text.first != "[" else { return false }
        var role: Substring?
        var fields = [spec.host] + spec.fields
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
        let text = replaced(spec.text, mended)
        report(
            .serverLineDot, at: place, "server.\(id) has '.' where ':' belongs, before the \(which) port \(dotted)",
            mend: "write server.\(id)=\(text)", meant: text)
        return true
    }

    private mutating func reportTooMany(_ spec: ServerLine.Spec) {
        let (spec, parts) = (spec.text, spec.fields)
        let meant = withBrackets(spec)
        let isIPv6 = (Int(parts[0]) == nil || parts.count > 4) && spec.filter { $0 == ":" }.count > 4
        if spec.first != "[", isIPv6 || meant != nil {
            report(
                .serverLine, at: spec.startIndex, "server.\(id) has an IPv6 address without brackets",
                mend: "write server.\(id)=\(meant ?? "[address]:quorumPort:electionPort")",
                meant: meant.map { replaced(spec, $0) })
        } else if parts.count == 4, ServerRole(caseInsensitive: parts[2]) != nil, Int(parts[3]) != nil {
            let colon = spec.index(before: parts[3].startIndex)
            report(
                .serverLine, at: colon, "server.\(id) has ':' where ';' belongs, before the client port \(parts[3])",
                mend: "write server.\(id)=\(spec[..<colon]);\(parts[3])",
                meant: replaced(spec, "\(spec[..<colon]);\(parts[3])"))
        } else {
            report(
                .serverLine, at: parts[3].startIndex, "server.\(id) has more fields than host, two ports and a role",
                mend: Self.form)
        }
    }

    private mutating func reportRole(_ text: Substring) {
        if Int(text) != nil {
            let colon = value.text.index(before: text.startIndex)
            report(
                .serverLine, at: colon, "server.\(id) has ':' where ';' belongs, before the client port \(text)",
                mend: "write server.\(id)=\(value.text[..<colon]);\(text)",
                meant: "\(value.text[..<colon]);\(text)")
        } else {
            let nearest = EditDistance.nearest(String(text), among: ServerRole.allCases.map(\.rawValue))
            report(
                .serverRole, at: text.startIndex, "server.\(id) has the role '\(text)', which does not exist",
                mend: "write participant or observer",
                meant: nearest.map { value.text.replacingCharacters(of: text, with: $0) })
        }
    }

    /// - Parameter meant: the whole value as it was certainly meant.
    private mutating func report(
        _ rule: Rule, at index: String.Index, _ message: String, mend: String, meant: String? = nil,
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
        var servers: [(id: ServerID?, value: String)] = []
        for word in text.split(whereSeparator: { $0 == "," || $0.isWhitespace }) {
            var named: ServerID?
            var value = word
            if word.hasPrefix("server."), let end = word.firstIndex(where: { $0 == "=" || $0 == ":" }) {
                named = ServerID(word[..<end].dropFirst(7))
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
        var used = taken.union([id]).union(servers.dropFirst().compactMap(\.id))
        var next = id
        lines = servers.enumerated().map { index, server in
            var own = id
            if index > 0 {
                while server.id == nil, used.contains(next) { next = ServerID(next.rawValue &+ 1) }
                own = server.id ?? next
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
