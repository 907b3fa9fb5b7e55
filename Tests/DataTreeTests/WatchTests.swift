import Jute
import TestSupport
import Testing
import ZooKeeperProtocol

@testable import DataTree

/// Who is told of what, per txn.
@Suite struct WatchTests {
    enum Setup: Sendable {
        case exists, data, children
        case add(AddWatchMode)
    }

    private func server() -> (TestServer, ClientID) {
        let server = TestServer()
        for request: Request in [.create("/a"), .create("/a/b"), .create("/e", flags: 1)] { server.write(request) }
        return (server, server.tree.watches.connect([]))
    }

    private func watch(_ server: TestServer, _ setup: Setup, _ path: String, _ connection: ClientID) -> ErrorCode {
        switch setup {
        case .exists: server.read(.exists(ReadRequest(path: path, watch: true)), connection).error
        case .data: server.read(.getData(ReadRequest(path: path, watch: true)), connection).error
        case .children: server.read(.getChildren(ReadRequest(path: path, watch: true)), connection).error
        case .add(let mode): server.read(.addWatch(AddWatchRequest(path: path, mode: mode.rawValue)), connection).error
        }
    }

    /// What a watch says of two txns in a row of each kind.
    static let firing: [(Setup, String, Request, Request?, [String], [String])] = [
        (.exists, "/new", .create("/new"), .set("/new", ""), ["NodeCreated /new"], []),
        (.exists, "/a", .set("/a", ""), .set("/a", ""), ["NodeDataChanged /a"], []),
        (.exists, "/a/b", .delete("/a/b"), .create("/a/b"), ["NodeDeleted /a/b"], []),
        (.data, "/a", .set("/a", ""), .set("/a", ""), ["NodeDataChanged /a"], []),
        (.data, "/a/b", .delete("/a/b"), nil, ["NodeDeleted /a/b"], []),
        (.data, "/a", .create("/a/c"), .delete("/a/c"), [], []),
        (.data, "/a", .setACL("/a", .open), nil, [], []),
        (.data, "/", .set("/", ""), nil, ["NodeDataChanged /"], []),
        (.children, "/a", .create("/a/c"), .create("/a/d"), ["NodeChildrenChanged /a"], []),
        (.children, "/a", .delete("/a/b"), .delete("/a"), ["NodeChildrenChanged /a"], []),
        (.children, "/a", .set("/a", ""), .set("/a/b", ""), [], []),
        (.children, "/a/b", .delete("/a/b"), nil, ["NodeDeleted /a/b"], []),
        (.children, "/", .create("/x"), .create("/y"), ["NodeChildrenChanged /"], []),
        (.children, "/", .closeSession, nil, ["NodeChildrenChanged /"], []),
        (.exists, "/e", .closeSession, nil, ["NodeDeleted /e"], []),
        (.add(.persistent), "/a", .create("/a/c"), .set("/a", ""), ["NodeChildrenChanged /a"], ["NodeDataChanged /a"]),
        (.add(.persistent), "/a", .set("/a/b", ""), .delete("/a/b"), [], ["NodeChildrenChanged /a"]),
        (.add(.persistent), "/a/b", .delete("/a/b"), .create("/a/b"), ["NodeDeleted /a/b"], ["NodeCreated /a/b"]),
        (
            .add(.persistentRecursive), "/a", .create("/a/b/c"), .set("/a/b/c", ""), ["NodeCreated /a/b/c"],
            ["NodeDataChanged /a/b/c"]
        ),
        (.add(.persistentRecursive), "/a", .delete("/a/b"), .delete("/a"), ["NodeDeleted /a/b"], ["NodeDeleted /a"]),
        (.add(.persistentRecursive), "/", .create("/x"), .delete("/x"), ["NodeCreated /x"], ["NodeDeleted /x"]),
        (.add(.persistentRecursive), "/a", .create("/ab"), .set("/e", ""), [], []),
        (
            .add(.persistentRecursive), "/none/yet", .create("/none"), .create("/none/yet"), [],
            ["NodeCreated /none/yet"]
        ),
        (
            .add(.persistentRecursive), "/a",
            .multi([
                .setData(SetDataRequest(path: "/a/b", data: nil, version: -1)),
                .delete(DeleteRequest(path: "/a/b", version: -1)),
            ]),
            nil, ["NodeDataChanged /a/b", "NodeDeleted /a/b"], []
        ),
        (
            .add(.persistentRecursive), "/a",
            .multi([
                .setData(SetDataRequest(path: "/a/b", data: nil, version: -1)),
                .delete(DeleteRequest(path: "/a/b", version: 9)),
            ]),
            nil, [], []
        ),
    ]

