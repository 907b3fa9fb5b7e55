import DataTree
import DurableFiles
import Jute
import Testing
import ZooKeeperProtocol

@testable import Storage

/// Snapshots and logs that are read in many pieces, by a thread that reads ahead: what comes of them is what their bytes say.
@Suite struct LargeFilesTests {
    private let files = SimulatedFiles()
    private var directory: DataDirectory { DataDirectory(dataDir: "/d", files: files) }

    /// A few thousand nodes, some of them longer than a piece, with sessions, ACLs and ephemerals, below several parents.
    private func largeTree() throws -> DataTree {
        var loader = DataTreeLoader()
        for number in 1...300 as ClosedRange<Int64> { loader.addSession(SessionID(rawValue: number), timeout: 30000) }
        var list = JuteWriter()
        list.write([ACL(.read, .anyone)] as [ACL]?)
        for key in 1...3 as ClosedRange<Int64> { try list.withUnsafeBytes { try loader.addACL(key: key, list: $0) } }
        var nodes: [(path: String, length: Int, owner: Int64, acl: Int64)] = [("", 0, 0, -1)]
        for parent in 0..<4 {
            nodes.append(("/\(parent)", 10, 0, -1))
            for child in 0..<800 {
                let owner = child % 50 == 1 ? Int64(child) : 0
                nodes.append(("/\(parent)/node-\(child)", 100, owner, child % 9 == 0 ? 2 : -1))
            }
            nodes.append(("/\(parent)/long", 300_000 + parent * 200_000, 0, -1))
            nodes.append(("/\(parent)/behind-it", 3, 0, -1))
            for depth in 1...30 {
                nodes.append(("/\(parent)" + String(repeating: "/\(parent)", count: depth), depth, 0, -1))
            }
        }
        for node in nodes {
            let stat = StatPersisted(
                czxid: ZXID(rawValue: 5), mzxid: ZXID(rawValue: 6), ctime: 7, mtime: 8, version: Int32(node.length),
                ephemeralOwner: node.owner, pzxid: ZXID(rawValue: 5))
            let (path, data) = (Array(node.path.utf8), [UInt8](repeating: UInt8(node.length % 251), count: node.length))
            path.withUnsafeBytes { path in
                data.withUnsafeBytes {
                    let orphan = loader.add([SnapshotNode(path, data: $0, acl: node.acl, stat: stat)])
                    #expect(orphan == nil)
                }
            }
        }
        return loader.finish(lastZXID: ZXID(rawValue: 9), digest: nil)
    }

    private func written(_ tree: DataTree) throws -> [UInt8] {
        try directory.writeWhole(tree, digest: true)
        return try #require(files.content(directory.snapshotPath(tree.lastZXID)))
    }

    private func load(_ content: [UInt8], _ compression: SnapshotCompression = .none) throws -> DataTree {
        let path = directory.snapshotPath(ZXID(rawValue: 9)) + compression.rawValue
        files.set(path, content)
        return try directory.load(
            DataDirectory.SnapshotFile(path: path, zxid: ZXID(rawValue: 9), compression: compression))
    }

    @Test func aSnapshotIsLoadedAndWrittenAgain() throws {
        let tree = try largeTree()
        let content = try written(tree)
        #expect(content.count > 2 << 20)
        let loaded = try load(content)
        #expect(loaded.digest == tree.digest && loaded.digestMismatches == 0)
        #expect(loaded.nodeCount == tree.nodeCount && loaded.ephemeralCount == tree.ephemeralCount)
        #expect(loaded.approximateDataSize == tree.approximateDataSize)
        #expect(try written(loaded) == content)
    }

    @Test func aCompressedSnapshotIsTheSame() throws {
        let tree = try largeTree()
        let content = try written(tree)
        // Chunks of one literal each, some longer than what is read at a time.
        var snappy: [UInt8] = [0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1]
        var rest = content[...]
        var length = 1000
        while !rest.isEmpty {
            let part = rest.prefix(length)
            rest = rest.dropFirst(length)
            length = length * 3 % 700_001
            let chunk = varint(part.count) + [63 << 2] + littleEndian(part.count - 1) + part
            snappy += littleEndian(chunk.count).reversed() + chunk
        }
        let loaded = try load(snappy, .snappy)
        #expect(loaded.digest == tree.digest)
        #expect(try written(loaded) == content)
    }

    /// Wherever it is damaged or cut, nothing of it is taken.
    @Test func aDamagedSnapshotIsRefused() throws {
        let content = try written(try largeTree())
        for place in stride(from: 20, to: content.count, by: content.count / 9) {
            var damaged = content
            damaged[place] ^= 4
            let error = #expect(throws: StorageError.self) { try load(damaged) }
            #expect(try #require(error).description.contains("/d/version-2/snapshot.9"))
            #expect(throws: StorageError.self) { try load(Array(content[..<place])) }
        }
    }

    /// A leader's stream, in whatever parts it comes, becomes the tree and the only file.
    @Test(arguments: [1000, 65536, 3_000_000])
    func aSnapshotThatALeaderSends(partLength: Int) throws {
        let tree = try largeTree()
        let bytes = try stream(of: tree)
        let incoming = try IncomingSnapshot(directory, zxid: tree.lastZXID, access: AccessControl(), seed: 1)
        try send(bytes, partLength, to: incoming)
        #expect(incoming.isComplete)
        try directory.replaceAll(by: incoming.file)
        let received = incoming.takeTree()
        #expect(received.digest == tree.digest && received.nodeCount == tree.nodeCount)
        let recovered = try directory.recover()
        #expect(recovered.tree.digest == tree.digest && recovered.snapshot?.zxid == tree.lastZXID)
    }

