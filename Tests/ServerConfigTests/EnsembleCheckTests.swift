import Diagnostics
import Membership
import ServerConfig
import Testing

/// Several zoo.cfg files as the files of one ensemble.
struct EnsembleCheckTests {
    private static func member(
        _ file: String, _ lines: String, myid: String? = nil, id: ServerID? = nil
    ) -> EnsembleCheck.Member {
        let companion = myid.map { ZooCfg.Companion.text($0, file: "\(file).myid") } ?? .unknown
        return EnsembleCheck.Member(
            file: file, cfg: ZooCfg(text: lines), surroundings: ZooCfg.Surroundings(myid: companion), id: id)
    }

    private static let local =
        "server.1=localhost:2888:3888\nserver.2=localhost:2889:3889\nserver.3=localhost:2890:3890\n"
    private static let spread = "server.1=zk1:2888:3888\nserver.2=zk2:2888:3888\nserver.3=zk3:2888:3888\n"
    private static let limits = "initLimit=10\nsyncLimit=5\n"

    private static func said(_ members: [EnsembleCheck.Member]) -> [String] {
        EnsembleCheck.check(members).map { $0.rendered().split(separator: "\n")[0] }.map(String.init)
    }

    @Test func filesOfOneHostThatTakeTheSameThings() {
        let cfg =
            "tickTime=2000\n\(Self.limits)dataDir=/srv/zk/data\ndataLogDir=/srv/zk/log\nclientPort=2181\n"
            + "metricsProvider.className=org.apache.zookeeper.metrics.prometheus.PrometheusMetricsProvider\n"
            + "metricsProvider.httpPort=7000\n" + Self.local
        #expect(
            Self.said([Self.member("a.cfg", cfg), Self.member("b.cfg", cfg)]) == [
                "b.cfg:6:12: error: the client port is 2181, which is the client port of a.cfg, too, on the same host localhost [port-conflict]",
                "b.cfg: warning: the admin port is 8080 by default, which is the admin port of a.cfg, too, on the same host localhost [port-conflict]",
                "b.cfg:8:26: error: the metrics port is 7000, which is the metrics port of a.cfg, too, on the same host localhost [port-conflict]",
                "b.cfg:4:9: error: dataDir /srv/zk/data is the dataDir of a.cfg, too, on the same host localhost: each server would destroy the other's data [data-dir-shared]",
                "b.cfg:5:12: error: dataLogDir /srv/zk/log is the dataLogDir of a.cfg, too, on the same host localhost: each server would destroy the other's data [data-dir-shared]",
            ])
    }

    /// They name no host: each is of the machine for which it was checked.
    @Test func serversThatStandAloneOnThisMachine() {
        func member(_ file: String, _ port: Int, _ host: HostFacts?) -> EnsembleCheck.Member {
            let cfg = "admin.enableServer=false\ndataDir=/srv/\(file)\ndataLogDir=/srv/log\nclientPort=\(port)\n"
            return EnsembleCheck.Member(
                file: file, cfg: ZooCfg(text: cfg), surroundings: ZooCfg.Surroundings(host: host))
        }
        #expect(
            Self.said([member("a", 2181, HostFacts()), member("b", 2182, HostFacts())]) == [
                "b:3:12: error: dataLogDir /srv/log is the dataLogDir of a, too, on the same host localhost: each server would destroy the other's data [data-dir-shared]"
            ])
        #expect(
            Self.said([member("a", 2181, HostFacts()), member("b", 2181, HostFacts())]).first
                == "b:4:12: error: the client port is 2181, which is the client port of a, too, on the same host localhost [port-conflict]"
        )
        #expect(Self.said([member("a", 2181, nil), member("b", 2181, nil)]) == [])
    }

    @Test func filesOfSeveralHostsMayBeAlike() {
        let cfg = "\(Self.limits)dataDir=/srv/zk\nclientPort=2181\n" + Self.spread
        #expect(Self.said([Self.member("a.cfg", cfg, myid: "1\n"), Self.member("b.cfg", cfg, myid: "2\n")]) == [])
        // Nothing says whose they are: they may be the files of all three hosts.
        #expect(Self.said([Self.member("a.cfg", cfg), Self.member("b.cfg", cfg)]) == [])
    }

    @Test func oneLogDirectoryForTwoByAnotherName() {
        let cfg = "\(Self.limits)admin.enableServer=false\n" + Self.local
        #expect(
            Self.said([
                Self.member("a.cfg", cfg + "dataDir=/srv/a\ndataLogDir=/srv/log\n"),
                Self.member("b.cfg", cfg + "dataDir=/srv//log/.\n"),
            ]) == [
                "b.cfg:7:9: error: dataDir /srv//log/. is the dataLogDir of a.cfg, too, on the same host localhost: each server would destroy the other's data [data-dir-shared]"
            ])
    }

    @Test func listsThatDiffer() {
        let cfg = "\(Self.limits)dataDir=/srv/zk\nclientPort=2181\n"
        let other = Self.spread.replacing("zk2:2888:3888", with: "zk9:2888:3888")
        #expect(
            Self.said([Self.member("a.cfg", cfg + Self.spread), Self.member("b.cfg", cfg + other)]) == [
                "b.cfg:6:10: error: server.2 is zk9:2888:3888:participant here, but zk2:2888:3888:participant in a.cfg, line 6 [files-differ]"
            ])
        let one = "server.1=zk1:2888:3888\n"
        #expect(
            Self.said([Self.member("a.cfg", cfg + Self.spread), Self.member("b.cfg", cfg + one)]) == [
                "b.cfg: error: there is no server.2 here, but it is zk2:2888:3888:participant in a.cfg, line 6 [files-differ]",
                "b.cfg: error: there is no server.3 here, but it is zk3:2888:3888:participant in a.cfg, line 7 [files-differ]",
            ])
        #expect(
            Self.said([Self.member("a.cfg", cfg + one), Self.member("b.cfg", cfg + Self.spread)]) == [
                "b.cfg:6:10: error: server.2 is zk2:2888:3888:participant here, and there is no server.2 in a.cfg [files-differ]",
                "b.cfg:7:10: error: server.3 is zk3:2888:3888:participant here, and there is no server.3 in a.cfg [files-differ]",
            ])
        // Each server may call itself 0.0.0.0 in its own file.
        let own = Self.spread.replacing("zk2:", with: "0.0.0.0:")
        #expect(Self.said([Self.member("a.cfg", cfg + Self.spread), Self.member("b.cfg", cfg + own)]) == [])
    }

    @Test func settingsThatMustBeTheSame() {
        let cfg = "\(Self.limits)dataDir=/srv/zk\nclientPort=2181\n" + Self.spread
        #expect(
            Self.said([
                Self.member("a.cfg", cfg + "tickTime=2000\n"), Self.member("b.cfg", cfg),
                Self.member("c.cfg", cfg + "tickTime=2000\nreconfigEnabled=TRUE\n"),
            ]) == [
                "b.cfg: warning: tickTime is 3000 here, but 2000 in a.cfg, line 8: the servers measure time differently [setting-differs]",
                "c.cfg:9:17: error: reconfigEnabled is true here, but false in a.cfg: the servers would elect without end [setting-differs]",
            ])
    }

    @Test func oneIDForTwo() {
        let cfg = "\(Self.limits)clientPort=2181\n" + Self.spread
        #expect(
            Self.said([
                Self.member("a.cfg", cfg + "dataDir=/srv/a\nadmin.enableServer=false\n", myid: "2\n"),
                Self.member("b.cfg", cfg + "dataDir=/srv/b\nadmin.enableServer=false\nclientPort=2182\n", myid: "2\n"),
            ]) == [
                "b.cfg.myid:1:1: error: myid is 2, and so it is in a.cfg.myid: two servers cannot have one id [myid-twice]"
            ])
    }

    @Test func ensemblesThatHaveNothingToDoWithEachOther() {
        let cfg = "\(Self.limits)dataDir=/srv/zk\nclientPort=2181\n"
        let other = "server.7=a:2888:3888\nserver.8=b:2888:3888\nserver.9=c:2888:3888\ntickTime=100\n"
        #expect(Self.said([Self.member("a.cfg", cfg + Self.spread), Self.member("b.cfg", cfg + other)]) == [])
    }

    @Test func aDynamicFileAlone() {
        let problems = ZooCfg.checkDynamicFile(
            "server.1=zk1:2888:3888;2181\nserver.2=zk2.2888:3888;2181\ntickTime=2000\nversion=100\n", file: "d")
        #expect(
            problems.map { "\($0.location!.line) \($0.rule.rawValue)" } == [
                "2 server-line-dot", "3 dynamic-key", "4 dynamic-key",
            ])
        #expect(ZooCfg.checkDynamicFile(Self.spread + "server.4=zk4:2888:3888:observer;2181\n").isEmpty)
        #expect(
            ZooCfg.checkDynamicFile("server.1=h:2888:3888\nserver.2=h:2888:3889\nserver.3=h:2890:3890\n").map(\.rule)
                == [.portConflict])
    }
}
