import Diagnostics
import Membership
import Planning
import ServerConfig
import Topology
import ZooKeeperClient
import ZooKeeperProtocol

/// What is wrong with an ensemble that runs, and in what it is not as it is written. Pure: the same answers are the same problems.
struct RemoteCheck {
    /// What is written of one server.
    struct Written {
        var file: String
        /// Nil: of every server.
        var id: ServerID?
        /// The keys of its zoo.cfg.
        var settings: [Setting]
        /// Who is in the ensemble; nil where the file does not say.
        var configuration: EnsembleConfiguration?
    }

    private let found: RemoteSweep
    private let written: [Written]
    private var problems: [Diagnostic] = []

    /// Rule ids: `unreachable`, `no-leader`, `behind`, `word-refused`, `unknown`, `members-differ`, `setting-differs`, `versions-differ`,
    /// `loopback-name`.
    static func problems(_ found: RemoteSweep, _ status: EnsembleStatus, written: [Written]) -> [Diagnostic] {
        var check = RemoteCheck(found: found, written: written)
        check.health(status)
        check.members()
        for server in found.sweep.servers { check.settings(of: server.member) }
        check.amongServers()
        return check.problems
    }

    private init(found: RemoteSweep, written: [Written]) {
        self.found = found
        self.written = written
    }

    private mutating func add(
        _ severity: Diagnostic.Severity, _ rule: Rule, _ where: String, _ message: String, mend: String? = nil
    ) {
        problems.append(Diagnostic(severity, rule: rule, file: `where`, message, mend: mend))
    }

    private static func place(_ member: Member) -> String {
        member.id < ServerID(0) ? member.client : "server \(member.id) (\(member.client))"
    }

    private mutating func health(_ status: EnsembleStatus) {
        if found.sweep.leader == nil {
            add(
                .error, .noLeader, "the ensemble", "no server that answers leads",
                mend: "see what follows of its servers")
        }
        for server in found.sweep.servers {
            if case .silent(let why) = server.answer {
                add(
                    .error, .unreachable, Self.place(server.member), "does not answer to \(LocalHost.name): \(why)",
                    mend: "start it, or let this machine reach its client port")
            }
        }
        // Silence is told above; the rest of what keeps it from being healthy is here.
        let silent = Set(found.sweep.servers.filter { $0.role == .unknown }.map { "\($0.member.name) does not answer" })
        for problem in status.problems where !silent.contains(where: { problem.hasPrefix($0) }) {
            add(
                .warning, .behind, "the ensemble", problem,
                mend: "see what the server itself says: its log, its disk, its network")
        }
        let certificates = EnsembleStatus.endingCertificates(of: found.sweep).map { (Rule.unknown, $0) }
        for (rule, advice) in certificates + found.notes.map({ ($0.rule, $0.advice) }) {
            add(.warning, rule, "the ensemble", advice.seen, mend: advice.mend)
        }
    }

    /// The lists of servers: those that the servers have, and those that are written.
    private mutating func members() {
        let said = found.sweep.servers.compactMap { server in
            found.answers[server.id]?.configuration.map { (server.member, $0) }
        }
        if let (first, agreed) = said.first {
            for (member, other) in said.dropFirst()
            where other.version != agreed.version || !other.differences(from: agreed).isEmpty {
                add(
                    .error, .membersDiffer, Self.place(member),
                    "has another list of servers than \(first.name) (version \(String(other.version, radix: 16)) and \(String(agreed.version, radix: 16))): \(other.differences(from: agreed).joined(separator: "; "))",
                    mend: "write the same server lines everywhere, and restart those that have others")
            }
        }
        guard let running = said.map(\.1).max(by: { $0.version < $1.version }) ?? found.sweep.configuration,
            !said.isEmpty
        else {
            return
        }
        for file in written {
            guard let planned = file.configuration else { continue }
            for difference in RemoteCheck.differences(planned, running) {
                add(
                    .error, .membersDiffer, file.file, difference,
                    mend: running.version == 0
                        ? "restart the servers with what is written, or write what runs"
                        : "the ensemble was reconfigured (version \(String(running.version, radix: 16))): write what runs, or change it with reconfig"
                )
            }
        }
    }

