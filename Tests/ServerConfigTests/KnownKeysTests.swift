import Diagnostics
import ServerConfig
import Testing

struct KnownKeysTests {
    @Test func keysAreSortedAndUnique() {
        let names = KnownKeys.all.map(\.name)
        #expect(names == names.sorted())
        #expect(Set(names).count == names.count)
        #expect(KnownKeys.all.allSatisfy { !$0.meaning.isEmpty && !$0.meaning.contains("\n") })
    }

    /// A default must fit its own key.
    @Test(arguments: KnownKeys.all) func defaultsAreValid(key: KnownKey) {
        guard let value = key.defaultValue else { return }
        #expect(key.problem(with: value)?.message == nil)
    }

    /// Values that fit no key of their kind.
    static func wrong(_ key: KnownKey) -> [String] {
        switch key.kind {
        case .boolean: ["yes", "1", "wahr", ""]
        case .yesNo: ["true", "YES", ""]
        case .integer(let range):
            ["ten", "1.5", "1e3", "0x10", "10s", "9223372036854775808", ""]
                + (range.lowerBound > .min ? ["\(range.lowerBound - 1)"] : [])
                + (range.upperBound < .max ? ["\(range.upperBound + 1)"] : [])
        case .decimal: ["half", "1,5", ""]
        case .port: ["http", "-1", "65536", "2181 2182", ""]
        case .path: ["~/zk", "~", "${ZK_HOME}/zk", "\"/srv/zk\"", "{{ zk }}", "<path>", "C:\\zk", "/srv/\u{1B}zk", ""]
        case .host: ["10.0.0.256", "10.0.0", "zk1:2181", "zk 1", "<host>", "${HOST}", "'zk1'", "http://zk1", "-zk", ""]
        case .choice(let words): ["none at all"] + (words.contains("") ? [] : [""])
        case .list, .text: []
        }
    }

    @Test(arguments: KnownKeys.all) func wrongValuesAreErrors(key: KnownKey) {
        for value in Self.wrong(key) {
            let place = SourceLocation(line: 1, column: 1)
            let problems = KnownKeys.check(key: key.name, at: place, value: value, at: place)
            #expect(problems.contains { $0.severity == .error }, "\(key.name)=\(value)")
        }
    }

    @Test(arguments: [
        ("tickTme", "tickTime"), ("ticktime", "tickTime"), ("dataDirr", "dataDir"), ("synclimits", "syncLimit"),
        ("maxClientCnxn", "maxClientCnxns"), ("autopurge.purgeIntervall", "autopurge.purgeInterval"),
        ("server1", "server.1"), ("Server.3", "server.3"), ("server-2", "server.2"),
        ("zookeeper.snapCount", "snapCount"), ("zookeeper.admin.serverport", "admin.serverPort"),
        ("connectionMaxTokens", "connection_throttle_tokens"),
        ("maxConcurrentSnapSyncs", "leader.maxConcurrentSnapSyncs"),
    ])
    func findsTheNearest(name: String, nearest: String) {
        #expect(KnownKeys.nearest(name) == nearest)
    }

    @Test(arguments: ["foo", "colour", "x", ""]) func findsNothingFarAway(name: String) {
        #expect(KnownKeys.nearest(name) == nil)
    }

    @Test(arguments: [
        "server.1", "group.2", "weight.3", "authProvider.sasl", "metricsProvider.httpPort",
        "ssl.quorum.keyStore.location",
    ])
    func familiesAreKnown(name: String) {
        #expect(KnownKeys.isKnown(name))
    }
}
