import DurableFiles
import Jute
import Testing
import ZooKeeperProtocol

@testable import Storage

/// The txn log's file format, against files that Apache ZooKeeper 3.8.0 wrote and against a disk that misbehaves.
@Suite struct TxnLogTests {
    static let logs = [
        "standalone/a-logs-only/version-2/log.1", "standalone/a-logs-only/version-2/log.39",
        "standalone/a-logs-only/version-2/log.aa", "standalone/a-logs-only/version-2/log.111",
        "standalone/a-logs-only/version-2/log.181", "standalone/a-logs-only/version-2/log.1f0",
        "standalone/b-snapshots/version-2/log.1", "standalone/b-snapshots/version-2/log.c8",
        "standalone/d-nodigest/version-2/log.1", "ensemble/s1/version-2/log.100000001",
        "ensemble/s2/version-2/log.200000001", "trunc/3-old-leader-with-2-extra-txns/version-2/log.200000001",
    ]

    /// Apache's logs, read and written again, are the same bytes, up to the padding.
    @Test(arguments: logs)
    func rewrite(name: String) throws {
        let original = try DurableFile.read(fixture(name))
        let files = SimulatedFiles()
        let directory = DataDirectory(dataDir: "/d", files: files)
        var log = TxnLog(directory, preallocation: 16384)
        let reader = try TxnLogReader(fixture(name), files: SystemFiles())
        var first: ZXID?
        while try reader.next() {
            first = first ?? reader.zxid
            var batch = TxnBatch()
            batch.append(reader.zxid, entry: reader.entry)
            try log.append(&batch)
        }
        try log.commit()
        log.roll()
        #expect(reader.end == .clean)
        #expect(files.content(directory.logPath(try #require(first))) == Array(original[..<reader.offset]))
    }

    /// A file reserves as much again as it holds, from 64 KiB up to preAllocSize, and gives back the rest when it is left.
    @Test func growth() throws {
        let files = SimulatedFiles()
        let directory = DataDirectory(dataDir: "/d", files: files)
        var log = TxnLog(directory, preallocation: 1 << 20)
        let path = directory.logPath(ZXID(rawValue: 1))
        var (number, sizes) = (0 as Int64, [Int]())
        while log.currentSize < 5 << 20 {
            number += 1
            try append(number, to: &log, padding: 4000)
            try log.commit()
            try log.prepareAhead()
            let size = try #require(files.content(path)).count
            if size != sizes.last { sizes.append(size) }
            let ahead = size - log.currentSize
            #expect(ahead <= max(128 << 10, min(2 << 20, 2 * log.currentSize)), "at \(log.currentSize)")
            #expect(ahead >= 15 << 10, "at \(log.currentSize)")
        }
        #expect(sizes.first == 16 + 64 << 10)
        #expect(sizes.count < 12, "it grows seldom")
        let end = log.currentSize
        log.roll()
        #expect(files.content(path)?.count == end)
        try append(number + 1, to: &log)
        try log.commit()
        #expect(files.content(directory.logPath(ZXID(rawValue: number + 1)))?.count == 16 + 64 << 10)
    }

    /// A log torn at every byte of its last record reads up to the record before.
    @Test func tornAnywhere() throws {
        let files = SimulatedFiles()
        let content = try DurableFile.read(fixture(Self.logs[8]))
        files.set("/l", content)
        let whole = try read("/l", files)
        let last = try #require(whole.offsets.last)
        for length in last..<whole.end {
            // Both ways a tear looks: the file is shorter, or the preallocated zeros are still there.
            for padding in [0, content.count - length] {
                files.set("/l", Array(content[..<length]) + [UInt8](repeating: 0, count: padding))
                let torn = try read("/l", files)
                #expect(torn.zxids == whole.zxids.dropLast(), "cut at \(length)")
                #expect(torn.end == last)
                #expect(try torn.reader.firstIntactRecord() == nil)
            }
        }
    }

    /// Behind a damaged record the next intact one is found.
    @Test func damagedInTheMiddle() throws {
        let files = SimulatedFiles()
        let content = try DurableFile.read(fixture(Self.logs[0]))
        files.set("/l", content)
        let offsets = try read("/l", files).offsets
        for index in [0, 1, offsets.count / 2] {
            for shift in [5, 9, 13, 40] {
                var damaged = content
                damaged[offsets[index] + shift] ^= 0x55
                files.set("/l", damaged)
                let found = try read("/l", files)
                #expect(found.end == offsets[index])
                #expect(try found.reader.firstIntactRecord() == offsets[index + 1])
            }
        }
    }

