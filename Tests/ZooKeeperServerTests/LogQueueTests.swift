import DurableFiles
import Foundation
import NIOCore
import NIOPosix
import Storage
import Synchronization
import TestSupport
import Testing
import ZooKeeperProtocol

@testable import ZooKeeperServer

/// In which order things reach the disk, and what is told of it, with a disk that waits for the test.
@Suite struct LogQueueTests {
    /// Txns that come while the disk is busy share the next sync; other work stays in its place between them.
    @Test func order() async throws {
        let bench = Bench()
        // By the log thread: the loop must not wait for the test.
        bench.isQuiet = false
        bench.disk.holdSyncs()
        try await bench.append(1)
        try await bench.disk.waitForHeldSync()
        try await bench.append(2)
        try await bench.append(3)
        try await bench.perform("epoch")
        try await bench.append(4)
        bench.disk.letSyncsPass()
        try await bench.hasCompleted(4)
        #expect(bench.completed == ["1", "2 3", "epoch", "4"])
        let parts = bench.disk.history.split(separator: "epoch")
        #expect(parts.map { $0.contains("sync") } == [true, true], "txns are synced before it and behind it")
        bench.stop()
    }

    /// On a quiet server with a quick disk a lone txn is written by the loop, else by the log thread.
    @Test func loneTxns() async throws {
        let bench = Bench()
        try await bench.append(1)
        try await bench.hasCompleted(1)
        #expect(bench.disk.syncsOnLoop.first == true)
        bench.isQuiet = false
        try await bench.append(2)
        try await bench.hasCompleted(2)
        #expect(bench.disk.syncsOnLoop.count { $0 } == 1)
        bench.stop()
    }

    /// The first txn behind a roll begins a file.
    @Test func roll() async throws {
        let bench = Bench()
        try await bench.append(1)
        try await bench.hasCompleted(1)
        try await bench.onLoop { $0.roll() }
        try await bench.append(2)
        try await bench.append(3)
        try await bench.hasCompleted(2)
        try await eventually("both are logged") { bench.completed.joined(separator: " ") == "1 2 3" }
        #expect(bench.disk.history.filter { $0.hasPrefix("create") } == ["create 1", "create 2"])
        bench.stop()
    }

    /// To drain is to wait for all that was given before.
    @Test func drain() async throws {
        let bench = Bench()
        bench.isQuiet = false
        try await bench.onLoop { queue in
            for number in 1...3 { bench.put(number, into: queue) }
            let disk = bench.disk
            let syncs = queue.drain { disk.history.filter { $0 == "sync" }.count }
            #expect(syncs > 0)
        }
        try await bench.hasCompleted(1)
        #expect(bench.completed == ["1 2 3"])
        bench.stop()
    }

    /// What a disk refuses is told once, and nothing is written or told after it.
    @Test func failure() async throws {
        let bench = Bench()
        bench.disk.failsSyncs = true
        try await bench.append(1)
        try await eventually("the failure is told") { bench.failures == 1 }
        try await bench.append(2)
        try await bench.perform("epoch")
        try await bench.onLoop { _ in }
        bench.stop()
        #expect(bench.completed == [] && bench.failures == 1)
        #expect(!bench.disk.history.contains("epoch"))
    }
}

/// A queue on an event loop of its own.
private final class Bench: @unchecked Sendable {
    // Touched on the loop, but for the locked part.
    let disk = HeldDisk()
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let loop: any EventLoop
    private let writer: LogWriter
    private var queue: LogQueue!
    private let told = Mutex<(completed: [String], failures: Int, isQuiet: Bool)>(([], 0, true))

    var completed: [String] { told.withLock { $0.completed } }
    var failures: Int { told.withLock { $0.failures } }
    var isQuiet: Bool {
        get { told.withLock { $0.isQuiet } }
        set { told.withLock { $0.isQuiet = newValue } }
    }

    init() {
        loop = group.next()
        let directory = DataDirectory(dataDir: "/disk", files: disk)
        writer = LogWriter(
            LogWriter.Durable(directory: directory, log: TxnLog(directory, preallocation: 1024), epochs: nil),
            loop: loop)
        disk.loop = { [loop] in loop.inEventLoop }
        queue = LogQueue(
            writer, loop: loop, isQuiet: { [unowned self] in isQuiet },
            onWaiting: { [unowned self] in
                let queue = NIOLoopBound(queue!, eventLoop: loop)
                loop.execute { queue.value.start() }
            },
            completed: { [unowned self] step in
                let text: String
                switch step {
                case .batch(let batch, _): text = batch.numbers.map(String.init).joined(separator: " ")
                case .work: text = "epoch"
                }
                told.withLock { $0.completed.append(text) }
            }, failed: { [unowned self] _ in told.withLock { $0.failures += 1 } })
    }