    @Test func aSnapshotThatDoesNotFitOnTheDisk() throws {
        let tree = try largeTree()
        let bytes = try stream(of: tree)
        let incoming = try IncomingSnapshot(directory, zxid: tree.lastZXID, access: AccessControl(), seed: 1)
        files.capacity = bytes.count / 2
        let error = #expect(throws: StorageError.self) { try send(bytes, 50_000, to: incoming) }
        #expect(try #require(error).description.hasSuffix("No space left on device"))
        incoming.file.abandon()
    }

    /// What follows SNAP: the tree without the file's header and seals, then a signature.
    private func stream(of tree: DataTree) throws -> [UInt8] {
        let content = try written(tree)
        files.set(directory.snapshotPath(tree.lastZXID), [])
        return content[16..<content.count - 46] + [0, 0, 0, 10] + Array("BenWasHere".utf8)
    }

    private func send(_ bytes: [UInt8], _ partLength: Int, to incoming: IncomingSnapshot) throws {
        var (sent, taken) = (0, 0)
        while sent < bytes.count {
            sent = min(bytes.count, sent + partLength)
            taken += try bytes[taken..<sent].withUnsafeBytes { try incoming.take($0, maxFieldLength: 1 << 20) }
        }
        #expect(taken == bytes.count)
    }

    /// What is foreseen of a txn counts only as long as it is right: nodes come, go, and get the numbers of others meanwhile.
    @Test func aLogIsReplayedAsIfOneTxnCameAfterTheOther() throws {
        let plain = DataTree()
        var log = TxnLog(directory, preallocation: 0)
        try directory.writeWhole(plain, digest: true)
        var zxid: Int64 = 0
        func append(_ type: OpCode, _ body: (inout JuteWriter) -> Void) throws {
            zxid += 1
            var entry = JuteWriter()
            TxnHeader(
                session: SessionID(rawValue: 1), cxid: 1, zxid: ZXID(rawValue: zxid), time: zxid, type: type
            ).write(to: &entry)
            body(&entry)
            var batch = TxnBatch()
            try entry.withUnsafeBytes { bytes in
                batch.append(ZXID(rawValue: zxid), entry: bytes)
                try plain.apply(bytes)
            }
            try log.append(&batch)
        }
        func create(_ path: String, _ length: Int = 100) throws {
            try append(.create) {
                $0.write(path)
                $0.write([UInt8](repeating: UInt8(truncatingIfNeeded: zxid), count: length) as [UInt8]?)
                $0.write([ACL].open)
                $0.write(false)
                $0.write(-1 as Int32)
            }
        }
        func set(_ path: String, _ length: Int) throws {
            try append(.setData) {
                $0.write(path)
                $0.write([UInt8](repeating: UInt8(truncatingIfNeeded: zxid &* 3), count: length) as [UInt8]?)
                $0.write(Int32(truncatingIfNeeded: zxid))
            }
        }
        func delete(_ path: String) throws { try append(.delete) { $0.write(path) } }
        for round in 0..<600 {
            try create("/a")
            try create("/a/x-\(round)")
            try set("/a/x-\(round)", round % 300)
            try create("/b-\(round)")
            try delete("/a/x-\(round)")
            try delete("/a")
            try create("/b-\(round)/in", round == 300 ? 700_000 : 80)
            try set("/b-\(round / 2)", 50)
            // No longer there, not there yet, there already.
            try set("/a", 5)
            try create("/a/too-soon")
            try create("/b-\(round)")
        }
        try log.commit()
        let recovered = try directory.recover()
        #expect(recovered.replayed == Int(zxid))
        #expect(recovered.tree.digest == plain.digest && recovered.tree.digestMismatches == 0)
        let expected = try written(plain)
        #expect(try written(recovered.tree) == expected)
    }

    @Test func adler32() {
        // As RFC 1950 defines it.
        func plain(_ bytes: some Sequence<UInt8>) -> UInt32 {
            var (a, b) = (1 as UInt32, 0 as UInt32)
            for byte in bytes {
                a = (a + UInt32(byte)) % 65521
                b = (b + a) % 65521
            }
            return b << 16 | a
        }
        let bytes =
            (0..<20_000).map { UInt8(truncatingIfNeeded: $0 &* $0 / 7) } + [UInt8](repeating: 255, count: 20_000)
        for (start, count) in [
            (0, 0), (3, 1), (0, 15), (1, 16), (5, 17), (7, 4095), (0, 4096), (9, 9000), (0, 40_000), (20_000, 20_000),
        ] {
            let part = Array(bytes[start..<start + count])
            #expect(part.withUnsafeBytes { Adler32.of($0) } == plain(part))
            var sum = Adler32()
            for piece in [part.prefix(count / 3), part.dropFirst(count / 3)] {
                Array(piece).withUnsafeBytes { sum.update($0) }
            }
            #expect(sum.value == plain(part))
        }
    }

    private func varint(_ number: Int) -> [UInt8] {
        number < 128 ? [UInt8(number)] : [UInt8(number & 127) | 128] + varint(number >> 7)
    }

    private func littleEndian(_ number: Int) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
    }
}
