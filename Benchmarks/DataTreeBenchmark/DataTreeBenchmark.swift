import DataTree
import Glibc
import Jute
import ZooKeeperProtocol

/// What the data tree costs by itself: no network, no log. Bytes a znode, and CPU time an operation.
///
///     swift run -c release DataTreeBenchmark [znodes] [bytes of data]
@main struct DataTreeBenchmark {
    static func main() throws {
        let arguments = CommandLine.arguments.dropFirst().compactMap { Int($0) }
        let count = arguments.first ?? 1_000_000
        let size = arguments.dropFirst().first ?? 100
        var run = Run(count: count, data: Array(repeating: 0x61, count: size))
        try run.creates()
        run.reads()
        try run.sets()
        try run.snapshot()
    }
}

private struct Run {
    let count: Int
    let data: [UInt8]
    var tree = DataTree()
    var sessions = SessionTracker()
    var zxid = ZXID.zero
    var random: UInt64 = 88_172_645_463_325_252
    static let session = SessionID(rawValue: 1)

    init(count: Int, data: [UInt8]) {
        self.count = count
        self.data = data
        sessions.track(Self.session, timeout: 30_000, now: 0)
    }

    /// 1,000 directories of `count / 1000` znodes.
    private func path(_ number: Int) -> String { "/directory\(number % 1000)/node\(number / 1000)" }

    mutating func creates() throws {
        var preparer = TxnPreparer()
        for directory in 0..<1000 { try write(.create, request("/directory\(directory)", []), &preparer) }
        let start = residentBytes()
        var time = 0.0
        for batch in 0..<count / 1000 {
            let bodies = (0..<1000).map { request(path(batch * 1000 + $0), data) }
            time += try cpuSeconds { for body in bodies { try write(.create, body, &preparer) } }
        }
        report("create: prepare and apply", time, count)
        let bytes = residentBytes() - start
        print(
            "memory: \(bytes >> 20) MiB resident, \(bytes / count) bytes a znode of \(data.count) bytes data; \(tree.memory >> 20) MiB by the tree's own count"
        )
    }

    mutating func reads() {
        let connection = ClientID(rawValue: 0)
        tree.watches.connect(connection, [])
        let reader = Reader(connection: connection, session: Self.session)
        let bodies = (0..<1 << 16).map { _ in
            encode { writer in
                writer.write(path(Int(next() % UInt64(count))))
                writer.write(false)
            }
        }
        var reply = JuteWriter(capacity: 1 << 16)
        let rounds = 2_000_000
        for (name, op) in [("get", OpCode.getData), ("exists", .exists)] {
            var failures = 0
            let time = cpuSeconds {
                for round in 0..<rounds {
                    if round & 255 == 0 { reply.removeAll() }
                    let error = bodies[round & 0xffff].withUnsafeBytes { tree.read(op, $0, for: reader, into: &reply) }
                    if error != .ok { failures += 1 }
                }
            }
            report(name, time, rounds)
            if failures > 0 { print("\(failures) failed") }
        }
    }

    /// With 256 txns between being prepared and being applied.
    mutating func sets() throws {
        var preparer = TxnPreparer()
        let bodies = (0..<1 << 16).map { _ in
            encode { writer in
                writer.write(path(Int(next() % UInt64(count))))
                writer.write(data)
                writer.write(-1 as Int32)
            }
        }
        let rounds = 1_000_000
        var entry = JuteWriter(capacity: 1 << 16)
        var reply = JuteWriter(capacity: 1 << 16)
        var offsets: [Int] = []
        var prepareTime = 0.0
        var applyTime = 0.0
        for batch in 0..<rounds / 256 {
            entry.removeAll()
            offsets.removeAll(keepingCapacity: true)
            prepareTime += cpuSeconds {
                for place in 0..<256 {
                    offsets.append(entry.count)
                    zxid = zxid.next
                    let error = bodies[(batch * 256 + place) & 0xffff].withUnsafeBytes {
                        preparer.prepare(
                            WriteRequest(session: Self.session, cxid: 1, op: .setData, body: $0, identities: []),
                            zxid: zxid, time: 1, tree: tree, sessions: &sessions, into: &entry)
                    }
                    if error != .ok { fatalError("\(error)") }
                }
            }
            offsets.append(entry.count)
            reply.removeAll()
            applyTime += try cpuSeconds {
                for place in 0..<256 {
                    let applied = try entry.withUnsafeBytes {
                        try tree.apply(
                            UnsafeRawBufferPointer(rebasing: $0[offsets[place]..<offsets[place + 1]]), reply: &reply)
                    }
                    preparer.applied(applied.header.zxid, tree: tree)
                }
            }
        }
        report("set: prepare", prepareTime, rounds)
        report("set: apply", applyTime, rounds)
        if tree.digestMismatches > 0 { print("\(tree.digestMismatches) digest mismatches") }
    }

