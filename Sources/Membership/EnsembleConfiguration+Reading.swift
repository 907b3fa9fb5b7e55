/// The grammar of the server, group and weight lines. What Apache's `QuorumMaj` or `QuorumHierarchical` would refuse
/// or crash on is a fault.
extension EnsembleConfiguration {
    /// What is wrong with a line, or with all of them, or odd.
    package struct Fault: Hashable, Sendable {
        package enum Kind: Hashable, Sendable {
            /// No number where the N of a key belongs.
            case keyWithoutNumber(Key)
            /// `server.01`
            case oddKey(Int64)
            case negativeID(ServerID)
            case unconventionalID(ServerID)
            case serverLine(ServerID, [ServerLine.Fault])
            /// The other line's number is given.
            case secondLine(of: ServerID, first: Int)
            case groupMember(Substring, of: [Substring])
            case groupedTwice(ServerID, part: Substring, group: Int64, first: Int64)
            case weight(String)
            case negativeWeight(Int64)
            case ungrouped(ServerID)
            case groupOfStranger(ServerID, part: Substring, group: Int64)
            case groupOfObserver(ServerID, part: Substring, group: Int64)
            case weightOfStranger(ServerID)
            /// Its weights are together above what a Java long holds.
            case tooHeavy(group: Int64)
            case weightless
        }

        package let kind: Kind
        /// Which of the lines that were read it is about, from 0.
        package let line: Int

        package var isFatal: Bool {
            switch kind {
            case .oddKey, .unconventionalID, .weightOfStranger: false
            case .serverLine(_, let faults): faults.contains(where: \.isFatal)
            default: true
            }
        }
    }

    package enum Key: String, Hashable, Sendable, CaseIterable {
        case server = "server."
        case group
        case weight
    }

    /// What ZooKeeper takes `key` for in this configuration, if for anything: mind that it looks at prefixes only.
    package static func key(_ key: some StringProtocol) -> Key? { Key.allCases.first { key.hasPrefix($0.rawValue) } }

    package static func isKey(_ key: some StringProtocol) -> Bool { Self.key(key) != nil }

