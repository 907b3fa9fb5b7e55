import Foundation
import NIOConcurrencyHelpers

/// A program that a test runs. It dies with the test process, however that ends.
package final class ChildProcess: Sendable {
    package struct LaunchFailure: Error, CustomStringConvertible {
        package var description: String
    }

    package let pid: pid_t
    /// A shell that waits for our end of a pipe to close, which happens even when we are killed, and then kills `pid`.
    private let watchdog: pid_t
    private let watchdogPipe: CInt
    private let isReaped = NIOLockedValueBox(false)

    /// Starts `executable` with both outputs appended to the file `output`.
    package init(
        _ executable: String, _ arguments: [String], environment: [String: String]? = nil, output: String
    ) throws {
        let log = open(output, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard log >= 0 else { throw LaunchFailure(description: "cannot write \(output)") }
        defer { close(log) }
        pid = try Self.spawn(executable, arguments, environment: environment, input: nil, output: log)
        var ends: [CInt] = [0, 0]
        pipe(&ends)
        _ = fcntl(ends[0], F_SETFD, FD_CLOEXEC)
        _ = fcntl(ends[1], F_SETFD, FD_CLOEXEC)
        watchdog = try Self.spawn(
            "/bin/sh", ["-c", "cat; kill -9 \(pid)"], environment: nil, input: ends[0], output: log)
        close(ends[0])
        watchdogPipe = ends[1]
    }

    deinit {
        // A test that forgot `killAndWait` leaves nothing behind.
        if !isReaped.withLockedValue({ $0 }) {
            kill(pid, SIGKILL)
            waitpid(pid, nil, 0)
            dismissWatchdog()
        }
    }

    package var isRunning: Bool {
        isReaped.withLockedValue { reaped in
            if !reaped, waitpid(pid, nil, WNOHANG) == pid {
                reaped = true
                dismissWatchdog()
            }
            return !reaped
        }
    }

    package func signal(_ signal: CInt) {
        isReaped.withLockedValue { reaped in
            if !reaped { kill(pid, signal) }
        }
    }

    /// Ends the program without a chance to tidy up, as a crash would.
    package func killAndWait() {
        isReaped.withLockedValue { reaped in
            if reaped { return }
            kill(pid, SIGKILL)
            waitpid(pid, nil, 0)
            reaped = true
            dismissWatchdog()
        }
    }

    private func dismissWatchdog() {
        kill(watchdog, SIGKILL)
        waitpid(watchdog, nil, 0)
        close(watchdogPipe)
    }

    private static func spawn(
        _ executable: String, _ arguments: [String], environment: [String: String]?, input: CInt?, output: CInt
    ) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if let input {
            posix_spawn_file_actions_adddup2(&actions, input, 0)
        } else {
            posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        }
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        posix_spawn_file_actions_adddup2(&actions, output, 2)
        var environment = environment ?? ProcessInfo.processInfo.environment
        environment["LC_ALL"] = "C.UTF-8"
        let argv = ([executable] + arguments).map { strdup($0) } + [nil]
        let envp = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in argv + envp { free(pointer) } }
        var pid: pid_t = 0
        let code = posix_spawn(&pid, executable, &actions, nil, argv, envp)
        guard code == 0 else {
            throw LaunchFailure(description: "cannot run \(executable): \(String(cString: strerror(code)))")
        }
        return pid
    }
}
