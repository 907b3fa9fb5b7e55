import ServerConfig
import Testing
import Topology

@testable import Provisioning

/// JVM flags beside a zoo.cfg, and what an import makes of them.
@Suite struct StartFlagsTests {
    @Test func whatApachesScriptsWouldGive() {
        let start = StartFlags([
            """
            # a comment: JVMFLAGS="-Dno=1"
            export JVMFLAGS="-Xmx1g -Djute.maxbuffer=4000000"
            SERVER_JVMFLAGS=-Dzookeeper.snapCount=5
            """,
            """
            SERVER_JVMFLAGS="$SERVER_JVMFLAGS -Dzookeeper.maxCnxns=9 -Dhost=$(hostname)"
              JVMFLAGS='${JVMFLAGS} -XX:+UseG1GC'
            """,
        ])
        #expect(
            start.flags == [
                "-Dzookeeper.snapCount=5", "-Dzookeeper.maxCnxns=9", "-Xmx1g", "-Djute.maxbuffer=4000000",
                "-XX:+UseG1GC",
            ])
        #expect(start.unreadable == ["-Dhost=$(hostname)"])
        #expect(StartFlags(["JVMFLAGS="]).flags == [])
    }

    private let file = ZooCfgFile(
        path: "a.cfg", cfg: ZooCfg(text: "tickTime=2000\ndataDir=/d\nclientPort=2181\nsnapCount=7\n"))

    @Test func theBundledServerGetsSettings() throws {
        let start = StartFlags(["JVMFLAGS='-Xmx1g -Djute.maxbuffer=4000000 -Dzookeeper.snapCount=5'"])
        let result = EnsembleImport([file], flags: [start])
        let server = try #require(result.topology?.servers.first)
        #expect(server.setting("jute.maxbuffer") == "4000000")
        #expect(server.setting("snapCount") == "7", "zoo.cfg is the later one")
        #expect(
            result.problems.filter { $0.rule == .importFlags }.map(\.message) == [
                "the flag -Xmx1g beside it is left out: it is for a JVM, which this server does not have"
            ])
    }

    @Test func apachesServersGetThemAsTheyAre() throws {
        let start = StartFlags(["JVMFLAGS='-Xmx1g -Djute.maxbuffer=4000000'"])
        let result = EnsembleImport([file], engine: .apache(home: "/zk", heap: nil), flags: [start])
        #expect(
            result.topology?.servers.first?.engine
                == .apache(ApacheOptions(home: "/zk", heap: "1g", jvmFlags: ["-Djute.maxbuffer=4000000"])))
    }
}
