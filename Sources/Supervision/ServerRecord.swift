import DurableFiles
import FoundationEssentials
import Glibc
import Planning
import ZooKeeperProtocol

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
    var version: String?

    init(_ spec: ServerSpec) {
        launch = spec.launch
        revision = spec.revision
        version = spec.engineVersion
        clientHost = spec.clientHost
        clientPort = spec.clientPort
    }

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
        let environment = launch.characteristicEnvironment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
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

    func write(_ records: [ServerRecord]) throws(FileError) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var files: [(path: String, bytes: [UInt8])] = []
        for record in records {
            do { files.append((path(record.spec.id), try Array(encoder.encode(record)))) } catch {
                throw FileError("encode", path(record.spec.id), code: EINVAL)
            }
        }
        try DurableFile.write(files)
    }

    func remove(_ id: ServerID) {
        unlink(path(id))
        try? DurableFile.syncDirectory(of: path(id))
    }

    private func path(_ id: ServerID) -> String { "\(directory)/\(id).json" }
}

extension SupervisorHome {
    /// The servers as the last supervisor recorded them, and whether their processes live: what can be known when none runs.
    package var recordedServers: [ServerProcess] {
        RecordStore(home: self).load().records.filter { !$0.removed }.map { record in
            let process = record.process.flatMap { ProcessTable.isAlive($0) ? $0 : nil }
            let uptime = process.map(ProcessTable.uptime)
            let isPaused = process.map { ProcessTable.stat($0.pid)?.state == UInt8(ascii: "T") } ?? false
            let (spec, launched) = (record.spec, process == nil ? nil : record.launched)
            return ServerProcess(
                id: spec.id, state: process == nil ? record.failed ? .failed : .stopped : isPaused ? .paused : .running,
                desired: record.desired, pid: process?.pid, uptime: uptime.map(Seconds.init),
                restarts: record.restarts, lastExit: record.lastExit, lastError: record.lastError,
                engine: spec.engine, engineVersion: record.launched?.version ?? spec.engineVersion,
                outdated: process.map { isOutdated($0, record.launched, spec) } ?? false,
                isReplaced: process.map { ProcessTable.programWasReplaced($0.pid, executable: spec.launch.executable) },
                launchedAs: launched.map { ServerSpec(launched: $0, of: spec).fingerprint },
                clientHost: launched?.clientHost ?? spec.clientHost,
                clientPort: launched?.clientPort ?? spec.clientPort, directory: spec.directory, logFile: spec.logFile)
        }
    }

    /// Whether what runs is something else than what would be started now.
    func isOutdated(_ process: ProcessIdentity, _ launched: Launched?, _ spec: ServerSpec) -> Bool {
        launched.map { ServerSpec(launched: $0, of: spec).fingerprint != spec.fingerprint } ?? true
            || ProcessTable.programWasReplaced(process.pid, executable: spec.launch.executable)
    }

    /// Whether servers of this ensemble are meant to run, as the last supervisor recorded: when none lives now, it died and
    /// left them behind.
    package var wantsServers: Bool {
        RecordStore(home: self).load().records.contains { $0.desired == .running }
    }
}