    mutating func snapshot() throws {
        var writer = JuteWriter(capacity: 512 << 20)
        var longest = 0.0
        let time = cpuSeconds {
            let snapshot = tree.beginSnapshot(into: &writer)
            var more = true
            while more {
                let size = writer.count + 256 << 10
                longest = max(longest, cpuSeconds { more = tree.writeSnapshot(snapshot, into: &writer, size: size) })
            }
        }
        report("snapshot: write, a node", time, count)
        print("snapshot: \(writer.count >> 20) MiB, longest slice \(Int(longest * 1e6)) µs")
        let digest = tree.digest
        tree = DataTree()
        var loaded = tree
        let loadTime = try cpuSeconds { loaded = try load(writer) }
        report("snapshot: load, a node", loadTime, count)
        if loaded.digest != digest { print("the digests differ") }
    }

    private func load(_ snapshot: JuteWriter) throws -> DataTree {
        var loader = DataTreeLoader()
        try snapshot.withUnsafeBytes { bytes in
            var reader = JuteReader(bytes)
            for _ in 0..<(try reader.readInt32()) {
                loader.addSession(try reader.readSessionID(), timeout: try reader.readInt32())
            }
            for _ in 0..<(try reader.readInt32()) {
                let key = try reader.readInt64()
                var list = JuteWriter()
                list.write(try reader.readVector(of: ACL.self))
                try list.withUnsafeBytes { (bytes) throws(JuteError) in try loader.addACL(key: key, list: bytes) }
            }
            while true {
                let path = try reader.readPresentSlice()
                if path.count == 1 { return }
                let (data, acl) = (try reader.readSlice(), try reader.readInt64())
                let stat = try StatPersisted(from: &reader)
                guard loader.add([SnapshotNode(path, data: data, acl: acl, stat: stat)]) == nil else {
                    fatalError("a node without its parent")
                }
            }
        }
        return loader.finish(lastZXID: zxid, digest: nil)
    }

    private mutating func write(_ op: OpCode, _ body: [UInt8], _ preparer: inout TxnPreparer) throws {
        zxid = zxid.next
        var entry = JuteWriter(capacity: 512)
        let error = body.withUnsafeBytes {
            preparer.prepare(
                WriteRequest(session: Self.session, cxid: 1, op: op, body: $0, identities: []), zxid: zxid, time: 1,
                tree: tree, sessions: &sessions, into: &entry)
        }
        if error != .ok { fatalError("\(error)") }
        var reply = JuteWriter(capacity: 256)
        _ = try entry.withUnsafeBytes { try tree.apply($0, reply: &reply) }
        preparer.applied(zxid, tree: tree)
    }

    private func request(_ path: String, _ data: [UInt8]) -> [UInt8] {
        encode { writer in
            writer.write(path)
            writer.write(data)
            writer.write([ACL].open)
            writer.write(0 as Int32)
        }
    }

    private func encode(_ body: (inout JuteWriter) -> Void) -> [UInt8] {
        var writer = JuteWriter()
        body(&writer)
        return writer.bytes
    }

    private mutating func next() -> UInt64 {
        random ^= random << 13
        random ^= random >> 7
        random ^= random << 17
        return random
    }
}

private func report(_ name: String, _ seconds: Double, _ count: Int) {
    let nanoseconds = Int(seconds / Double(count) * 1e9)
    print("\(name): \(nanoseconds) ns CPU each, \(count) in \(Int(seconds * 1000)) ms")
}

private func cpuSeconds<Failure: Error>(_ body: () throws(Failure) -> Void) throws(Failure) -> Double {
    func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
    let start = now()
    try body()
    return now() - start
}

private func residentBytes() -> Int {
    guard let file = fopen("/proc/self/statm", "r") else { return 0 }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 256)
    guard fgets(&line, 256, file) != nil else { return 0 }
    let fields = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self).split(
        separator: " ")
    return fields.count > 1 ? (Int(fields[1]) ?? 0) * Int(getpagesize()) : 0
}
