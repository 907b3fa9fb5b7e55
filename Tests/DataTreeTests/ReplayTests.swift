import Jute
import TestSupport
import Testing
import ZooKeeperProtocol

@testable import DataTree

/// Logs and snapshots of Apache 3.8.0, replayed: its digests and the trees its clients saw are the oracle.
@Suite struct ReplayTests {
    static let directories = [
        "standalone/a-logs-only", "standalone/b-snapshots", "standalone/c-restarted", "standalone/d-nodigest",
        "ensemble/s1", "ensemble/s2", "ensemble/s3", "ensemble/s4",
    ]

    private func expected(_ name: String) throws -> [ExpectedTree.Node] {
        let file = name.hasPrefix("ensemble") ? "ensemble" : name
        return try ExpectedTree(DataDirectoryFixture.root + "/" + file + "/expected.json").nodes.sorted {
            $0.path < $1.path
        }
    }

    @Test func digestOfAnEmptyTree() {
        let tree = DataTree()
        #expect(tree.digest == 1_371_985_504)
        #expect(tree.nodeCount == 5)
        #expect(tree.recomputedDigest() == tree.digest)
    }

    @Test(arguments: directories)
    func everyDigestOfTheLog(name: String) throws {
        let entries = try DataDirectoryFixture(name).logEntries()
        let tree = DataTree()
        var withDigest = 0
        for entry in entries {
            let foreseen = try TxnEntry(decoding: entry).digest
            let applied = try tree.apply(entry)
            if let foreseen {
                withDigest += 1
                #expect(tree.digest == foreseen.tree, "after \(applied.header.zxid), a \(applied.header.type)")
            }
        }
        #expect(tree.digestMismatches == 0)
        #expect(tree.recomputedDigest() == tree.digest)
        #expect(entries.count > 5)
        #expect(name == "standalone/d-nodigest" ? withDigest == 0 : withDigest > 30)
    }

    /// From every snapshot there is, most of them fuzzy or in the middle of the log, to the same tree.
    @Test(arguments: directories)
    func everySnapshotLeadsToTheSameTree(name: String) throws {
        let fixture = DataDirectoryFixture(name)
        let entries = try fixture.logEntries()
        let wanted = try expected(name)
        for snapshot in try fixture.files("snapshot") {
            let tree = try fixture.tree(fromSnapshot: snapshot.zxid)
            for entry in entries where try TxnEntry(decoding: entry).header.zxid.rawValue > snapshot.zxid {
                try tree.apply(entry)
            }
            #expect(tree.digestMismatches == 0)
            #expect(tree.recomputedDigest() == tree.digest)
            let found = try tree.everything()
            // Each server keeps the configuration for itself.
            let (left, right) = (
                found.filter { $0.path != DataTree.configPath }, wanted.filter { $0.path != DataTree.configPath }
            )
            #expect(left.map(\.path) == right.map(\.path))
            for (left, right) in zip(left, right) where left != right { #expect(left == right) }
        }
    }

    /// Applying the log once more over its own result changes nothing but what Apache changes, too: the digest holds.
    @Test(arguments: directories)
    func snapshotOfOursReadBack(name: String) throws {
        let tree = DataTree()
        for entry in try DataDirectoryFixture(name).logEntries() { try tree.apply(entry) }
        let copy = try tree.snapshot().load(lastZXID: tree.lastZXID)
        #expect(copy.digestMismatches == 0)
        #expect(copy.digest == tree.digest)
        #expect(try copy.everything() == tree.everything())
        #expect(copy.sessions.map(\.id) == tree.sessions.map(\.id))
        #expect(copy.sessions.map(\.timeout) == tree.sessions.map(\.timeout))
        #expect(copy.sessionsWithEphemerals == tree.sessionsWithEphemerals)
        #expect(copy.ephemeralCount == tree.ephemeralCount)
    }

    /// A snapshot that is taken node by node while the log goes on, then replay of the log from its zxid.
    @Test(arguments: directories, [1, 3, 10, 40])
    func fuzzySnapshotAndItsLog(name: String, txnsBetweenSlices: Int) throws {
        let entries = try DataDirectoryFixture(name).logEntries()
        let tree = DataTree()
        var next = 0
        func advance(_ count: Int) throws {
            for _ in 0..<count where next < entries.count {
                try tree.apply(entries[next])
                next += 1
            }
        }
        try advance(entries.count / 3)
        var writer = JuteWriter()
        let snapshot = tree.beginSnapshot(into: &writer)
        while tree.writeSnapshot(snapshot, into: &writer, size: writer.count + 1) { try advance(txnsBetweenSlices) }
        let bytes = SnapshotBytes(body: writer.bytes, digest: (tree.lastZXID, tree.digest))
        try advance(entries.count)

        let copy = try bytes.load(lastZXID: snapshot.zxid)
        for entry in entries where try TxnEntry(decoding: entry).header.zxid > snapshot.zxid { try copy.apply(entry) }
        #expect(copy.digest == tree.digest)
        #expect(copy.digestMismatches == 0)
        #expect(try copy.everything() == tree.everything())
        #expect(copy.sessions.map(\.id) == tree.sessions.map(\.id))
    }

    @Test func orphanedEphemeralsGo() throws {
        let tree = DataTree()
        for entry in try DataDirectoryFixture("standalone/a-logs-only").logEntries() { try tree.apply(entry) }
        #expect(tree.ephemeralCount > 0)
        #expect(tree.removeOrphanedEphemerals() == [])
        let owner = try #require(tree.sessionsWithEphemerals.first)
        let paths = tree.ephemerals(of: owner)
        tree.sessionTimeouts[owner] = nil
        #expect(tree.removeOrphanedEphemerals() == [owner])
        #expect(paths.allSatisfy { tree.find($0) == nil })
        #expect(tree.recomputedDigest() == tree.digest)
    }
}
