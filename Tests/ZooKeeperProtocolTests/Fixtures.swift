import Foundation

/// Captures of conversations with, and files of, Apache ZooKeeper 3.8.0 (Debian 3.8.0-11+deb12u2).
enum Fixtures {
    static func names(in folder: String) -> [String] {
        let files = try! FileManager.default.contentsOfDirectory(atPath: root + folder)
        return files.filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }.sorted()
    }

    static func load<Value: Decodable>(_ path: String, as type: Value.Type = Value.self) -> Value {
        try! JSONDecoder().decode(Value.self, from: FileManager.default.contents(atPath: root + path)!)
    }

    static func lines<Value: Decodable>(_ path: String, as type: Value.Type = Value.self) -> [Value] {
        let text = String(decoding: FileManager.default.contents(atPath: root + path)!, as: UTF8.self)
        return text.split(separator: "\n").map { try! JSONDecoder().decode(Value.self, from: Data($0.utf8)) }
    }

    private static let root = Bundle.module.resourcePath! + "/Fixtures/"
}

/// One file of Fixtures/client.
struct Conversation: Decodable {
    struct Frame: Decodable {
        var conn: Int
        var dir: String
        /// With the frame's length in front; empty when the server closed the connection.
        var hex: String
        var hex_abbreviated: Bool?
        var what: String?
    }

    var frames: [Frame]
}

/// One file of Fixtures/quorum.
struct LearnerStream: Decodable {
    struct Message: Decodable {
        var dir: String
        var name: String
        var zxid: String?
        var hex: String
    }

    var messages: [Message]
}

/// One file of Fixtures/election.
struct ElectionCapture: Decodable {
    struct Connection: Decodable { var messages: [Message] }
    struct Message: Decodable {
        var name: String
        var hex: String
        var state: String?
        var leader: Int64?
        var sid: Int64?
        var addr: String?
        var config: String?
    }

    var connections: [Connection]
}
