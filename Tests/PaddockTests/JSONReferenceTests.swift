import Foundation
import Testing

/// What the reference says of the documents of `--json`: every one that any test sees is held against it.
struct JSONReference {
    /// The paths of each command's keys, in segments.
    private let keys: [String: [[String]]]

    static let shared = JSONReference()

    private init() {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: CommandLineTool.binary)
        process.arguments = ["explain", "--json"]
        let pipe = Pipe()
        process.standardOutput = pipe
        try! process.run()
        let text = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        let reference = try! JSONSerialization.jsonObject(with: text) as! [String: Any]
        keys = Dictionary(
            uniqueKeysWithValues: (reference["json"] as! [[String: Any]]).map { document in
                let paths = (document["keys"] as! [[String: String]]).map { $0["path"]! }
                return (document["command"] as! String, paths.map { $0.components(separatedBy: ".") })
            })
    }

    /// Paths in `output`, one document or one a line, that the reference of the command does not have.
    func undocumented(in output: String, of words: [String]) throws -> [String] {
        let plain = words.filter { !$0.hasPrefix("-") }
        let name = zip(plain, plain.dropFirst()).map { "\($0) \($1)" }.first { keys[$0] != nil }
        let command = name ?? plain.first { keys[$0] != nil }
        let whole = try? JSONSerialization.jsonObject(with: Data(output.utf8))
        let documents =
            try whole.map { [$0] }
            ?? output.split(separator: "\n").map { try JSONSerialization.jsonObject(with: Data($0.utf8)) }
        return documents.flatMap { document -> [String] in
            let isError = (document as? [String: Any])?["error"] != nil
            let known = keys[isError ? "(any command that fails)" : command ?? ""] ?? []
            return Self.unknown(document, [], known)
        }
    }

    private static func unknown(_ value: Any, _ path: [String], _ patterns: [[String]]) -> [String] {
        if let elements = value as? [Any] { return elements.flatMap { unknown($0, path, patterns) } }
        guard let members = value as? [String: Any] else { return [] }
        return members.flatMap { name, value -> [String] in
            let fitting = patterns.filter { $0.first == name || $0.first == name + "[]" || $0.first == "*" }
            if fitting.isEmpty { return [(path + [name]).joined(separator: ".")] }
            let deeper = fitting.map { Array($0.dropFirst()) }.filter { !$0.isEmpty }
            // What is named as a whole may have anything in it.
            return deeper.isEmpty ? [] : unknown(value, path + [name], deeper)
        }
    }
}

@Suite struct JSONReferenceTests {
    @Test func aKeyThatIsNotDocumentedIsFound() throws {
        let reference = JSONReference.shared
        #expect(try reference.undocumented(in: #"{"version":1,"path":"/x"}"#, of: ["bundle", "--json"]) == [])
        #expect(
            try reference.undocumented(
                in: #"{"version":1,"servers":[{"id":1,"colour":"red"}],"votes":{"have":3}}"#, of: ["status", "--json"])
                == ["servers.colour"])
        #expect(
            try reference.undocumented(in: #"{"version":1,"error":{"exitCode":1,"why":""}}"#, of: ["up", "--json"])
                == ["error.why"])
        #expect(
            try reference.undocumented(
                in: #"{"instances":[{"payload":{"a":1}}]}"#, of: ["--json", "registry", "show", "web"]) == [])
    }

    @Test func explains() async throws {
        try await CommandLineTool.with { tool in
            let rule = try tool.run("explain", "server-line-dot")
            #expect(rule.status == 0)
            #expect(rule.output.contains("[server-line-dot]\n"), "the example says it")
            #expect(rule.output.contains("  mend: write server.2=zk2:2888:3888"))
            #expect(try tool.run("explain", "tickTime").output.contains("bundled server: reads it"))
            #expect(try tool.run("explain", "75").output == "exit code 75: A port or a lock is taken.\n")
            let unknown = try tool.run("explain", "server-line-dots")
            #expect(unknown.status == 64)
            #expect(unknown.errors.contains("did you mean 'server-line-dot'?"))
            let document = try tool.run("explain", "--json").json()
            #expect((document["rules"] as? [[String: Any]])?.count ?? 0 > 100)
        }
    }
}
