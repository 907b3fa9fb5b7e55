import Diagnostics

extension QuorumConfig {
    /// The outcome of reading: what could be read, and where each line stands.
    package struct Reading: Sendable {
        package var config = QuorumConfig(servers: [])
        /// Places of the values of the `server.N` lines that could be read.
        package var places: [ServerID: SourceLocation] = [:]
        /// Those lines as they were written.
        package var entries: [ServerID: ZooCfg.Entry] = [:]
        package var problems: [Diagnostic] = []
        /// There is a `group.G` or `weight.N` line, whether its value could be read or not.
        package var isHierarchical = false
    }

    /// Reads the server, group and weight entries of a zoo.cfg or a dynamic file; other keys are left alone.
    /// Everything `QuorumMaj` or `QuorumHierarchical` would refuse or crash on is an error.
    package static func read(_ entries: [ZooCfg.Entry], file: String? = nil) -> Reading {
        var reader = QuorumConfigReader(file: file)
        reader.ids = Set(entries.compactMap { $0.key.hasPrefix("server.") ? ServerID($0.key.dropFirst(7)) : nil })
        for entry in entries { reader.read(entry) }
        return reader.finish()
    }

    /// Reads a configuration text with or without its `version`; nil with the problems when it is not one.
    package static func parse(_ text: String, file: String? = nil) -> (config: QuorumConfig?, problems: [Diagnostic]) {
        let document = ZooCfg(text: text)
        var reading = read(document.effectiveEntries, file: file)
        for entry in document.effectiveEntries where !isQuorumKey(entry.key) {
            if entry.key == "version" {
                if let version = Int64(entry.value, radix: 16) {
                    reading.config.version = version
                } else {
                    reading.problems.append(
                        Diagnostic(
                            .error, rule: "config-version", file: file, at: entry.location,
                            "the version '\(entry.value)' is not a hexadecimal number"))
                }
            } else {
                reading.problems.append(unrecognised(entry, file: file))
            }
        }
        return (reading.problems.hasErrors ? nil : reading.config, reading.problems)
    }

    /// Whether ZooKeeper takes `key` as part of this configuration: mind that it looks at prefixes only.
    package static func isQuorumKey(_ key: String) -> Bool {
        key.hasPrefix("server.") || key.hasPrefix("group") || key.hasPrefix("weight")
    }

    static func unrecognised(_ entry: ZooCfg.Entry, file: String?) -> Diagnostic {
        Diagnostic(
            .error, rule: "dynamic-key", file: file, at: entry.keyLocation,
            "'\(entry.key)' does not belong in a dynamic configuration: it holds server, group and weight lines only",
            mend: "move '\(entry.key)' to zoo.cfg")
    }
}

private struct QuorumConfigReader {
    let file: String?
    /// Of all lines.
    var ids: Set<ServerID> = []
    private var reading = QuorumConfig.Reading()
    private var groupOf: [ServerID: Int64] = [:]
    /// Where each id of a group line stands, and where each weight line stands, in the order of the file.
    private var members: [(id: ServerID, place: SourceLocation)] = []
    private var weightLines: [(id: ServerID, weight: Int64, place: SourceLocation)] = []

    init(file: String?) { self.file = file }

    mutating func read(_ entry: ZooCfg.Entry) {
        if entry.key.hasPrefix("server.") {
            readServer(entry)
        } else if entry.key.hasPrefix("group") {
            readGroup(entry)
        } else if entry.key.hasPrefix("weight") {
            readWeight(entry)
        }
    }

    private mutating func readServer(_ entry: ZooCfg.Entry) {
        guard let number = number(of: entry, what: "server id") else { return }
        let id = ServerID(number)
        if number < 0 {
            report(
                "server-id", entry.keyLocation, "server.\(id): a server id must not be negative",
                mend: "use an id from 1 to 255")
        } else if !ServerID.conventional.contains(id) {
            reading.problems.append(
                Diagnostic(
                    .warning, rule: "server-id", file: file, at: entry.keyLocation,
                    "server.\(id): server ids go from 1 to 255, session ids carry only their low 8 bits",
                    mend: "use an id from 1 to 255"))
        }
        warnOfSpelling(entry, number)
        guard
            let line = ServerLine.parse(
                id: id, entry.placedValue, key: entry.key, taken: ids, file: file, into: &reading.problems)
        else { return }
        if let first = reading.places[id] {
            report(
                "duplicate-server", entry.keyLocation,
                "server.\(id) is there twice, first on line \(first.line); ZooKeeper uses only one of the two",
                mend: "remove one, or give the second server an id of its own")
            return
        }
        reading.places[id] = entry.location
        reading.entries[id] = entry
        reading.config.servers.append(line)
    }

    /// `server.01`
    private mutating func warnOfSpelling(_ entry: ZooCfg.Entry, _ number: Int64) {
        guard let dot = entry.key.firstIndex(of: "."), JavaText.isSpeltOddly(entry.key[dot...].dropFirst()) else {
            return
        }
        let meant = "\(entry.key[...dot])\(number)"
        reading.problems.append(
            Diagnostic(
                .warning, rule: "leading-zero", file: file, at: entry.keyLocation,
                "'\(entry.key)' is \(meant) to ZooKeeper", mend: "write \(meant)",
                edit: .rename(key: entry.key, to: meant)))
    }

