import Diagnostics
import Membership

/// What several zoo.cfg files say together, when they are the files of one ensemble.
package struct EnsembleCheck {
    /// One file with what belongs to it.
    package struct Member: Sendable {
        package var file: String
        package var cfg: ZooCfg
        package var surroundings: ZooCfg.Surroundings
        /// The server it is of, where something besides a myid says so.
        package var id: ServerID?

        package init(file: String, cfg: ZooCfg, surroundings: ZooCfg.Surroundings, id: ServerID? = nil) {
            self.file = file
            self.cfg = cfg
            self.surroundings = surroundings
            self.id = id
        }
    }

    /// A member with its server lines read.
    private struct Reader {
        let member: Member
        let checker: ConfigChecker
        let own: ServerLine?
        /// What tells the machine that the server runs on; nil when nothing does.
        let machine: String?
        /// The machine as the file names it.
        let host: String?

        var file: String { member.file }
        var config: EnsembleConfiguration { checker.quorum.config }

        init(_ member: Member) {
            self.member = member
            var checker = ConfigChecker(cfg: member.cfg, file: member.file, surroundings: member.surroundings)
            checker.checkQuorum()
            checker.checkIdentity()
            checker.ownID = checker.ownID ?? member.id
            self.checker = checker
            own = checker.ownID.flatMap { checker.quorum.config.server($0) }
            // Without an id the file may be of any server, and when they are all on one machine, it is of that one.
            let hosts = own.map { [$0.addresses[0].host] } ?? checker.quorum.config.servers.map { $0.addresses[0].host }
            let machines = Set(hosts.map(HostAddress.machine))
            let isKnown = machines.count == 1 && !HostAddress.isWildcard(hosts[0])
            // A server that stands alone names no host: it runs on this machine, when its file was checked as one of this machine.
            let isHere = hosts.isEmpty && member.surroundings.host != nil
            machine = isKnown ? machines.first : isHere ? HostAddress.machine("localhost") : nil
            host = isKnown ? hosts[0] : isHere ? "localhost" : nil
        }

        func place(of key: String) -> SourceLocation? { checker.effective[key]?.location }
    }

    private var problems: [Diagnostic] = []

    /// The problems of these files besides those that each has by itself, file by file. A file is compared with the first one
    /// that means the same ensemble.
    ///
    /// Rule ids: `files-differ`, `setting-differs`, `port-conflict`, `data-dir-shared`, `myid-twice`.
    package static func check(_ members: [Member]) -> [Diagnostic] {
        var check = EnsembleCheck()
        let readers = members.map(Reader.init)
        for (index, reader) in readers.enumerated() {
            let earlier = readers[..<index].filter { $0.file != reader.file }
            if let first = earlier.first(where: { isSameEnsemble($0.config, reader.config) }) {
                check.compareLists(reader, first)
                check.compareSettings(reader, first)
            }
            check.compareIDs(reader, earlier)
            check.compareHosts(reader, earlier)
        }
        return check.problems
    }

    /// Lists that share a server, or name the same ids, are meant to be one list.
    private static func isSameEnsemble(_ one: EnsembleConfiguration, _ two: EnsembleConfiguration) -> Bool {
        if one.servers.isEmpty || two.servers.isEmpty { return false }
        if one.servers.map(\.id) == two.servers.map(\.id) { return true }
        let places = Set(one.servers.flatMap(\.addresses).map(key))
        return two.servers.flatMap(\.addresses).contains { places.contains(key($0)) }
    }

    private static func key(_ address: ServerLine.Address) -> String {
        "\(HostAddress.machine(address.host)):\(address.quorumPort)"
    }

    // MARK: The lists of servers

    private mutating func compareLists(_ reader: Reader, _ first: Reader) {
        let mine = reader.checker.quorum
        let theirs = first.checker.quorum
        // What could not be read cannot be compared.
        guard !mine.problems.hasErrors, !theirs.problems.hasErrors else { return }
        for id in Set(mine.config.servers.map(\.id) + theirs.config.servers.map(\.id)).sorted() {
            let there = Self.place(theirs.places[id], in: first.checker.quorumFile ?? first.file)
            switch (mine.config.server(id), theirs.config.server(id)) {
            case (let here?, let other?):
                guard !Self.isSame(here, other) else { continue }
                error(
                    .filesDiffer, reader.checker.quorumFile, mine.places[id],
                    "server.\(id) is \(here.value()) here, but \(other.value()) in \(there)",
                    mend: "write the same line for server.\(id) in every file")
            case (nil, let other?):
                error(
                    .filesDiffer, reader.checker.quorumFile, nil,
                    "there is no server.\(id) here, but it is \(other.value()) in \(there)",
                    mend: "add the line \(other.text(.modern)), or remove it there",
                    edit: .set(key: other.key, value: theirs.entries[id]?.value ?? other.value()))
            case (let here?, nil):
                error(
                    .filesDiffer, reader.checker.quorumFile, mine.places[id],
                    "server.\(id) is \(here.value()) here, and there is no server.\(id) in \(first.checker.quorumFile ?? first.file)",
                    mend: "add the line there, or remove it here")
            case (nil, nil): break
            }
        }
        if mine.config.hierarchyLines != theirs.config.hierarchyLines {
            let lines = theirs.config.hierarchyLines
            error(
                .filesDiffer, reader.checker.quorumFile, nil,
                "the groups and weights are not those of \(first.file): \(lines.isEmpty ? "it has none" : lines.joined(separator: " "))",
                mend: "write the same group and weight lines in every file")
        }
    }

    /// A server may call itself 0.0.0.0 in its own file, which each file says of itself by its own rule.
    private static func isSame(_ one: ServerLine, _ two: ServerLine) -> Bool {
        guard one.role == two.role, one.addresses.count == two.addresses.count else { return false }
        if let client = one.client, let other = two.client, client.port != other.port { return false }
        return zip(one.addresses, two.addresses).allSatisfy { mine, theirs in
            mine.quorumPort == theirs.quorumPort && mine.electionPort == theirs.electionPort
                && (HostAddress.machine(mine.host) == HostAddress.machine(theirs.host)
                    || HostAddress.isWildcard(mine.host) || HostAddress.isWildcard(theirs.host))
        }
    }

    private static func place(_ place: SourceLocation?, in file: String) -> String {
        place.map { "\(file), line \($0.line)" } ?? file
    }

    // MARK: Settings

    private mutating func compareSettings(_ reader: Reader, _ first: Reader) {
        func value(_ key: String, _ reader: Reader) -> String? {
            let value = reader.checker.value(key) ?? KnownKeys.key(key)?.defaultValue
            return KnownKeys.key(key)?.kind == .boolean ? value?.lowercased() : value
        }
        let takesBoth = [reader, first].allSatisfy { $0.checker.isTrue("portUnification") }
        for (key, severity, consequence) in KnownKeys.shared where key != "sslQuorum" || !takesBoth {
            let (mine, theirs) = (value(key, reader), value(key, first))
            guard mine != theirs, reader.place(of: key) != nil || first.place(of: key) != nil else { continue }
            problems.append(
                Diagnostic(
                    severity, rule: .settingDiffers, file: reader.file, at: reader.place(of: key),
                    "\(key) is \(mine ?? "not set") here, but \(theirs ?? "not set") in \(Self.place(first.place(of: key), in: first.file)): \(consequence)",
                    mend: "write the same \(key) in every file"))
        }
    }

    // MARK: Who and where

    private mutating func compareIDs(_ reader: Reader, _ earlier: [Reader]) {
        guard case .text(_, let path) = reader.member.surroundings.myid, let id = reader.checker.ownID else { return }
        for other in earlier where Self.isSameEnsemble(other.config, reader.config) && other.checker.ownID == id {
            // One directory for both is reported as that.
            guard case .text(_, let otherPath) = other.member.surroundings.myid, otherPath != path else { continue }
            error(
                .myidTwice, path, SourceLocation(line: 1, column: 1),
                "myid is \(id), and so it is in \(otherPath): two servers cannot have one id",
                mend: "write the N of each server's own server.N line into its myid")
            return
        }
    }

    private mutating func compareHosts(_ reader: Reader, _ earlier: [Reader]) {
        guard let machine = reader.machine else { return }
        let others = earlier.filter { $0.machine == machine }
        for use in Self.uses(of: reader) {
            let found = others.compactMap { other in Self.uses(of: other).first(where: use.collides).map { (other, $0) }
            }
            guard let (other, theirs) = found.first else { continue }
            // Nobody chose these, and a server without an admin page serves all the same.
            let isDefault = use.key.map { reader.place(of: $0) == nil } ?? false
            let what = isDefault ? "the \(use.what) is \(use.port) by default" : "the \(use.what) is \(use.port)"
            problems.append(
                Diagnostic(
                    isDefault ? .warning : .error, rule: .portConflict, file: reader.file, at: use.place,
                    "\(what), which is the \(theirs.what) of \(other.file), too, on the same host \(reader.host ?? machine)",
                    mend: "write \(use.key.map { "another \($0)" } ?? "another port") in each file"))
        }
        for key in ["dataDir", "dataLogDir"] {
            guard let path = Self.path(key, of: reader) else { continue }
            let found = others.compactMap { other in
                ["dataDir", "dataLogDir"].first { Self.path($0, of: other) == path }.map { ($0, other) }
            }
            guard let (theirs, other) = found.first else { continue }
            error(
                .dataDirShared, reader.file, reader.place(of: key),
                "\(key) \(reader.checker.value(key) ?? path) is the \(theirs) of \(other.file), too, on the same host \(reader.host ?? machine): each server would destroy the other's data",
                mend: "give each server a directory of its own")
        }
    }

    private static func uses(of reader: Reader) -> [ConfigChecker.PortUse] {
        reader.checker.ownPortUses(of: reader.own, host: reader.host).map { use in
            var use = use
            use.server = nil
            return use
        }
    }

    /// The directory by which two names of it are seen as one; nil when it is not set or nobody knows where it is.
    private static func path(_ key: String, of reader: Reader) -> String? {
        guard let text = reader.checker.value(key), text.hasPrefix("/") else { return nil }
        if case .directory(let canonical, _)? = reader.member.surroundings.host?.paths[text] { return canonical }
        return "/" + text.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
    }

    private mutating func error(
        _ rule: Rule, _ file: String?, _ place: SourceLocation?, _ message: String, mend: String, edit: Edit? = nil
    ) {
        problems.append(Diagnostic(.error, rule: rule, file: file, at: place, message, mend: mend, edit: edit))
    }
}
