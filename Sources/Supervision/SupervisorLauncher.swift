import DurableFiles
import Glibc
import Planning

/// How to start a supervisor in the background: this very program again, with the arguments that make it one.
package struct SupervisorLauncher: Sendable {
    package var executable: String
    package var arguments: [String]

    /// - Parameter arguments: what makes the executable call ``SupervisorMain/run(ensembleDirectory:)`` for that directory,
    ///   e.g. `["supervise", "--ensemble-dir", directory]`.
    package init(executable: String = "/proc/self/exe", arguments: [String]) {
        self.executable = executable
        self.arguments = arguments
    }

    func launch(_ home: SupervisorHome) throws(FileError) -> pid_t {
        try home.create()
        return try Spawn.detached(
            executable: executable, arguments: arguments, environment: currentEnvironment(), workingDirectory: "/",
            log: home.log, closingOthers: true)
    }

    private func currentEnvironment() -> [String] {
        var variables: [String] = []
        var next = environ
        while let variable = next.pointee {
            variables.append(String(cString: variable))
            next += 1
        }
        return variables
    }
}

extension ControlClient {
    /// The supervisor of the ensemble, started in the background when none lives. Two callers at once get the same one.
    package static func connectOrLaunch(
        ensembleDirectory: String, launcher: SupervisorLauncher, by: String, timeout: Duration = .seconds(30)
    ) async throws(ControlError) -> ControlClient {
        let home = SupervisorHome(ensembleDirectory: ensembleDirectory)
        let client = ControlClient(home: home, by: by)
        let deadline = Instant.now() + timeout
        var launched: pid_t?
        var logStart = 0
        while true {
            do throws(ControlError) {
                _ = try await client.status()
                return client
            } catch {
                switch error {
                case .notRunning, .connectionLost: break
                case .launchFailed, .refused, .failed, .timedOut, .stopped: throw error
                }
            }
            var status: Int32 = 0
            if let pid = launched, waitpid(pid, &status, WNOHANG) != 0 {
                // Fine when ours has ended because another one had the lock: its socket comes in a moment, or it has died since.
                launched = nil
                if (status >> 8) & 0xFF != Self.lockIsTaken {
                    throw .launchFailed(Self.logTail(home, from: logStart))
                }
            }
            if launched == nil, home.holder == nil {
                logStart = Self.size(of: home.log)
                do { launched = try launcher.launch(home) } catch { throw .launchFailed(error.description) }
            }
            guard Instant.now() < deadline else {
                throw .launchFailed("no answer within \(timeout.wholeSeconds) s; see \(home.log)")
            }
            do { try await Task.sleep(for: .milliseconds(4)) } catch { throw .launchFailed("cancelled") }
        }
    }

    /// The exit code with which a supervisor is refused, EX_TEMPFAIL of sysexits.h.
    private static let lockIsTaken: Int32 = 75

    private static func size(of path: String) -> Int {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_size) : 0
    }

    private static func logTail(_ home: SupervisorHome, from start: Int) -> String {
        guard let bytes = try? DurableFile.read(home.log), bytes.count > start else { return "see \(home.log)" }
        let lines = String(decoding: bytes[start...], as: UTF8.self).split(separator: "\n").suffix(5)
        return lines.joined(separator: "\n")
    }
}
