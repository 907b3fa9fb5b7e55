import CLibEdit
import Glibc
import ZooKeeperShell

/// Lines typed at a terminal, with libedit: history, completion, and events that come while a line is typed.
///
/// Used by one thread, which it holds up until a line is there.
final class EditedLines: LineReader {
    private let terminal: Terminal
    private let currentPrompt: () -> String
    private let complete: (Completion) -> [String]
    private let editor: OpaquePointer
    private let history: OpaquePointer
    private var prompt: UnsafeMutablePointer<CChar>?
    private var wasInterrupted = false

    /// Nil where libedit cannot start. `prompt` and `complete` are asked while the line waits.
    init?(
        _ terminal: Terminal, prompt: @escaping () -> String, complete: @escaping (Completion) -> [String]
    ) {
        // For the characters that are typed; everything else stays as it is everywhere.
        setlocale(LC_CTYPE, "")
        guard let input = fdopen(STDIN_FILENO, "r"), let output = fdopen(STDOUT_FILENO, "w"),
            let errors = fdopen(STDERR_FILENO, "w"), let editor = el_init("zkCli", input, output, errors),
            let history = history_init()
        else { return nil }
        self.terminal = terminal
        currentPrompt = prompt
        self.complete = complete
        self.editor = editor
        self.history = history
        paddock_history_limit(history, 1000)
        paddock_el_set_client_data(editor, Unmanaged.passUnretained(self).toOpaque())
        paddock_el_set_prompt(editor) { EditedLines.of($0).prompt }
        paddock_el_set_editor(editor, "emacs")
        paddock_el_set_history(editor, history)
        // The terminal's signals restore its mode; ctrl-C is none here: it clears the line, or leaves.
        paddock_el_set_signal(editor, 1)
        paddock_el_add_command(editor, "paddock-complete") { editor, _ in EditedLines.of(editor).completeWord() }
        paddock_el_add_command(editor, "paddock-interrupt") { editor, _ in EditedLines.of(editor).interrupt() }
        paddock_el_bind(editor, "^I", "paddock-complete")
        paddock_el_bind(editor, "^C", "paddock-interrupt")
        paddock_el_bind(editor, "^R", "em-inc-search-prev")
        paddock_el_set_getc(editor) { editor, character in EditedLines.of(editor).readCharacter(character) }
    }

    deinit {
        el_end(editor)
        history_end(history)
        free(prompt)
    }

    func next() -> String? {
        while true {
            renewPrompt()
            wasInterrupted = false
            terminal.setEditing(true)
            Self.setHearsOfWindow(true)
            var count: Int32 = 0
            let typed = el_gets(editor, &count)
            Self.setHearsOfWindow(false)
            terminal.setEditing(false)
            if wasInterrupted {
                // Away with the rows below the cursor, too.
                terminal.result("^C\u{1b}[J\n")
                continue
            }
            guard let typed, count > 0 else {
                terminal.result("\n")
                return nil
            }
            var line = String(cString: typed)
            if line.hasSuffix("\n") { line.removeLast() }
            if !line.isEmpty { paddock_history_add(history, line) }
            return line
        }
    }

    /// Whether this thread gets the signal that the window has another size now.
    static func setHearsOfWindow(_ hears: Bool) {
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGWINCH)
        pthread_sigmask(hears ? SIG_UNBLOCK : SIG_BLOCK, &signals, nil)
    }

    // MARK: What libedit calls

    private static func of(_ editor: OpaquePointer?) -> EditedLines {
        guard let editor, let data = paddock_el_client_data(editor) else {
            preconditionFailure("libedit calls for an editor that is not ours")
        }
        return Unmanaged<EditedLines>.fromOpaque(data).takeUnretainedValue()
    }

    /// Waits for a key, and shows events meanwhile: 1 with a character, 0 at the end of the input, -1 on an error.
    private func readCharacter(_ character: UnsafeMutablePointer<Int32>?) -> Int32 {
        paddock_tty_without_interrupt(STDIN_FILENO)
        var bytes: [UInt8] = []
        while true {
            var sources = [
                pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0),
                pollfd(fd: terminal.wakeUp, events: Int16(POLLIN), revents: 0),
            ]
            if poll(&sources, 2, -1) < 0 {
                if errno != EINTR { return -1 }
                // The window has changed.
                terminal.showInBetween("\r\u{1b}[J")
                paddock_el_refresh(editor)
                continue
            }
            if sources[1].revents != 0, bytes.isEmpty, terminal.showEvents() {
                // They may be about the session's state.
                renewPrompt()
                paddock_el_refresh(editor)
            }
            if sources[0].revents == 0 { continue }
            var byte: UInt8 = 0
            let count = read(STDIN_FILENO, &byte, 1)
            if count < 0, errno == EINTR { continue }
            if count <= 0 { return Int32(count) }
            bytes.append(byte)
            // A character may be several bytes; what is none after four never will be.
            if let scalar = String(validating: bytes, as: UTF8.self)?.unicodeScalars.first {
                character?.pointee = Int32(scalar.value)
                return 1
            }
            if bytes.count == 4 { bytes = [] }
        }
    }

    private func renewPrompt() {
        free(prompt)
        prompt = strdup(currentPrompt())
    }

    /// Ctrl-C: away with the line, or with the shell if there is none.
    private func interrupt() -> UInt8 {
        guard let line = el_line(editor)?.pointee else { return UInt8(CC_EOF) }
        wasInterrupted = line.lastchar != line.buffer
        return UInt8(CC_EOF)
    }

    private func completeWord() -> UInt8 {
        guard let line = el_line(editor)?.pointee, let start = line.buffer, let cursor = line.cursor else {
            return UInt8(CC_ERROR)
        }
        let bytes = UnsafeRawBufferPointer(start: start, count: cursor - start)
        guard let completion = Completion(String(decoding: bytes, as: UTF8.self)) else { return UInt8(CC_ERROR) }
        let candidates = complete(completion)
        if candidates.isEmpty { return UInt8(CC_ERROR) }
        var addition = String(Completion.commonPrefix(candidates).dropFirst(completion.prefix.count))
        if candidates.count == 1, case .command = completion { addition += " " }
        if !addition.isEmpty {
            el_insertstr(editor, addition)
            return UInt8(CC_REFRESH)
        }
        if candidates.count == 1 { return UInt8(CC_ERROR) }
        var size = winsize()
        _ = ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size)
        terminal.showInBetween("\n" + Completion.columns(candidates, width: max(Int(size.ws_col), 20)))
        return UInt8(CC_REDISPLAY)
    }
}
