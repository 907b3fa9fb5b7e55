import DurableFiles
import Membership
import Planning
import Provisioning
import ServerConfig
import Storage
import ZooKeeperClient
import ZooKeeperProtocol

/// One server's data on this machine, and where to ask the server about it.
package struct ServerPlace: Sendable {
    package var id: ServerID?
    package var dataDir: String
    package var dataLogDir: String?
    /// Nil: nobody said where it takes clients.
    package var client: ServerAddress?
    /// Who is in its ensemble, as its own files say; nil for a server alone, or where nobody said.
    package var configuration: EnsembleConfiguration?
    package var engine: String?
    /// Where it takes clients over TLS; nil where nobody said.
    var secureClientPort: Int?
    /// At which of its addresses alone it takes them; nil: at any.
    var secureClientHost: String?
    /// What its zoo.cfg says; empty where there is none.
    var settings: [String: String] = [:]

    package init(
        id: ServerID? = nil, dataDir: String, dataLogDir: String? = nil, client: ServerAddress? = nil,
        configuration: EnsembleConfiguration? = nil, engine: String? = nil
    ) {
        self.id = id
        self.dataDir = dataDir
        self.dataLogDir = dataLogDir
        self.client = client
        self.configuration = configuration
        self.engine = engine
    }

    package var directory: DataDirectory { DataDirectory(dataDir: dataDir, dataLogDir: dataLogDir) }

    /// `server 2`, or where its data is.
    package var name: String { id.map { "server \($0)" } ?? "the server of \(dataDir)" }

    /// The server of a zoo.cfg on this machine: its directories, its id, its client port and the members of its ensemble.
    package init(zooCfg path: String) throws(OperationError) {
        let file: ZooCfgFile
        do throws(FileError) { file = try ZooCfgFile(reading: path) } catch {
            throw OperationError(.badInput, error.description)
        }
        let cfg = file.cfg
        let directory = EnsembleStore.absolute(Directory.parent(of: path), from: EnsembleStore.workingDirectory())
        func absolute(_ path: String) -> String { EnsembleStore.absolute(path, from: directory) }
        guard let dataDir = cfg["dataDir"], !dataDir.isEmpty else {
            throw OperationError(.badInput, "\(path) names no dataDir", mend: "name the zoo.cfg of a server")
        }
        self.dataDir = absolute(dataDir)
        dataLogDir = cfg["dataLogDir"].map(absolute)
        if case .text(let text, _) = file.surroundings.myid { id = MyID.parseLeniently(text) }
        var entries = cfg.effectiveEntries
        var version: Int64 = 0
        if case .text(let text, let dynamic) = file.surroundings.dynamicConfig {
            entries = ZooCfg(text: text).effectiveEntries
            version = EnsembleConfiguration.version(ofFileNamed: dynamic)
        }
        let members = EnsembleConfiguration.read(entries, version: version).config
        if !members.servers.isEmpty { configuration = members }
        let line = id.flatMap { members.server($0) }?.client
        let host = line?.host ?? cfg["clientPortAddress"].map(HostAddress.unbracketed)
        if let port = line?.port ?? cfg["clientPort"].flatMap({ Int($0) }), (1...65535).contains(port) {
            client = ServerAddress(
                host: host.flatMap { HostAddress.isWildcard($0) ? nil : $0 } ?? "localhost", port: port)
        }
        secureClientPort = cfg["secureClientPort"].flatMap { Int($0) }.flatMap { (1...65535).contains($0) ? $0 : nil }
        secureClientHost = cfg["secureClientPortAddress"].map(HostAddress.unbracketed).flatMap {
            HostAddress.isWildcard($0) ? nil : $0
        }
        settings = Dictionary(cfg.effectiveEntries.map { ($0.key, $0.value) }) { $1 }
    }

    /// What tells the servers that this place belongs to, and that one can ask without a session: itself, and those of its ensemble
    /// whose client ports its files name.
    var clients: [ServerAddress] {
        let others = (configuration?.servers ?? []).filter { $0.id != id }.compactMap { line -> ServerAddress? in
            guard let client = line.client else { return nil }
            let host = client.host.flatMap { HostAddress.isWildcard($0) ? nil : $0 } ?? line.addresses.first?.host
            return host.map { ServerAddress(host: $0, port: client.port) }
        }
        return [client].compactMap { $0 } + others
    }
}
