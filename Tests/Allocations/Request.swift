import Jute
import ZooKeeperProtocol

/// A request as its frame; each one sent is a little different from the one before.
struct Request {
    let name: String
    let op: OpCode
    private(set) var frame: [UInt8]
    /// Where digits count up, so that each create is of another znode; empty for the others.
    private var digits: Range<Int> = 0..<0

    static let path = "/znode"

    static let all = [
        Request("get", .getData, ReadRequest(path: path, watch: false).encoded),
        Request("exists", .exists, ReadRequest(path: path, watch: false).encoded),
        Request("set", .setData, SetDataRequest(path: path, data: data, version: -1).encoded),
        creation(of: "\(path)/0000000"),
    ]

    static func creation(of path: String) -> Request {
        var request = Request("create", .create, CreateRequest(path: path, data: data, acl: .open, flags: 0).encoded)
        // Length of the frame, its header, length of the path.
        let end = 4 + 8 + 4 + path.utf8.count
        if path != Self.path { request.digits = end - 7..<end }
        return request
    }

    private static let data = [UInt8](repeating: 0x61, count: 100)

    private init(_ name: String, _ op: OpCode, _ body: [UInt8]) {
        self.name = name
        self.op = op
        var writer = JuteWriter()
        writer.frame { $0.write(raw: RequestHeader(xid: 1, op: op).encoded + body) }
        frame = writer.bytes
    }

    /// For the handshake, which has no header.
    static func handshake() -> [UInt8] {
        var writer = JuteWriter()
        writer.frame {
            ConnectRequest(
                lastZXIDSeen: .zero, timeout: 30_000, session: .none, password: [UInt8](repeating: 0, count: 16),
                readOnly: false
            ).write(to: &$0)
        }
        return writer.bytes
    }

    /// What stands behind the length of the frame and the header.
    func withBody(_ body: (UnsafeRawBufferPointer) -> Void) {
        frame.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[12...])) }
    }

    mutating func next() {
        var place = digits.upperBound - 1
        while place >= digits.lowerBound {
            if frame[place] < UInt8(ascii: "9") {
                frame[place] += 1
                return
            }
            frame[place] = UInt8(ascii: "0")
            place -= 1
        }
    }
}
