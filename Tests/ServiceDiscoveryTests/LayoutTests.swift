import Testing
import ZooKeeperClient

@testable import ServiceDiscovery

/// The texts of the three layouts. Curator's were written by curator-x-discovery 5.4 with Jackson 2.14.
@Suite struct LayoutTests {
    private static func instance(_ change: (inout ServiceInstance) -> Void = { _ in }) -> ServiceInstance {
        var instance = ServiceInstance(
            name: "web", id: "id-1", address: "10.0.0.7", port: 8080, registrationTime: 1_700_000_000_123)
        change(&instance)
        return instance
    }

    @Test func whatALayoutHasNoPlaceForIsKnown() {
        let instance = Self.instance {
            $0.payload = ["zone": "a", "shard": 1, "enabled": true, "additionalEndpoints": [:]]
            $0.uriSpec = URISpec("{address}")
            $0.sslPort = 1
        }
        #expect(RegistryLayout.curator().unseenParts(of: instance) == [])
        #expect(RegistryLayout.dubbo().unseenParts(of: instance) == ["sslPort", "payload.enabled", "uriSpec"])
        #expect(RegistryLayout.serverSet().unseenParts(of: instance) == ["payload.zone", "payload.enabled", "uriSpec"])
        for payload in ["text", ["shard": "x"]] as [JSONValue] {
            let instance = Self.instance { $0.payload = payload }
            #expect(RegistryLayout.serverSet().unseenParts(of: instance).count == 1)
            #expect(RegistryLayout.dubbo().unseenParts(of: instance) == (payload == "text" ? ["payload"] : []))
        }
        #expect(RegistryLayout.dubbo().unseenParts(of: Self.instance()) == [])
    }

    static let curator: [(ServiceInstance, String)] = [
        (
            instance(),
            #"{"name":"web","id":"id-1","address":"10.0.0.7","port":8080,"sslPort":null,"payload":null,"registrationTimeUTC":1700000000123,"serviceType":"DYNAMIC","uriSpec":null}"#
        ),
        (
            instance {
                $0.sslPort = 8443
                $0.kind = .static
                $0.payload = "hé\"llo/\u{1}\n"
                $0.uriSpec = URISpec("{scheme}://{address}:{port}/x")
            },
            #"{"name":"web","id":"id-1","address":"10.0.0.7","port":8080,"sslPort":8443,"payload":"hé\"llo/\u0001\n","registrationTimeUTC":1700000000123,"serviceType":"STATIC","uriSpec":{"parts":[{"value":"scheme","variable":true},{"value":"://","variable":false},{"value":"address","variable":true},{"value":":","variable":false},{"value":"port","variable":true},{"value":"/x","variable":false}]}}"#
        ),
        (
            instance {
                $0.port = nil
                $0.kind = .permanent
                $0.payload = ["@class": "J$P", "region": "eu", "weight": 3, "d": .number("1.5"), "tags": ["a", "b"]]
                $0.isEnabled = false
            },
            #"{"name":"web","id":"id-1","address":"10.0.0.7","port":null,"sslPort":null,"payload":{"@class":"J$P","region":"eu","weight":3,"d":1.5,"tags":["a","b"]},"registrationTimeUTC":1700000000123,"serviceType":"PERMANENT","uriSpec":null,"enabled":false}"#
        ),
        (
            instance {
                $0.port = 1
                $0.kind = .dynamicSequential
                $0.payload = ["java.lang.Long", 7]
            },
            #"{"name":"web","id":"id-1","address":"10.0.0.7","port":1,"sslPort":null,"payload":["java.lang.Long",7],"registrationTimeUTC":1700000000123,"serviceType":"DYNAMIC_SEQUENTIAL","uriSpec":null}"#
        ),
    ]

    @Test(arguments: curator) func curatorsJSONIsWrittenAndRead(instance: ServiceInstance, text: String) throws {
        let layout = RegistryLayout.curator()
        let node = try layout.node(for: instance)
        #expect(String(decoding: node.data, as: UTF8.self) == text)
        #expect(node.path == "/services/web/id-1")
        #expect(try layout.instance(service: "web", node: "id-1", data: Array(text.utf8)) == instance)
    }

    @Test func theModeFollowsTheKind() throws {
        let modes = try ServiceKind.allCases.map { kind in
            try RegistryLayout.curator(base: "/").node(for: Self.instance { $0.kind = kind })
        }
        #expect(modes.map(\.mode) == [.ephemeral, .persistent, .persistent, .ephemeralSequential])
        #expect(modes[0].path == "/web/id-1")
    }

