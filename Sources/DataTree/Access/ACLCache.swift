import Jute
import TreeMemory
import ZooKeeperProtocol

/// Each ACL that some node has, once, under a number (Apache's `ReferenceCountedACLCache`).
///
/// 0 stands for world:anyone:all, which nearly all nodes have; files say -1 for it. The others count up from 1, are local
/// to this server, and are not used again after their last node is gone, so that a number always means the same list.
struct ACLCache {
    typealias ID = UInt32

    /// world:anyone:all.
    static let open: ID = 0

    private struct Entry {
        let acl: [ACL]
        let encoded: [UInt8]
        var uses: Int
    }

    private var entries: [ID: Entry] = [:]
    private var numbers: [[UInt8]: ID] = [:]
    private(set) var last: ID = 0

    /// The list as jute.
    static let openEncoded: [UInt8] = {
        var writer = JuteWriter()
        writer.write([ACL].open)
        return writer.bytes
    }()

    func list(_ id: ID) -> [ACL] { id == Self.open ? .open : entries[id]?.acl ?? [] }

    func encoded(_ id: ID) -> [UInt8] { id == Self.open ? Self.openEncoded : entries[id]?.encoded ?? [] }

    /// Numbers in use, ascending.
    var ids: [ID] { entries.keys.sorted() }

    /// The number of an encoded list, with one more use. A null or empty list, which allows everything as well, counts as open.
    mutating func retain(encoded slice: Bytes) throws(JuteError) -> ID {
        if same(Self.openEncoded, slice) { return Self.open }
        let bytes = [UInt8](slice)
        if let id = numbers[bytes] {
            retain(id)
            return id
        }
        var reader = JuteReader(slice)
        guard let acl: [ACL] = try reader.readVector(), !acl.isEmpty else { return Self.open }
        return add(acl, bytes)
    }

    mutating func retain(_ acl: [ACL]) -> ID {
        if acl == .open || acl.isEmpty { return Self.open }
        var writer = JuteWriter()
        writer.write(acl)
        let bytes = writer.bytes
        guard let id = numbers[bytes] else { return add(acl, bytes) }
        retain(id)
        return id
    }

    private mutating func add(_ acl: [ACL], _ encoded: [UInt8]) -> ID {
        last += 1
        entries[last] = Entry(acl: acl, encoded: encoded, uses: 1)
        numbers[encoded] = last
        return last
    }

    mutating func retain(_ id: ID) {
        if id != Self.open { entries[id]!.uses += 1 }
    }

    /// Takes one use back; the list goes with its last one.
    mutating func release(_ id: ID) {
        guard id != Self.open else { return }
        entries[id]!.uses -= 1
        if entries[id]!.uses == 0 { numbers[entries.removeValue(forKey: id)!.encoded] = nil }
    }
}

extension JuteReader {
    /// A vector of ACLs as the bytes it is made of, count included.
    mutating func readACLSlice() throws(JuteError) -> Bytes {
        let start = offset
        var ahead = self
        let count = try ahead.readVectorCount() ?? 0
        for _ in 0..<count {
            _ = try ahead.readInt32()
            _ = try ahead.readPresentSlice()
            // An empty id may come as null.
            _ = try ahead.readSlice()
        }
        return try readRaw(ahead.offset - start)
    }
}
