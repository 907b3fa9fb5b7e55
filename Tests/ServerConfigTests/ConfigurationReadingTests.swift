import Diagnostics
import Membership
import ServerConfig
import TestSupport
import Testing

/// Configurations as files have them, with their problems.
@Suite struct ConfigurationReadingTests {
    @Test func anotherKeyIsAnError() {
        let (config, problems) = EnsembleConfiguration.parse("server.1=a:1:2\ntickTime=2000\nversion=xyz", file: "next")
        #expect(config == nil)
        #expect(
            problems.map { $0.rendered() } == [
                "next:2:1: error: 'tickTime' does not belong in a dynamic configuration: it holds server, group and weight lines only [dynamic-key]\n  mend: move 'tickTime' to zoo.cfg",
                "next:3:9: error: the version 'xyz' is not a hexadecimal number [config-version]\n  mend: write a zxid, e.g. 100000000",
            ])
        let version = EnsembleConfiguration.parse("server.1=a:1:2\nversion=new").problems
        #expect(WrittenExample.difference(of: .configVersion, from: version) == nil)
    }

    @Test func differencesAreNamed() {
        let one = EnsembleConfiguration(servers: lines(3))
        var changed = Array(lines(4).dropFirst())
        changed[0].role = .observer
        let other = EnsembleConfiguration(servers: changed, groups: [1: [2]])
        #expect(
            one.differences(from: other) == [
                "server.1 is not here but h1:2888:3888:participant",
                "server.2 is h2:2888:3888:observer here and h2:2888:3888:participant",
                "server.4=h4:2888:3888:participant is here only and not",
                "groups and weights are group.1=2 here and none",
            ])
        #expect(one.differences(from: one) == [])
    }

    private func lines(_ count: Int64) -> [ServerLine] {
        (1...count).map { ServerLine(id: ServerID($0), host: "h\($0)", quorumPort: 2888, electionPort: 3888) }
    }
}
