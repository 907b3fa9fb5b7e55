import Foundation
import TestSupport
import Testing
import ZooKeeperClient

@testable import ZooKeeperRecipes

/// Curator's recipes (Debian's `libcurator-recipes-java`) and kazoo's take part in the same locks, queues and groups as ours.
///
/// That locks exclude is proven by values that everybody reads and writes back, plus one, without a version: an addition that
/// overlaps another is lost.
@Suite(.serialized)
struct RecipeInteropTests {
    @Test(arguments: [Engine.bundled, .apache])
    func curatorKazooAndSwiftShareEveryRecipe(engine: Engine) async throws {
        try await StandaloneServer.with(engine, settings: ["minSessionTimeout": "1000"]) { server in
            let directory = try TemporaryDirectory("recipe-peers")
            defer { directory.remove() }
            let java = try Self.java(server.connectString, in: directory)
            let python = try Self.python(server.connectString, in: directory)
            defer {
                java.killAndWait()
                python.killAndWait()
            }
            let client = try await RecipeBench.connect([server.address], sessionTimeout: .seconds(30))
            try await client.create("/values")
            for name in Self.values { try await client.create("/values/\(name)", data: Array("0".utf8)) }
            for style in ["c", "k"] { try await client.create("/values/inside-\(style)") }
            try await DistributedBarrier(client, at: "/c/barrier").set()
            try await DistributedBarrier(client, at: "/k/barrier", names: .kazoo).set()
            let side = SwiftSide(client: client)
            do {
                try await eventually("both peers are there", within: .seconds(90)) {
                    try #require(java.isRunning && python.isRunning)
                    let peers = (try? await client.getChildren("/peers").names) ?? []
                    return peers.sorted() == ["java", "python"]
                }
                try await client.create("/go")
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for part in side.parts { group.addTask { try await part() } }
                    try await group.waitForAll()
                }
                try await eventually("the peers end", within: .seconds(90)) { !java.isRunning && !python.isRunning }
            } catch {
                throw Failure(description: "\(error)\n\(directory.text("java"))\n\(directory.text("python"))")
            }
            // The last line is the exit status.
            #expect(directory.text("java").hasSuffix("exit 0\n"), "\(directory.text("java"))")
            #expect(directory.text("python").hasSuffix("exit 0\n"), "\(directory.text("python"))")
            var values: [String: Int] = [:]
            for name in Self.values {
                let data = try await client.getData("/values/\(name)").data ?? []
                values[name] = Int(String(decoding: data, as: UTF8.self))
            }
            #expect(
                values == [
                    "lock": 36, "lock-k": 24, "rw": 12, "rw-k": 12, "latch": 8, "selector": 6, "election": 8,
                    "barrier-c": 1, "barrier-k": 1,
                ])
            #expect(try await DistributedCounter(client, at: "/c/long").value() == 20)
            #expect(try await DistributedCounter(client, at: "/c/int", format: .int32).value() == 30)
            #expect(try await DistributedCounter(client, at: "/k/counter", format: .text).value() == 20)
            await client.close()
        }
    }

    /// The process dies without a chance to let go: the servers take the lock from it by its session's timeout.
    @Test func theLockOfAKilledProcessGoesToTheNext() async throws {
        try await RecipeBench.with { server in
            let directory = try TemporaryDirectory("killed-holder")
            defer { directory.remove() }
            let script = """
                import sys, time
                from kazoo.client import KazooClient
                client = KazooClient(hosts=sys.argv[1], timeout=2)
                client.start()
                client.Lock("/lock", "doomed").acquire()
                time.sleep(600)
                """
            let interpreter = ProcessInfo.processInfo.environment["PADDOCK_PYTHON"] ?? "/usr/bin/python3"
            let holder = try ChildProcess(
                interpreter, ["-c", script, server.connectString], output: directory.path + "/output")
            defer { holder.killAndWait() }
            let client = try await RecipeBench.connect([server.address])
            let lock = DistributedLock(client, at: "/lock", names: .kazoo, id: "next")
            try await eventually("the other holds") { try await lock.participants().map(\.isHolder) == [true] }
            let next = Task { try await lock.withLock { _ in try await lock.participants().map(\.id) } }
            try await eventually("two stand") { try await lock.participants().map(\.id) == ["doomed", "next"] }
            holder.killAndWait()
            #expect(try await next.value == ["next"])
            await client.close()
        }
    }

    private static let values = [
        "lock", "lock-k", "rw", "rw-k", "latch", "selector", "election", "barrier-c", "barrier-k",
    ]

    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    private static func java(_ server: String, in directory: TemporaryDirectory) throws -> ChildProcess {
        let jars = [
            "curator-recipes", "curator-framework", "curator-client", "zookeeper", "zookeeper-jute", "guava",
            "slf4j-api",
            "slf4j-nop", "netty-handler", "netty-common",
        ].map { "/usr/share/java/\($0).jar" }
        let script = Engine.packageRoot + "/Tests/ZooKeeperRecipesTests/Interop/Scripts/CuratorPeer.java"
        // `java FILE` compiles it in passing.
        return try run(
            ["/usr/bin/java", "-XX:TieredStopAtLevel=1", "-cp", jars.joined(separator: ":"), script, server],
            output: directory.path + "/java")
    }

    private static func python(_ server: String, in directory: TemporaryDirectory) throws -> ChildProcess {
        let interpreter = ProcessInfo.processInfo.environment["PADDOCK_PYTHON"] ?? "/usr/bin/python3"
        let script = Engine.packageRoot + "/Tests/ZooKeeperRecipesTests/Interop/Scripts/kazoo_peer.py"
        return try run([interpreter, script, server], output: directory.path + "/python")
    }

    private static func run(_ command: [String], output: String) throws -> ChildProcess {
        try ChildProcess("/bin/sh", ["-c", "\"$@\"; echo \"exit $?\"", "sh"] + command, output: output)
    }
}

