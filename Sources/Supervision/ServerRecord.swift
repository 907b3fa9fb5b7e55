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

    init(_ spec: ServerSpec) {
        launch = spec.launch
        revision = spec.revision
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
