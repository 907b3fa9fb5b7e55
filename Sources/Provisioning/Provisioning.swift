import Diagnostics
import DurableFiles
import Glibc
import ServerConfig
import Topology

/// From a topology to the files of every server.
package enum Provisioning {
    /// What would have to be written below `layout.root`. Reads, changes nothing.
    ///
    /// - Parameter topologyText: the topology as the user wrote it, to be stored with what it keeps for life; nil when the
    ///   caller stores that itself, at a moment of its own.
    package static func plan(
        _ topology: Topology, layout: EnsembleLayout, topologyText: String? = nil
    ) throws(ProvisioningError) -> Plan {
        let files = ServerFiles(topology: topology, layout: layout)
        var planner = Planner(layout: layout)
        do throws(FileError) {
            for server in topology.servers {
                let place = layout.server(server.id)
                for directory in [place.conf, place.data, place.logs] { planner.directory(directory) }
                try planner.myid(server.id, files.myid(server), at: place.myid)
                try planner.zooCfg(at: place) { files.zooCfg(server, membership: $0) }
            }
            if let topologyText {
                try planner.file(topology.assignments.text, at: layout.assignments)
                try planner.file(topologyText, at: layout.topology)
            }
            try planner.file(files.connect(), at: layout.connect)
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
        let first = old.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)[0]
        guard MyID.parse(old) == id else {
            plan.problems.append(
                Diagnostic(
                    .error, rule: "myid-mismatch", file: path,
                    "this myid says '\(first)', but the topology has server \(id) here",
                    mend: "give the server its own id in the topology, or move the data directory aside"))
            return
        }
        plan.files.append(Plan.File(path: path, content: old, change: .unchanged))
    }

    mutating func zooCfg(
        at place: EnsembleLayout.Server, _ content: (ServerFiles.Membership) -> String
    ) throws(FileError) {
        let new = content(.inline)
        let record = place.generatedZooCfg
        var file = Plan.File(path: place.zooCfg, content: new, change: .created, record: record)
        if let old = try text(place.zooCfg) {
            let generated = try text(record)
            if old == new {
                file.change = .unchanged
            } else if old == generated {
                file.change = .changed(from: old)
            } else if let dynamic = ServerRewrite.dynamicFile(old, of: generated) {
                file.content = content(.dynamic(file: dynamic))
                let isSame = ServerRewrite.meanSame(old, file.content)
                file.change = .rewrittenByServer(from: isSame ? nil : old, dynamicFile: dynamic)
                if isSame { file.content = old }
            } else {
                file.change = .editedByHand(from: old, keptAs: freeName(place.zooCfg + ".orig"))
            }
        }
        plan.files.append(file)
    }

    /// `path`, or with the first number behind it under which nothing is kept yet.
    private func freeName(_ path: String) -> String {
        guard access(path, F_OK) == 0 else { return path }
        var number = 1
        while access("\(path).\(number)", F_OK) == 0 { number += 1 }
        return "\(path).\(number)"
    }

    private func text(_ path: String) throws(FileError) -> String? {
        do {
            return String(decoding: try DurableFile.read(path), as: UTF8.self)
        } catch  where error.code == ENOENT || error.code == ENOTDIR {
            return nil
        }
    }
}
