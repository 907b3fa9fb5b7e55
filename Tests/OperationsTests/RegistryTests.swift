import DurableFiles
import Foundation
import Glibc
import Planning
import ServiceDiscovery
import Testing

@testable import Operations

@Suite struct RegistryTests {
    @Test(arguments: [
        ("tcp", HealthCheck.tcp(host: "h", port: 80)), ("http:///health", .http(host: "h", port: 80, path: "/health")),
        ("http://x:81/a?b", .http(host: "x", port: 81, path: "/a?b")),
        ("http://x", .http(host: "x", port: 80, path: "/")),
        ("http://x?b", .http(host: "x", port: 80, path: "/?b")),
        ("http://[::1]:81/", .http(host: "::1", port: 81, path: "/")), ("pg_isready -q", .command("pg_isready -q")),
    ])
    func aCheckIsRead(text: String, check: HealthCheck) throws {
        #expect(try HealthCheck(text, host: "h", port: 80) == check)
    }

    @Test(arguments: ["", "https://x/", "http://x:0/", "http://x:port/", "http://user@x/"])
    func whatCannotBeCheckedIsRefused(text: String) {
        #expect(throws: OperationError.self) { try HealthCheck(text, host: "h", port: 80) }
    }

    @Test func oneSuccessMakesWellThreeFailuresInARowIll() {
        var health = Health()
        let results = [false, true, false, false, true, false, false, false, false, true]
        #expect(
            results.map { health.note(success: $0) }
                == [false, true, false, false, false, false, false, true, false, true])
        #expect(health.isWell)
    }

    @Test func checksAreCarriedOut() async throws {
        func run(_ check: HealthCheck) async -> String? {
            await check.run(timeout: .milliseconds(500), environment: [:])
        }
        #expect(await run(.command("exit 0")) == nil)
        #expect(await run(.command("echo noise; exit 3")) == "'echo noise; exit 3' ended with 3")
        // With all that it has started.
        let began = ContinuousClock.now
        let pipe = "sleep 40 | cat; sleep 41"
        #expect(await run(.command(pipe)) == "'\(pipe)' did not end within 0.5 seconds")
        #expect(ContinuousClock.now - began < .seconds(30))
        #expect(await run(.tcp(host: "127.0.0.1", port: 1)) == "127.0.0.1:1: Connection refused")
        #expect(await run(.http(host: "127.0.0.1", port: 1, path: "/")) == "127.0.0.1:1: Connection refused")
    }

    private func entry(_ name: String, _ address: String, port: Int, payload: JSONValue? = nil, enabled: Bool = true)
        -> ServiceEntry
    {
        ServiceEntry(
            node: address,
            instance: ServiceInstance(
                name: name, id: "id-\(address)", address: address, port: port, payload: payload, isEnabled: enabled))
    }

    private func render(_ template: String) throws -> String {
        try RegistryTemplate(template, file: "t").render([
            (
                "web",
                [
                    entry("web", "a", port: 1, payload: ["weight": 3, "tags": ["x", "y"]]), entry("web", "b", port: 2),
                    entry("web", "c", port: 3, enabled: false),
                ]
            ), ("com.example.Greeter", [entry("com.example.Greeter", "d", port: 4)]), ("empty", []),
        ])
    }

    @Test func templatesAreFilledIn() throws {
        #expect(
            try render("{{#web}}\nserver {{address}}:{{port}} {{payload.weight}};\n{{/web}}\n")
                == "server a:1 3;\nserver b:2 ;\n")
        #expect(try render("{{#com.example.Greeter}}{{endpoint}}{{/com.example.Greeter}}") == "d:4")
        #expect(try render("{{^empty}}none{{/empty}}{{^nobody}}none{{/nobody}}{{^web}}none{{/web}}") == "nonenone")
        #expect(
            try render(
                "[{{#services}}{{#instances}}\"{{endpoint}}\"{{^last}},{{/last}}{{/instances}}{{^last}};{{/last}}{{/services}}]"
            )
                == "[\"a:1\",\"b:2\";\"d:4\"]")
        #expect(try render("{{#web}}{{#payload.tags}}<{{.}}>{{/payload.tags}}{{/web}} & \"") == "<x><y> & \"")
    }

    /// A payload is printed as it was given, and everything in JSON where that is asked for.
    @Test func templatesOfJSON() throws {
        #expect(
            try render("{{#web}}{{payload}} {{payload.tags}}{{^last}} {{/last}}{{/web}}")
                == #"{"weight":3,"tags":["x","y"]} ["x","y"]  "#)
        let text =
            "{{#web}}{{json.address}} {{json.port}} {{json.payload.tags}} {{json.payload.none}} {{json.sslPort}}\n{{/web}}"
        #expect(try render(text) == "\"a\" 1 [\"x\",\"y\"] null null\n\"b\" 2 null null null\n")
        #expect(
            try render("{{#services}}{{json.name}}{{^last}},{{/last}}{{/services}}") == #""web","com.example.Greeter""#)
        let odd = entry("we\"b", "a\\", port: 1)
        #expect(
            try RegistryTemplate(
                "{{#services}}{{#instances}}{{json.service}} {{json.endpoint}}{{/instances}}{{/services}}", file: "t"
            )
            .render([("we\"b", [odd])]) == #""we\"b" "a\\:1""#)
    }

    @Test func whatIsNoTemplateIsRefusedWithItsLine() {
        do {
            _ = try RegistryTemplate("a\n{{#web}}\n", file: "t")
            Issue.record("it is a template")
        } catch {
            #expect(error.description.hasPrefix("t is no template: line 2: the section web has no end"))
        }
    }

    /// In one step, through links, and leaving nothing else in the directory.
    @Test func aFileIsReplaced() throws {
        let directory = NSTemporaryDirectory() + UUID().uuidString
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let (file, link, far) = (directory + "/a", directory + "/b", directory + "/far")
        func text(_ path: String) -> String? { try? String(contentsOfFile: path, encoding: .utf8) }
        #expect(try Operator.replace(file, with: "1", mode: 0o644))
        #expect(try !Operator.replace(file, with: "1", mode: 0o644))
        #expect(chmod(file, 0o666) == 0)
        #expect(symlink("a", link) == 0 && symlink("far", directory + "/c") == 0)
        #expect(try Operator.replace(link, with: "2", mode: 0o600))
        #expect(text(file) == "2")
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == "a")
        let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
        #expect(mode == 0o666)
        #expect(try Operator.replace(directory + "/c", with: "3", mode: 0o644))
        #expect(text(far) == "3")
        // The system's word, with the path that was asked for.
        #expect(throws: FileError("create", directory + "/none/a", code: ENOENT)) {
            try Operator.replace(directory + "/none/a", with: "1", mode: 0o644)
        }
        #expect(throws: FileError("replace", directory, code: EISDIR)) {
            try Operator.replace(directory, with: "1", mode: 0o644)
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory).sorted() == ["a", "b", "c", "far"])
    }

    @Test func aCommandIsToldWhereAServiceIs() {
        let entries = [entry("my-web.v2", "a", port: 1), entry("my-web.v2", "::1", port: 2)]
        let variables = ServiceEnvironment.variables("my-web.v2", chosen: entries[1], all: entries)
        #expect(
            variables.map { "\($0.name)=\($0.value)" } == [
                "MY_WEB_V2_ADDRESS=[::1]:2", "MY_WEB_V2_HOST=::1", "MY_WEB_V2_PORT=2",
                "MY_WEB_V2_ADDRESSES=a:1,[::1]:2",
            ])
        func name(_ service: String) -> String {
            ServiceEnvironment.variables(service, chosen: entries[0], all: entries)[0].name
        }
        #expect(name("2web") == "_2WEB_ADDRESS")
        // No two words of another language are the same.
        #expect(name("größe") == "GR_U00F6_U00DFE_ADDRESS")
        #expect(name("груша") != name("слива"))
        #expect(name("🍐") == "_U1F350_ADDRESS")
    }
}
