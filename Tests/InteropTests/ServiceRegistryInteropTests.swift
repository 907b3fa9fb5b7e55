import Foundation
import ServiceDiscovery
import TestSupport
import Testing
import ZooKeeperClient

/// Other programs' registries and ours see each other's instances: they come, change and go, in both directions.
@Suite(.serialized) struct ServiceRegistryInteropTests {
    static let settings = ["minSessionTimeout": "1000", "maxSessionTimeout": "60000", "tickTime": "500"]

    static func configuration() -> ClientConfiguration {
        var configuration = ClientConfiguration()
        configuration.sessionTimeout = .seconds(20)
        configuration.whenExpired = .renew
        return configuration
    }

    static func entry(_ cache: ServiceCache, _ id: String) -> ServiceEntry? {
        cache.snapshot.entries.first { $0.instance.id == id }
    }

    @Test func curatorAndWeSeeEachOther() async throws {
        try await BundledServer.with(settings: Self.settings) { server in
            let jars = [
                "curator-x-discovery", "curator-framework", "curator-client", "curator-recipes", "jackson-databind",
                "jackson-core", "jackson-annotations", "zookeeper", "zookeeper-jute", "guava", "slf4j-api",
            ].map { "/usr/share/java/\($0).jar" }
            let output = server.directory.path + "/java"
            let script = Engine.packageRoot + "/Tests/InteropTests/Scripts/Discovery.java"
            let java = try ChildProcess(
                "/usr/bin/java", ["-cp", jars.joined(separator: ":"), script, server.address.description, "/curator"],
                output: output)
            defer { java.killAndWait() }
            try await ZooKeeperClient.with(
                ConnectString(servers: [server.address]), configuration: Self.configuration()
            ) { client in
                let registry = ServiceRegistry(client, layout: .curator(base: "/curator"))
                let cache = try registry.cache(of: "web")
                var instance = ServiceInstance(
                    name: "web", id: "swift-1", address: "127.0.0.1", port: 2001, sslPort: 2443,
                    payload: ["@class": "java.util.HashMap", "weight": 3])
                instance.uriSpec = URISpec("{scheme}://{address}:{ssl-port}/swift")
                let registration = try registry.register(instance)
                try await registration.registered()
                try await eventually("Java's instances are there") {
                    Self.entry(cache, "java-1") != nil && Self.entry(cache, "java-2") != nil
                }
                let first = try #require(Self.entry(cache, "java-1")).instance
                #expect(first.port == 1001)
                #expect(first.kind == .dynamic)
                #expect(first.payload == ["@class": "java.util.HashMap", "region": "eu"])
                #expect(first.uriSpec?.uri(of: first) == "http://127.0.0.1:1001/java")
                #expect(Self.entry(cache, "java-2")?.session == nil)
                // What we would have written is what Java has, byte by byte.
                let bytes = try await client.getData("/curator/web/java-1").data
                #expect(bytes.map { String(decoding: $0, as: UTF8.self) } == Self.text(first))

                try await eventually("Java has seen us") { Self.lines(output).contains { $0.hasPrefix("registered") } }
                try await registration.update { $0.port = 2002 }
                try await eventually("Java's change is seen") { Self.entry(cache, "java-1")?.instance.port == 1003 }
                #expect(try await registry.setEnabled(false, service: "web", id: "swift-1").count == 1)
                try await eventually("Java has seen it drained") {
                    Self.lines(output).contains { $0.hasPrefix("drained") }
                }
                try await eventually("we know it too") { !registration.instance.isEnabled }
                try await registration.deregister()
                try await eventually("Java's leaves") { Self.entry(cache, "java-1") == nil }
                #expect(Self.entry(cache, "java-2") != nil)
                try await eventually("Java ends") { !java.isRunning }
                let said = "DYNAMIC {weight=3} https://127.0.0.1:2443/swift"
                #expect(
                    Self.lines(output) == [
                        "registered: 127.0.0.1:2001 \(said) true", "changed: 127.0.0.1:2002 \(said) true",
                        "drained: 127.0.0.1:2002 \(said) false", "gone",
                    ])
            }
        }
    }

    private static func lines(_ file: String) -> [String] {
        let text = (try? String(contentsOfFile: file, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").map(String.init).filter { line in
            // What Java's and Python's loggers say.
            !["SLF4J", "[", "\u{1B}"].contains { line.hasPrefix($0) }
        }
    }

    /// As our registration writes it: seen through a registry of our own.
    private static func text(_ instance: ServiceInstance) -> String {
        func json(_ value: JSONValue?) -> String { value?.description ?? "null" }
        let parts =
            #"[{"value":"scheme","variable":true},{"value":"://","variable":false},{"value":"address","variable":true},{"value":":","variable":false},{"value":"port","variable":true},{"value":"/java","variable":false}]"#
        return
            #"{"name":"web","id":"java-1","address":"127.0.0.1","port":1001,"sslPort":null,"payload":\#(json(instance.payload)),"registrationTimeUTC":\#(instance.registrationTime),"serviceType":"DYNAMIC","uriSpec":{"parts":\#(parts)}}"#
    }

    @Test func dubbosRegistryAndWeSeeEachOther() async throws {
        try await BundledServer.with(settings: Self.settings) { server in
            let service = "com.example.Greeter"
            let output = server.directory.path + "/python"
            let python = ProcessInfo.processInfo.environment["PADDOCK_PYTHON"] ?? "python3"
            let script = Engine.packageRoot + "/Tests/InteropTests/Scripts/dubbo_registry.py"
            let process = try ChildProcess(python, [script, server.address.description], output: output)
            defer { process.killAndWait() }
            try await ZooKeeperClient.with(
                ConnectString(servers: [server.address]), configuration: Self.configuration()
            ) { client in
                let registry = ServiceRegistry(client, layout: .dubbo())
                let cache = try registry.cache(of: service)
                let registration = try registry.register(
                    ServiceInstance(
                        name: service, id: "", address: "10.0.0.7", port: 20880,
                        payload: ["protocol": "tri", "version": "1.0"], registrationTime: 17))
                try await registration.registered()
                try await eventually("Python's is there") { Self.entry(cache, "10.0.0.8:50051") != nil }
                let other = try #require(Self.entry(cache, "10.0.0.8:50051")).instance
                #expect(other.payload?["protocol"] == "tri")
                #expect(other.payload?["interface"] == .string(service))
                #expect(try await registry.names() == [service])

                try await eventually("Python has seen us") { Self.lines(output).count == 1 }
                try await registration.update { $0.payload = ["protocol": "tri", "version": "2.0"] }
                try await eventually("Python has seen the change") { Self.lines(output).count == 2 }
                // As Dubbo's tools do it: by a rule, which consumers of Dubbo for Java heed.
                try await registry.setEnabled(false, service: service, id: "10.0.0.8:50051")
                try await eventually("it is drained") {
                    Self.entry(cache, "10.0.0.8:50051")?.instance.isEnabled == false
                }
                try await registry.setEnabled(true, service: service, id: "10.0.0.8:50051")
                try await eventually("it is back") { Self.entry(cache, "10.0.0.8:50051")?.instance.isEnabled == true }
                try await registration.deregister()
                try await eventually("Python's has left") { cache.snapshot.entries.isEmpty }
                try await eventually("Python ends") { !process.isRunning }
                let parameters = { (version: String) in
                    "[('category', 'providers'), ('dynamic', 'true'), ('interface', 'com.example.Greeter'), ('side', 'provider'), ('timestamp', '17'), ('version', '\(version)')]"
                }
                #expect(
                    Self.lines(output) == [
                        "registered tri 10.0.0.7:20880 \(service) \(parameters("1.0"))",
                        "changed tri 10.0.0.7:20880 \(service) \(parameters("2.0"))", "gone",
                    ])
            }
        }
    }

    @Test func prometheusScrapesWhatIsRegisteredAsAServerSet() async throws {
        try await BundledServer.with(settings: Self.settings) { server in
            let directory = server.directory.path
            let ports = FreePorts.take(2)
            // Prometheus scrapes its own metrics, which is what we register.
            try """
            global: {scrape_interval: 200ms, scrape_timeout: 200ms}
            scrape_configs:
              - job_name: web
                serverset_sd_configs: [{servers: ['\(server.address)'], paths: [/serversets/web]}]
            """.write(toFile: directory + "/prometheus.yml", atomically: true, encoding: .utf8)
            try await ZooKeeperClient.with(
                ConnectString(servers: [server.address]), configuration: Self.configuration()
            ) { client in
                let registry = ServiceRegistry(client, layout: .serverSet())
                func register(_ port: Int) async throws -> Registration {
                    let registration = try registry.register(
                        ServiceInstance(
                            name: "web", id: "", address: "127.0.0.1", port: port, payload: ["shard": 3],
                            kind: .dynamicSequential))
                    try await registration.registered()
                    return registration
                }
                let first = try await register(ports[0])
                let second = try await register(ports[1])
                let prometheus = try ChildProcess(
                    ProcessInfo.processInfo.environment["PADDOCK_PROMETHEUS"] ?? "/usr/bin/prometheus",
                    [
                        "--config.file=\(directory)/prometheus.yml", "--storage.tsdb.path=\(directory)/tsdb",
                        "--web.listen-address=127.0.0.1:\(ports[0])",
                    ], output: directory + "/prometheus.log")
                defer { prometheus.killAndWait() }
                func targets() async -> [[String: Any]] {
                    let url = URL(string: "http://127.0.0.1:\(ports[0])/api/v1/targets?state=active")!
                    guard let data = try? await Self.get(url),
                        let answer = try? JSONSerialization.jsonObject(with: data) as? [String: Any]
                    else { return [] }
                    return (answer["data"] as? [String: Any])?["activeTargets"] as? [[String: Any]] ?? []
                }
                try await eventually("Prometheus scrapes the first, and knows the second") {
                    let targets = await targets()
                    return targets.count == 2 && targets.contains { $0["health"] as? String == "up" }
                }
                let up = try #require(await targets().first { $0["health"] as? String == "up" })
                let labels = try #require(up["discoveredLabels"] as? [String: String])
                #expect(labels["__address__"] == "127.0.0.1:\(ports[0])")
                #expect(labels["__meta_serverset_shard"] == "3")
                #expect(labels["__meta_serverset_status"] == "ALIVE")
                #expect(labels["__meta_serverset_path"] == "/serversets/web/member_0000000000")
                // It looks every five seconds: both at once.
                try await registry.setEnabled(false, service: "web", id: "member_0000000000")
                try await second.deregister()
                try await eventually("it sees the first drained and the second gone") {
                    let targets = await targets()
                    let labels = targets.first?["discoveredLabels"] as? [String: String]
                    return targets.count == 1 && labels?["__meta_serverset_status"] == "STOPPING"
                }
                try await first.deregister()
            }
        }
    }

    /// curl, because URLSession would want libcurl's whole room.
    private static func get(_ url: URL) async throws -> Data {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/curl")
        process.arguments = ["--silent", "--max-time", "5", url.absoluteString]
        process.standardOutput = pipe
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return data
    }
}
