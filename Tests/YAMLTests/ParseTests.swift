import Diagnostics
import Testing

@testable import YAML

@Suite struct ParseTests {
    @Test func keepsPlacesOrderAndStyles() throws {
        let root = try YAML.parse(text: "b: 1\na:\n  - 'x'\n  - {c: \"y\"}\n")
        let mapping = try #require(root.mapping)
        #expect(mapping.entries.map(\.key.text) == ["b", "a"])
        #expect(mapping.entries[1].key.location == SourceLocation(line: 2, column: 1))
        #expect(mapping.entries[1].key.end == SourceLocation(line: 2, column: 2))
        #expect(mapping["b"]?.scalar == YAMLScalar("1", style: .plain))
        #expect(mapping["b"]?.location == SourceLocation(line: 1, column: 4))
        #expect(mapping["b"]?.end == SourceLocation(line: 1, column: 5))
        let items = try #require(mapping["a"]?.sequence)
        #expect(items[0].scalar == YAMLScalar("x", style: .singleQuoted))
        #expect(items[0].end == SourceLocation(line: 3, column: 8))
        #expect(items[1].isFlow)
        #expect(items[1].mapping?["c"]?.scalar == YAMLScalar("y", style: .doubleQuoted))
        #expect(items[1].end == SourceLocation(line: 4, column: 13))
    }

    @Test func placesCountCharactersNotBytes() throws {
        let root = try YAML.parse(text: "ä: ö ü # ß\nb: {ñ: 1}\n")
        #expect(root.mapping?["ä"]?.location == SourceLocation(line: 1, column: 4))
        #expect(root.mapping?["b"]?.mapping?["ñ"]?.location == SourceLocation(line: 2, column: 8))
    }

    @Test func anAliasStandsAtItsOwnPlace() throws {
        let root = try YAML.parse(text: "a: &x {p: 1}\nb: *x\n")
        #expect(root.mapping?["b"]?.location == SourceLocation(line: 2, column: 4))
        #expect(root.mapping?["b"]?.mapping?["p"]?.scalar?.text == "1")
    }

    @Test(arguments: [("a:", true), ("a: ~", true), ("a: null", true), ("a: ''", false), ("a: \"null\"", false)])
    func nullIsPlain(_ text: String, isNull: Bool) throws {
        #expect(try YAML.parse(text: text).mapping?["a"]?.isNull == isNull)
    }
}
