import Testing
import ZooKeeperProtocol

struct ZNodePathTests {
    @Test(arguments: [
        "/", "/a", "/a/b", "/.a", "/a.", "/...", "/a b", "/é/日本", "/\u{a0}", "/\u{f900}", "/\u{ffef}",
        "/zookeeper/quota",
    ])
    func goodPaths(path: String) {
        #expect(ZNodePath.problem(in: path) == nil)
    }

    @Test(arguments: [
        ("", PathError.empty), ("a", .notAbsolute), ("/a/", .endsWithSlash), ("//", .endsWithSlash),
        ("//a", .emptyComponent(at: 1)), ("/a//b", .emptyComponent(at: 3)), ("/.", .relativeComponent(at: 2)),
        ("/..", .relativeComponent(at: 3)), ("/a/./b", .relativeComponent(at: 4)),
        ("/a/../b", .relativeComponent(at: 5)), ("/a\u{0}", .invalidCharacter(at: 2)),
        ("/\u{1f}", .invalidCharacter(at: 1)), ("/\u{7f}", .invalidCharacter(at: 1)),
        ("/\u{9f}", .invalidCharacter(at: 1)), ("/\u{e000}", .invalidCharacter(at: 1)),
        ("/\u{f8ff}", .invalidCharacter(at: 1)), ("/\u{fff0}", .invalidCharacter(at: 1)),
        ("/a/\u{1f600}", .invalidCharacter(at: 3)),
    ])
    func badPaths(path: String, problem: PathError) {
        #expect(ZNodePath.problem(in: path) == problem)
    }

    @Test(
        arguments: [
            [0x2f, 0xff], [0x2f, 0x80], [0x2f, 0xc3], [0x2f, 0xe6, 0x97], [0x2f, 0xed, 0xa0, 0x80], [0x2f, 0xc0, 0xaf],
            [0x2f, 0xe0, 0x80, 0xaf],
        ] as [[UInt8]])
    func bytesThatAreNotUTF8AreRefused(path: [UInt8]) {
        let problem = path.withUnsafeBytes { ZNodePath.problem(in: $0) }
        #expect(problem == .invalidCharacter(at: 1))
    }

    @Test func parents() {
        #expect(ZNodePath.parent(of: "/") == nil)
        #expect(ZNodePath.parent(of: "a") == nil)
        #expect(ZNodePath.parent(of: "/a") == "/")
        #expect(ZNodePath.parent(of: "/a/b") == "/a")
        #expect(ZNodePath.parent(of: "/a/b/") == "/a/b")
    }
}
