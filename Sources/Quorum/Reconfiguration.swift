import ZooKeeperProtocol

/// What becomes of a client's reconfig (reference 2.18; Apache's `PrepRequestProcessor`).
package enum Reconfiguration: Hashable, Sendable {
    /// The new configuration, its version the zxid of the txn that is to carry its text.
    case accepted(EnsembleConfiguration)
    case refused(ErrorCode)
}

extension EnsembleConfiguration {
    /// This configuration as `request` wants it; nil when the request makes no sense.
    func changed(by request: ReconfigRequest, version: Int64) -> EnsembleConfiguration? {
        if let members = request.newMembers { return Self.replacement(members, version: version) }
        // Groups and weights cannot follow single servers that come and go.
        guard case .majority = verifier else { return nil }
        var lines: [ServerID: MemberLine] = [:]
        for line in text.split(separator: "\n") {
            if let (id, member) = Self.member(line) { lines[id] = member }
        }
        for text in Self.list(request.leavingServers) {
            guard let id = ServerID(text) else { return nil }
            lines[id] = nil
        }
        for text in Self.list(request.joiningServers) {
            guard let (id, line) = Self.member(text), line.client != nil else { return nil }
            lines[id] = nil
            let taken = Set(lines.values.flatMap(\.endpoints))
            guard !line.endpoints.contains(where: { !$0.isSpecial && taken.contains($0) }) else { return nil }
            lines[id] = line
        }
        return Self.composed(lines, rest: [], version: version)
    }

    /// All members anew: server, group and weight lines, between commas or line ends.
    private static func replacement(_ text: String, version: Int64) -> EnsembleConfiguration? {
        var lines: [ServerID: MemberLine] = [:]
        var rest: [String] = []
        for line in text.split(whereSeparator: { $0 == "," || $0.isNewline }) {
            let line = line.trimmed
            if line.isEmpty || line.hasPrefix("version=") { continue }
            if line.hasPrefix("group.") || line.hasPrefix("weight.") {
                rest.append(String(line))
            } else {
                guard line.hasPrefix("server."), let (id, member) = Self.member(line), lines[id] == nil else {
                    return nil
                }
                lines[id] = member
            }
        }
        guard let configuration = composed(lines, rest: rest, version: version) else { return nil }
        guard case .hierarchical(let voters, let groups) = configuration.verifier else {
            // Weights alone would leave every voter in no group.
            return rest.isEmpty ? configuration : nil
        }
        let grouped = groups.flatMap { $0.members.map(\.server) }
        let isOneGroupEach = voters.allSatisfy { voter in grouped.count { $0 == voter } == 1 }
        return isOneGroupEach ? configuration : nil
    }

    private static func composed(
        _ lines: [ServerID: MemberLine], rest: [String], version: Int64
    ) -> EnsembleConfiguration? {
        let servers = lines.sorted { $0.key < $1.key }.map { "server.\($0.key)=\($0.value.text)" }
        let text = (servers + rest + ["version=\(String(version, radix: 16))"]).joined(separator: "\n")
        return EnsembleConfiguration(text: text)
    }

    /// `server.N=…` or `N=…`.
    private static func member(_ text: Substring) -> (ServerID, MemberLine)? {
        guard let equals = text.firstIndex(of: "=") else { return nil }
        let key = text[..<equals].trimmed
        let number = key.hasPrefix("server.") ? key.dropFirst(7) : key
        guard let id = ServerID(number), let line = MemberLine(text[text.index(after: equals)...].trimmed) else {
            return nil
        }
        return (id, line)
    }

    private static func list(_ text: String?) -> [Substring] {
        (text ?? "").split(separator: ",").map(\.trimmed).filter { !$0.isEmpty }
    }
}

extension Substring {
    fileprivate var trimmed: Substring {
        let front = drop(while: \.isWhitespace)
        return front.lastIndex { !$0.isWhitespace }.map { front[...$0] } ?? ""
    }
}
