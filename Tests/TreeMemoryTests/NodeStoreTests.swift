import TestSupport
import Testing
import ZooKeeperProtocol

@testable import TreeMemory

/// The plain thing that the store must agree with: a dictionary by path.
private struct Model {
    struct Node {
        var data: [UInt8]?
        var stat: StatPersisted
        var acl: UInt32 = 0
        /// In the order in which they were created.
        var children: [String] = []
        var list: Int?
    }
    var nodes: [String: Node] = ["": Node(data: nil, stat: StatPersisted())]
    /// Paths, the newest first.
    var lists: [[String]] = Array(repeating: [], count: 3)

    static func split(_ path: String) -> (parent: String, name: String) {
        let slash = path.lastIndex(of: "/")!
        return (String(path[..<slash]), String(path[path.index(after: slash)...]))
    }
}

extension NodeStore {
    fileprivate func find(_ path: String) -> NodeID? { Array(path.utf8).withUnsafeBytes { find($0) } }

    fileprivate func text(_ node: NodeID) -> String { String(decoding: path(node), as: UTF8.self) }

    fileprivate mutating func setData(_ node: NodeID, to data: [UInt8]?) {
        if let data { data.withUnsafeBytes { setData(node, $0) } } else { setData(node, nil) }
    }

    fileprivate mutating func insert(_ path: String, data: [UInt8]?, zxid: Int64 = 1) {
        let (parent, name) = Model.split(path)
        let node = Array(name.utf8).withUnsafeBytes {
            insert(under: find(parent)!, name: $0, data: .empty, zxid: ZXID(rawValue: zxid), time: zxid + 5)
        }
        setData(node, to: data)
    }
}

/// A store and its model, changed together.
private struct Run: ~Copyable {
    var random: SeededGenerator
    var store: NodeStore
    var model = Model()
    var lists = Array(repeating: NodeList(), count: 3)
    let names: [String]
    private var zxid: Int64 = 0
    private let sizes = [0, 1, 7, 40, 100, 101, 300, 1000, 1024, 1500, 5000, 70_000]

    /// Many short-lived nodes and few paths: creates, deletes and sizes collide often. Odd seeds grow large.
    init(seed: UInt64) {
        random = SeededGenerator(seed: seed)
        store = NodeStore(seed: seed)
        if seed % 3 == 0 { store.expect(1 << 12) }
        names = (0..<(seed % 2 == 0 ? 6 : 60)).map {
            "n\(String(repeating: "x", count: $0 == 5 ? 3000 : $0 % 30))\($0)"
        }
    }

    /// - Returns: the path of a node that is gone.
    mutating func change() -> String? {
        zxid += 1
        let path = (0..<Int.random(in: 1...3, using: &random)).map { _ in "/" + names.randomElement(using: &random)! }
            .joined()
        let (parent, name) = Model.split(path)
        guard let node = store.find(path) else {
            guard model.nodes[parent] != nil else { return nil }
            let data = someData()
            store.insert(path, data: data, zxid: zxid)
            let zxid = ZXID(rawValue: zxid)
            model.nodes[path] = Model.Node(
                data: data,
                stat: StatPersisted(
                    czxid: zxid, mzxid: zxid, ctime: zxid.rawValue + 5, mtime: zxid.rawValue + 5, pzxid: zxid))
            model.nodes[parent]!.children.append(name)
            return nil
        }
        switch random.next() % 8 {
        case 0..<2:
            let data = someData()
            store.setData(node, to: data)
            model.nodes[path]!.data = data
        case 2:
            store[node].acl = UInt32(zxid)
            store[node].version += 1
            store[node].mzxid = zxid
            model.nodes[path]!.acl = UInt32(zxid)
            model.nodes[path]!.stat.version += 1
            model.nodes[path]!.stat.mzxid = ZXID(rawValue: zxid)
        case 3:
            store[extra: node].pzxid = zxid
            store[extra: node].cversion += 1
            model.nodes[path]!.stat.pzxid = ZXID(rawValue: zxid)
            model.nodes[path]!.stat.cversion += 1
        case 4: link(node, path)
        default:
            guard model.nodes[path]!.children.isEmpty else { return nil }
            unlink(node, path)
            store.remove(node)
            model.nodes[path] = nil
            model.nodes[parent]!.children.removeAll { $0 == name }
            return path
        }
        return nil
    }

