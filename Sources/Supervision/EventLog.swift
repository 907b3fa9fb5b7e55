import DurableFiles
import FoundationEssentials
import Glibc
import ZooKeeperProtocol

/// `events.jsonl`, one event a line, and the older half beside it as `events.jsonl.1`.
struct EventLog {
    private let path: String
    private let limit: Int
    private var sequence: UInt64

    /// - Parameter limit: bytes above which the file becomes the older half
    init(path: String, limit: Int = 4 << 20) {
        self.path = path
        self.limit = limit
        sequence = Self.read(path).last?.sequence ?? Self.read(path + ".1").last?.sequence ?? 0
        if let bytes = try? DurableFile.read(path, limit: .max), let last = bytes.last, last != UInt8(ascii: "\n") {
            // The last supervisor was killed in the middle of a line.
            append([UInt8(ascii: "\n")])
        }
    }

    mutating func record(
        _ what: SupervisorEvent.What, server: ServerID?, cause: String, pid: Int32?, time: Timestamp
    ) -> SupervisorEvent {
        sequence += 1
        let event = SupervisorEvent(
            sequence: sequence, time: time, server: server, what: what, cause: cause, pid: pid)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        if let line = try? encoder.encode(event) { append(Array(line) + [UInt8(ascii: "\n")]) }
        return event
    }

    /// Those after `since` that are still on disk.
    func events(since: UInt64) -> [SupervisorEvent] {
        guard since < sequence else { return [] }
        return (Self.read(path + ".1") + Self.read(path)).filter { $0.sequence > since }
    }

    /// A line that is no event (torn by a kill) is passed over.
    private static func read(_ path: String) -> [SupervisorEvent] {
        guard let bytes = try? DurableFile.read(path, limit: .max) else { return [] }
        let decoder = JSONDecoder()
        return bytes.split(separator: UInt8(ascii: "\n")).compactMap {
            try? decoder.decode(SupervisorEvent.self, from: Data($0))
        }
    }

    /// Not synced: an event lost in a power cut is no loss of service. Opened anew each time, so that a removed file comes back.
    private func append(_ bytes: [UInt8]) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, PrivateFiles.fileMode)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        _ = write(descriptor, bytes, bytes.count)
        var status = stat()
        if fstat(descriptor, &status) == 0, status.st_size > limit { rename(path, path + ".1") }
    }
}

extension SupervisorEvent {
    /// The events of an ensemble that are on disk, oldest first; needs no supervisor.
    package static func recorded(in home: SupervisorHome) -> [SupervisorEvent] {
        EventLog(path: home.events).events(since: 0)
    }
}
