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
