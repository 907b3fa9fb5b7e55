import DurableFiles
import FoundationEssentials
import Glibc
import Supervision

/// One line of `audit.jsonl`.
package struct AuditEntry: Codable, Hashable, Sendable {
    package var time: Timestamp
    package var ensemble: String
    /// The command as it was typed, and its process.
    package var command: String
    package var pid: Int32
    /// What was done: `began`, `stop server 2`, `done`, `failed: …`.
    package var did: String
}

/// Appends to `audit.jsonl`, one JSON object a line.
package struct AuditLog: Hashable, Sendable {
    package var path: String

    package func append(_ entry: AuditEntry) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let line = try Array(encoder.encode(entry)) + [UInt8(ascii: "\n")]
        let descriptor = try PrivateFiles.open(path, O_WRONLY | O_APPEND)
        defer { close(descriptor) }
        // One write: O_APPEND keeps lines of commands on different ensembles whole.
        guard line.withUnsafeBytes({ write(descriptor, $0.baseAddress, $0.count) }) == line.count else {
            throw FileError("append to", path)
        }
    }

    /// The entries of one ensemble (of all when nil), oldest first; lines that cannot be read are left out.
    package func entries(of ensemble: String? = nil) -> [AuditEntry] {
        guard let bytes = try? DurableFile.read(path, limit: 64 << 20) else { return [] }
        let decoder = JSONDecoder()
        return bytes.split(separator: UInt8(ascii: "\n")).compactMap { line in
            guard let entry = try? decoder.decode(AuditEntry.self, from: Data(line)) else { return nil }
            return ensemble == nil || entry.ensemble == ensemble ? entry : nil
        }
    }
}
