import DurableFiles
import FoundationEssentials
import Glibc
import Provisioning
import Supervision
import ZooKeeperClient

extension Operator {
    /// Writes one archive for a bug report and returns its path: configurations without their secrets, status, four-letter words, log
    /// tails, events, audit, versions. What cannot be had is left out and named in `missing.txt`.
    ///
    /// - Parameter path: where to; nil for `NAME-bundle-TIME.tar.gz` in `workingDirectory`
    package func bundle(
        _ name: String?, to path: String? = nil, workingDirectory: String = EnsembleStore.workingDirectory()
    ) async throws -> String {
        let ensemble = try store.open(name)
        let stamp = Moment.text(Moment.now()).prefix(19).filter { $0 != ":" && $0 != "-" }
        let title = "\(ensemble.name)-bundle-\(stamp)"
        let target = EnsembleStore.absolute(path ?? "\(title).tar.gz", from: workingDirectory)
        var template = Array("/tmp/paddock-bundle-XXXXXX".utf8CString)
        guard let made = template.withUnsafeMutableBufferPointer({ mkdtemp($0.baseAddress!) }) else {
            throw FileError("create the directory", "/tmp/paddock-bundle-XXXXXX")
        }
        let scratch = String(cString: made)
        defer { try? removeTree(scratch) }
        var contents = BundleContents(directory: "\(scratch)/\(title)")
        try await gather(ensemble, &contents)
        try contents.finish()
        let code = try await ChildCommand(
            ["tar", "-C", scratch, "-czf", target, title], environment: environment
        ).run()
        guard code == 0 else {
            throw OperationError(
                .failed, "tar could not write \(target) (exit code \(code))", mend: "choose another file")
        }
        return target
    }

    private func gather(_ ensemble: Ensemble, _ contents: inout BundleContents) async throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
        contents.copy(ensemble.layout.topology, as: "topology.yaml", redacting: true)
        contents.copy(ensemble.layout.assignments, as: "assignments")
        let control = try? await controlIfUp(ensemble.home)
        let status = await status(of: ensemble, control)
        contents.add(String(decoding: try encoder.encode(status), as: UTF8.self) + "\n", as: "status.json")
        let findings = Doctor.examine(store, environment: environment)
        contents.add(String(decoding: try encoder.encode(findings), as: UTF8.self) + "\n", as: "doctor.json")
        contents.copyTail(ensemble.home.events, as: "events.jsonl", bytes: 1 << 20)
        contents.copyTail(ensemble.home.log, as: "supervisor.log", bytes: 1 << 20)
        var audit = ""
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        for entry in store.audit.entries(of: ensemble.name) {
            audit += String(decoding: try encoder.encode(entry), as: UTF8.self) + "\n"
        }
        contents.add(audit, as: "audit.jsonl")
        contents.copy("/proc/version", as: "kernel")
        contents.copy("/etc/os-release", as: "os-release")
        for member in ensemble.members {
            try Task.checkCancellation()
            let folder = "server.\(member.id)"
            for file in (try? directoryEntries("\(member.directory)/conf")) ?? [] where !file.hasPrefix(".") {
                contents.copy("\(member.directory)/conf/\(file)", as: "\(folder)/conf/\(file)", redacting: true)
            }
            contents.copy("\(member.directory)/data/myid", as: "\(folder)/myid")
            contents.copyTail(member.logFile, as: "\(folder)/server.log", bytes: 1 << 20)
            for word in [.srvr, .mntr, .conf, .stat, .wchs] as [FourLetterWord] {
                if let text = await ServerAnswer.text(of: word, from: member) {
                    contents.add(Secrets.redacted(text), as: "\(folder)/\(word.rawValue).txt")
                } else {
                    contents.miss("\(folder)/\(word.rawValue).txt")
                }
            }
        }
    }
}

/// The files of a bundle while it is put together.
private struct BundleContents {
    let directory: String
    private var missing: [String] = []
    private var failure: (any Error)?

    init(directory: String) { self.directory = directory }

    mutating func add(_ text: String, as name: String) {
        let path = "\(directory)/\(name)"
        do {
            try makeDirectories(String(path[..<path.lastIndex(of: "/")!]))
            try DurableFile.write(text.utf8, to: path)
        } catch {
            failure = failure ?? error
        }
    }

    mutating func copy(_ path: String, as name: String, redacting: Bool = false) {
        guard let bytes = try? DurableFile.read(path, limit: 4 << 20) else { return miss(name) }
        let text = String(decoding: bytes, as: UTF8.self)
        add(redacting ? Secrets.redacted(text) : text, as: name)
    }

    mutating func copyTail(_ path: String, as name: String, bytes: Int) {
        guard access(path, R_OK) == 0 else { return miss(name) }
        var tail = FileTail(path, last: bytes)
        add(tail.read(), as: name)
    }

    mutating func miss(_ name: String) { missing.append(name) }

    mutating func finish() throws {
        if !missing.isEmpty { add(missing.joined(separator: "\n") + "\n", as: "missing.txt") }
        if let failure { throw failure }
    }
}
