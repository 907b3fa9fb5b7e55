import Diagnostics
import Provisioning
import ServerConfig
import Supervision
import Topology

/// A file that was checked, with all that was found.
package struct CheckedFile: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable {
        case topology
        case zooCfg = "zoo.cfg"
    }

    /// As the user named it.
    package var file: String
    package var kind: Kind
    package var text: String
    /// In the order of the file.
    package var problems: [Diagnostic]
}

extension CheckedFile.Kind {
    /// What a file is: by its name, else by its first line that is neither blank nor a comment.
    package init(file: String, text: String) {
        let name = file.split(separator: "/").last.map(String.init) ?? file
        if name.hasSuffix(".yaml") || name.hasSuffix(".yml") {
            self = .topology
        } else if name.hasSuffix(".cfg") || name.hasSuffix(".properties") || name.contains(".cfg.") {
            self = .zooCfg
        } else {
            // `key: value` is possible in both, but no key of a zoo.cfg is one of a topology's.
            let first = text.split(whereSeparator: \.isNewline).first { line in
                let start = line.first { !$0.isWhitespace }
                return start != nil && start != "#" && start != "!"
            }
            let key = first?.prefix { $0 != ":" && $0 != "=" && !$0.isWhitespace }
            self = key.map { Self.topologyKeys.contains(String($0)) } == true ? .topology : .zooCfg
        }
    }

    private static let topologyKeys = [
        "---", "ensemble", "engine", "participants", "observers", "ports", "serverLines", "settings", "hosts",
        "servers",
    ]
}

extension Operator {
    /// Checks a topology or a zoo.cfg (with its dynamic file and its myid, where they are). Ports that the servers of our own
    /// ensembles hold are no conflict: they are where they should be.
    package func check(_ bytes: [UInt8], file: String) async -> CheckedFile {
        let text = String(decoding: bytes, as: UTF8.self)
        switch CheckedFile.Kind(file: file, text: text) {
        case .topology:
            let facts = HostFacts.gather().ignoring(pids: await ownServers())
            let problems = Topology.load(bytes: bytes, file: file, facts: facts, freePorts: FreePorts.find).diagnostics
            return CheckedFile(file: file, kind: .topology, text: text, problems: problems)
        case .zooCfg:
            let own = await ownServers()
            let zooCfg = ZooCfgFile(path: file, bytes: bytes) { HostFacts.gather(paths: $0).ignoring(pids: own) }
            return CheckedFile(file: file, kind: .zooCfg, text: zooCfg.cfg.text, problems: zooCfg.check())
        }
    }

    /// The processes that the supervisors of this state directory run.
    private func ownServers() async -> Set<Int32> {
        var pids: Set<Int32> = []
        for name in store.names() {
            let client = try? await ControlClient.connect(ensembleDirectory: store.root(of: name), by: command)
            for server in (try? await client?.status())?.servers ?? [] { if let pid = server.pid { pids.insert(pid) } }
        }
        return pids
    }
}
