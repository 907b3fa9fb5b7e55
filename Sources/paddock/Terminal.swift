import Dispatch
import DurableFiles
import Glibc
import Synchronization

/// How text leaves the program: results on stdout, everything else on stderr; colour and live lines only where a
/// person looks at a terminal.
struct Terminal: Sendable {
    enum Style: Int {
        case bold = 1
        case dim = 2
        case red = 31
        case green = 32
        case yellow = 33
        case blue = 34
        case magenta = 35
        case cyan = 36
    }

    var quiet = false
    var verbose = false
    /// Whether stdout takes colour, and whether stderr does.
    var colours: (output: Bool, errors: Bool)
    /// Whether stderr is a terminal: progress may rewrite its own lines, and questions may be asked.
    var isInteractive: Bool

    init(quiet: Bool = false, verbose: Bool = false, noColor: Bool = false) {
        self.quiet = quiet
        self.verbose = verbose
        let plain = noColor || getenv("NO_COLOR").map { $0.pointee != 0 } ?? false
        let dumb = getenv("TERM").map { String(cString: $0) == "dumb" } ?? false
        colours = (isatty(STDOUT_FILENO) == 1 && !plain && !dumb, isatty(STDERR_FILENO) == 1 && !plain && !dumb)
        isInteractive = isatty(STDERR_FILENO) == 1 && isatty(STDIN_FILENO) == 1 && !dumb
    }

    /// A result: what a script would read.
    func output(_ text: String) { Self.write(text + "\n", to: STDOUT_FILENO) }

    /// Everything that is not a result; silenced by `--quiet`.
    func note(_ text: String) {
        if !quiet { Self.write(Self.fitted(text, to: Self.columns(of: STDERR_FILENO)) + "\n", to: STDERR_FILENO) }
    }

    /// A problem: never silenced.
    func problem(_ text: String) {
        Self.write(Self.fitted(text, to: Self.columns(of: STDERR_FILENO)) + "\n", to: STDERR_FILENO)
    }

    /// Asks on the terminal; anything but a yes is a no, and so is Ctrl-C, at once.
    func confirms(_ question: String) throws -> Bool {
        Self.write("\(question) [y/N] ", to: STDERR_FILENO)
        var input = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
        // Ctrl-C cancels the task that asks; it does not end the read of a line.
        while poll(&input, 1, 50) <= 0 {
            guard Task.isCancelled else { continue }
            Self.write("\n", to: STDERR_FILENO)
            throw CancellationError()
        }
        return ["y", "yes"].contains(readLine()?.lowercased() ?? "")
    }

    /// How wide stdout is; nil where it is no terminal.
    var columns: Int? { Self.columns(of: STDOUT_FILENO) }

    private static func columns(of descriptor: Int32) -> Int? {
        var size = winsize()
        guard isatty(descriptor) == 1, ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col >= 20 else {
            return nil
        }
        return Int(size.ws_col)
    }

    /// Ends the program as soon as nobody reads its stdout any more, also while there is nothing to print.
    static func endWithReader() {
        DispatchQueue(label: "reader").async {
            // Without a wish only errors are reported: the other end of the pipe, or the terminal, is gone.
            var output = pollfd(fd: STDOUT_FILENO, events: 0, revents: 0)
            while poll(&output, 1, -1) <= 0 {}
            end()
        }
    }

    /// As a program ends that writes to nobody.
    private static func end() -> Never {
        signal(SIGPIPE, SIG_DFL)
        raise(SIGPIPE)
        _exit(128 + SIGPIPE)
    }

    /// The text with its lines broken between words where they are wider than `columns`; what follows is indented.
    static func fitted(_ text: String, to columns: Int?) -> String {
        guard let columns else { return text }
        return text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            guard width(of: line) > columns else { return String(line) }
            let indent = String(repeating: " ", count: min(line.prefix { $0 == " " }.count + 2, columns / 2))
            var lines: [String] = []
            var current = ""
            for piece in pieces(of: line) {
                if !current.isEmpty, width(of: current) + width(of: piece.trimmingSuffix { $0 == " " }) > columns {
                    lines.append(String(current.trimmingSuffix { $0 == " " }))
                    current = indent
                }
                current += piece
                while width(of: current.trimmingSuffix { $0 == " " }) > columns, !current.contains("\u{1B}") {
                    // One word that is wider than the terminal.
                    lines.append(String(current.prefix(columns)))
                    current = indent + current.dropFirst(columns)
                }
            }
            lines.append(String(current.trimmingSuffix { $0 == " " }))
            return lines.joined(separator: "\n")
        }.joined(separator: "\n")
    }

    /// Words with the blanks behind them, and what is between commas.
    private static func pieces(of line: Substring) -> [Substring] {
        var pieces: [Substring] = []
        var start = line.startIndex
        var index = start
        while index < line.endIndex {
            let character = line[index]
            let next = line.index(after: index)
            let isLast = next == line.endIndex
            if isLast || (character == " " && line[next] != " " && index > start) || character == "," {
                pieces.append(line[start..<next])
                start = next
            }
            index = next
        }
        return pieces
    }

    /// How many columns it takes: colours take none.
    private static func width(of text: some StringProtocol) -> Int {
        guard text.contains("\u{1B}") else { return text.count }
        var count = 0
        var isEscape = false
        for character in text {
            if character == "\u{1B}" {
                isEscape = true
            } else if isEscape {
                isEscape = character != "m"
            } else {
                count += 1
            }
        }
        return count
    }

    func styled(_ text: String, _ styles: Style...) -> String { Self.paint(text, styles, on: colours.output) }

    func styledNote(_ text: String, _ styles: Style...) -> String { Self.paint(text, styles, on: colours.errors) }

    private static func paint(_ text: String, _ styles: [Style], on: Bool) -> String {
        on && !styles.isEmpty && !text.isEmpty ? painted(text, styles) : text
    }

    static func painted(_ text: String, _ styles: [Style]) -> String {
        "\u{1B}[\(styles.map { String($0.rawValue) }.joined(separator: ";"))m\(text)\u{1B}[0m"
    }

    /// Writes all of it at once and without a buffer: a kill loses nothing that was printed.
    private static func write(_ text: String, to descriptor: Int32) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                bytes = bytes.dropFirst(count)
                continue
            }
            switch errno {
            case EINTR: continue
            case EAGAIN:
                // Whoever gave it to us does not wait for its reader; we do.
                var room = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                poll(&room, 1, -1)
            case EPIPE where descriptor == STDOUT_FILENO: end()
            // Closed: nobody wants it.
            case EBADF: return
            default:
                let failure = FileError("write to", "the standard output")
                if descriptor == STDOUT_FILENO { lostOutput.withLock { $0 = failure } }
                return
            }
        }
    }

    /// Why results could not be printed: the disk is full, say. The command does its work all the same, and says so in the end.
    static let lostOutput = Mutex<FileError?>(nil)
}
