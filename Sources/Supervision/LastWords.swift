import DurableFiles
import Glibc

/// What a server that ended wrote last: the line of its log that most likely says why.
enum LastWords {
    static func size(of path: String) -> Int {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_size) : 0
    }

    /// - Parameter start: where the log of this process begins; the lines before are of another one.
    static func of(_ path: String, from start: Int) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        let size = LastWords.size(of: path)
        // One that was cut meanwhile begins anew.
        let begin = max(size < start ? 0 : start, size - (16 << 10))
        guard size > begin else { return nil }
        var bytes = [UInt8](repeating: 0, count: size - begin)
        let count = max(0, pread(descriptor, &bytes, bytes.count, off_t(begin)))
        return line(in: String(decoding: bytes[..<count], as: UTF8.self))
    }

    /// The last line that speaks of an error, else the last that is not indented (a stack trace is).
    static func line(in text: String) -> String? {
        let lines = text.split(whereSeparator: \.isNewline).suffix(40).filter { $0.first?.isWhitespace == false }
        let error = lines.last { $0.contains("ERROR") || $0.contains("error:") || $0.contains("FATAL") }
        guard let line = error ?? lines.last else { return nil }
        let plain = message(of: line).unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : String($0) }
        let text = plain.joined()
        return text.count <= limit ? text : text.prefix(limit) + "…"
    }

    /// Characters. The server's own messages with their mends are shorter.
    private static let limit = 600

    /// Without the time, thread and class in front: `2026-11-24 05:00:00,123 [myid:3] - ERROR [main:QuorumPeerMain@99] - …`.
    private static func message(of line: Substring) -> Substring {
        guard line.first?.isNumber == true else { return line }
        if let bracket = line.firstRange(of: "[myid:"), let dash = line[bracket.upperBound...].firstRange(of: "] - "),
            let end = line[dash.upperBound...].firstRange(of: "] - ")
        {
            return line[end.upperBound...]
        }
        for level in ["ERROR ", "WARN  ", "INFO  "] {
            if let range = line.firstRange(of: level) { return line[range.upperBound...] }
        }
        return line
    }
}
