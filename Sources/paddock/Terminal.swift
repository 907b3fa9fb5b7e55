import Glibc

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
        if !quiet { Self.write(text + "\n", to: STDERR_FILENO) }
    }

    /// A problem: never silenced.
    func problem(_ text: String) { Self.write(text + "\n", to: STDERR_FILENO) }

    /// Asks on the terminal; anything but a yes is a no.
    func confirms(_ question: String) -> Bool {
        Self.write("\(question) [y/N] ", to: STDERR_FILENO)
        return ["y", "yes"].contains(readLine()?.lowercased() ?? "")
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
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return }
            bytes = bytes.dropFirst(count)
        }
    }
}
