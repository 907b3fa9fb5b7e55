import Dispatch
import Glibc
import Planning
import Supervision
import Synchronization

/// A command in the foreground: it has our terminal, input and output, and is told to end when our task is cancelled.
struct ChildCommand: Sendable {
    let words: [String]
    let environment: [String: String]

    init(_ words: [String], environment: [String: String]) {
        self.words = words
        self.environment = environment
    }

    /// Returns its exit code, or 128 + the signal that ended it.
    func run() async throws -> Int32 {
        let command = try start()
        return await withTaskCancellationHandler {
            await command.wait()
        } onCancel: {
            command.signal(SIGTERM)
        }
    }

    /// - Parameter output: A file for both outputs of a command in the background, which is a process group of its own: signals
    ///   reach all of it. Nil for one in the foreground, with our terminal.
    func start(output: String? = nil) throws -> RunningCommand {
        var pid: pid_t = 0
        let variables = environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if let output {
            posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_APPEND, 0)
            posix_spawn_file_actions_adddup2(&actions, 1, 2)
        }
        // We ignore some signals while we wait; the command must not inherit that.
        let code = Spawn.withCleanSignals(flags: output == nil ? 0 : Int32(POSIX_SPAWN_SETPGROUP)) { attributes in
            Spawn.withCStrings(words) { arguments in
                Spawn.withCStrings(variables) { posix_spawnp(&pid, words[0], &actions, &attributes, arguments, $0) }
            }
        }
        guard code == 0 else {
            throw OperationError(
                .badUsage, "cannot run \(words[0]): \(String(cString: strerror(code)))",
                mend: "check the command after --")
        }
        return RunningCommand(pid: pid, isGroup: output != nil)
    }
}

/// A command that was started. It must be waited for.
final class RunningCommand: Sendable {
    private let pid: pid_t
    private let isGroup: Bool
    /// Whether it was waited for. The pid is ours to signal until then; that and the signal exclude each other.
    private let hasEnded = Mutex(false)

    init(pid: pid_t, isGroup: Bool) {
        self.pid = pid
        self.isGroup = isGroup
    }

    func signal(_ number: Int32) {
        hasEnded.withLock { if !$0 { _ = kill(isGroup ? -pid : pid, number) } }
    }

    /// Returns its exit code, or 128 + the signal that ended it.
    func wait() async -> Int32 {
        await withCheckedContinuation { continuation in
            // A queue of its own: the call blocks for as long as the command runs.
            DispatchQueue(label: "child command").async { [self] in
                var info = siginfo_t()
                while waitid(P_PID, id_t(pid), &info, WEXITED | WNOWAIT) != 0, errno == EINTR {}
                var status: Int32 = 0
                hasEnded.withLock { ended in
                    ended = true
                    waitpid(pid, &status, 0)
                }
                let signal = status & 0x7f
                continuation.resume(returning: signal == 0 ? (status >> 8) & 0xff : 128 + signal)
            }
        }
    }
}