    private mutating func link(_ node: NodeID, _ path: String) {
        guard model.nodes[path]!.list == nil else { return unlink(node, path) }
        let list = Int(random.next() % 3)
        store.link(node, into: &lists[list])
        model.nodes[path]!.list = list
        model.lists[list].insert(path, at: 0)
    }

    private mutating func unlink(_ node: NodeID, _ path: String) {
        guard let list = model.nodes[path]!.list else { return }
        store.unlink(node, from: &lists[list])
        model.nodes[path]!.list = nil
        model.lists[list].removeAll { $0 == path }
    }

    private mutating func someData() -> [UInt8]? {
        let size = sizes[Int.random(in: 0..<(random.next() % 20 == 0 ? sizes.count : 8), using: &random)]
        return random.next() % 8 == 0 ? nil : (0..<size).map { UInt8(truncatingIfNeeded: $0 &+ Int(zxid)) }
    }

    func problems() -> [String] {
        var problems: [String] = []
        if store.count != model.nodes.count { problems.append("\(store.count) nodes for \(model.nodes.count)") }
        for (path, expected) in model.nodes {
            guard let node = store.find(path) else {
                problems.append("\(path) is missing")
                continue
            }
            if store.data(node).map({ [UInt8]($0) }) != expected.data { problems.append("\(path): other data") }
            if store.dataLength(node) != expected.data?.count ?? 0 { problems.append("\(path): other length") }
            if store.stat(node) != expected.stat { problems.append("\(path): other Stat") }
            if store[node].acl != expected.acl { problems.append("\(path): other ACL") }
            if store.text(node) != path { problems.append("\(path) calls itself \(store.text(node))") }
            var children: [String] = []
            var child = store.firstChild(node)
            while let here = child {
                children.append(String(decoding: store.name(here), as: UTF8.self))
                if store.parent(here) != node { problems.append("\(path): not the parent of its child") }
                child = store.nextSibling(here)
            }
            if children.count != store.childCount(node) || children != expected.children {
                problems.append("\(path): other children")
            }
        }
        for (list, expected) in zip(lists, model.lists) {
            var paths: [String] = []
            var next = store.first(in: list)
            while let node = next {
                paths.append(store.text(node))
                next = store.nextListed(node)
            }
            if paths != expected || list.count != expected.count { problems.append("another list") }
        }
        return problems
    }
}

/// One walk, and what it must meet: the nodes that were there when it began, but for those that went.
private struct Walk {
    let number: Int
    var staying: Set<String>
    var met: Set<String> = []
}

