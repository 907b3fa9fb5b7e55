import DataTree
import Digests
import DurableFiles
import FoundationEssentials
import Glibc
import Storage
import ZooKeeperProtocol

/// A backup: one tar archive of three members, in this order.
///
///     snapshot.<zxid>.gz    a snapshot as ZooKeeper writes it, compressed as ZooKeeper reads it; no fuzzy one: the tree at that zxid
///     manifest.json         what it is of (`BackupManifest`)
///     SHA256SUMS            of the other two, as `sha256sum -c` reads it
///
/// The file is its owner's only: it holds what ACLs keep from others, and the digests of passwords.
package struct BackupArchive {
    package let path: String
    package let manifest: BackupManifest
    /// Of the file.
    package let size: Int
    private let file: any StorageFile

    private static let manifestName = "manifest.json"
    private static let sumsName = "SHA256SUMS"
    private static let largestManifest = 4 << 20

    // MARK: Writing

    /// Writes the archive under a temporary name, reads it back whole, loads it, and gives it its name, on the disk, when all of that
    /// went well. Nothing is left of one that did not.
    ///
    /// - Parameter manifest: what is known of it beside the tree.
    package static func write(
        _ tree: DataTree, to path: String, _ manifest: (BackupManifest.File) -> BackupManifest
    ) throws(BackupError) -> BackupArchive {
        let directory = Directory.parent(of: path)
        let name = path.split(separator: "/").last.map(String.init) ?? path
        let temporary = "\(directory)/.\(name).\(getpid()).partial"
        let files = SystemFiles()
        do throws(BackupError) {
            try writeMembers(tree, to: temporary, manifest)
            let archive = try BackupArchive(reading: temporary, as: path)
            _ = try archive.tree()
            do throws(FileError) {
                // Another one of that name may have come meanwhile, and is not to be lost.
                guard link(temporary, path) == 0 else { throw FileError("create", path) }
                try files.remove(temporary)
                try files.syncDirectory(directory)
            } catch { throw .file(error) }
            return archive
        } catch {
            unlink(temporary)
            throw error
        }
    }

    private static func writeMembers(
        _ tree: DataTree, to path: String, _ manifest: (BackupManifest.File) -> BackupManifest
    ) throws(BackupError) {
        do throws(FileError) {
            let archive = try SystemFiles().create(path)
            let sink = GzipSink(into: archive, at: Tar.block)
            do throws(StorageError) {
                try DataDirectory(dataDir: "", files: sink).writeWhole(tree, digest: true)
            } catch {
                if case .file(let error) = error { throw error }
                throw FileError("write", path, code: EIO)
            }
            try sink.finish()
            var hash = sink.hash
            let snapshot = BackupManifest.File(
                name: "snapshot.\(tree.lastZXID.hex).gz", size: sink.written, sha256: hash.finish().hexadecimal)
            let described = manifest(snapshot)
            guard let json = try? described.json else { throw FileError("write", path, code: EIO) }
            let time = described.taken / 1000
            func put(_ bytes: [UInt8], at offset: Int) throws(FileError) {
                try bytes.withUnsafeBufferPointer { (bytes) throws(FileError) in
                    try archive.write(UnsafeRawBufferPointer(bytes), at: offset)
                }
            }
            try put(Tar.header(Tar.Member(name: snapshot.name, size: snapshot.size), time: time), at: 0)
            var position = Tar.block + Tar.padded(snapshot.size)
            let manifestSum = SHA256.hash(json).hexadecimal
            let sums = Array("\(snapshot.sha256)  \(snapshot.name)\n\(manifestSum)  \(manifestName)\n".utf8)
            for (name, content) in [(manifestName, json), (sumsName, sums)] {
                try put(Tar.header(Tar.Member(name: name, size: content.count), time: time) + content, at: position)
                position += Tar.block + Tar.padded(content.count)
            }
            // Two blocks of zeros end an archive.
            try put([UInt8](repeating: 0, count: 2 * Tar.block), at: position)
            try archive.sync()
        } catch { throw .file(error) }
    }

    // MARK: Reading

    /// Opens a backup and checks every byte of it.
    package init(reading path: String) throws(BackupError) { try self.init(reading: path, as: path) }

    /// - Parameter name: what it is called in messages.
    private init(reading path: String, as name: String) throws(BackupError) {
        self.path = name
        var reader = try ArchiveReader(path, name: name)
        file = reader.file
        size = reader.size
        guard let first = try reader.next() else { throw .notABackup(path: name, why: "it is no tar archive") }
        guard first.member.name.hasPrefix("snapshot."), first.member.name.hasSuffix(".gz") else {
            throw .notABackup(
                path: name, why: "it begins with \(first.member.name.debugDescription), and not with a snapshot")
        }
        let members = [first] + (try Self.others(&reader, name))
        let manifestBytes = try reader.content(of: members[1], limit: Self.largestManifest)
        let sums = try reader.content(of: members[2], limit: 4096)
        var expected = ""
        for member in members[..<2] { expected += "\(try reader.sum(of: member))  \(member.member.name)\n" }
        guard sums == Array(expected.utf8) else {
            let lines = String(decoding: sums, as: UTF8.self).split(separator: "\n")
            let wrong = expected.split(separator: "\n").first { !lines.contains($0) }
            let member = wrong.flatMap { $0.split(separator: " ").last } ?? Self.sumsName[...]
            throw .damaged(path: name, why: "\(member) is not what \(Self.sumsName) says")
        }
        manifest = try Self.manifest(manifestBytes, name)
        guard manifest.snapshot.name == first.member.name, manifest.snapshot.size == first.member.size,
            let zxid = manifest.lastZXID, first.member.name == "snapshot.\(zxid.hex).gz"
        else { throw .damaged(path: name, why: "its manifest speaks of another snapshot than it has") }
    }

    private static func others(
        _ reader: inout ArchiveReader, _ path: String
    ) throws(BackupError) -> [ArchiveReader.Found] {
        var members: [ArchiveReader.Found] = []
        for expected in [manifestName, sumsName] {
            guard let member = try reader.next() else {
                throw .damaged(path: path, why: "it ends before \(expected)")
            }
            guard member.member.name == expected else {
                throw .damaged(
                    path: path, why: "\(member.member.name.debugDescription) is where \(expected) should be")
            }
            members.append(member)
        }
        try reader.finish()
        return members
    }

    private static func manifest(_ bytes: [UInt8], _ path: String) throws(BackupError) -> BackupManifest {
        struct Header: Decodable {
            var format: String
            var version: Int
        }
        let decoder = JSONDecoder()
        guard let header = try? decoder.decode(Header.self, from: Data(bytes)), header.format == BackupManifest.format
        else { throw .notABackup(path: path, why: "its manifest is not one of Paddock's") }
        guard header.version == BackupManifest.version else {
            throw .unknownVersion(path: path, version: header.version)
        }
        guard let manifest = try? decoder.decode(BackupManifest.self, from: Data(bytes)), manifest.epoch >= 0,
            manifest.epoch <= Int32.max
        else { throw .damaged(path: path, why: "its manifest lacks something, or says it in another way") }
        return manifest
    }

    /// The tree in it, loaded, and compared with what the manifest says of it.
    package func tree() throws(BackupError) -> DataTree {
        let slice = ArchiveSlice(of: file, at: Tar.block, size: manifest.snapshot.size)
        let zxid = manifest.lastZXID!
        let tree: DataTree
        do throws(StorageError) {
            tree = try DataDirectory(dataDir: "", files: slice).load(
                DataDirectory.SnapshotFile(path: manifest.snapshot.name, zxid: zxid, compression: .gzip))
        } catch {
            if case .damagedSnapshot(_, let why) = error { throw .damaged(path: path, why: "its snapshot: \(why)") }
            throw .storage(error)
        }
        guard tree.isSettled, tree.digestMismatches == 0, String(tree.digest, radix: 16) == manifest.digest,
            tree.nodeCount == manifest.znodes
        else { throw .damaged(path: path, why: "the tree in its snapshot is not the one that its manifest describes") }
        return tree
    }
}