extension TemporaryDirectory {
    fileprivate func text(_ name: String) -> String {
        (try? String(contentsOfFile: path + "/" + name, encoding: .utf8)) ?? ""
    }
}

/// What the peers do below /c and /k, done by ours at the same time.
private struct SwiftSide: Sendable {
    let client: ZooKeeperClient

    var parts: [@Sendable () async throws -> Void] {
        [
            { try await lock("/c/lock", .curator, "lock") }, { try await lock("/k/lock", .kazoo, "lock-k") },
            { try await readWrite("/c/rw", .curator, "rw") }, { try await readWrite("/k/rw", .kazoo, "rw-k") },
            { try await semaphore("/c/semaphore", .curator, "inside-c") },
            { try await semaphore("/k/semaphore", .kazoo, "inside-k") },
            { try await lead("/c/latch", .leaderLatch, "latch", terms: 4) },
            { try await lead("/c/selector", .leaderSelector, "selector", terms: 3) },
            { try await lead("/k/election", .kazoo, "election", terms: 4) }, counters,
            { try await queue("/c", .curator, "java") }, { try await queue("/k", .kazoo, "python") }, work,
            { try await DistributedBarrier(client, at: "/c/barrier").remove() },
            { try await DistributedBarrier(client, at: "/k/barrier", names: .kazoo).remove() },
            { try await doubleBarrier("/c/double", .curator, "swift-inside-c", "java-inside") },
            { try await doubleBarrier("/k/double", .kazoo, "swift-inside-k", "python-inside") },
            { try await group("/c/group", .groupMember, "java", "coffee") }, parties,
        ]
    }

    private func addOne(_ name: String) async throws {
        let data = try await client.getData("/values/\(name)").data ?? []
        let value = try #require(Int(String(decoding: data, as: UTF8.self)))
        try await client.setData("/values/\(name)", Array("\(value + 1)".utf8))
    }

    private func lock(_ path: String, _ style: NameStyle, _ value: String) async throws {
        let lock = DistributedLock(client, at: path, names: style, id: "swift")
        for _ in 0..<12 { try await lock.withLock { _ in try await addOne(value) } }
    }

