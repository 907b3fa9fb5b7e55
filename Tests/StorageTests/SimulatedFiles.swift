import DurableFiles
import Glibc
import Storage

/// A file system in memory that keeps apart what was written and what was made durable, so that a test can cut the
/// power, and that can be full. For one thread.
final class SimulatedFiles: StorageFiles, @unchecked Sendable {
    final class Node {
        var content: [UInt8] = []
        /// What a power cut leaves.
        var durable: [UInt8] = []
    }

    /// Bytes that fit on the disk.
    var capacity = Int.max
    private var entries: [String: Node] = [:]
    private var durableEntries: [String: Node] = [:]
    private(set) var syncs = 0

    /// Cuts the power: what was not synced is gone, except that the first `survivors` bytes of every file's unsynced
    /// part happened to reach the disk.
    func crash(survivors: Int = 0) {
        entries = durableEntries
        for node in entries.values {
            let lost = node.content
            node.content = node.durable
            let common = zip(lost, node.durable).prefix { $0 == $1 }.count
            let torn = lost[common..<min(lost.count, common + survivors)]
            for (offset, byte) in torn.enumerated() {
                if common + offset < node.content.count {
                    node.content[common + offset] = byte
                } else {
                    node.content.append(byte)
                }
            }
            node.durable = node.content
        }
    }

    var paths: [String] { entries.keys.sorted() }
    func content(_ path: String) -> [UInt8]? { entries[path]?.content }
    func set(_ path: String, _ content: [UInt8]) {
        let node = Node()
        node.content = content
        node.durable = content
        entries[path] = node
        durableEntries[path] = node
    }

    func create(_ path: String) throws(FileError) -> any StorageFile {
        let node = Node()
        entries[path] = node
        return File(path, node, self)
    }

    func open(_ path: String) throws(FileError) -> any StorageFile {
        guard let node = entries[path] else { throw FileError("open", path, code: ENOENT) }
        return File(path, node, self)
    }

    func list(_ directory: String) throws(FileError) -> [String]? {
        let names = entries.keys.filter { $0.hasPrefix(directory + "/") }.map {
            String($0.dropFirst(directory.count + 1))
        }
        return names.filter { !$0.contains("/") }
    }

    func makeDirectory(_ path: String) throws(FileError) {}

    func rename(_ path: String, to newPath: String) throws(FileError) {
        guard let node = entries.removeValue(forKey: path) else { throw FileError("rename", path, code: ENOENT) }
        entries[newPath] = node
    }

    func remove(_ path: String) throws(FileError) { entries[path] = nil }

    func syncDirectory(_ directory: String) throws(FileError) {
        durableEntries = durableEntries.filter { !$0.key.hasPrefix(directory + "/") }
        for (path, node) in entries where path.hasPrefix(directory + "/") { durableEntries[path] = node }
    }

    func size(_ path: String) throws(FileError) -> Int? { entries[path]?.content.count }

    fileprivate var used: Int { entries.values.reduce(0) { $0 + $1.content.count } }
    fileprivate func synced() { syncs += 1 }
}

private final class File: StorageFile {
    let path: String
    private let node: SimulatedFiles.Node
    private let files: SimulatedFiles

    init(_ path: String, _ node: SimulatedFiles.Node, _ files: SimulatedFiles) {
        self.path = path
        self.node = node
        self.files = files
    }

    var size: Int { get throws(FileError) { node.content.count } }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FileError) -> Int {
        let count = max(0, min(buffer.count, node.content.count - offset))
        buffer.copyBytes(from: node.content[offset..<offset + count])
        return count
    }

    func firstData(from offset: Int) -> Int? { offset }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(FileError) {
        let growth = max(0, offset + bytes.count - node.content.count)
        let fits = growth <= files.capacity - files.used
        // A full disk takes the first half.
        let count = fits ? bytes.count : bytes.count / 2
        if node.content.count < offset + count {
            node.content += [UInt8](repeating: 0, count: offset + count - node.content.count)
        }
        node.content.replaceSubrange(offset..<offset + count, with: bytes[..<count])
        guard fits else { throw FileError("write", path, code: ENOSPC) }
    }

    func reserve(_ size: Int) throws(FileError) {
        guard size > node.content.count else { return }
        guard size - node.content.count <= files.capacity - files.used else {
            throw FileError("reserve space in", path, code: ENOSPC)
        }
        node.content += [UInt8](repeating: 0, count: size - node.content.count)
    }

    func truncate(to size: Int) throws(FileError) {
        node.content = Array((node.content + [UInt8](repeating: 0, count: size)).prefix(size))
    }

    func sync() throws(FileError) {
        node.durable = node.content
        files.synced()
    }
}
