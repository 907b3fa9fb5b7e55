import Diagnostics
import Membership

extension EnsembleConfiguration {
    /// The outcome of reading files: what could be read, where each line stands, and every fault as a problem.
    package struct Reading: Sendable {
        package var config = EnsembleConfiguration(servers: [])
        /// Places of the values of the `server.N` lines that could be read.
        package var places: [ServerID: SourceLocation] = [:]
        /// Those lines as they were written.
        package var entries: [ServerID: ZooCfg.Entry] = [:]
        package var problems: [Diagnostic] = []
        /// There is a `group.G` or `weight.N` line, whether its value could be read or not.
        package var isHierarchical = false
    }

    /// Reads the server, group and weight entries of a zoo.cfg or a dynamic file; other keys are left alone.
    package static func read(_ entries: [ZooCfg.Entry], file: String? = nil, version: Int64 = 0) -> Reading {
        var reader = Reader()
        for entry in entries { reader.read(entry.key, entry.placedValue.text) }
        let config = reader.finish(version: version)
        let lines = reader.lines.mapValues { entries[$0] }
        let explainer = FaultExplainer(entries: entries, file: file)
        return Reading(
            config: config, places: lines.mapValues(\.location), entries: lines,
            problems: reader.faults.flatMap(explainer.problems), isHierarchical: reader.isHierarchical)
    }

    /// Reads a configuration text with or without its `version`; nil with the problems when it is not one.
    package static func parse(
        _ text: String, file: String? = nil
    ) -> (config: EnsembleConfiguration?, problems: [Diagnostic]) {
        let entries = ZooCfg(text: text).effectiveEntries
        let version = entries.first { $0.key == "version" }
        let number = version.map { Int64($0.value, radix: 16) } ?? 0
        let reading = read(entries, file: file, version: number ?? 0)
        var problems = reading.problems
        for entry in entries where !isKey(entry.key) {
            if entry.key != "version" {
                problems.append(unrecognised(entry, file: file))
            } else if number == nil {
                problems.append(
                    Diagnostic(
                        .error, rule: .configVersion, file: file, at: entry.location,
                        "the version '\(entry.value)' is not a hexadecimal number", mend: "write a zxid, e.g. 100000000"
                    ))
            }
        }
        return (problems.hasErrors ? nil : reading.config, problems)
    }

    static func unrecognised(_ entry: ZooCfg.Entry, file: String?) -> Diagnostic {
        Diagnostic(
            .error, rule: .dynamicKey, file: file, at: entry.keyLocation,
            "'\(entry.key)' does not belong in a dynamic configuration: it holds server, group and weight lines only",
            mend: "move '\(entry.key)' to zoo.cfg")
    }
}

/// Says what is wrong with server, group and weight lines, where, and what to do.
private struct FaultExplainer {
    let entries: [ZooCfg.Entry]
    let file: String?