    /// As Jackson reads them: each of these was given to Curator's own serializer.
    @Test func whatJacksonTakesIsTaken() throws {
        func read(_ text: String) throws -> ServiceInstance {
            try RegistryLayout.curator().instance(service: "s", node: "n", data: Array(text.utf8))
        }
        let odd = try read(#"{"name":"web","id":5,"address":"h","port":"80","payload":{"a":1},"more":1}"#)
        #expect(odd == ServiceInstance(name: "web", id: "5", address: "h", port: 80, payload: ["a": 1]))
        #expect(try read(#"{"name":"w","id":"i","serviceType":null,"enabled":null}"#).isEnabled == false)
        #expect(try read(#"{"name":"w","id":"i","port":80.5}"#).port == 80)
        #expect(try read(#"{"name":"w","id":"i","enabled":true}"#).isEnabled)
        // Java has empty names here; the place is known better.
        #expect(try read("{}") == ServiceInstance(name: "s", id: "n", address: nil, port: nil))
    }

    @Test(arguments: [
        ("", "it has no data"), ("[]", "its JSON is no object"), ("{", "the name of a member is missing at byte 1"),
        (#"{"serviceType":"NOPE"}"#, "its serviceType is 'NOPE'"), (#"{"port":"x"}"#, "\"port\" is no number"),
        (#"{"port":70000}"#, "\"port\" is no port: 70000"), (#"{"name":{}}"#, "\"name\" is no string"),
        (#"{"uriSpec":{}}"#, "its uriSpec has no parts"),
        (#"{"address":"h\u001b[31m"}"#, "its address holds blanks or control characters"),
        (#"{"address":"h FAKE"}"#, "its address holds blanks or control characters"),
        (#"{"id":"a\nb"}"#, "its id holds control characters"),
        (#"{"name":"a\u0085b"}"#, "its name holds control characters"),
        (#"{"uriSpec":{"parts":[{"value":"\u0007"}]}}"#, "its uriSpec holds control characters"),
    ])
    func foreignAndCorruptDataSayWhy(text: String, reason: String) {
        #expect(throws: UnreadableInstance(path: "/services/s/n", reason: reason)) {
            try RegistryLayout.curator().instance(service: "s", node: "n", data: Array(text.utf8))
        }
    }

    @Test func anInstanceIsDrainedWithoutLosingWhatOthersWrote() throws {
        let layout = RegistryLayout.curator()
        let text = #"{"name":"web","more":[1.0],"id":"i"}"#
        let drained = try #require(try layout.data(Array(text.utf8), enabled: false))
        #expect(String(decoding: drained, as: UTF8.self) == #"{"name":"web","more":[1.0],"id":"i","enabled":false}"#)
        #expect(try layout.data(drained, enabled: true) == Array(text.utf8))
        let member = #"{"serviceEndpoint":{"host":"h","port":1},"additionalEndpoints":{},"status":"ALIVE"}"#
        let stopping = try #require(try RegistryLayout.serverSet().data(Array(member.utf8), enabled: false))
        #expect(try !RegistryLayout.serverSet().instance(service: "s", node: "member_1", data: stopping).isEnabled)
    }

    @Test func aMemberOfAServerSetIsWrittenAndRead() throws {
        let layout = RegistryLayout.serverSet(base: "/aurora/jobs")
        var instance = Self.instance { $0.payload = ["shard": 3] }
        let node = try layout.node(for: instance)
        #expect(node.path == "/aurora/jobs/web/member_")
        #expect(node.mode == .ephemeralSequential)
        let text =
            #"{"serviceEndpoint":{"host":"10.0.0.7","port":8080},"additionalEndpoints":{},"status":"ALIVE","shard":3}"#
        #expect(String(decoding: node.data, as: UTF8.self) == text)
        instance.id = "member_0000000007"
        instance.kind = .dynamicSequential
        instance.registrationTime = 0
        #expect(try layout.instance(service: "web", node: "member_0000000007", data: node.data) == instance)
        #expect(throws: UnreadableInstance.self) { try layout.instance(service: "web", node: "lock", data: node.data) }
        #expect(throws: InvalidInstance.self) { try layout.node(for: Self.instance { $0.port = nil }) }
        #expect(throws: InvalidInstance.self) { try layout.node(for: Self.instance { $0.kind = .permanent }) }
    }

    /// From the registries of Dubbo for Java (2.7 and 3) and for Python (3.0.0b1).
    @Test(arguments: [
        "dubbo%3A%2F%2F10.0.0.7%3A20880%2Fcom.example.Greeter%3Fanyhost%3Dtrue%26application%3Ddemo%26interface%3Dcom.example.Greeter%26methods%3Dhello%2Cbye%26side%3Dprovider%26timestamp%3D1700000000123",
        "tri%3A%2F%2F10.0.0.7%3A20880%2Fcom.example.Greeter",
    ])
    func aProvidersURLOfDubboIsRead(node: String) throws {
        let instance = try RegistryLayout.dubbo().instance(service: "com.example.Greeter", node: node, data: [])
        #expect(instance.address == "10.0.0.7")
        #expect(instance.port == 20880)
        #expect(instance.isEnabled)
        #expect(instance.payload?["protocol"] == .string(String(node.prefix { $0 != "%" })))
        if node.contains("methods") {
            #expect(instance.payload?["methods"] == "hello,bye")
            #expect(instance.registrationTime == 1_700_000_000_123)
        }
    }

    @Test func aProviderOfDubboIsWritten() throws {
        let layout = RegistryLayout.dubbo()
        let instance = Self.instance {
            $0.name = "com.example.Greeter"
            $0.port = 20880
            $0.payload = ["protocol": "tri", "version": "1.0", "note": "a b&c"]
        }
        let node = try layout.node(for: instance)
        #expect(
            node.path
                == "/dubbo/com.example.Greeter/providers/tri%3A%2F%2F10.0.0.7%3A20880%2Fcom.example.Greeter%3Fcategory%3Dproviders%26dynamic%3Dtrue%26interface%3Dcom.example.Greeter%26note%3Da%2520b%2526c%26side%3Dprovider%26timestamp%3D1700000000123%26version%3D1.0"
        )
        #expect(node.mode == .ephemeral)
        #expect(node.data == Array("10.0.0.7:20880".utf8))
        let name = String(node.path.split(separator: "/").last!)
        let read = try layout.instance(service: instance.name, node: name, data: [])
        #expect(read.payload?["note"] == "a b&c")
        #expect(read.payload?["version"] == "1.0")
        let disabled = try layout.node(for: Self.instance { $0.isEnabled = false })
        let disabledName = String(disabled.path.split(separator: "/").last!)
        #expect(try !layout.instance(service: "web", node: disabledName, data: []).isEnabled)
    }

    @Test func aRuleOfDubboTakesOutWhatItNames() throws {
        let instance = Self.instance()
        let rule = DubboLayout.rule(disabling: instance)
        #expect(
            PercentEncoding.decode(rule)
                == "override://10.0.0.7:8080/web?category=configurators&disabled=true&dynamic=false&enabled=true")
        #expect(DubboLayout.rule(rule, disables: instance))
        #expect(!DubboLayout.rule(rule, disables: Self.instance { $0.port = 8081 }))
        #expect(
            DubboLayout.rule(
                "override%3A%2F%2F0.0.0.0%2Fweb%3Fdisabled%3Dtrue", disables: Self.instance { $0.port = 1 }))
        #expect(
            !DubboLayout.rule("override%3A%2F%2F0.0.0.0%2Fweb%3Fdisabled%3Dtrue%26enabled%3Dfalse", disables: instance))
        #expect(!DubboLayout.rule("override%3A%2F%2F0.0.0.0%2Fweb%3Fweight%3D200", disables: instance))
    }

    @Test func servicesAndPlacesAreToldApart() throws {
        #expect(RegistryLayout.dubbo().service(ofChild: "metadata") == nil)
        #expect(RegistryLayout.dubbo().service(ofChild: "a%2Fb") == "a/b")
        let dubbo = RegistryLayout.dubbo()
        #expect(dubbo.place(of: "/dubbo/a/providers/x", service: "/dubbo/a") == .instance("x"))
        #expect(dubbo.place(of: "/dubbo/a/configurators/x", service: "/dubbo/a") == .rule("x"))
        #expect(dubbo.place(of: "/dubbo/a/consumers/x", service: "/dubbo/a") == .other)
        #expect(dubbo.place(of: "/dubbo/a/providers", service: "/dubbo/a") == .directory)
        let curator = RegistryLayout.curator()
        #expect(curator.place(of: "/services/a/x", service: "/services/a") == .instance("x"))
        #expect(curator.place(of: "/services/a/x/y", service: "/services/a") == .other)
        #expect(curator.place(of: "/services/ab/x", service: "/services/a") == .other)
        #expect(try dubbo.instances(of: "a/b") == "/dubbo/a%2Fb/providers")
        for name in ["", "a/b", "..", "a\u{0}"] {
            #expect(throws: InvalidInstance.self) { try curator.instances(of: name) }
        }
        for id in ["", "a/b", "."] {
            #expect(throws: InvalidInstance.self) { try curator.node(for: Self.instance { $0.id = id }) }
        }
    }

    @Test func aURISpecIsFilledIn() throws {
        let spec = try #require(URISpec("{scheme}://{ address }:{ssl-port}/{name}?{x}{[}{service-type}{]}"))
        let uri = spec.uri(of: Self.instance { $0.sslPort = 443 }, variables: ["x": "y"])
        #expect(uri == "https://10.0.0.7:443/web?y{dynamic}")
        #expect(URISpec("{a") == nil)
        #expect(URISpec("a}") == nil)
        #expect(URISpec("{a{b}}") == nil)
    }
}