    @Test(arguments: firing.indices)
    func fires(index: Int) {
        let (setup, path, first, second, told, then) = Self.firing[index]
        let (server, connection) = server()
        _ = watch(server, setup, path, connection)
        server.write(first)
        #expect(server.told == told.map { "\(connection.rawValue) \($0)" })
        if let second {
            server.write(second)
            #expect(server.told == then.map { "\(connection.rawValue) \($0)" })
        }
    }

    @Test func readsThatFailSetNoWatchButExistsDoes() {
        let (server, connection) = server()
        #expect(watch(server, .data, "/new", connection) == .noNode)
        #expect(watch(server, .children, "/new", connection) == .noNode)
        #expect(server.tree.watches.count == 0)
        #expect(watch(server, .exists, "/new", connection) == .noNode)
        #expect(server.tree.watches.count == 1)
        server.write(.create("/new"))
        #expect(server.tree.watches.count == 0)
    }

    @Test func aDeletionIsToldOnceToEachConnection() {
        let (server, one) = server()
        let two = server.tree.watches.connect([])
        for connection in [one, two] {
            _ = watch(server, .data, "/a/b", connection)
            _ = watch(server, .children, "/a/b", connection)
            _ = watch(server, .add(.persistentRecursive), "/a", connection)
        }
        _ = watch(server, .children, "/a", two)
        server.write(.delete("/a/b"))
        #expect(server.told.sorted() == ["0 NodeDeleted /a/b", "1 NodeChildrenChanged /a", "1 NodeDeleted /a/b"])
        #expect(
            server.tree.watches.count == 3,
            "the recursive ones, in both tables, but for the one that a one-shot watch replaced")
    }

    @Test func settingAWatchTwiceIsOneWatch() {
        let (server, connection) = server()
        _ = watch(server, .data, "/a", connection)
        _ = watch(server, .exists, "/a", connection)
        server.write(.set("/a", ""))
        #expect(server.told.count == 1)
    }

    @Test func aOneShotWatchTakesThePlaceOfAPersistentOne() {
        let (server, connection) = server()
        _ = watch(server, .add(.persistent), "/a", connection)
        _ = watch(server, .data, "/a", connection)
        server.write(.set("/a", ""))
        #expect(server.told.count == 1)
        server.write(.set("/a", ""))
        #expect(server.told == [], "ZOOKEEPER-4466")
        server.write(.create("/a/c"))
        #expect(server.told.count == 1, "the child table still has it")
    }

    @Test func aConnectionThatMayNotReadIsNotTold() {
        let (server, nobody) = server()
        let bob = server.tree.watches.connect([PreparerErrorTests.bob])
        let secret = [ACL(.all, PreparerErrorTests.bob)]
        for connection in [nobody, bob] { _ = watch(server, .add(.persistentRecursive), "/", connection) }
        server.write(.create("/secret", acl: secret))
        #expect(server.told == ["1 NodeCreated /secret"])
        #expect(server.prepare(.set("/secret", "x"), as: [PreparerErrorTests.bob]) == .ok)
        server.applyNext()
        #expect(server.told == ["1 NodeDataChanged /secret"])
        server.write(.delete("/secret"))
        #expect(server.told == ["1 NodeDeleted /secret"], "judged by the list of the node that is gone")
        server.tree.watches.setIdentities([PreparerErrorTests.boss], of: nobody)
        server.write(.create("/secret", acl: secret))
        #expect(server.told.count == 2)
    }

    @Test func checkAndRemove() {
        let (server, mine) = server()
        let other = server.tree.watches.connect([])
        func check(_ type: Int32, _ connection: ClientID, at path: String = "/a") -> ErrorCode {
            server.read(.checkWatches(WatcherRequest(path: path, type: type)), connection).error
        }
        func remove(_ type: Int32, _ connection: ClientID) -> ErrorCode {
            server.read(.removeWatches(WatcherRequest(path: "/a", type: type)), connection).error
        }
        #expect(check(3, mine) == .noWatcher)
        _ = watch(server, .data, "/a", mine)
        #expect(check(2, mine) == .ok)
        #expect(check(3, mine) == .ok)
        #expect(check(1, mine) == .noWatcher)
        #expect(check(2, other) == .ok, "3.8.0 does not ask whose it is")
        #expect(remove(2, other) == .noWatcher, "but removes only one's own")
        #expect(remove(1, mine) == .noWatcher)
        #expect(remove(4, mine) == .marshallingError)
        #expect(check(0, mine) == .marshallingError)
        #expect(remove(3, mine) == .ok)
        #expect(remove(3, mine) == .noWatcher)

        _ = watch(server, .add(.persistentRecursive), "/a", mine)
        #expect(check(3, mine, at: "/a/b") == .noWatcher, "not reported for descendants")
        #expect(remove(1, mine) == .ok)
        server.write(.set("/a/b", ""))
        #expect(server.told.count == 1, "the data table still has it")
        #expect(remove(2, mine) == .ok)
        #expect(server.tree.watches.count == 0)
    }

    @Test func addWatchAnswersZeroAndRefusesOtherModes() {
        let (server, connection) = server()
        let reply = server.read(.addWatch(AddWatchRequest(path: "/a", mode: 0)), connection)
        #expect(reply.error == .ok)
        #expect(reply.body == [0, 0, 0, 0])
        #expect(server.read(.addWatch(AddWatchRequest(path: "/a", mode: 2)), connection).error == .marshallingError)
    }

    @Test func setWatchesTellsWhatWasMissed() {
        let (server, connection) = server()
        let seen = server.zxid
        for request: Request in [.set("/a", ""), .create("/a/c"), .create("/n")] { server.write(request) }
        let request = SetWatches2(
            relativeZXID: seen, data: ["/a", "/a/b", "/gone"], exist: ["/n", "/none"], child: ["/a", "/a/b", "/gone"],
            persistent: ["/a"], persistentRecursive: ["/p"])
        #expect(server.read(.setWatches2(request), connection).error == .ok)
        #expect(
            server.told == [
                "0 NodeDataChanged /a", "0 NodeDeleted /gone", "0 NodeCreated /n", "0 NodeChildrenChanged /a",
                "0 NodeDeleted /gone",
            ])
        #expect(server.tree.watches.count == 7)
        server.write(.create("/none"))
        #expect(server.told == ["0 NodeCreated /none"])
        let none = SetWatches(relativeZXID: seen, data: ["/gone"], exist: nil, child: [])
        #expect(server.read(.setWatches(none), connection).error == .marshallingError)
        #expect(server.told == ["0 NodeDeleted /gone"], "what comes before the null list counts")
    }

    @Test func theFrameOfAnEvent() {
        let (server, connection) = server()
        _ = watch(server, .data, "/a", connection)
        server.write(.set("/a", ""))
        var frame = JuteWriter()
        server.tree.events.writeFrame(server.tree.events.events[0], to: &frame)
        let header: [UInt8] = [0, 0, 0, 30] + [255, 255, 255, 255] + [UInt8](repeating: 255, count: 8) + [0, 0, 0, 0]
        #expect(frame.bytes == header + [0, 0, 0, 3, 0, 0, 0, 3, 0, 0, 0, 2, 0x2f, 0x61])
    }

    @Test func reportsAndDisconnection() {
        let (server, one) = server()
        let two = server.tree.watches.connect([])
        for path in ["/a", "/a/b"] { for connection in [two, one] { _ = watch(server, .data, path, connection) } }
        _ = watch(server, .children, "/a", two)
        #expect(server.tree.watches.report(.data).map(\.path) == ["/a", "/a/b"])
        #expect(server.tree.watches.report(.data).map(\.connections) == [[one, two], [one, two]])
        #expect(server.tree.watches.report(.child).map(\.path) == ["/a"])
        server.tree.watches.disconnect(two)
        #expect(server.tree.watches.count == 2)
        #expect(server.tree.watches.report(.child).isEmpty)
        #expect(server.tree.watches.connect([]) == two, "ids are used again")
        #expect(server.tree.watches.report(.data).map(\.connections) == [[one], [one]])
    }

    // MARK: Against a plain model

    /// Apache's two `WatchManager`s, in so many words.
    private struct Model {
        var tables: [WatchKind: [String: [UInt32: WatchMode]]] = [.data: [:], .child: [:]]

        mutating func trigger(_ type: EventType, _ path: String, _ kind: WatchKind, suppressed: Set<UInt32>) -> Set<
            UInt32
        > {
            var told: Set<UInt32> = []
            var watched = path
            while true {
                for (connection, mode) in tables[kind]![watched] ?? [:] {
                    if mode == .persistentRecursive {
                        if type != .nodeChildrenChanged { told.insert(connection) }
                    } else if watched == path {
                        told.insert(connection)
                        if mode == .oneShot { tables[kind]![watched]![connection] = nil }
                    }
                }
                if watched == "/" { break }
                let parent = watched[..<watched.lastIndex(of: "/")!]
                watched = parent.isEmpty ? "/" : String(parent)
            }
            return told.subtracting(suppressed)
        }

        var count: Int { tables.values.map { $0.values.map(\.count).reduce(0, +) }.reduce(0, +) }
    }

    @Test(arguments: 1...12 as ClosedRange<UInt64>)
    func agreesWithAModel(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var table = WatchTable(seed: seed)
        var model = Model()
        var connections = (0..<8).map { _ in table.connect([]) }
        let paths = ["/", "/a", "/a/b", "/a/b/c", "/a/d", "/e", "/e/f", "/e/f/g/h"]
        for step in 0..<4000 {
            let path = paths.randomElement(using: &random)!
            let bytes = Array(path.utf8)
            let connection = connections.randomElement(using: &random)!
            let kind: WatchKind = random.next() % 2 == 0 ? .data : .child
            switch random.next() % 12 {
            case 0..<5:
                let mode: WatchMode = [.oneShot, .oneShot, .persistent, .persistentRecursive][Int(random.next() % 4)]
                bytes.withUnsafeBytes { table.add(mode, kind, path: $0, for: connection) }
                model.tables[kind]![path, default: [:]][connection.rawValue] = mode
            case 5:
                let removed = bytes.withUnsafeBytes { table.remove(kind, path: $0, for: connection) }
                #expect(removed == (model.tables[kind]![path]?.removeValue(forKey: connection.rawValue) != nil))
            case 6 where step % 5 == 0:
                table.disconnect(connection)
                for kind in [WatchKind.data, .child] {
                    for path in paths { model.tables[kind]![path]?[connection.rawValue] = nil }
                }
                connections[connections.firstIndex(of: connection)!] = table.connect([])
            case 7:
                let present = bytes.withUnsafeBytes { table.contains(kind, path: $0) }
                #expect(present == !(model.tables[kind]![path] ?? [:]).isEmpty)
            default:
                let type = [EventType.nodeCreated, .nodeDeleted, .nodeDataChanged, .nodeChildrenChanged][
                    Int(random.next() % 4)]
                let kinds: [WatchKind] =
                    type == .nodeDeleted ? [.data, .child] : type == .nodeChildrenChanged ? [.child] : [.data]
                var events = WatchEvents()
                bytes.withUnsafeBytes { table.fire(type, path: $0, in: kinds, to: &events) { _ in true } }
                var expected: Set<UInt32> = []
                for kind in kinds { expected.formUnion(model.trigger(type, path, kind, suppressed: expected)) }
                #expect(events.events.map(\.connection.rawValue).sorted() == expected.sorted())
                #expect(events.events.allSatisfy { events.path($0) == path && $0.type == type })
            }
            #expect(table.count == model.count)
        }
    }
}