    /// In what the members that are written are not those that run. A client address that is not written means nothing.
    static func differences(_ written: EnsembleConfiguration, _ running: EnsembleConfiguration) -> [String] {
        var found: [String] = []
        for id in Set(written.servers.map(\.id) + running.servers.map(\.id)).sorted() {
            switch (written.server(id), running.server(id)) {
            case (let mine?, let theirs?):
                var (mine, theirs) = (comparable(mine), comparable(theirs))
                if mine.client == nil { theirs.client = nil }
                if theirs.client == nil { mine.client = nil }
                guard mine != theirs else { continue }
                found.append(
                    "server.\(id) is \(mine.value()) in this file, and \(theirs.value()) to the running servers")
            case (let mine?, nil):
                found.append("server.\(id) (\(mine.value())) is in this file, and the running servers do not have it")
            case (nil, let theirs?):
                found.append("server.\(id) (\(theirs.value())) is not in this file, and the running servers have it")
            case (nil, nil): continue
            }
        }
        if written.hierarchyLines != running.hierarchyLines {
            func list(_ lines: [String]) -> String { lines.isEmpty ? "none" : lines.joined(separator: " ") }
            found.append(
                "groups and weights are \(list(written.hierarchyLines)) in this file, and \(list(running.hierarchyLines)) to the running servers"
            )
        }
        return found
    }

    /// Without a host a client address is that of every interface, which servers write as 0.0.0.0.
    private static func comparable(_ line: ServerLine) -> ServerLine {
        var line = line
        if let host = line.client?.host, HostAddress.isWildcard(host) { line.client?.host = nil }
        return line
    }

    /// What `conf` says of a server beside what is written of it.
    private mutating func settings(of member: Member) {
        guard let running = found.answers[member.id]?.settings else { return }
        for file in written where file.id == nil || file.id == member.id {
            for key in Self.compared {
                guard let planned = file.settings.last(where: { $0.key == key })?.value, let actual = running[key],
                    planned != actual, !Self.isSame(planned, actual)
                else { continue }
                add(
                    .error, .settingDiffers, file.file,
                    "\(key) is \(planned), and \(Self.place(member)) runs with \(actual)",
                    mend: "restart the server with what is written, or write what it runs with")
            }
        }
    }

    /// Keys of zoo.cfg that `conf` shows under the same name.
    private static let compared = [
        "clientPort", "secureClientPort", "dataDir", "dataLogDir", "tickTime", "initLimit", "syncLimit",
        "maxClientCnxns",
        "minSessionTimeout", "maxSessionTimeout", "electionAlg",
    ]

    private static func isSame(_ planned: String, _ actual: String) -> Bool {
        func path(_ text: String) -> Substring {
            var text = text[...]
            while text.hasSuffix("/") { text.removeLast() }
            return text.hasSuffix("/version-2") ? text.dropLast("/version-2".count) : text
        }
        return path(planned) == path(actual)
    }

    /// What must be alike on all of them.
    private mutating func amongServers() {
        func compare(_ rule: Rule, _ what: String, _ values: [(Member, String)], mend: String) {
            let groups = Dictionary(grouping: values, by: \.1).sorted {
                ($1.value.count, $0.key) < ($0.value.count, $1.key)
            }
            guard groups.count > 1 else { return }
            let parts = groups.map { value, members in "\(value) on \(Wording.list(members.map { $0.0.name }))" }
            add(
                .warning, rule, "the ensemble",
                "\(what) is not the same on all servers: \(parts.joined(separator: ", "))", mend: mend)
        }
        for key in ["tickTime", "initLimit", "syncLimit", "minSessionTimeout", "maxSessionTimeout"] {
            let values = found.sweep.servers.compactMap { server in
                found.answers[server.id]?.settings?[key].map { (server.member, $0) }
            }
            compare(
                .settingDiffers, key, values, mend: "write one value for all: a client's session moves between them")
        }
        let versions = found.sweep.servers.compactMap { server -> (Member, String)? in
            guard let version = server.serving?.version else { return nil }
            return (server.member, String(version.prefix { $0 != "," }))
        }
        compare(.versionsDiffer, "the version", versions, mend: "upgrade the servers that are behind, one by one")
    }
}