    func put(_ number: Int, into queue: LogQueue) {
        let entry = withUnsafeBytes(of: Int64(number).bigEndian) { [UInt8]($0) } + [UInt8](repeating: 0, count: 40)
        entry.withUnsafeBytes { queue.append(ZXID(rawValue: Int64(number)), entry: $0, ticket: UInt64(number)) }
    }

    func append(_ number: Int) async throws { try await onLoop { [self] in put(number, into: $0) } }

    func perform(_ name: String) async throws {
        let disk = disk
        try await onLoop {
            $0.perform(LogWriter.Work(ticket: 0) { (_) throws(StorageError) in disk.note(name) })
        }
    }

    func onLoop(_ body: @escaping @Sendable (LogQueue) -> Void) async throws {
        try await loop.submit { [self] in body(queue) }.get()
    }

    func hasCompleted(_ count: Int) async throws {
        try await eventually("\(count) steps are done") { completed.count >= count }
    }

    func stop() {
        writer.stop()
        group.shutdownGracefully { _ in }
    }
}

extension LogWriter.Batch {
    fileprivate var numbers: [Int] {
        var numbers: [Int] = []
        records.forEachEntry { numbers.append(Int(Int64(bigEndian: $0.loadUnaligned(as: Int64.self)))) }
        return numbers
    }
}

/// Files in memory, whose syncs the test may hold back or let fail.
private final class HeldDisk: StorageFiles, @unchecked Sendable {
    private struct State {
        var history: [String] = []
        var syncsOnLoop: [Bool] = []
        var holds = false
        /// Syncs that wait at the gate.
        var held = 0
        var fails = false
    }

    private let state = Mutex(State())
    private let gate = DispatchSemaphore(value: 0)
    /// Whether the caller is the event loop.
    var loop: () -> Bool = { false }

    var history: [String] { state.withLock { $0.history } }
    var syncsOnLoop: [Bool] { state.withLock { $0.syncsOnLoop } }
    var failsSyncs: Bool {
        get { state.withLock { $0.fails } }
        set { state.withLock { $0.fails = newValue } }
    }

    func note(_ what: String) { state.withLock { $0.history.append(what) } }
    func holdSyncs() { state.withLock { $0.holds = true } }
    func letSyncsPass() {
        let held = state.withLock { state in
            defer { (state.holds, state.held) = (false, 0) }
            return state.held
        }
        for _ in 0..<held { gate.signal() }
    }
    func waitForHeldSync() async throws { try await eventually("a sync is held") { state.withLock { $0.held > 0 } } }

    fileprivate func sync(_ path: String) throws(FileError) {
        if failsSyncs { throw FileError("fdatasync", path, code: EIO) }
        let isHeld = state.withLock { state in
            if state.holds { state.held += 1 }
            return state.holds
        }
        if isHeld { gate.wait() }
        let isOnLoop = loop()
        state.withLock {
            $0.history.append("sync")
            $0.syncsOnLoop.append(isOnLoop)
        }
    }

    func create(_ path: String) throws(FileError) -> any StorageFile {
        note("create " + path.split(separator: ".").last!)
        return File(path, self)
    }
    func open(_ path: String) throws(FileError) -> any StorageFile { File(path, self) }
    func list(_ directory: String) throws(FileError) -> [String]? { [] }
    func makeDirectory(_ path: String) throws(FileError) {}
    func rename(_ path: String, to newPath: String) throws(FileError) {}
    func remove(_ path: String) throws(FileError) {}
    func syncDirectory(_ directory: String) throws(FileError) {}
    func size(_ path: String) throws(FileError) -> Int? { nil }

    private final class File: StorageFile {
        let path: String
        private let disk: HeldDisk
        private(set) var size = 0

        init(_ path: String, _ disk: HeldDisk) {
            self.path = path
            self.disk = disk
        }

        func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FileError) -> Int { 0 }
        func firstData(from offset: Int) -> Int? { nil }
        func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(FileError) {
            size = max(size, offset + bytes.count)
        }
        func reserve(_ size: Int) throws(FileError) {}
        func truncate(to size: Int) throws(FileError) { self.size = size }
        func sync() throws(FileError) { try disk.sync(path) }
    }
}
