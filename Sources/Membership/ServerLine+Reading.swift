/// The grammar of what stands to the right of `server.N=` (reference 5.4; Apache's `QuorumPeer.QuorumServer`):
///
///     host:quorumPort:electionPort[:role] ['|' …] [';' [clientHost:]clientPort]
///
/// Servers take a text or leave it; a check of files tells each fault.
extension ServerLine {
    /// One of the addresses of a line, cut at its colons.
    package struct Spec: Hashable, Sendable {
        package let text: Substring
        /// Brackets taken off.
        package let host: Substring
        package let fields: [Substring]
    }

    package enum Port: String, Hashable, Sendable {
        case quorum
        case election
        case client
    }

    /// What is wrong with a text, or odd. Each part is a slice of the text, and so says where it stands.
    package enum Fault: Hashable, Sendable {
        /// What follows a second `;`.
        case secondClient(Substring)
        case openBracket(Substring)
        case textAfterBracket(_ rest: Substring, host: Substring, in: Substring)
        case noHost(Spec)
        /// Not two ports, with or without a role.
        case fieldCount(Spec)
        case samePorts(Spec, port: Int)
        case unknownRole(Substring, Spec)
        case otherRole(ServerRole, than: ServerRole, Spec)
        /// Not a number.
        case port(Substring, Port, Spec?)
        case portRange(Substring, Int, Port, Spec?)
        case clientWithoutPort(host: Substring)
        case clientPorts(second: Substring)
        // Taken, and odd:
        case emptyRole(Substring, Spec)
        case emptyClient(Substring)
        case oddPort(Substring, Int, Port)

        package var isFatal: Bool {
            switch self {
            case .emptyRole, .emptyClient, .oddPort: false
            default: true
            }
        }

        /// The address that the fault is in.
        package var spec: Spec? {
            switch self {
            case .noHost(let spec), .fieldCount(let spec), .samePorts(let spec, _), .unknownRole(_, let spec),
                .otherRole(_, _, let spec), .emptyRole(_, let spec):
                spec
            case .port(_, _, let spec), .portRange(_, _, _, let spec): spec
            default: nil
            }
        }
    }

    /// Reads what a server would take; nil for everything else.
    package init?(id: ServerID, _ text: String) {
        guard let line = Self.read(id: id, text).line else { return nil }
        self = line
    }

    /// The line, unless a fault is fatal, and all faults in the order of the text.
    package static func read(id: ServerID, _ text: String) -> (line: ServerLine?, faults: [Fault]) {
        var reader = Reader()
        let halves = text[...].parts(between: ";")
        if halves.count > 2 { reader.faults.append(.secondClient(halves[2])) }
        var addresses: [Address] = []
        var role: ServerRole?
        for part in halves[0].parts(between: "|") {
            guard let spec = reader.spec(part), let (address, ownRole) = reader.address(spec) else { continue }
            addresses.append(address)
            guard let ownRole else { continue }
            if let role, role != ownRole { reader.faults.append(.otherRole(ownRole, than: role, spec)) }
            role = role ?? ownRole
        }
        let client = halves.count > 1 ? reader.client(halves[1]) : nil
        guard !reader.faults.contains(where: \.isFatal) else { return (nil, reader.faults) }
        let line = ServerLine(id: id, addresses: addresses, role: role ?? .participant, client: client)
        return (line, reader.faults)
    }

    private struct Reader {
        var faults: [Fault] = []

        mutating func spec(_ text: Substring) -> Spec? {
            guard text.first == "[" else {
                let pieces = text.parts(between: ":")
                return Spec(text: text, host: pieces[0], fields: Array(pieces.dropFirst()))
            }
            guard let close = text.firstIndex(of: "]") else {
                faults.append(.openBracket(text))
                return nil
            }
            let host = text[text.index(after: text.startIndex)..<close]
            let rest = text[text.index(after: close)...]
            guard rest.isEmpty || rest.first == ":" else {
                faults.append(.textAfterBracket(rest, host: host, in: text))
                return nil
            }
            let fields = rest.isEmpty ? [] : rest.dropFirst().parts(between: ":")
            return Spec(text: text, host: host, fields: fields)
        }

        /// `host:quorumPort:electionPort[:role]`.
        mutating func address(_ spec: Spec) -> (Address, ServerRole?)? {
            guard !spec.host.isEmpty, (2...3).contains(spec.fields.count) else {
                faults.append(spec.host.isEmpty ? .noHost(spec) : .fieldCount(spec))
                return nil
            }
            let quorum = port(spec.fields[0], .quorum, spec)
            let election = port(spec.fields[1], .election, spec)
            var role: ServerRole?
            if spec.fields.count == 3 {
                role = ServerRole(caseInsensitive: spec.fields[2])
                if spec.fields[2].isEmpty {
                    faults.append(.emptyRole(spec.fields[2], spec))
                } else if role == nil {
                    faults.append(.unknownRole(spec.fields[2], spec))
                }
            }
            guard let quorum, let election else { return nil }
            guard quorum != election else {
                faults.append(.samePorts(spec, port: quorum))
                return nil
            }
            return (Address(host: String(spec.host), quorumPort: quorum, electionPort: election), role)
        }

        /// `port`, or `host:port`.
        mutating func client(_ text: Substring) -> ClientAddress? {
            if text.isEmpty {
                // ZooKeeper drops the ';' and goes on.
                faults.append(.emptyClient(text))
                return nil
            }
            if !text.contains(":") { return port(text, .client, nil).map { ClientAddress(host: nil, port: $0) } }
            guard let spec = spec(text) else { return nil }
            guard spec.fields.count == 1 else {
                faults.append(
                    spec.fields.isEmpty ? .clientWithoutPort(host: spec.host) : .clientPorts(second: spec.fields[1]))
                return nil
            }
            return port(spec.fields[0], .client, nil).map {
                ClientAddress(host: spec.host.isEmpty ? nil : String(spec.host), port: $0)
            }
        }

        private mutating func port(_ text: Substring, _ kind: Port, _ spec: Spec?) -> Int? {
            guard let number = JavaText.int32(text) else {
                faults.append(.port(text, kind, spec))
                return nil
            }
            guard (1...65535).contains(number) else {
                faults.append(.portRange(text, number, kind, spec))
                return nil
            }
            if JavaText.isSpeltOddly(text) { faults.append(.oddPort(text, number, kind)) }
            return number
        }
    }
}

extension Substring {
    /// The parts between the marks, of which there is one more than of these. By bytes, as Java: a mark is one whatever follows it.
    fileprivate func parts(between mark: Unicode.Scalar) -> [Substring] {
        utf8.split(separator: UInt8(ascii: mark), omittingEmptySubsequences: false).map(Substring.init)
    }
}