@Suite struct NodeStoreTests {
    @Test(arguments: 1...12 as ClosedRange<UInt64>)
    func agreesWithADictionary(seed: UInt64) {
        var run = Run(seed: seed)
        for step in 0..<4000 {
            _ = run.change()
            if step % 397 == 0 { #expect(run.problems() == []) }
        }
        #expect(run.problems() == [])
    }

    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func walksMeetEveryNodeThatStays(seed: UInt64) {
        var run = Run(seed: seed)
        for _ in 0..<1500 { _ = run.change() }
        var walks: [Walk] = []
        var finished = 0
        while finished < 6 {
            if walks.count < 3, run.random.next() % 50 == 0 || walks.isEmpty {
                walks.append(Walk(number: run.store.startWalk(), staying: Set(run.model.nodes.keys)))
            }
            for index in walks.indices.reversed() {
                // Some nodes in a row, as a slice of a snapshot takes them.
                let most = Int.random(in: 1...12, using: &run.random)
                var isOver = false
                for _ in 0..<most where !isOver {
                    guard let node = run.store.step(walks[index].number) else {
                        isOver = true
                        continue
                    }
                    let path = run.store.text(node)
                    #expect(path.isEmpty || walks[index].met.contains(Model.split(path).parent), "parents come first")
                    let isNew = walks[index].met.insert(path).inserted
                    #expect(isNew || !walks[index].staying.contains(path), "\(path) is met once")
                }
                if isOver {
                    run.store.endWalk(walks[index].number)
                    #expect(walks[index].staying.subtracting(walks[index].met) == [])
                    walks.remove(at: index)
                    finished += 1
                    continue
                }
                for _ in 0..<Int.random(in: 0...2 * most, using: &run.random) {
                    guard let gone = run.change() else { continue }
                    for walk in walks.indices { walks[walk].staying.remove(gone) }
                }
            }
        }
        for walk in walks { run.store.endWalk(walk.number) }
        #expect(run.problems() == [])
    }

    /// Paths of all kinds in groups of all lengths lead where `find` goes.
    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func fetchedPathsLeadWhereFindGoes(seed: UInt64) {
        var run = Run(seed: seed)
        for _ in 0..<2000 { _ = run.change() }
        let known = run.model.nodes.keys.sorted()
        let odd = ["", "/", "//", "x", "/n0/", "/n0//n1", "/nobody", "/nobody/n0", "/n0/nobody"]
        for _ in 0..<60 {
            var wanted = WantedPaths()
            var paths: [String] = []
            for _ in 0..<Int.random(in: 0...40, using: &run.random) {
                var path = (run.random.next() % 4 == 0 ? odd : known).randomElement(using: &run.random)!
                if run.random.next() % 4 == 0 { path += "/" + run.names.randomElement(using: &run.random)! }
                paths.append(path)
                Array(path.utf8).withUnsafeBytes { wanted.append($0) }
            }
            var places: [Foreseen?] = []
            run.store.fetch(wanted, &places)
            #expect(places.count == paths.count)
            for (path, place) in zip(paths, places) {
                let isWhole = path.hasPrefix("/") && !path.hasSuffix("/") && !path.contains("//")
                let (parent, name) = path.isEmpty ? ("", "") : path.hasPrefix("/") ? Model.split(path) : (path, "")
                guard isWhole, let parent = run.store.find(parent) else {
                    #expect(place == nil || place.map { find(name, $0, run.store) } == nil, "\(path) leads nowhere")
                    continue
                }
                #expect(place?.parent == parent, "\(path)")
                if let place { #expect(find(name, place, run.store) == run.store.find(path), "\(path)") }
            }
        }
    }

    private func find(_ name: String, _ place: Foreseen, _ store: borrowing NodeStore) -> NodeID? {
        Array(name.utf8).withUnsafeBytes { store.child(of: place.parent, named: $0, hash: place.hash) }
    }

    @Test(arguments: ["x", "//", "/a/", "/a//b", "//a", "/A", "/a/b/", "/ab", "/a/b/c"])
    func pathsThatLeadNowhere(path: String) {
        var store = NodeStore()
        store.insert("/a", data: nil)
        store.insert("/a/b", data: nil)
        #expect(store.find(path) == nil)
        #expect(store.find("/a/b") != nil)
        #expect(store.find("") == .root && store.find("/") == .root)
    }

    @Test func memoryOfDeletedNodesIsUsedAgain() {
        var store = NodeStore()
        var touched = 0
        for round in 0..<20 {
            for n in 0..<500 { store.insert("/n\(n)", data: Array(repeating: 7, count: 100 + 37 * (n % 5))) }
            if round == 0 { touched = store.memory }
            for n in 0..<500 { store.remove(store.find("/n\(n)")!) }
        }
        #expect(store.memory == touched)
        #expect(store.count == 1)
    }
}

@Suite struct PayloadHeapTests {
    /// Blocks never overlap, and what is written into one stays there until it is given back.
    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func keepsWhatIsWritten(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var heap = PayloadHeap(reserve: 256 << 20)
        var blocks: [UInt32: (length: Int, mark: UInt8)] = [:]
        let lengths = [0, 1, 8, 9, 100, 1016, 1024, 1025, 1153, 4000, 65_536, 200_000]
        func isIntact(_ heap: borrowing PayloadHeap, _ reference: UInt32) -> Bool {
            let (length, mark) = blocks[reference]!
            return UnsafeRawBufferPointer(start: heap.pointer(reference), count: length).allSatisfy { $0 == mark }
        }
        var taken: [UInt32] = []
        for step in 0..<2000 {
            if random.next() % 5 < 3 || blocks.isEmpty {
                let length = lengths[Int.random(in: 0..<(random.next() % 30 == 0 ? lengths.count : 9), using: &random)]
                let block = heap.allocate(length)
                #expect(blocks[block] == nil, "a block is given out once")
                let mark = UInt8(truncatingIfNeeded: step)
                memset(heap.pointer(block), mark, length)
                blocks[block] = (length, mark)
                taken.append(block)
            } else {
                taken.swapAt(Int.random(in: taken.indices, using: &random), taken.count - 1)
                let block = taken.removeLast()
                if !isIntact(heap, block) { Issue.record("block \(block) was overwritten") }
                heap.free(block, bytes: blocks.removeValue(forKey: block)!.length)
            }
        }
        for block in blocks.keys { if !isIntact(heap, block) { Issue.record("block \(block) was overwritten") } }
    }

    private func memset(_ start: UnsafeMutableRawPointer, _ byte: UInt8, _ count: Int) {
        start.initializeMemory(as: UInt8.self, repeating: byte, count: count)
    }
}

@Suite struct CRC32Tests {
    /// The check value of the algorithm, and every split of a text into two pieces.
    @Test func bytesInAnyPieces() {
        let text = Array("123456789 and a little more than eight bytes".utf8)
        func register(_ bytes: ArraySlice<UInt8>, after start: CRC32 = CRC32()) -> CRC32 {
            var crc = start
            bytes.withUnsafeBytes { crc.add($0) }
            return crc
        }
        #expect(register(text[..<9]).value == 0xcbf4_3926)
        for cut in 0...text.count {
            #expect(register(text[cut...], after: register(text[..<cut])).value == register(text[...]).value)
        }
    }

    /// Long ones go another way than short ones, and say the same.
    @Test func bytesOfAnyLength() {
        var random = SeededGenerator(seed: 1)
        let bytes = (0..<700).map { _ in UInt8.random(in: .min ... .max, using: &random) }
        var expected = CRC32()
        for count in 0...bytes.count {
            var crc = CRC32()
            bytes.prefix(count).withUnsafeBytes { crc.add($0) }
            #expect(crc.register == expected.register, "\(count) bytes")
            // One byte at a time.
            if count < bytes.count { bytes[count...count].withUnsafeBytes { expected.add($0) } }
        }
    }

    @Test func numbersCountAsTheirBytes() {
        for number in [0, 1, 0x0102_0304_0506_0708, UInt64.max, 0xdead_beef_0000_0001] {
            for prefix in 0..<9 {
                let start = [UInt8](0..<UInt8(prefix))
                var (bytes, numbers) = (CRC32(), CRC32())
                start.withUnsafeBytes { bytes.add($0) }
                numbers = CRC32(register: bytes.register)
                numbers.add(number)
                numbers.add(UInt32(truncatingIfNeeded: number))
                var text = (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * $0)) }
                text += text[4...]
                text.withUnsafeBytes { bytes.add($0) }
                #expect(numbers.register == bytes.register)
            }
        }
    }
}
