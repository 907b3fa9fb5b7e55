import Testing

@testable import ZooKeeperShell

/// Checked against the pattern of `ZooKeeperMain` in Java.
struct LineWordsTests {
    @Test(arguments: [
        ("ls /", ["ls", "/"]),
        ("  ls\t /a  ", ["ls", "/a"]),
        (#"create "/b c" 'd e'"#, ["create", "/b c", "d e"]),
        (#"set /a "it's""#, ["set", "/a", "it's"]),
        (#"set /a """#, ["set", "/a", ""]),
        (#"set /a in"side out""#, ["set", "/a", #"in"side"#, #"out""#]),
        (#""a b"c"#, ["a b", "c"]),
        (#"get "unclosed"#, ["get", "unclosed"]),
        (#" "unclosed x"#, [#" "unclosed"#, "x"]),
        ("   ", [" "]),
        ("\"", []),
        ("", []),
        ("set /a ä\u{1F980}", ["set", "/a", "ä\u{1F980}"]),
    ])
    func aLineBecomesWords(line: String, words: [String]) {
        #expect(LineWords.split(line) == words)
    }
}
