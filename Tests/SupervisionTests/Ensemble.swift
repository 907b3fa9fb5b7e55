import DurableFiles
import Glibc
import Planning
import Testing
import ZooKeeperProtocol

@testable import Supervision

/// A directory with fake servers, supervised by real supervisors; everything is ended and removed with ``tearDown()``.
final class Ensemble: Sendable {
    let directory: String
    let home: SupervisorHome
    /// The executable of the target SupervisionTestTool, which lies beside that of the tests.
    static let tool = Directory.parent(of: Files.resolved("/proc/self/exe")!) + "/SupervisionTestTool"

    init(_ name: String, in parent: String) throws {
        directory = temporaryDirectory(in: parent) + "/" + name
        home = SupervisorHome(ensembleDirectory: directory)
        try #require(mkdir(directory, 0o755) == 0)
    }

    /// Writes nothing but the server's directory.
    func spec(_ id: ServerID, _ words: String..., revision: String = "", grace: Double = 10) throws -> ServerSpec {
        let server = directory + "/server.\(id)"
        mkdir(server, 0o755)
        let port = try freePort()
        return ServerSpec(
            id: id, directory: server,
            launch: Launch(
                executable: Self.tool, arguments: ["serve", "\(port)"] + words, workingDirectory: server),
            clientHost: "127.0.0.1", clientPort: port, engine: "fake", revision: revision, grace: .seconds(grace))
    }

    var launcher: SupervisorLauncher {
        SupervisorLauncher(executable: Self.tool, arguments: ["supervise", directory])
    }

    func connect() async throws -> ControlClient {
        try await ControlClient.connectOrLaunch(
            ensembleDirectory: directory, launcher: launcher, by: "test", timeout: .seconds(60))
    }

    /// A supervisor with these servers, all serving.
    func boot(_ specs: [ServerSpec]) async throws -> ControlClient {
        let client = try await connect()
        try await client.reload(specs)
        try await client.start(specs.map(\.id))
        for spec in specs { try await client.wait(for: spec.id) { $0.state == .running } }
        return client
    }

    /// SIGKILL; returns when it is gone.
    func killSupervisor() async throws {
        let pid = try #require(home.holder?.pid)
        kill(pid, SIGKILL)
        try await eventually("the supervisor's lock is free") { self.home.holder == nil }
        // We launched it, so it is our child.
        waitpid(pid, nil, 0)
    }

    /// The session leaders that carry this ensemble's marker, by id.
    func processes() -> [ServerID: [ProcessIdentity]] {
        let prefix = (Files.resolved(directory) ?? directory) + "#"
        let found = ProcessTable.sessionLeaders(withVariable: Supervisor.marker, valuePrefix: prefix)
        return Dictionary(grouping: found) { ServerID($0.value.dropFirst(prefix.count)) ?? -1 }.mapValues {
            $0.map(\.process)
        }
    }

    func events() -> [SupervisorEvent] { SupervisorEvent.recorded(in: home) }

    func tearDown() {
        if let pid = home.holder?.pid { kill(pid, SIGKILL) }
        for process in processes().values.joined() { kill(process.pid, SIGKILL) }
        removeTree(Directory.parent(of: directory))
    }
}

func withEnsemble(
    _ name: String = "demo", in parent: String = "/tmp", _ body: (Ensemble) async throws -> Void
) async throws {
    let ensemble = try Ensemble(name, in: parent)
    defer { ensemble.tearDown() }
    try await body(ensemble)
}

extension ControlClient {
    /// The first status of this server that fulfils the condition.
    @discardableResult
    func wait(
        for id: ServerID, sourceLocation: Testing.SourceLocation = #_sourceLocation,
        _ condition: (ServerProcess) -> Bool
    ) async throws -> ServerProcess {
        var last: ServerProcess?
        let deadline = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < deadline {
            last = try await status().server(id)
            if let last, condition(last) { return last }
            try await Task.sleep(for: .milliseconds(20))
        }
        Issue.record("server \(id) did not get there: \(String(describing: last))", sourceLocation: sourceLocation)
        throw ControlError.timedOut(.seconds(60))
    }
}

func eventually(
    _ what: String, sourceLocation: Testing.SourceLocation = #_sourceLocation, _ condition: () throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + .seconds(60)
    while ContinuousClock.now < deadline {
        if try condition() { return }
        try await Task.sleep(for: .milliseconds(10))
    }
    Issue.record("not within 60 s: \(what)", sourceLocation: sourceLocation)
    throw ControlError.timedOut(.seconds(60))
}

/// Outside the kernel's ephemeral range, so that no outgoing connection takes it meanwhile.
func freePort() throws -> Int {
    for _ in 0..<1000 {
        let port = Int.random(in: 20000..<32000)
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        if result == 0 { return port }
    }
    throw FileError("find", "a free port")
}

func withTemporaryDirectory(in parent: String = "/tmp", _ body: (String) async throws -> Void) async throws {
    let directory = temporaryDirectory(in: parent)
    defer { removeTree(directory) }
    try await body(directory)
}

private func temporaryDirectory(in parent: String) -> String {
    var template = Array("\(parent)/supervision.XXXXXX".utf8CString)
    return String(cString: mkdtemp(&template))
}

func removeTree(_ path: String) {
    for name in Files.names(in: path) { removeTree(path + "/" + name) }
    if rmdir(path) != 0 { unlink(path) }
}

func text(_ path: String) throws -> String { String(decoding: try DurableFile.read(path, limit: .max), as: UTF8.self) }