/// Goes through the members of an archive.
private struct ArchiveReader {
    struct Found {
        var member: Tar.Member
        /// Where its content begins.
        var start: Int
    }

    let name: String
    let file: any StorageFile
    let size: Int
    private var position = 0

    init(_ path: String, name: String) throws(BackupError) {
        self.name = name
        do throws(FileError) {
            file = try SystemFiles().open(path)
            size = try file.size
        } catch { throw .file(error) }
    }

    /// The next member; nil at the end, and where there is no header.
    mutating func next() throws(BackupError) -> Found? {
        guard size - position >= Tar.block else { return nil }
        let header = try bytes(position, Tar.block)
        guard let member = Tar.member(header) else {
            if position == 0 || header.allSatisfy({ $0 == 0 }) { return nil }
            throw .damaged(path: name, why: "there is no whole header at byte \(position)")
        }
        let start = position + Tar.block
        guard member.size <= size - start, Tar.padded(member.size) <= size - start else {
            throw .damaged(path: name, why: "it ends in the middle of \(member.name.debugDescription)")
        }
        guard try isZero(start + member.size, Tar.padded(member.size) - member.size) else {
            throw .damaged(path: name, why: "there is something behind \(member.name.debugDescription)")
        }
        position = start + Tar.padded(member.size)
        return Found(member: member, start: start)
    }

    /// Nothing but zeros may follow, two blocks of them at least.
    func finish() throws(BackupError) {
        guard size - position >= 2 * Tar.block else { throw .damaged(path: name, why: "its end is missing") }
        guard size - position <= 64 << 10, try isZero(position, size - position) else {
            throw .damaged(path: name, why: "there is something behind its last member")
        }
    }

    func content(of found: Found, limit: Int) throws(BackupError) -> [UInt8] {
        guard found.member.size <= limit else {
            throw .damaged(path: name, why: "its \(found.member.name) has \(found.member.size) bytes")
        }
        return try bytes(found.start, found.member.size)
    }

    /// SHA-256, hexadecimal.
    func sum(of found: Found) throws(BackupError) -> String {
        var hash = SHA256()
        var offset = 0
        while offset < found.member.size {
            let piece = try bytes(found.start + offset, min(1 << 20, found.member.size - offset))
            piece.withUnsafeBytes { hash.update($0) }
            offset += piece.count
        }
        return hash.finish().hexadecimal
    }

    private func isZero(_ offset: Int, _ count: Int) throws(BackupError) -> Bool {
        try bytes(offset, count).allSatisfy { $0 == 0 }
    }

    private func bytes(_ offset: Int, _ count: Int) throws(BackupError) -> [UInt8] {
        var content = [UInt8](repeating: 0, count: count)
        do throws(FileError) {
            let got = try content.withUnsafeMutableBufferPointer { (buffer) throws(FileError) in
                try file.read(into: UnsafeMutableRawBufferPointer(buffer), at: offset)
            }
            guard got == count else { throw FileError("read", name, code: EIO) }
        } catch { throw .file(error) }
        return content
    }
}
