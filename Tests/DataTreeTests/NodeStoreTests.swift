import Testing
import ZooKeeperProtocol

@testable import DataTree

/// A small seeded generator (SplitMix64): the same seed gives the same run everywhere.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}

/// The plain thing that the store must agree with: a dictionary by path.
private struct Model {
    struct Node {
        var data: [UInt8]?
        var zxid: Int64
        /// In the order in which they were created.
        var children: [String] = []
    }
    var nodes: [String: Node] = ["": Node(data: nil, zxid: 0)]

    static func split(_ path: String) -> (parent: String, name: String) {
        let slash = path.lastIndex(of: "/")!
        return (String(path[..<slash]), String(path[path.index(after: slash)...]))
    }
}

extension NodeStore {
    fileprivate func find(_ path: String) -> NodeID? {
        Array(path.utf8).withUnsafeBytes { find($0) }
    }

    fileprivate func path(_ node: NodeID) -> String {
        let length = pathLength(node)
        return String(
            decoding: [UInt8](unsafeUninitializedCapacity: length) { buffer, count in
                writePath(node, endingAt: UnsafeMutableRawPointer(buffer.baseAddress!) + length)
                count = length
            }, as: UTF8.self)
    }
}

@Suite struct NodeStoreTests {
    private func check(_ store: borrowing NodeStore, against model: Model) -> [String] {
        var problems: [String] = []
        if store.count != model.nodes.count { problems.append("\(store.count) nodes for \(model.nodes.count)") }
        for (path, expected) in model.nodes {
            guard let node = store.find(path) else {
                problems.append("\(path) is missing")
                continue
            }
            if store.data(node).map({ [UInt8]($0) }) != expected.data { problems.append("\(path): other data") }
            if store.stat(node).czxid.rawValue != expected.zxid { problems.append("\(path): other czxid") }
            if store.path(node) != path { problems.append("\(path) calls itself \(store.path(node))") }
            var children: [String] = []
            var child = store.firstChild(node)
            while let here = child {
                children.append(String(decoding: store.name(here), as: UTF8.self))
                child = store.nextSibling(here)
            }
            if children.count != store.childCount(node) || children != expected.children {
                problems.append("\(path): other children")
            }
        }
        return problems
    }

    @Test(arguments: 1...12 as ClosedRange<UInt64>)
    func agreesWithADictionary(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var store = NodeStore(seed: seed)
        var model = Model()
        // Many short-lived nodes, few paths: creates, deletes and sizes collide often. Odd seeds grow large.
        let names = (0..<(seed % 2 == 0 ? 6 : 60)).map { "n\(String(repeating: "x", count: $0 % 30))\($0)" }
        let sizes = [0, 1, 7, 40, 100, 101, 300, 1000, 1024, 1500, 5000, 70_000]
        var zxid: Int64 = 0
        for _ in 0..<4000 {
            zxid += 1
            let known = model.nodes.keys.count
            let path = randomPath(&random, names)
            let size = sizes[Int.random(in: 0..<(random.next() % 20 == 0 ? sizes.count : 8), using: &random)]
            let data: [UInt8]? =
                random.next() % 8 == 0 ? nil : (0..<size).map { UInt8(truncatingIfNeeded: $0 &+ Int(zxid)) }
            let (parent, name) = Model.split(path)
            switch random.next() % 10 {
            case 0..<5:
                guard model.nodes[parent] != nil, model.nodes[path] == nil else { continue }
                insert(&store, parent: parent, name: name, data: data, zxid: zxid)
                model.nodes[path] = Model.Node(data: data, zxid: zxid)
                model.nodes[parent]!.children.append(name)
            case 5..<8:
                guard model.nodes[path] != nil else { continue }
                let node = store.find(path)!
                if let data { data.withUnsafeBytes { store.setData(node, $0) } } else { store.setData(node, nil) }
                model.nodes[path]!.data = data
            default:
                guard model.nodes[path]?.children.isEmpty == true else { continue }
                store.remove(store.find(path)!)
                model.nodes[path] = nil
                model.nodes[parent]!.children.removeAll { $0 == name }
            }
            if known % 97 == 0 { #expect(check(store, against: model) == []) }
        }
        #expect(check(store, against: model) == [])
    }

    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func walkMeetsEveryNodeThatStays(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var store = NodeStore()
        var paths: Set<String> = [""]
        let names = (0..<12).map { "w\($0)" }
        func change(_ store: inout NodeStore) -> String? {
            let path = randomPath(&random, names)
            let (parent, name) = Model.split(path)
            if paths.contains(path) {
                guard store.childCount(store.find(path)!) == 0 else { return nil }
                store.remove(store.find(path)!)
                paths.remove(path)
                return path
            }
            guard paths.contains(parent) else { return nil }
            insert(&store, parent: parent, name: name, data: [1], zxid: 1)
            paths.insert(path)
            return nil
        }
        for _ in 0..<3000 { _ = change(&store) }
        var staying = paths
        var met: Set<String> = []
        var twice = 0
        let walk = store.startWalk()
        while let node = store.step(walk) {
            let path = store.path(node)
            #expect(path.isEmpty || met.contains(Model.split(path).parent), "a parent comes before its children")
            if !met.insert(path).inserted { twice += 1 }
            for _ in 0..<3 { if let gone = change(&store) { staying.remove(gone) } }
        }
        store.endWalk(walk)
        #expect(staying.subtracting(met) == [])
        #expect(staying.count > 20)
    }

    @Test(arguments: ["x", "//", "/a/", "/a//b", "//a", "/A", "/a/b/", "/ab", "/a/b/c"])
    func pathsThatLeadNowhere(path: String) {
        var store = NodeStore()
        insert(&store, parent: "", name: "a", data: nil, zxid: 1)
        insert(&store, parent: "/a", name: "b", data: nil, zxid: 2)
        #expect(store.find(path) == nil)
        #expect(store.find("/a/b") != nil)
        #expect(store.find("") == .root && store.find("/") == .root)
    }

    @Test func memoryOfDeletedNodesIsUsedAgain() {
        var store = NodeStore()
        var touched = 0
        for round in 0..<20 {
            for n in 0..<500 {
                insert(&store, parent: "", name: "n\(n)", data: Array(repeating: 7, count: 100 + 37 * (n % 5)), zxid: 1)
            }
            if round == 0 { touched = store.memory }
            for n in 0..<500 { store.remove(store.find("/n\(n)")!) }
        }
        #expect(store.memory == touched)
        #expect(store.count == 1)
    }

    private func insert(_ store: inout NodeStore, parent: String, name: String, data: [UInt8]?, zxid: Int64) {
        let under = store.find(parent)!
        Array(name.utf8).withUnsafeBytes { name in
            if let data {
                _ = data.withUnsafeBytes {
                    store.insert(under: under, name: name, data: $0, zxid: ZXID(rawValue: zxid), time: 5)
                }
            } else {
                _ = store.insert(under: under, name: name, data: nil, zxid: ZXID(rawValue: zxid), time: 5)
            }
        }
    }

    private func randomPath(_ random: inout SeededGenerator, _ names: [String]) -> String {
        (0..<Int.random(in: 1...3, using: &random)).map { _ in "/" + names.randomElement(using: &random)! }.joined()
    }
}
