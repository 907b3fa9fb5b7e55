import Testing

@testable import ServiceDiscovery

@Suite struct JSONValueTests {
    /// What is read is written again byte by byte: nothing of another program's payload is lost.
    @Test(arguments: [
        #"null"#, #"true"#, #"[]"#, #"{}"#, #"-0"#, #"1.50e-3"#, #"12345678901234567890123"#, #""""#,
        #""hé\"llo/\\\u0001\n\t""#, #"{"b":1,"a":[1,{"c":null}],"b":2}"#, "\"\u{1F40E}\"",
    ])
    func whatIsReadIsWrittenAgain(text: String) throws {
        #expect(try JSONValue(parsing: text).description == text)
    }

    @Test func escapesAndBlanksAreRead() throws {
        let value = try JSONValue(parsing: " { \"a\" : [ 1 , \"\\u0041\\/\\ud83d\\udc0e\" ] }\n")
        #expect(value == ["a": [1, "A/\u{1F40E}"]])
        #expect(value["a"] == [1, "A/\u{1F40E}"])
        #expect(try JSONValue(parsing: #"{"b":1,"b":2}"#)["b"] == 2)
    }

    @Test(arguments: [
        ("", "the JSON document ends too early at byte 0"), ("{", "the name of a member is missing at byte 1"),
        ("[1 2]", "',' or ']' is missing at byte 3"), ("{\"a\" 1}", "':' is missing at byte 5"),
        ("nul", "no JSON value at byte 0"), ("01", "something follows the JSON document at byte 1"),
        ("1.", "a digit is missing behind '.' at byte 2"), ("\"a", "a string does not end at byte 2"),
        ("\"\\ud800\"", "half of a character at byte 7"), ("\"\\x\"", "an unknown escape in a string at byte 3"),
        ("\"\n\"", "a control character in a string at byte 1"),
        ("{} {}", "something follows the JSON document at byte 3"),
        ("\"\\u00g0\"", "four hexadecimal digits are missing behind \\u at byte 5"),
    ])
    func whatIsNoJSONIsRefusedWithItsPlace(text: String, problem: String) {
        #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
        do { _ = try JSONValue(parsing: text) } catch { #expect(error.description == problem) }
    }

    @Test func bytesThatAreNotUTF8AreRefusedAndDepthIsBounded() {
        #expect(throws: JSONError.self) { try JSONValue(parsing: [0x22, 0xff, 0x22]) }
        let deep = String(repeating: "[", count: 100_000)
        #expect(throws: JSONError(offset: 100, message: "JSON is nested too deeply")) { try JSONValue(parsing: deep) }
    }

    @Test func aMemberIsSetInItsPlace() {
        let value: JSONValue = ["a": 1, "b": 2]
        #expect(value.setting("a", to: 3).description == #"{"a":3,"b":2}"#)
        #expect(value.setting("c", to: false).description == #"{"a":1,"b":2,"c":false}"#)
        #expect(value.setting("a", to: nil).description == #"{"b":2}"#)
    }
}
