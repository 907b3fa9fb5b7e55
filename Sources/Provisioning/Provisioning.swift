import Diagnostics
import DurableFiles
import Glibc
import Membership
import ServerConfig
import Topology

/// From a topology to the files of every server.
package enum Provisioning {
    /// What would have to be written below `layout.root`. Reads, changes nothing.
    ///
    /// - Parameters:
    ///   - topologyText: the topology as the user wrote it, to be stored with what it keeps for life; nil when the
    ///     caller stores that itself, at a moment of its own.
    ///   - place: where the files will be when they are used, nil for where they are written.
    package static func plan(
        _ topology: Topology, layout: EnsembleLayout, topologyText: String? = nil, place: EnsembleLayout? = nil
    ) throws(ProvisioningError) -> Plan {
        let files = ServerFiles(topology: topology, layout: place ?? layout)
        var planner = Planner(layout: layout)
        do throws(FileError) {
            for server in topology.servers {
                let place = layout.server(server.id)
                for directory in [place.conf, place.data, place.logs] { planner.directory(directory) }
                try planner.myid(server.id, files.myid(server), at: place.myid)
                try planner.zooCfg(of: server.id, at: place) { files.zooCfg(server, membership: $0) }
            }
            if let topologyText {
                try planner.file(topology.assignments.text, at: layout.assignments)
                try planner.file(topologyText, at: layout.topology)
            }
            try planner.file(files.connect(), at: layout.connect)
            planner.leftServers(topology)
        } catch {
            throw ProvisioningError(error)
        }
        return planner.plan
    }
}

/// Compares what should be with what is.
private struct Planner {
    var plan: Plan
    private var known: Set<String> = []

    init(layout: EnsembleLayout) { plan = Plan(layout: layout, directories: [], files: [], problems: []) }

    /// `path` and the parents it lacks.
    mutating func directory(_ path: String) {
        guard path != "/", !path.isEmpty, known.insert(path).inserted, access(path, F_OK) != 0 else { return }
        if let slash = path.lastIndex(of: "/") { directory(String(path[..<slash])) }
        plan.directories.append(path)
    }

    mutating func file(_ content: String, at path: String) throws(FileError) {
        let old = try text(path)
        let change: Plan.Change = old == nil ? .created : old == content ? .unchanged : .changed(from: old!)
        plan.files.append(Plan.File(path: path, content: content, change: change))
    }

    /// An existing myid is never rewritten: the data beside it belongs to that server.
    mutating func myid(_ id: ServerID, _ content: String, at path: String) throws(FileError) {
        guard let old = try text(path) else { return try file(content, at: path) }
        let first = old.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)[0]
        switch MyID.parse(old) {
        case id:
            plan.files.append(Plan.File(path: path, content: old, change: .unchanged))
        case nil:
            plan.problems.append(
                Diagnostic(
                    .error, rule: .myidInvalid, file: path,
                    "this myid says '\(first)', which is no server id, not even with a blank; the topology has server \(id) here",
                    mend:
                        "write \(id) and a line end if the data beside it is that server's, or move the data directory aside"
                ))
        default:
            plan.problems.append(
                Diagnostic(
                    .error, rule: .myidMismatch, file: path,
                    "this myid says '\(first)', but the topology has server \(id) here",
                    mend: "give the server its own id in the topology, or move the data directory aside"))
        }
    }

    mutating func zooCfg(
        of id: ServerID, at place: EnsembleLayout.Server, _ content: (ServerFiles.Membership) -> String
    ) throws(FileError) {
        let new = content(.inline)
        let record = Plan.Record(path: place.generatedZooCfg, content: new)
        var file = Plan.File(path: place.zooCfg, content: new, change: .created, record: record)
        if let old = try text(place.zooCfg) {
            let generated = try text(record.path)
            // One that a reconfiguration took out of its own file cannot start with that any more.
            let rewrite = try ServerRewrite(old).flatMap { rewrite throws(FileError) in
                let members = try text(rewrite.dynamicFile).map {
                    EnsembleConfiguration.read(ZooCfg(text: $0).effectiveEntries).config
                }
                return members.map { $0.server(id) != nil } == false ? nil : rewrite
            }
            // Members that the servers have agreed on since are never taken back.
            if let rewrite { file.content = content(rewrite.membership) }
            if old == new {
                file.change = .unchanged
            } else if let rewrite, rewrite.keepsKeys(of: generated) {
                let isSame = rewrite.means(file.content)
                file.change = .rewrittenByServer(from: isSame ? nil : old, dynamicFile: rewrite.dynamicFile)
                if isSame { file.content = old }
            } else if old == generated || ServerRewrite(old)?.keepsKeys(of: generated) == true {
                file.change = .changed(from: old)
            } else {
                file.change = .editedByHand(from: old, keptAs: SystemFile.freeName(place.zooCfg + ".orig"))
            }
        }
        plan.files.append(file)
    }

    /// Directories of servers that are not in the topology any more stay as they are.
    mutating func leftServers(_ topology: Topology) {
        let left = SystemFile.names(in: plan.layout.root).compactMap { name -> ServerID? in
            guard name.hasPrefix("server."), let id = ServerID(name.dropFirst(7)), topology[id] == nil else {
                return nil
            }
            return id
        }
        for id in left.sorted() {
            let directory = plan.layout.server(id).directory
            plan.problems.append(
                Diagnostic(
                    .warning, rule: .serverLeft, file: directory,
                    "server \(id) is not in the topology any more; its directory is kept",
                    mend: "remove it when nobody needs its data: rm -r \(directory)"))
        }
    }

    private func text(_ path: String) throws(FileError) -> String? {
        do {
            return String(decoding: try DurableFile.read(path), as: UTF8.self)
        } catch  where error.code == ENOENT || error.code == ENOTDIR {
            return nil
        }
    }
}
