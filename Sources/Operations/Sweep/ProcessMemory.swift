import DurableFiles

enum ProcessMemory {
    /// Bytes; nil when the process is gone or not ours to look at.
    static func proportional(pid: Int32) -> Int? {
        guard let bytes = try? DurableFile.read("/proc/\(pid)/smaps_rollup", limit: 64 << 10) else { return nil }
        return proportional(smapsRollup: String(decoding: bytes, as: UTF8.self))
    }

    /// The line `Pss:    9216 kB`.
    static func proportional(smapsRollup text: String) -> Int? {
        for line in text.split(separator: "\n") where line.hasPrefix("Pss:") {
            return line.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 * 1024 }
        }
        return nil
    }
}
