import DataTree
import DurableFiles
import Jute
import ZooKeeperProtocol

/// A snapshot that a leader streams to this server behind SNAP: builds the tree and writes the snapshot file as the bytes
/// come (reference 8.8; Apache's `ZKDatabase.deserializeSnapshot`).
///
/// The file gets its name only with `DataDirectory.replaceAll(by:)`; until then it is a temporary one.
package final class IncomingSnapshot {
    private enum Part {
        case content
        case signature
        case complete
    }

    package let zxid: ZXID
    package let file: SnapshotWriter
    private var part = Part.content
    private var content = SnapshotContent()
    /// Decoded in this call of `take`.
    private var nodes: [SnapshotNode] = []
    private var loader: DataTreeLoader?

    package init(
        _ directory: DataDirectory, zxid: ZXID, access: AccessControl, seed: UInt64
    ) throws(StorageError) {
        self.zxid = zxid
        file = try SnapshotWriter(directory, zxid: zxid)
        loader = DataTreeLoader(access: access, seed: seed)
    }

    package var isComplete: Bool { if case .complete = part { true } else { false } }

    /// Takes in every whole record at the start of `bytes`.
    ///
    /// - Parameter maxFieldLength: the longest string or buffer accepted.
    /// - Returns: how many bytes were used; come again with the rest and what follows.
    package func take(_ bytes: UnsafeRawBufferPointer, maxFieldLength: Int) throws(StorageError) -> Int {
        var reader = JuteReader(bytes, maxFieldLength: maxFieldLength)
        var used = 0
        var content = 0
        var damage: String?
        do throws(JuteError) {
            while !isComplete, damage == nil {
                damage = try step(&reader)
                used = reader.offset
                // The signature is not part of the file.
                if !isComplete { content = used }
            }
        } catch .truncated {
            // The rest of a record is under way.
        } catch {
            damage = error.description
        }
        if let orphan = loader?.add(nodes) {
            damage = "the parent of \(String(decoding: orphan, as: UTF8.self)) is missing"
        }
        nodes.removeAll(keepingCapacity: true)
        if let damage { throw .damagedSnapshot(path: "stream from the leader", why: damage) }
        try file.write(UnsafeRawBufferPointer(rebasing: bytes[..<content]))
        return used
    }

    /// Reads one record. Returns what is wrong with it, if anything is.
    private func step(_ reader: inout JuteReader) throws(JuteError) -> String? {
        switch part {
        case .content:
            switch try content.next(&reader) {
            case .count: break
            case .session(let id, let timeout): loader!.addSession(id, timeout: timeout)
            case .acl(let key, let list):
                try list.withBytes { (bytes) throws(JuteError) in try loader!.addACL(key: key, list: bytes) }
            case .node(let node): nodes.append(node)
            case .end: part = .signature
            }
        case .signature:
            let signature = try reader.readString()
            guard signature == QuorumProtocol.snapshotSignature else { return "it ends with '\(signature)'" }
            part = .complete
        case .complete: break
        }
        return nil
    }

    /// The tree; once, when the stream is complete.
    package func takeTree() -> DataTree {
        let loader = loader.take()!
        return loader.finish(lastZXID: zxid, digest: nil, isFuzzy: true)
    }
}

extension DataDirectory {
    /// Makes a leader's snapshot the only data there is. Durable when it returns.
    ///
    /// What the log holds is another history from some point on that nobody knows: all of it goes, but only when the
    /// snapshot is safe, and first whatever recovery would apply on top of it.
    package func replaceAll(by snapshot: SnapshotWriter) throws(StorageError) {
        if try !logFiles().isEmpty { try truncate(to: snapshot.zxid) }
        try snapshot.finish(digest: nil)
        let kept = snapshotPath(snapshot.zxid)
        let (snapshots, logs) = (try snapshotFiles(), try logFiles())
        do throws(FileError) {
            for file in logs { try files.remove(file.path) }
            for file in snapshots where file.path != kept { try files.remove(file.path) }
            try files.remove(mismatchMark)
            try files.syncDirectory(self.logs)
            try files.syncDirectory(self.snapshots)
        } catch { throw .file(error) }
    }
}
