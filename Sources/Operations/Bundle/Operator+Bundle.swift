import DurableFiles
import FoundationEssentials
import Glibc
import Planning
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
        let title = "\(ensemble.name)-bundle-\(Timestamp.now().compact)"
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
        // Made beforehand, so that nobody else may read it.
        close(try PrivateFiles.open(target, O_WRONLY | O_TRUNC))
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
        let configurations = ensemble.members.flatMap { member in
            ((try? Directory.names(in: "\(member.directory)/conf")) ?? []).map { file in
                (path: "\(member.directory)/conf/\(file)", name: "server.\(member.id)/conf/\(file)")
            }
        }
        // All of them first: a secret of one may stand in the log of another.
        contents.learn(ensemble.layout.topology, .yaml)
        for file in configurations { contents.learn(file.path, Self.format(of: file.path)) }
        contents.copy(ensemble.layout.topology, as: "topology.yaml", .yaml)
        for file in configurations { contents.copy(file.path, as: file.name, Self.format(of: file.path)) }
        contents.copy(ensemble.layout.assignments, as: "assignments")
        let control = try? await controlIfRunning(ensemble.home)
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
            contents.copy("\(member.directory)/data/myid", as: "\(folder)/myid")
            contents.copyTail(member.logFile, as: "\(folder)/server.log", bytes: 1 << 20)
            for word in [.srvr, .mntr, .conf, .stat, .wchs] as [FourLetterWord] {
                if let text = await ServerAnswer.text(of: word, from: member) {
                    contents.add(text, as: "\(folder)/\(word.rawValue).txt")
                } else {
                    contents.miss("\(folder)/\(word.rawValue).txt")
                }
            }
        }
    }
}

extension Operator {
    /// Of a file of a server's configuration.
    private static func format(of path: String) -> Secrets.Format {
        if path.hasSuffix(".yaml") || path.hasSuffix(".yml") { return .yaml }
        return path.hasSuffix(".xml") || path.hasSuffix(".json") || path.hasSuffix(".pem") ? .text : .properties
    }
}
