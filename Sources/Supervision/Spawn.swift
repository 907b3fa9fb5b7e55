import CLinux
import DurableFiles
import Glibc

/// Starts programs that live on without us, and what others that start programs share with that.
package enum Spawn {
    /// Starts `executable` in a session of its own, with standard input from /dev/null and both outputs appended
    /// straight to `log`: no pipe of ours is in between, so our death neither blocks nor kills it.
    ///
    /// No signal mask or handler of ours reaches it. With `closingOthers` no open file does either; without, only those that
    /// lack O_CLOEXEC: a server is started so, because the supervisor's lock must stay held up to the exec (``FileLock``).
    static func detached(
        executable: String, arguments: [String], environment: [String], workingDirectory: String, log: String,
        closingOthers: Bool
    ) throws(FileError) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        // The log is opened here and not in the child, where a failure could not be told from that of the program.
        let output = try PrivateFiles.open(log, O_WRONLY | O_APPEND)
        defer { close(output) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        posix_spawn_file_actions_adddup2(&actions, output, 2)
        if closingOthers { clinux_spawn_close_from(&actions, 3) }
        clinux_spawn_change_directory(&actions, workingDirectory)

        guard access(workingDirectory, X_OK) == 0 else { throw FileError("enter", workingDirectory) }
        var pid: pid_t = 0
        // POSIX_SPAWN_SETSID is a GNU name, which Glibc's module leaves out.
        let newSession: Int32 = 0x80
        let code = withCleanSignals(flags: newSession) { attributes in
            withCStrings([executable] + arguments) { argv in
                withCStrings(environment) { posix_spawn(&pid, executable, &actions, &attributes, argv, $0) }
            }
        }
        guard code == 0 else { throw FileError("run", executable, code: code) }
        return pid
    }

    /// Attributes with which no signal mask and no ignored signal of ours reaches the program.
    package static func withCleanSignals<Result>(
        flags: Int32 = 0, _ body: (inout posix_spawnattr_t) -> Result
    ) -> Result {
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(
            &attributes, Int16(flags | Int32(POSIX_SPAWN_SETSIGMASK) | Int32(POSIX_SPAWN_SETSIGDEF)))
        return body(&attributes)
    }

    /// The strings as C passes them: with a null at the end.
    package static func withCStrings<Result>(
        _ strings: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) -> Result {
        var pointers = strings.map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        return pointers.withUnsafeMutableBufferPointer { body($0.baseAddress!) }
    }
}
