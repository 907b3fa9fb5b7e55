import Glibc
import Operations
import Synchronization

/// Progress on stderr. On a terminal what is waited for stands in one line that is rewritten; elsewhere each is a line.
final class ProgressPrinter: Sendable {
    private struct State {
        /// The line that a terminal shows and that the next one replaces.
        var transient = ""
    }

    private let terminal: Terminal
    private let state = Mutex(State())

    init(_ terminal: Terminal) { self.terminal = terminal }

    func show(_ progress: Progress) {
        switch progress {
        case .step(let text): line(terminal.styledNote("· ", .dim) + text)
        case .passed(let passage):
            if terminal.verbose { line("  server \(passage.server) \(passage.station.rawValue) \(passage.detail)") }
        case .waiting(let text): waiting(text)
        case .handingOver: clear()
        case .warning(let text):
            clear()
            terminal.problem(terminal.styledNote("warning: ", .yellow) + text)
        }
    }

    /// Takes the transient line away; to be called before something else is printed.
    func clear() {
        state.withLock { state in
            guard !state.transient.isEmpty else { return }
            state.transient = ""
            write("\r\u{1B}[K")
        }
    }

    private func line(_ text: String) {
        clear()
        terminal.note(text)
    }

    private func waiting(_ text: String) {
        guard !terminal.quiet else { return }
        guard terminal.isInteractive else {
            if terminal.verbose { terminal.note("  waiting: \(text)") }
            return
        }
        state.withLock { state in
            state.transient = text
            var size = winsize()
            let columns = ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 10 ? Int(size.ws_col) : 80
            write("\r\u{1B}[K" + terminal.styledNote(String("  … \(text)".prefix(columns - 1)), .dim))
        }
    }

    private func write(_ text: String) {
        let bytes = Array(text.utf8)
        _ = bytes.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
