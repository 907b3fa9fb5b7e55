import FoundationEssentials
import Jute
import Testing
import ZooKeeperProtocol

@testable import DataTree

/// A data directory that Apache 3.8.0 wrote (Tests/StorageTests/Fixtures), read here with a few lines of the test's own.
struct DataDirectoryFixture {
    let directory: String

    static let root = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined() + "/StorageTests/Fixtures"

    /// - Parameter name: `standalone/a-logs-only`, `ensemble/s1`, …
    init(_ name: String) { directory = Self.root + "/" + name }

    /// Files of `version-2` by kind, with the zxid in their names.
    func files(_ kind: String) throws -> [(zxid: Int64, path: String)] {
        try FileManager.default.contentsOfDirectory(atPath: directory + "/version-2")
            .compactMap { name in
                guard name.hasPrefix(kind + "."), let zxid = Int64(name.dropFirst(kind.count + 1), radix: 16) else {
                    return nil
                }
                return (zxid, directory + "/version-2/" + name)
            }
            .sorted { $0.zxid < $1.zxid }
    }

    /// Entries of all logs, in order.
    func logEntries() throws -> [[UInt8]] {
        try files("log").flatMap { file in
            let bytes = try Self.read(file.path)
            var entries: [[UInt8]] = []
            var offset = 16
            while offset + 12 <= bytes.count {
                let length = bytes[offset + 8..<offset + 12].reduce(0) { $0 << 8 | Int($1) }
                if length == 0 { break }
                entries.append(Array(bytes[offset + 12..<offset + 12 + length]))
                offset += 12 + length + 1
            }
            return entries
        }
    }

    /// A tree from the snapshot with this zxid in its name.
    func tree(fromSnapshot zxid: Int64) throws -> DataTree {
        let path = try #require(try files("snapshot").first { $0.zxid == zxid }?.path)
        return try SnapshotBytes(file: Self.read(path)).load(lastZXID: ZXID(rawValue: zxid))
    }

    static func read(_ path: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(filePath: path))) }
}

/// The content of a snapshot file, or of the slices that a tree writes.
struct SnapshotBytes {
    /// Sessions, ACLs, nodes, "/".
    let body: [UInt8]
    let digest: (zxid: ZXID, value: UInt64)?

    init(body: [UInt8], digest: (zxid: ZXID, value: UInt64)?) {
        self.body = body
        self.digest = digest
    }

    /// Takes off the file's header, and the two seals with the digest between them.
    init(file: [UInt8]) throws {
        body = Array(file[16...])
        // Seal (8 + 5), digest (20), seal (13); without digest only the first.
        let trailer = Array(file.suffix(33))
        let seal: [UInt8] = [0, 0, 0, 1, 0x2f]
        guard Array(file[(file.count - 38)..<(file.count - 33)]) == seal else {
            digest = nil
            return
        }
        digest = try trailer.readJute { reader throws(JuteError) in
            let zxid = try reader.readZXID()
            _ = try reader.readInt32()
            return (zxid, UInt64(bitPattern: try reader.readInt64()))
        }
    }

    func load(lastZXID: ZXID) throws -> DataTree {
        var loader = DataTreeLoader()
        try body.withUnsafeBytes { bytes in
            var reader = JuteReader(bytes)
            for _ in 0..<(try reader.readInt32()) {
                loader.addSession(try reader.readSessionID(), timeout: try reader.readInt32())
            }
            for _ in 0..<(try reader.readInt32()) {
                let key = try reader.readInt64()
                try loader.addACL(key: key, list: try reader.readACLSlice())
            }
            while true {
                let path = try reader.readPresentSlice()
                if path.elementsEqual([UInt8(ascii: "/")]) { return }
                let (data, acl) = (try reader.readSlice(), try reader.readInt64())
                let stat = try StatPersisted(from: &reader)
                let orphan = loader.add([SnapshotNode(path, data: data, acl: acl, stat: stat)])
                #expect(orphan == nil)
            }
        }
        return loader.finish(lastZXID: lastZXID, digest: digest)
    }
}

/// What clients saw of a data directory (expected.json).
struct ExpectedTree: Decodable {
    struct Node: Decodable, Equatable {
        struct NodeStat: Decodable, Equatable {
            var czxid, mzxid, pzxid, ctime, mtime, ephemeralOwner: Int64
            var version, cversion, aversion, dataLength, numChildren: Int32
        }
        struct Entry: Decodable, Equatable {
            var perms: Int32
            var scheme, id: String
        }
        var path: String
        var data: String?
        var stat: NodeStat
        var acl: [Entry]
        var children: [String]
    }
    var nodeCount: Int?
    var nodes: [Node]

    init(_ path: String) throws {
        self = try JSONDecoder().decode(Self.self, from: Data(contentsOf: URL(filePath: path)))
    }
}

extension DataTree {
    /// Every node as a client that may read everything sees it, sorted by path.
    func everything() throws -> [ExpectedTree.Node] {
        var nodes: [ExpectedTree.Node] = []
        forEachNode(below: .root) { node in
            let stat = clientStat(node)
            var children: [String] = []
            var child = store.firstChild(node)
            while let here = child {
                children.append(String(decoding: store.name(here), as: UTF8.self))
                child = store.nextSibling(here)
            }
            nodes.append(
                ExpectedTree.Node(
                    path: node == .root ? "/" : pathString(node),
                    data: store.data(node).map { Data([UInt8]($0)).base64EncodedString() },
                    stat: .init(
                        czxid: stat.czxid.rawValue, mzxid: stat.mzxid.rawValue, pzxid: stat.pzxid.rawValue,
                        ctime: stat.ctime, mtime: stat.mtime, ephemeralOwner: stat.ephemeralOwner.rawValue,
                        version: stat.version, cversion: stat.cversion, aversion: stat.aversion,
                        dataLength: stat.dataLength, numChildren: stat.numChildren),
                    acl: acls.list(store[node].acl).map {
                        .init(perms: $0.permissions.rawValue, scheme: $0.id.scheme, id: $0.id.id)
                    },
                    children: children.sorted()))
        }
        return nodes.sorted { $0.path < $1.path }
    }

    /// The digest from nothing but the nodes, to hold against the one that is kept.
    func recomputedDigest() -> UInt64 {
        var sum: UInt64 = 0
        forEachNode(below: .root) { node in
            let path = store.path(node)
            path.withUnsafeBytes { path in
                if NodeDigest.excludes(path: path) { return }
                sum &+= NodeDigest.value(
                    content: NodeDigest.content(path: path, data: store.data(node)), store.stat(node))
            }
        }
        return sum
    }

    @discardableResult
    func apply(_ entry: [UInt8]) throws -> AppliedTxn { try entry.withUnsafeBytes { try apply($0) } }

    /// A whole snapshot at once.
    func snapshot() -> SnapshotBytes {
        var writer = JuteWriter()
        let snapshot = beginSnapshot(into: &writer)
        while writeSnapshot(snapshot, into: &writer, size: writer.count + 100) {}
        return SnapshotBytes(body: writer.bytes, digest: (lastZXID, digest))
    }
}