    func problems(_ fault: EnsembleConfiguration.Fault) -> [Diagnostic] {
        let entry = entries[fault.line]
        func problem(
            _ rule: Rule, _ place: SourceLocation, _ message: String, mend: String, edit: Edit? = nil
        ) -> [Diagnostic] {
            let severity: Diagnostic.Severity = fault.isFatal ? .error : .warning
            return [Diagnostic(severity, rule: rule, file: file, at: place, message, mend: mend, edit: edit)]
        }
        func place(_ part: Substring) -> SourceLocation { entry.placedValue.location(at: part.startIndex) }

        switch fault.kind {
        case .keyWithoutNumber(let key):
            let what = key == .group ? "group number" : "server id"
            let nearest = KnownKeys.nearest(entry.key)
            return problem(
                .serverID, entry.keyLocation,
                "'\(entry.key)' has no \(what) after a dot; ZooKeeper refuses every key that begins like this",
                mend: nearest.map { "write \($0)" } ?? "write a number there, or remove the line",
                edit: nearest.map { .rename(key: entry.key, to: $0) })
        case .oddKey(let number):
            guard let dot = entry.key.firstIndex(of: ".") else { return [] }
            let meant = "\(entry.key[...dot])\(number)"
            return problem(
                .leadingZero, entry.keyLocation, "'\(entry.key)' is \(meant) to ZooKeeper", mend: "write \(meant)",
                edit: .rename(key: entry.key, to: meant))
        case .negativeID(let id):
            return problem(
                .serverID, entry.keyLocation, "server.\(id): a server id must not be negative",
                mend: "use an id from 1 to 255")
        case .unconventionalID(let id):
            return problem(
                .serverID, entry.keyLocation,
                "server.\(id): server ids go from 1 to 255, session ids carry only their low 8 bits",
                mend: "use an id from 1 to 255")
        case .serverLine(let id, let faults):
            return ServerLineExplainer.problems(
                faults, of: id, entry.placedValue, key: entry.key, taken: serverIDs, file: file)
        case .secondLine(let id, let first):
            return problem(
                .duplicateServer, entry.keyLocation,
                "server.\(id) is there twice, first on line \(entries[first].location.line); ZooKeeper uses only one of the two",
                mend: "remove one, or give the second server an id of its own")
        case .groupMember(let part, let parts):
            let meant = parts.map { JavaText.trimmed($0) }
            return problem(
                .group, place(part), "\(entry.key) names '\(part)', which is not a server id",
                mend: "write server ids between colons and no blanks, e.g. \(entry.key)=1:2:3",
                edit: meant.allSatisfy { ServerID($0) != nil }
                    ? .set(key: entry.key, value: meant.joined(separator: ":")) : nil)
        case .groupedTwice(let id, let part, let group, let first):
            return problem(
                .group, place(part),
                first == group
                    ? "server \(id) is in group \(group) twice" : "server \(id) is in groups \(first) and \(group)",
                mend: "name each server once, in one group")
        case .weight(let text):
            return problem(
                .weight, entry.location, "\(entry.key) is '\(text)', not a number",
                mend: "write a whole number and no blanks, e.g. \(entry.key)=1",
                edit: JavaText.int64(entry.value).map { .set(key: entry.key, value: "\($0)") })
        case .negativeWeight(let weight):
            return problem(
                .weight, entry.location, "\(entry.key) is \(weight): a weight must not be negative",
                mend: "write 0 for a server whose vote does not count")
        case .ungrouped(let id):
            return problem(
                .group, entry.location,
                "server \(id) takes part in the quorum but is in no group: with any group or weight line every "
                    + "participant needs one",
                mend: "add \(id) to a group line")
        case .groupOfStranger(let id, let part, let group):
            return problem(
                .group, place(part), "group \(group) names server \(id), which has no server line",
                mend: "remove \(id) from the group, or add server.\(id)")
        case .groupOfObserver(let id, let part, let group):
            return problem(
                .group, place(part), "group \(group) names the observer \(id): observers have no vote",
                mend: "remove \(id) from the group")
        case .weightOfStranger(let id):
            return problem(
                .weight, entry.keyLocation, "weight.\(id) is for a server that has no server line",
                mend: "remove weight.\(id), or add server.\(id)", edit: .remove(key: "weight.\(id)"))
        case .tooHeavy(let group):
            return problem(
                .weight, entry.location,
                "the weights of group \(group) are together above \(Int64.max), and ZooKeeper would count them wrongly",
                mend: "write smaller weights in the same proportion, e.g. 1 and 2")
        case .weightless:
            return problem(
                .weight, entry.keyLocation, "every participant has weight 0: no quorum can form",
                mend: "give at least one participant a weight")
        }
    }

    private var serverIDs: Set<ServerID> {
        Set(entries.compactMap { $0.key.hasPrefix("server.") ? ServerID($0.key.dropFirst(7)) : nil })
    }
}
