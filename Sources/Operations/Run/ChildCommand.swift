import Dispatch
import Glibc
import Planning
import Supervision
import Synchronization

/// A command in the foreground: it has our terminal, input and output, and is told to end when our task is cancelled.
struct ChildCommand: Sendable {
    private let words: [String]
    private let environment: [String: String]

    init(_ words: [String], environment: [String: String]) {
        self.words = words
        self.environment = environment
    }

    /// Returns its exit code, or 128 + the signal that ended it.
    func run() async throws -> Int32 {
        let pid = try spawn()
        // The pid is ours to signal until it is waited for; that and the signal exclude each other.
        let ended = Ended()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                // A queue of its own: the call blocks for as long as the command runs.
                DispatchQueue(label: "child command").async {
                    var info = siginfo_t()
                    while waitid(P_PID, id_t(pid), &info, WEXITED | WNOWAIT) != 0, errno == EINTR {}
                    var status: Int32 = 0
                    ended.state.withLock { ended in
                        ended = true
                        waitpid(pid, &status, 0)
                    }
                    let signal = status & 0x7f
                    continuation.resume(returning: signal == 0 ? (status >> 8) & 0xff : 128 + signal)
                }
            }
        } onCancel: {
            ended.state.withLock { if !$0 { _ = kill(pid, SIGTERM) } }
        }
    }

    /// Whether the command has been waited for.
    private final class Ended: Sendable {
        let state = Mutex(false)
    }

    private func spawn() throws -> pid_t {
        var pid: pid_t = 0
        let variables = environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        // We ignore some signals while we wait; the command must not inherit that.
        let code = Spawn.withCleanSignals { attributes in
            Spawn.withCStrings(words) { arguments in
                Spawn.withCStrings(variables) { posix_spawnp(&pid, words[0], nil, &attributes, arguments, $0) }
            }
        }
        guard code == 0 else {
            throw OperationError(
                .badUsage, "cannot run \(words[0]): \(String(cString: strerror(code)))",
                mend: "check the command after --")
        }
        return pid
    }
}