    private func readWrite(_ path: String, _ style: NameStyle, _ value: String) async throws {
        let lock = DistributedReadWriteLock(client, at: path, names: style, id: "swift")
        for _ in 0..<6 {
            try await lock.withWriteLock { _ in try await addOne(value) }
            try await lock.withReadLock { _ in
                let before = try await client.getData("/values/\(value)").stat
                try await client.sync()
                let after = try await client.getData("/values/\(value)").stat
                #expect(before == after, "written while it was read")
            }
        }
    }

    private func semaphore(_ path: String, _ style: NameStyle, _ inside: String) async throws {
        let semaphore = DistributedSemaphore(client, at: path, leases: 2, names: style, id: "swift")
        for _ in 0..<6 {
            try await semaphore.withLease { _ in
                let own = try await client.create("/values/\(inside)/x", mode: .ephemeralSequential).path
                let count = try await client.getChildren("/values/\(inside)").names.count
                #expect(count <= 2)
                try await client.delete(own)
            }
        }
    }

    private func lead(_ path: String, _ peers: LeaderElection.Peers, _ value: String, terms: Int) async throws {
        let election = LeaderElection(client, at: path, peers: peers, id: "swift")
        for _ in 0..<terms {
            try await election.lead { _ in
                let leader = try await election.leader()
                #expect(leader?.id == "swift")
                try await addOne(value)
            }
        }
    }

    private func counters() async throws {
        for _ in 0..<10 {
            try await DistributedCounter(client, at: "/c/long").add(1)
            try await DistributedCounter(client, at: "/c/int", format: .int32).add(1)
            try await DistributedCounter(client, at: "/k/counter", format: .text).add(1)
        }
    }

    private func queue(_ path: String, _ style: NameStyle, _ peer: String) async throws {
        let out = DistributedQueue(client, at: path + "/from-swift", names: style)
        let entries = DistributedQueue(client, at: path + "/to-swift", names: style)
        for number in 0..<5 { try await out.put(Array("swift \(number)".utf8)) }
        for number in 0..<5 {
            let entry = try await entries.take(timeout: .seconds(60))
            #expect(String(decoding: entry, as: UTF8.self) == "\(peer) \(number)")
        }
    }

    private func work() async throws {
        let out = LockingQueue(client, at: "/k/work-of-swift")
        let entries = LockingQueue(client, at: "/k/work-for-swift")
        for number in 0..<5 { try await out.put(Array("swift \(number)".utf8)) }
        for number in 0..<5 {
            try await entries.work(timeout: .seconds(60)) { entry, _ in
                #expect(String(decoding: entry, as: UTF8.self) == "python \(number)")
            }
        }
    }

    private func doubleBarrier(_ path: String, _ style: NameStyle, _ own: String, _ peer: String) async throws {
        let barrier = DistributedDoubleBarrier(client, at: path, members: 2, names: style, id: "swift")
        try await barrier.together(timeout: .seconds(60)) {
            try await client.create("/values/" + own)
            try await eventually("the peer is inside") { try await client.exists("/values/" + peer) != nil }
        }
    }

    private func group(_ path: String, _ names: GroupNames, _ peer: String, _ data: String) async throws {
        let group = Group(client, at: path, names: names)
        try await group.withMembership(as: "swift", data: Array("bird".utf8)) {
            for try await members in group.memberChanges() {
                guard let member = members.first(where: { $0.id == peer }) else { continue }
                #expect(String(decoding: member.data, as: UTF8.self) == data)
                break
            }
            try await eventually("the peer saw us") { try await client.exists("/values/\(peer)-saw-swift") != nil }
            try await client.create("/values/swift-saw-\(peer)")
        }
    }

    private func parties() async throws {
        let party = Group(client, at: "/k/party", names: .party)
        let shallow = Group(client, at: "/k/shallow", names: .shallowParty)
        try await party.withMembership(as: "swift") {
            try await shallow.withMembership(as: "swift") {
                for group in [party, shallow] {
                    for try await members in group.memberChanges() where members.contains(where: { $0.id == "python" })
                    { break }
                }
                try await eventually("the peer saw us") { try await client.exists("/values/python-saw-swift") != nil }
                try await client.create("/values/swift-saw-python")
            }
        }
    }
}
