import Diagnostics
import Membership

extension Topology {
    /// In what the files of the ensemble change when it moves here from `old`, line by line, and why; and what becomes of its data.
    /// All of it is to be known, and nothing of it is wrong: warnings.
    ///
    /// Rule ids: `move-line`, `move-joins`, `move-leaves`, `move-setting`, `move-engine`, `move-clients`, `move-data`.
    /// - Parameter file: where this topology is written.
    package func changes(from old: Topology, file: String) -> [Diagnostic] {
        var found: [Diagnostic] = []
        func add(_ rule: Rule, _ message: String, mend: String) {
            found.append(Diagnostic(.warning, rule: rule, file: file, message, mend: mend))
        }
        func addLine(_ message: String) {
            add(.moveLine, message, mend: "copy the new files to every server before any is started")
        }
        for id in Set(servers.map(\.id) + old.servers.map(\.id)).sorted() {
            switch (old[id], self[id]) {
            case (let before?, let now?):
                let reasons = now.reasons(before)
                guard !reasons.isEmpty else { continue }
                addLine("\(before.text) becomes \(now.text): \(reasons.joined(separator: "; "))")
            case (nil, let now?):
                add(
                    .moveJoins, "\(now.text) is new: no server had the id \(id)",
                    mend: "let it begin empty: it takes the data of the others")
            case (let before?, nil):
                add(
                    .moveLeaves, "\(before.text) has no successor: the id \(id) goes with the server",
                    mend: "never give it to another server of this ensemble")
            case (nil, nil): continue
            }
        }
        if configuration.hierarchyLines != old.configuration.hierarchyLines {
            func list(_ lines: [String]) -> String { lines.isEmpty ? "none" : lines.joined(separator: " ") }
            addLine(
                "groups and weights were \(list(old.configuration.hierarchyLines)) and are \(list(configuration.hierarchyLines)): other quorums"
            )
        }
        if isStandalone != old.isStandalone {
            addLine(
                isStandalone
                    ? "zoo.cfg has no server lines any more: one participant alone"
                    : "zoo.cfg gets server lines: it was one participant alone")
        } else if lineStyle != old.lineStyle {
            addLine("server lines are written in the \(lineStyle == .classic ? "classic" : "modern") form")
        }
        for change in settingChanges(old) {
            add(
                .moveSetting, "\(change.key) \(change.words) for \(Self.names(change.servers))",
                mend: "see that it is meant")
        }
        for (engines, ids) in engineChanges(old) {
            add(
                .moveEngine,
                "\(Self.names(ids)) ran on \(engines.0) and will run on \(engines.1): both read the same data",
                mend: "see that it is meant")
        }
        if connectString != old.connectString {
            add(
                .moveClients, "clients connected to \(old.connectString); it is \(connectString) now",
                mend: "tell the clients, or give both to them for as long as it takes")
        }
        addData(old, add)
        return found
    }

    /// What becomes of the data: those of a server stay where they are when it does.
    private func addData(_ old: Topology, _ add: (Rule, String, String) -> Void) {
        let moved = servers.filter { server in
            old[server.id].map { HostAddress.machine($0.host) != HostAddress.machine(server.host) } ?? false
        }
        guard !moved.isEmpty else { return }
        add(
            .moveData, "the data of \(Self.names(moved.map(\.id))) are on another host, and stay there",
            "`paddock backup` where they are; then `paddock restore FILE` for every server of the new place, before any is started (Docs/moving.md)"
        )
    }

    private struct SettingChange: Hashable {
        var key: String
        var before: String?
        var now: String?
        var servers: [ServerID] = []

        var words: String {
            switch (before, now) {
            case (let before?, let now?): "was \(before) and is \(now)"
            case (nil, let now?): "is \(now), and was not set"
            case (let before?, nil): "was \(before), and is not set"
            case (nil, nil): "is as it was"
            }
        }
    }

    /// In the order of the files; of servers that are in both.
    private func settingChanges(_ old: Topology) -> [SettingChange] {
        var changes: [SettingChange] = []
        for server in servers {
            guard let before = old[server.id] else { continue }
            var keys: [String] = []
            for setting in server.settings + before.settings where !keys.contains(setting.key) {
                keys.append(setting.key)
            }
            for key in keys where server.setting(key) != before.setting(key) {
                let change = SettingChange(key: key, before: before.setting(key), now: server.setting(key))
                let known = changes.firstIndex {
                    ($0.key, $0.before, $0.now) == (change.key, change.before, change.now)
                }
                let index = known ?? changes.endIndex
                if known == nil { changes.append(change) }
                changes[index].servers.append(server.id)
            }
        }
        return changes
    }

    private func engineChanges(_ old: Topology) -> [(engines: (String, String), servers: [ServerID])] {
        var changes: [(engines: (String, String), servers: [ServerID])] = []
        for server in servers {
            guard let before = old[server.id], before.engine.name != server.engine.name else { continue }
            let engines = (before.engine.name, server.engine.name)
            if let index = changes.firstIndex(where: { $0.engines == engines }) {
                changes[index].servers.append(server.id)
            } else {
                changes.append((engines, [server.id]))
            }
        }
        return changes
    }

    private static func names(_ ids: [ServerID]) -> String {
        let texts = ids.map(\.description)
        guard texts.count > 1 else { return "server \(texts.joined())" }
        return "servers \(texts.dropLast().joined(separator: ", ")) and \(texts[texts.count - 1])"
    }
}

extension TopologyServer {
    /// As a zoo.cfg has it, whatever its style: it shows all that there is.
    fileprivate var text: String { line.text() }

    /// Why its line is another one.
    fileprivate func reasons(_ before: TopologyServer) -> [String] {
        var reasons: [String] = []
        if host != before.host { reasons.append("another host") }
        if role != before.role { reasons.append("\(before.role.rawValue) becomes \(role.rawValue)") }
        let ports = PortKind.allCases.filter { self.ports[$0] != before.ports[$0] }
        if !ports.isEmpty {
            let list = ports.map { "\($0.rawValue) \(before.ports[$0]) → \(self.ports[$0])" }.joined(separator: ", ")
            reasons.append("other ports (\(list))")
        }
        return reasons
    }
}
