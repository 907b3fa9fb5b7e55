import Foundation
import NIOConcurrencyHelpers
import ZooKeeperClient

/// One server of a ``TestEnsemble``: a process of either engine, with a directory of its own that outlives it.
package final class EnsembleServer: Sendable {
    private struct State {
        var engine: Engine
        var process: ChildProcess?
        var isPaused = false
        var environment: [String: String]?
        var fileLimit: Int?
    }

    package let id: Int
    package let isObserver: Bool
    package let address: ServerAddress
    package let quorumPort: Int
    package let electionPort: Int
    package let directory: String
    private let state: NIOLockedValueBox<State>

    init(id: Int, engine: Engine, isObserver: Bool, ports: ArraySlice<Int>, directory: String) throws {
        self.id = id
        self.isObserver = isObserver
        address = ServerAddress(host: "127.0.0.1", port: ports[ports.startIndex])
        quorumPort = ports[ports.startIndex + 1]
        electionPort = ports[ports.startIndex + 2]
        self.directory = directory + "/\(id)"
        state = NIOLockedValueBox(State(engine: engine))
        try createDataDirectory()
    }

    package var dataDirectory: String { directory + "/data" }
    package var configuration: String { directory + "/zoo.cfg" }
    package var log: String { (try? String(contentsOfFile: directory + "/log", encoding: .utf8)) ?? "" }
    package var engine: Engine { state.withLockedValue { $0.engine } }
    package var pid: pid_t { state.withLockedValue { $0.process?.pid ?? 0 } }
    package var isRunning: Bool { state.withLockedValue { $0.process?.isRunning ?? false } }
    /// Whether it runs and has not been stopped with `SIGSTOP`.
    package var isAwake: Bool { state.withLockedValue { !$0.isPaused && $0.process?.isRunning ?? false } }

    // MARK: The process

    package func start() throws {
        try state.withLockedValue { state in
            state.process = try state.engine.launch(
                configuration, environment: state.environment, fileLimit: state.fileLimit,
                output: directory + "/log")
            state.isPaused = false
        }
    }

    /// Ends the process as a crash would.
    package func kill() {
        state.withLockedValue { state in
            state.process?.killAndWait()
            state.process = nil
            state.isPaused = false
        }
    }

    /// Asks the process to end, and waits until it has.
    package func stop() async throws {
        state.withLockedValue { $0.process?.signal(SIGTERM) }
        try await eventually("server \(id) stops") { !isRunning }
    }

    /// Holds the process still, until ``resume()``. On a busy machine its threads run on for a while after the signal: returns
    /// when all have stopped.
    package func pause() async throws {
        state.withLockedValue { state in
            state.process?.signal(SIGSTOP)
            state.isPaused = true
        }
        let tasks = "/proc/\(pid)/task"
        try await eventually("\(self) holds still") {
            try FileManager.default.contentsOfDirectory(atPath: tasks).allSatisfy { task in
                // pid (name) state …
                let line = try String(contentsOfFile: "\(tasks)/\(task)/stat", encoding: .utf8)
                return line.split(separator: ")").last?.hasPrefix(" T") ?? false
            }
        }
    }

    package func resume() {
        state.withLockedValue { state in
            state.process?.signal(SIGCONT)
            state.isPaused = false
        }
    }

    /// What the next process runs. The data stays.
    package func setEngine(_ engine: Engine) { state.withLockedValue { $0.engine = engine } }

    /// Variables of the next process's environment besides those of the tests.
    package func setEnvironment(_ additions: [String: String]) {
        let all = ProcessInfo.processInfo.environment.merging(additions) { _, new in new }
        state.withLockedValue { $0.environment = all }
    }

    /// The next process can write no file beyond this, as if its disk were full.
    package func setFileSizeLimit(kilobytes limit: Int?) { state.withLockedValue { $0.fileLimit = limit } }

    // MARK: The data

    /// Removes all the server knows but its id.
    package func loseData() throws {
        try FileManager.default.removeItem(atPath: dataDirectory)
        try createDataDirectory()
    }

    private func createDataDirectory() throws {
        try FileManager.default.createDirectory(atPath: dataDirectory, withIntermediateDirectories: true)
        try setMyID("\(id)")
    }

    package func setMyID(_ text: String) throws {
        try text.write(toFile: dataDirectory + "/myid", atomically: true, encoding: .utf8)
    }

    /// Whether these bytes are in its log files.
    package func hasLogged(_ text: String) -> Bool {
        let directory = dataDirectory + "/version-2"
        let files = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        return files.contains { name in
            guard name.hasPrefix("log."), let data = FileManager.default.contents(atPath: directory + "/" + name) else {
                return false
            }
            return data.range(of: Data(text.utf8)) != nil
        }
    }

    // MARK: Questions

    /// What `srvr` answers; nil from a server that is not serving.
    package var statistics: ServerStatistics? {
        get async {
            guard isAwake else { return nil }
            return try? await FourLetterWords.srvr(address, timeout: .seconds(5))
        }
    }

    package var mode: ServerMode? { get async { await statistics?.mode } }
}

extension EnsembleServer: CustomStringConvertible {
    package var description: String { "server \(id) (\(engine.rawValue))" }
}
