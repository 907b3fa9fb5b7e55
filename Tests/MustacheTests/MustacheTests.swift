import Mustache
import Testing

/// The cases are those of Mustache's own specification, as far as they are not about escaping, partials and lambdas.
@Suite struct MustacheTests {
    struct Case: CustomTestStringConvertible {
        var template: String
        var result: String
        var values: MustacheValue = [:]

        init(_ template: String, _ values: MustacheValue = [:], gives result: String) {
            (self.template, self.values, self.result) = (template, values, result)
        }

        var testDescription: String { template.debugDescription }
    }

    static let cases: [Case] = [
        Case("", gives: ""), Case("plain, { and } and {", gives: "plain, { and } and {"),
        Case(
            "{{a}} {{ a }} {{{a}}} {{{ a }}} {{&a}} {{& a }}", ["a": "<&\">"],
            gives: Array(repeating: "<&\">", count: 6).joined(separator: " ")),
        Case("[{{none}}]", gives: "[]"), Case("{{a.b.c}}", ["a": ["b": ["c": "x"]]], gives: "x"),
        Case("[{{a.b.c}}]", ["a": ["b": "x"], "c": "y"], gives: "[]"),
        Case("{{ä}}{{a}}", ["ä": "ö", "a": "日本"], gives: "ö日本"),
        Case("{{#a}}{{b.c}}{{/a}}", ["a": ["b": [:]], "b": ["c": "no"]], gives: ""),
        Case(
            "{{#yes}}a{{/yes}}{{#no}}b{{/no}}{{^no}}c{{/no}}{{^yes}}d{{/yes}}", ["yes": true, "no": false], gives: "ac"),
        Case("{{yes}}", ["yes": true], gives: "true"),
        Case("{{#l}}<{{.}}>{{/l}}{{^l}}none{{/l}}", ["l": ["a", "b"]], gives: "<a><b>"),
        Case("{{#l}}<{{.}}>{{/l}}{{^l}}none{{/l}}", ["l": []], gives: "none"),
        Case("{{#l}}{{#.}}{{.}},{{/.}};{{/l}}", ["l": [["1", "2"], ["3"]]], gives: "1,2,;3,;"),
        Case("{{#a}}{{x}}{{#b}}{{x}}{{y}}{{/b}}{{/a}}", ["x": "0", "a": ["x": "1", "b": ["y": "2"]]], gives: "112"),
        Case("{{#a}}{{x}}{{#b}}{{x}}{{/b}}{{/a}}", ["a": [["x": "1", "b": ["x": "2"]], ["x": "3"]]], gives: "123"),
        Case("{{#a}}1{{/a}}", ["a": ""], gives: "1"),
        Case("12{{! not\nthis }}34", gives: "1234"),
        Case("a\n  {{! gone }}  \nb\n", gives: "a\nb\n"), Case("a {{! stays }}\nb\n", gives: "a \nb\n"),
        Case("a\r\n{{! gone }}\r\nb\r\n", gives: "a\r\nb\r\n"), Case("  {{! gone }}", gives: ""),
        Case("{{#a}}\nx\n{{/a}}\n", ["a": true], gives: "x\n"),
        Case("| {{#a}} x {{/a}} |\n", ["a": true], gives: "|  x  |\n"),
        Case("  {{#a}}\n  x\n\t{{/a}}", ["a": true], gives: "  x\n"),
        Case("{{#a}} {{/a}}\nx", ["a": true], gives: " \nx"),
        Case("{{#a}}\n{{/a}}\n{{#a}}\n{{/a}}\nx", ["a": true], gives: "x"),
        Case("{{=<% %>=}}<%a%>{{a}}<%={{ }}=%>{{a}}", ["a": "x"], gives: "x{{a}}x"),
        Case("{{= | | =}}\n|a|\n|={{ }}=|\n{{a}}", ["a": "x"], gives: "x\nx"),
    ]

    @Test(arguments: cases) func templatesAreFilledIn(_ one: Case) throws {
        #expect(try MustacheTemplate(one.template).render(one.values) == one.result)
    }

    @Test func aListOrAnObjectIsShownAsItsText() throws {
        let values: MustacheValue = .members([
            "l": .list(["a"], text: "[a]"), "o": .members(["a": "b"], text: "{b}"), "p": ["a": "b"],
        ])
        #expect(try MustacheTemplate("{{l}}{{o}}{{p}}{{o.a}}").render(values) == "[a]{b}b")
    }

    static let mistakes: [(text: String, error: String)] = [
        ("a\n{{b", "line 2: {{ has no end"), ("{{{a}}", "line 1: {{ has no end"),
        ("{{#a}}\n\n{{#b}}\n{{/b}}", "line 1: the section a has no end"),
        ("{{#a}}\n{{#b.c}}\n{{/a}}", "line 3: the section b.c of line 2 ends as a"),
        ("\n{{! two\nlines }}\n{{/a}}", "line 4: no section a is open"),
        ("{{}}", "line 1: '' is no name: it has no blanks and is not empty"),
        ("{{a b}}", "line 1: 'a b' is no name: it has no blanks and is not empty"),
        ("{{a..b}}", "line 1: 'a..b' is no name: write a.b for the b of a; there are no functions"),
        ("{{first()}}", "line 1: 'first()' is no name: write a.b for the b of a; there are no functions"),
        ("x\n{{> other}}", "line 2: > is not known here: no partials, no blocks and no pragmas"),
        ("{{=<%=}}", "line 1: two delimiters belong between the signs =, as in {{=<% %>=}}"),
        (String(repeating: "{{#a}}", count: 65), "line 1: more than 64 sections within each other"),
    ]

    @Test(arguments: mistakes) func whatIsNoTemplateIsSaidWithItsLine(_ mistake: (text: String, error: String)) {
        do {
            _ = try MustacheTemplate(mistake.text)
            Issue.record("it is no template: \(mistake.text)")
        } catch {
            #expect(error.description == mistake.error)
        }
    }
}
