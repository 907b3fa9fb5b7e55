import Testing

@testable import YAML

@Suite struct WriteTests {
    @Test func writesATopology() {
        let root = YAMLNode.mapping([
            "ensemble": .scalar("demo"),
            "hosts": .mapping(["a": .scalar("10.0.0.1"), "b": .scalar("fd00::2")]),
            "servers": .sequence([
                .mapping(["id": .scalar(1), "host": .scalar("a")], isFlow: true),
                .mapping(
                    ["id": .scalar(2), "settings": .mapping(["4lw.commands.whitelist": .scalar("*")])], isFlow: true),
            ]),
            "empty": .mapping([]),
            "none": .sequence([]),
        ])
        #expect(
            YAML.write(root) == """
                ensemble: demo
                hosts:
                  a: 10.0.0.1
                  b: fd00::2
                servers:
                - {id: 1, host: a}
                - {id: 2, settings: {4lw.commands.whitelist: '*'}}
                empty: {}
                none: []

                """)
    }

    @Test(arguments: [
        ("plain", "plain"), ("", "\"\""), ("~", "\"~\""), ("null", "\"null\""), ("a: b", "'a: b'"), (" a", "' a'"),
        ("#a", "'#a'"), ("it's", "it's"), ("- a", "'- a'"), ("ü", "ü"), ("a\tb", "\"a\\tb\""), ("\u{0}", "\"\\0\""),
        ("10.0.0.1:2888:3888", "10.0.0.1:2888:3888"), ("@a", "'@a'"), ("<<", "<<"),
    ])
    func quotesWhatNeedsIt(_ text: String, written: String) throws {
        let document = YAML.write(.mapping(["k": .scalar(text)]))
        #expect(document == "k: \(written)\n")
        #expect(try YAML.parse(text: document).mapping?["k"]?.scalar?.text == text)
        #expect(try YAML.parse(text: document).mapping?["k"]?.isNull == false)
    }

    @Test func keysAreQuotedToo() throws {
        for key in ["a b", "a: b", "- x", "*x", "#", "{", "é"] {
            let document = YAML.write(.mapping([(key, .scalar(1))]))
            #expect(try YAML.parse(text: document).mapping?.entries.map(\.key.text) == [key])
        }
    }

    @Test func aLongLineIsNotFolded() throws {
        let text = String(repeating: "word ", count: 100) + "end"
        #expect(YAML.write(.mapping(["k": .scalar(text)])) == "k: \(text)\n")
    }
}
