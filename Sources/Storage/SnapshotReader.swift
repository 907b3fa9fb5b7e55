import DataTree
import DurableFiles
import Jute
import ZooKeeperProtocol

extension DataDirectory {
    /// Loads one snapshot file (Apache's `FileSnap.deserialize`), whatever its compression.
    ///
    /// Parts behind the digest, which versions from 3.9 on write, are ignored.
    ///
    /// - Parameter logged: bytes of the log that will be applied to the tree.
    package func load(
        _ snapshot: SnapshotFile, access: AccessControl = AccessControl(), seed: UInt64 = 0, logged: Int = 0
    ) throws(StorageError) -> DataTree {
        let file: any StorageFile
        let size: Int
        do throws(FileError) {
            file = try files.open(snapshot.path)
            size = try file.size
        } catch { throw .file(error) }
        let decoder = SnapshotDecoder(
            try SnapshotInput(file, size: size, compression: snapshot.compression))
        let ahead = ReadAhead({ SnapshotPiece() }, fill: { decoder.fill($0) })
        var loader = DataTreeLoader(access: access, seed: seed, bytes: size, logged: logged)
        while true {
            let piece = ahead.next()
            for (id, timeout) in piece.sessions { loader.addSession(id, timeout: timeout) }
            do throws(JuteError) {
                for (key, list) in piece.acls {
                    try list.withBytes { (bytes) throws(JuteError) in try loader.addACL(key: key, list: bytes) }
                }
            } catch { throw .damagedSnapshot(path: snapshot.path, why: error.description) }
            if let orphan = loader.add(piece.nodes) {
                throw .damagedSnapshot(
                    path: snapshot.path, why: "the parent of \(String(decoding: orphan, as: UTF8.self)) is missing")
            }
            switch piece.end {
            case nil: continue
            case .damaged(let error): throw error
            case .whole(let digest):
                return loader.finish(lastZXID: snapshot.zxid, digest: digest, isFuzzy: digest == nil)
            }
        }
    }
}

/// What a window of a snapshot's bytes holds, decoded. The nodes' bytes are the window's.
private final class SnapshotPiece {
    enum End {
        case whole(digest: (zxid: ZXID, value: UInt64)?)
        /// Or not readable at all.
        case damaged(StorageError)
    }

    var window = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 16)
    var sessions: [(SessionID, timeout: Int32)] = []
    var acls: [(key: Int64, list: [UInt8])] = []
    var nodes: [SnapshotNode] = []
    /// Set in the last piece.
    var end: End?

    deinit { window.deallocate() }

    func removeAll() {
        sessions.removeAll(keepingCapacity: true)
        acls.removeAll(keepingCapacity: true)
        nodes.removeAll(keepingCapacity: true)
    }
}

/// Decodes a snapshot file, and compares the checksums in it.
private final class SnapshotDecoder {
    private enum Part {
        case header
        case content
        case seal
        case digest
        case digestSeal((zxid: ZXID, value: UInt64)?)
    }

    private let input: SnapshotInput
    private var part = Part.header
    private var content = SnapshotContent()
    private var hasEnded = false

    init(_ input: SnapshotInput) { self.input = input }

    /// Fills a piece with what comes next; behind the end it stays empty.
    func fill(_ piece: SnapshotPiece) {
        piece.removeAll()
        guard !hasEnded else { return }
        input.move(to: piece.window)
        do throws(StorageError) {
            var isFull = false
            while !isFull, piece.end == nil { isFull = try !step(piece) }
        } catch { piece.end = .damaged(error) }
        hasEnded = piece.end != nil
        piece.window = input.window
    }

    /// Reads one record; false when it does not fit into the piece.
    private func step(_ piece: SnapshotPiece) throws(StorageError) -> Bool {
        // The nodes' bytes must stay where they are.
        let mayMove = piece.nodes.isEmpty
        switch part {
        case .header:
            let isRight = try input.read(mayMove: mayMove) { (reader) throws(JuteError) in
                try reader.readRaw(16).starts(with: SnapshotWriter.header.prefix(8))
            }
            guard let isRight else { return false }
            guard isRight else { throw input.damaged("it does not begin with ZKSN, version 2") }
            part = .content
        case .content:
            let record = try input.read(mayMove: mayMove) { (reader) throws(JuteError) in try content.next(&reader) }
            switch record {
            case nil: return false
            case .count: break
            case .session(let id, let timeout): piece.sessions.append((id, timeout))
            case .acl(let key, let list): piece.acls.append((key, list))
            case .node(let node): piece.nodes.append(node)
            case .end: part = .seal
            }
        case .seal:
            guard try readSeal(mayMove: mayMove) else { return false }
            part = .digest
        case .digest:
            guard let isAtEnd = try input.isAtEnd(mayMove: mayMove) else { return false }
            if isAtEnd {
                piece.end = .whole(digest: nil)
                break
            }
            let digest = try input.read(mayMove: mayMove) { (reader) throws(JuteError) in
                (zxid: try reader.readZXID(), version: try reader.readInt32(), value: try reader.readInt64())
            }
            guard let digest else { return false }
            part = .digestSeal(digest.version == 2 ? (digest.zxid, UInt64(bitPattern: digest.value)) : nil)
        case .digestSeal(let digest):
            guard try readSeal(mayMove: mayMove) else { return false }
            piece.end = .whole(digest: digest)
        }
        return true
    }

    /// The Adler-32 of everything before it, and a "/".
    private func readSeal(mayMove: Bool) throws(StorageError) -> Bool {
        let expected = Int64(input.checksum)
        let seal = try input.read(mayMove: mayMove) { (reader) throws(JuteError) in
            (sum: try reader.readInt64(), end: try reader.readString())
        }
        guard let seal else { return false }
        guard seal.sum == expected, seal.end == "/" else { throw input.damaged("its checksum is wrong") }
        return true
    }
}
