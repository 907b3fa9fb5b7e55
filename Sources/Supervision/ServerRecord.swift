import DurableFiles
import FoundationEssentials
import Glibc

/// What outlives the supervisor, per server: `supervisor/servers/N.json`.
struct ServerRecord: Codable, Hashable, Sendable {
    var spec: ServerSpec
    var desired: ServerProcess.Desired
    /// Taken out of the ensemble; the record goes when its process is gone.
    var removed: Bool
    var process: ProcessIdentity?
    /// What `process` was started as.
    var launched: Launched?
    var paused: Bool
    var failed: Bool
    var restarts: Int
    var lastExit: ExitStatus?
    var lastError: String?
}

/// The parts of a specification that take effect only when a server is started.
struct Launched: Codable, Hashable, Sendable {
    var launch: Launch
    var revision: String
    /// Where clients reach it; nil in the record of an earlier version.
    var clientHost: String?
    var clientPort: Int?

    init(_ spec: ServerSpec) {
        launch = spec.launch
        revision = spec.revision
        clientHost = spec.clientHost
        clientPort = spec.clientPort
    }

    /// Started now, `spec` would be another process. Its client port is in its files too, so that their revision tells.
    func isOutdated(by spec: ServerSpec) -> Bool { launch != spec.launch || revision != spec.revision }
}

extension ServerSpec {
    /// `spec` as it was when `launched` was started.
    init(launched: Launched, of spec: ServerSpec) {
        self = spec
        launch = launched.launch
        revision = launched.revision
        clientHost = launched.clientHost ?? spec.clientHost
        clientPort = launched.clientPort ?? spec.clientPort
    }

    /// Differs when the server would be started as something else: program, arguments, environment or files.
    package var fingerprint: String {
        let environment = launch.environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        let files = launch.files.flatMap { [$0.path, $0.content] }
        let parts = [launch.executable, launch.workingDirectory, revision] + launch.arguments + environment + files
        return Revision.of(parts.joined(separator: "\0"))
    }
}

/// The records of one ensemble; each write is atomic and durable.
struct RecordStore: Sendable {
    let directory: String

    init(home: SupervisorHome) { directory = home.records }

    func create() throws(FileError) { try PrivateFiles.makeDirectory(directory) }

    /// By id, ascending; and the paths of files that are no records.
    func load() -> (records: [ServerRecord], damaged: [String]) {
        var records: [ServerRecord] = []
        var damaged: [String] = []
        for name in Files.names(in: directory) where name.hasSuffix(".json") {
            let path = directory + "/" + name
            if let bytes = try? DurableFile.read(path),
                let record = try? JSONDecoder().decode(ServerRecord.self, from: Data(bytes)),
                self.path(record.spec.id) == path
            {
                records.append(record)
            } else {
                damaged.append(path)
            }
        }
        return (records.sorted { $0.spec.id < $1.spec.id }, damaged)
    }

    func write(_ record: ServerRecord) throws(FileError) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let data: Data
        do { data = try encoder.encode(record) } catch { throw FileError("encode", path(record.spec.id), code: EINVAL) }
        try DurableFile.write(data, to: path(record.spec.id))
    }

    func remove(_ id: Int) {
        unlink(path(id))
        try? DurableFile.syncDirectory(of: path(id))
    }

    private func path(_ id: Int) -> String { "\(directory)/\(id).json" }
}

extension SupervisorHome {
    /// Whether servers of this ensemble are meant to run, as the last supervisor recorded: when none lives now, it died and
    /// left them behind.
    package var wantsServers: Bool {
        RecordStore(home: self).load().records.contains { $0.desired == .running }
    }
}
