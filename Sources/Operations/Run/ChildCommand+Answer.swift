import CLinux
import Dispatch
import DurableFiles
import Glibc
import Planning
import Supervision

extension ChildCommand {
    /// What a command said that was started to say one thing.
    struct Answer: Sendable {
        var output: [UInt8]
        var errors: String
        /// Or 128 + the signal that ended it.
        var exitCode: Int32
    }

    /// What a pipe holds when nobody reads (Linux).
    private static let longestInput = 65_536

    /// Runs it with `input`, at most 64 KiB, as its whole standard input.
    ///
    /// - Parameter limit: it is killed then.
    func answer(to input: [UInt8], limit: Duration) async throws -> Answer {
        let (command, output, errors) = try start(input)
        let expiry = Task {
            try await Task.sleep(for: limit)
            command.signal(SIGKILL)
        }
        defer { expiry.cancel() }
        let answer = await withTaskCancellationHandler {
            async let said = Self.contents(output)
            async let complaints = Self.contents(errors)
            let (bytes, text) = await (said, complaints)
            return Answer(
                output: bytes, errors: String(decoding: text, as: UTF8.self), exitCode: await command.wait())
        } onCancel: {
            command.signal(SIGKILL)
        }
        try Task.checkCancellation()
        return answer
    }

    private func start(_ input: [UInt8]) throws -> (command: RunningCommand, output: Int32, errors: Int32) {
        func failure(_ code: Int32) -> OperationError {
            OperationError(.failed, "cannot run \(words[0]): \(String(cString: strerror(code)))")
        }
        guard input.count <= Self.longestInput else {
            throw OperationError(.failed, "cannot run \(words[0]): its input is longer than 64 KiB")
        }
        var pipes: [(read: Int32, write: Int32)] = []
        func closeAll() {
            for pipe in pipes { for end in [pipe.read, pipe.write] where end >= 0 { close(end) } }
        }
        for _ in 0..<3 {
            var ends: [Int32] = [0, 0]
            guard pipe(&ends) == 0 else {
                defer { closeAll() }
                throw failure(errno)
            }
            pipes.append((ends[0], ends[1]))
            // Other programs that are started at the same time must not keep it open.
            for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        }
        let count = input.withUnsafeBytes { write(pipes[0].write, $0.baseAddress, $0.count) }
        guard count == input.count else {
            defer { closeAll() }
            throw failure(errno)
        }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (end, place) in [(pipes[0].read, 0), (pipes[1].write, 1), (pipes[2].write, 2)] {
            posix_spawn_file_actions_adddup2(&actions, end, Int32(place))
        }
        clinux_spawn_close_from(&actions, 3)
        var pid: pid_t = 0
        let variables = environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        let code = Spawn.withCleanSignals { attributes in
            Spawn.withCStrings(words) { arguments in
                Spawn.withCStrings(variables) { posix_spawnp(&pid, words[0], &actions, &attributes, arguments, $0) }
            }
        }
        guard code == 0 else {
            closeAll()
            throw failure(code)
        }
        for end in [pipes[0].read, pipes[0].write, pipes[1].write, pipes[2].write] { close(end) }
        return (RunningCommand(pid: pid, isGroup: false), pipes[1].read, pipes[2].read)
    }

    /// All that comes until the other end is closed; closes this one.
    private static func contents(_ descriptor: Int32) async -> [UInt8] {
        await withCheckedContinuation { continuation in
            // A queue of its own: the calls block for as long as the command runs.
            DispatchQueue(label: "answer of a child command").async {
                var bytes: [UInt8] = []
                var buffer = [UInt8](repeating: 0, count: 65_536)
                while true {
                    let count = read(descriptor, &buffer, buffer.count)
                    if count < 0, errno == EINTR { continue }
                    guard count > 0 else { break }
                    bytes += buffer.prefix(count)
                }
                close(descriptor)
                continuation.resume(returning: bytes)
            }
        }
    }
}
