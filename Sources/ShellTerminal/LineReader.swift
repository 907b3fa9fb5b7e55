import Glibc

/// Where command lines come from.
protocol LineReader {
    /// The next line, without its end; nil when there are no more.
    func next() -> String?
}

/// Lines of a pipe or a file.
struct PipedLines: LineReader {
    func next() -> String? {
        readLine(strippingNewline: true)
    }
}