    /// An empty file and a file with a torn header hold nothing.
    @Test(arguments: [0, 1, 8, 15, 16])
    func headers(length: Int) throws {
        let files = SimulatedFiles()
        files.set("/l", Array(TxnLogFormat.header.prefix(length)))
        let found = try read("/l", files)
        #expect(found.zxids.isEmpty)
    }

    /// After a power cut everything committed is there, and of the rest only whole records.
    @Test(arguments: 0..<120)
    func powerCut(survivors: Int) throws {
        let files = SimulatedFiles()
        let directory = DataDirectory(dataDir: "/d", files: files)
        var log = TxnLog(directory, preallocation: 4096)
        for number in 1...9 as ClosedRange<Int64> {
            try append(number, to: &log)
            if number == 5 {
                try log.commit()
                try log.prepareAhead()
            }
        }
        files.crash(survivors: survivors)
        let found = try read(directory.logPath(ZXID(rawValue: 1)), files)
        #expect(found.zxids.count >= 5)
        #expect(found.zxids == Array((1...9).map { ZXID(rawValue: $0) }.prefix(found.zxids.count)))
    }

    /// A file whose directory entry was not synced would be lost: commit syncs it.
    @Test func newFileIsDurable() throws {
        let files = SimulatedFiles()
        let directory = DataDirectory(dataDir: "/d", files: files)
        var log = TxnLog(directory, preallocation: 0)
        try append(1, to: &log)
        try log.commit()
        log.roll()
        try append(2, to: &log)
        files.crash()
        #expect(files.paths == ["/d/version-2/log.1"])
    }

    /// On a full disk append fails, keeps failing, and what was committed stays readable.
    @Test func fullDisk() throws {
        let files = SimulatedFiles()
        let directory = DataDirectory(dataDir: "/d", files: files)
        var log = TxnLog(directory, preallocation: 4096)
        files.capacity = 1000
        var committed: Int64 = 0
        var failure: String?
        while failure == nil {
            do {
                try append(committed + 1, to: &log)
                try log.commit()
                committed += 1
            } catch { failure = "\(error)" }
        }
        #expect(committed > 3)
        #expect(failure == "cannot write /d/version-2/log.1: No space left on device")
        files.capacity = .max
        #expect(throws: StorageError.self) { try append(committed + 1, to: &log) }
        #expect(throws: StorageError.self) { try log.commit() }
        let found = try read("/d/version-2/log.1", files)
        #expect(found.zxids.count == Int(committed))
    }

    /// A size limit rolls after the commit that exceeded it.
    @Test func sizeLimit() throws {
        let files = SimulatedFiles()
        let directory = DataDirectory(dataDir: "/d", files: files)
        var log = TxnLog(directory, preallocation: 0, sizeLimit: 150)
        for number in 1...6 as ClosedRange<Int64> {
            try append(number, to: &log)
            try log.commit()
        }
        #expect(files.paths == ["/d/version-2/log.1", "/d/version-2/log.4"])
    }

    private func append(_ number: Int64, to log: inout TxnLog, padding: Int = 0) throws {
        var batch = TxnBatch()
        batch.append(ZXID(rawValue: number)) { writer in
            // A createSession txn.
            writer.write(7 as Int64)
            writer.write(0 as Int32)
            writer.write(number)
            writer.write(1_700_000_000_000 as Int64)
            writer.write(-10 as Int32)
            writer.write(30000 as Int32)
            writer.write(raw: [UInt8](repeating: 7, count: padding))
        }
        try log.append(&batch)
    }

    private struct Found {
        var zxids: [ZXID] = []
        var offsets: [Int] = []
        var end = 0
        var reader: TxnLogReader
    }

    private func read(_ path: String, _ files: SimulatedFiles) throws -> Found {
        let reader = try TxnLogReader(path, files: files)
        var found = Found(reader: reader)
        var offset = reader.offset
        while try reader.next() {
            found.zxids.append(reader.zxid)
            found.offsets.append(offset)
            offset = reader.offset
        }
        found.end = reader.offset
        return found
    }
}
