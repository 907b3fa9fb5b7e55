import ArgumentParser
import Jute
import ZooKeeperProtocol

enum Operation: String, CaseIterable, ExpressibleByArgument {
    case create, set, get
    /// One set for three gets.
    case mixed
    /// No load: deletes what creates have made below a root.
    case clear
}

/// The requests of one connection, encoded once and sent over and over: copying bytes is all that a request costs the
/// generator.
struct Requests {
    /// What the sets and gets of all connections go to.
    static let targets = (0..<64).map { "/bench/target-" + padded($0, 2) }

    private var bytes: [UInt8]
    /// Where each request ends.
    private var ends: [Int] = []
    private var next = 0
    /// Where every request names another znode: its directory and number are written over the last ones.
    private let places: Places?
    private var created: Int
    /// Sets and gets go to this many znodes that one connection has created, instead of to the targets.
    private let nodes: Int?
    private var random: UInt64

    private struct Places {
        /// From the start of a request.
        let directory: Int
        let number: Int
        let directories: Int
    }

    /// - Parameters:
    ///   - root: below it are `directories` parents for what is created.
    ///   - first: the number of the first znode to create.
    init(
        _ operation: Operation, size: Int, connection: Int, root: String, directories: Int, nodes: Int?, first: Int
    ) {
        created = first
        self.nodes = operation == .create ? nil : nodes
        random = UInt64(connection) &* 0x9e37_79b9_7f4a_7c15 | 1
        let data = [UInt8](repeating: UInt8(ascii: "d"), count: size)
        var writer = JuteWriter()
        for index in 0..<Self.targets.count {
            let path =
                nodes == nil
                ? Self.targets[(index + connection * 17) % Self.targets.count] : Self.created(root, connection: 0)
            let isSet = operation == .set || operation == .mixed && index % 4 == 0
            if operation == .create {
                let path = Self.created(root, connection: connection)
                Self.append(.create, CreateRequest(path: path, data: data, acl: [ACL].open, flags: 0), to: &writer)
            } else if isSet {
                Self.append(.setData, SetDataRequest(path: path, data: data, version: -1), to: &writer)
            } else {
                Self.append(.getData, ReadRequest(path: path, watch: false), to: &writer)
            }
            ends.append(writer.count)
        }
        bytes = writer.bytes
        if operation == .create || nodes != nil {
            // Behind the frame's length, xid, opcode and the path's length; then "/d000", "/c00n" and the number.
            let path = 16 + root.utf8.count
            places = Places(directory: path + 2, number: path + 10, directories: directories)
        } else {
            places = nil
        }
    }

    static func directory(_ root: String, _ number: Int) -> String { root + "/d" + padded(number, 3) }

    /// The first znode that a connection creates.
    private static func created(_ root: String, connection: Int) -> String {
        directory(root, 0) + "/c" + padded(connection, 2) + "n" + padded(0, 8)
    }

    static func append(_ op: OpCode, _ body: some JuteEncodable, to writer: inout JuteWriter) {
        writer.frame {
            $0.write(RequestHeader(xid: 1, op: op))
            $0.write(body)
        }
    }

    /// Appends the next `count` requests.
    mutating func append(_ count: Int, to output: inout [UInt8]) {
        for _ in 0..<count {
            let start = next == 0 ? 0 : ends[next - 1]
            if let places {
                let number = nextNumber()
                overwrite(number % places.directories, digits: 3, at: start + places.directory)
                overwrite(number, digits: 8, at: start + places.number)
            }
            output += bytes[start..<ends[next]]
            next = next + 1 == ends.count ? 0 : next + 1
        }
    }

    private mutating func nextNumber() -> Int {
        guard let nodes else {
            created += 1
            return created - 1
        }
        // xorshift: any znode may be the next.
        random ^= random << 13
        random ^= random >> 7
        random ^= random << 17
        return Int(random % UInt64(nodes))
    }

    private mutating func overwrite(_ number: Int, digits: Int, at offset: Int) {
        var rest = number
        for place in (offset..<offset + digits).reversed() {
            bytes[place] = UInt8(ascii: "0") + UInt8(rest % 10)
            rest /= 10
        }
    }
}

private func padded(_ number: Int, _ digits: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
}