    private mutating func readGroup(_ entry: ZooCfg.Entry) {
        guard let group = number(of: entry, what: "group number") else { return }
        warnOfSpelling(entry, group)
        reading.isHierarchical = true
        let text = entry.placedValue.text
        // Java's split drops empty fields at the end only.
        var fields = text.split(separator: ":", omittingEmptySubsequences: false)
        while fields.count > 1, fields.last!.isEmpty { fields.removeLast() }
        var ids: [ServerID] = []
        for field in fields {
            let place = entry.placedValue.location(at: field.startIndex)
            guard let id = ServerID(field) else {
                let plain = fields.map { JavaText.trimmed($0) }
                report(
                    "group", place, "\(entry.key) names '\(field)', which is not a server id",
                    mend: "write server ids between colons and no blanks, e.g. \(entry.key)=1:2:3",
                    edit: plain.allSatisfy { ServerID($0) != nil }
                        ? .set(key: entry.key, value: plain.joined(separator: ":")) : nil)
                continue
            }
            if let other = groupOf[id] {
                report(
                    "group", place,
                    other == group
                        ? "server \(id) is in group \(group) twice" : "server \(id) is in groups \(other) and \(group)",
                    mend: "name each server once, in one group")
                continue
            }
            groupOf[id] = group
            members.append((id, place))
            ids.append(id)
        }
        reading.config.groups[group, default: []] += ids
    }

    private mutating func readWeight(_ entry: ZooCfg.Entry) {
        guard let number = number(of: entry, what: "server id") else { return }
        warnOfSpelling(entry, number)
        reading.isHierarchical = true
        guard let weight = JavaText.int64(entry.placedValue.text) else {
            report(
                "weight", entry.location, "\(entry.key) is '\(entry.placedValue.text)', not a number",
                mend: "write a whole number and no blanks, e.g. \(entry.key)=1",
                edit: JavaText.int64(entry.value).map { .set(key: entry.key, value: "\($0)") })
            return
        }
        if weight < 0 {
            report(
                "weight", entry.location, "\(entry.key) is \(weight): a weight must not be negative",
                mend: "write 0 for a server whose vote does not count")
        }
        reading.config.weights[ServerID(number)] = weight
        weightLines.append((ServerID(number), weight, entry.keyLocation))
    }

    /// N of `server.N`, read as ZooKeeper does: what follows the first dot, or the whole key without one.
    private mutating func number(of entry: ZooCfg.Entry, what: String) -> Int64? {
        let afterDot = entry.key.firstIndex(of: ".").map { entry.key[entry.key.index(after: $0)...] }
        guard let number = JavaText.int64(afterDot ?? entry.key[...]) else {
            report(
                "server-id", entry.keyLocation,
                "'\(entry.key)' has no \(what) after a dot; ZooKeeper refuses every key that begins like this",
                mend: KnownKeys.nearest(entry.key).map { "write \($0)" } ?? "write a number there, or remove the line",
                edit: KnownKeys.nearest(entry.key).map { .rename(key: entry.key, to: $0) })
            return nil
        }
        return number
    }

    mutating func finish() -> QuorumConfig.Reading {
        reading.config = QuorumConfig(
            servers: reading.config.servers, groups: reading.config.groups, weights: reading.config.weights)
        if reading.isHierarchical { checkHierarchy() }
        return reading
    }

    private mutating func checkHierarchy() {
        let config = reading.config
        for line in config.participants where groupOf[line.id] == nil {
            report(
                "group", reading.places[line.id],
                "server \(line.id) takes part in the quorum but is in no group: with any group or weight line every "
                    + "participant needs one",
                mend: "add \(line.id) to a group line")
        }
        for (id, place) in members where config.weights[id] == nil {
            guard let line = config.server(id) else {
                report(
                    "group", place, "group \(groupOf[id]!) names server \(id), which has no server line",
                    mend: "remove \(id) from the group, or add server.\(id)")
                continue
            }
            // QuorumHierarchical looks up a weight that only participants get by themselves, and crashes.
            if line.role == .observer {
                report(
                    "group", place, "group \(groupOf[id]!) names the observer \(id): observers have no vote",
                    mend: "remove \(id) from the group")
            }
        }
        for (id, _, place) in weightLines where config.server(id) == nil {
            reading.problems.append(
                Diagnostic(
                    .warning, rule: "weight", file: file, at: place,
                    "weight.\(id) is for a server that has no server line",
                    mend: "remove weight.\(id), or add server.\(id)", edit: .remove(key: "weight.\(id)")))
        }
        let total = config.participants.reduce(0) { $0 + (config.weights[$1.id] ?? 1) }
        if !config.participants.isEmpty, total == 0, let place = weightLines.first?.place {
            report(
                "weight", place, "every participant has weight 0: no quorum can form",
                mend: "give at least one participant a weight")
        }
    }

    private mutating func report(
        _ rule: String, _ place: SourceLocation?, _ message: String, mend: String, edit: Edit? = nil
    ) {
        reading.problems.append(Diagnostic(.error, rule: rule, file: file, at: place, message, mend: mend, edit: edit))
    }
}