    /// Takes the lines one by one.
    package struct Reader {
        package private(set) var servers: [ServerLine] = []
        /// There is a group or weight line, whether its value could be read or not.
        package private(set) var isHierarchical = false
        /// Which of the lines that were read names the server.
        package private(set) var lines: [ServerID: Int] = [:]
        private var groups: [Int64: [ServerID]] = [:]
        private var weights: [ServerID: Int64] = [:]
        private var members: [(id: ServerID, group: Int64, line: Int, part: Substring)] = []
        private var groupOf: [ServerID: Int64] = [:]
        private var weightLines: [(id: ServerID, line: Int)] = []
        private var line = 0
        /// Found so far.
        package private(set) var faults: [Fault] = []

        package init() {}

        /// Reads one line; the value is not trimmed, as ZooKeeper does not.
        package mutating func read(_ key: some StringProtocol, _ value: String) {
            defer { line += 1 }
            guard let kind = EnsembleConfiguration.key(key) else { return }
            // What follows the first dot, or the whole key without one.
            let number = key.firstIndex(of: ".").map { key[key.index(after: $0)...] } ?? key[...]
            guard let id = JavaText.int64(number) else { return fault(.keyWithoutNumber(kind)) }
            if kind == .server { checkID(ServerID(id)) }
            if JavaText.isSpeltOddly(number) { fault(.oddKey(id)) }
            switch kind {
            case .server: readServer(ServerID(id), value)
            case .group: readGroup(id, value)
            case .weight: readWeight(ServerID(id), value)
            }
        }

        private mutating func checkID(_ id: ServerID) {
            if id < 0 {
                fault(.negativeID(id))
            } else if !ServerID.conventional.contains(id) {
                fault(.unconventionalID(id))
            }
        }

        private mutating func readServer(_ id: ServerID, _ value: String) {
            let (server, faults) = ServerLine.read(id: id, value)
            if !faults.isEmpty { fault(.serverLine(id, faults)) }
            guard let server else { return }
            if let first = lines[id] { return fault(.secondLine(of: id, first: first)) }
            lines[id] = line
            servers.append(server)
        }

        private mutating func readGroup(_ group: Int64, _ value: String) {
            isHierarchical = true
            // Java's split drops empty fields at the end only.
            var parts = value.split(separator: ":", omittingEmptySubsequences: false)
            while parts.count > 1, parts.last!.isEmpty { parts.removeLast() }
            var ids: [ServerID] = []
            for part in parts {
                guard let id = ServerID(part) else {
                    fault(.groupMember(part, of: parts))
                    continue
                }
                if let first = groupOf[id] {
                    fault(.groupedTwice(id, part: part, group: group, first: first))
                    continue
                }
                groupOf[id] = group
                members.append((id, group, line, part))
                ids.append(id)
            }
            groups[group, default: []] += ids
        }

        private mutating func readWeight(_ id: ServerID, _ value: String) {
            isHierarchical = true
            guard let weight = JavaText.int64(value) else { return fault(.weight(value)) }
            if weight < 0 { fault(.negativeWeight(weight)) }
            weights[id] = weight
            weightLines.append((id, line))
        }

        /// All lines are read: looks at them together.
        ///
        /// - Parameter text: as it was received, if it was.
        package mutating func finish(version: Int64 = 0, text: String? = nil) -> EnsembleConfiguration {
            let configuration = EnsembleConfiguration(
                servers: servers, groups: groups, weights: weights, version: version, text: text)
            if isHierarchical { checkHierarchy(configuration) }
            return configuration
        }

        private mutating func checkHierarchy(_ configuration: EnsembleConfiguration) {
            for server in configuration.participants where groupOf[server.id] == nil {
                fault(.ungrouped(server.id), lines[server.id])
            }
            // QuorumHierarchical looks up a weight that only participants get by themselves, and crashes.
            for member in members where weights[member.id] == nil {
                switch configuration.server(member.id)?.role {
                case nil: fault(.groupOfStranger(member.id, part: member.part, group: member.group), member.line)
                case .observer: fault(.groupOfObserver(member.id, part: member.part, group: member.group), member.line)
                case .participant: break
                }
            }
            for (id, line) in weightLines where configuration.server(id) == nil { fault(.weightOfStranger(id), line) }
            for (group, ids) in groups.sorted(by: { $0.key < $1.key }) {
                var sum: Int64 = 0
                let isTooHeavy = ids.contains { id in
                    let isOver: Bool
                    (sum, isOver) = sum.addingReportingOverflow(max(0, weights[id] ?? 1))
                    return isOver
                }
                if isTooHeavy { fault(.tooHeavy(group: group), members.first { $0.group == group }?.line) }
            }
            let voters = configuration.participants
            if !voters.isEmpty, voters.allSatisfy({ weights[$0.id] == 0 }) { fault(.weightless, weightLines[0].line) }
        }

        private mutating func fault(_ kind: Fault.Kind, _ line: Int? = nil) {
            faults.append(Fault(kind: kind, line: line ?? self.line))
        }
    }

    /// Reads a text that servers keep and send, with its `version` in hexadecimal; nil when a server, group, weight
    /// or version line has a fatal fault. Other lines are not looked at: the check of files, with its diagnostics, is
    /// `ServerConfig`'s.
    package init?(text: String) {
        var reader = Reader()
        var version: Int64 = 0
        for line in text.split(separator: "\n") {
            guard let equals = line.firstIndex(of: "=") else { continue }
            let value = line[line.index(after: equals)...]
            if line[..<equals] == "version" {
                guard let number = Int64(value, radix: 16) else { return nil }
                version = number
            } else {
                reader.read(line[..<equals], String(value))
            }
        }
        self = reader.finish(version: version, text: text)
        if reader.faults.contains(where: \.isFatal) { return nil }
    }
}
