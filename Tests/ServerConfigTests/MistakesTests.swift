import Diagnostics
import ServerConfig
import Testing

/// Kinds of mistakes that read like good files, one line each: the rule and the place of what is said about it. The mend, as
/// far as a program can carry it out, leads to a file about which it is not said again.
struct MistakesTests {
    struct Mistake: CustomTestStringConvertible, Sendable {
        var name: String
        var cfg: String
        var myid: String?
        var engine: ServerEngine?
        /// `line:column severity rule`
        var expected: [String]
        var testDescription: String { name }
    }

    static let head = ConfigCheckTests.head
    static let servers = ConfigCheckTests.servers

    /// The second of three server lines is this.
    private static func second(_ line: String) -> String { head + servers.replacing("zk2:2888:3888", with: line) }

    static let mistakes: [Mistake] =
        [
            ("zk2 :2888:3888", "6:10 error host-address"), ("zk 2:2888:3888", "6:10 error host-address"),
            ("zk2\t:2888:3888", "6:10 error host-address"), ("10.0.0.256:2888:3888", "6:10 error host-address"),
            ("10.0.0:2888:3888", "6:10 error host-address"), ("10.0.0.01:2888:3888", "6:10 error host-address"),
            ("1234:2888:3888", "6:10 error host-address"), ("-zk2:2888:3888", "6:10 error host-address"),
            ("zk..2:2888:3888", "6:10 error host-address"), ("zk2/24:2888:3888", "6:10 error host-address"),
            ("zk2@home:2888:3888", "6:10 error host-address"),
            ("[fd00::1::2]:2888:3888", "6:11 error host-address"), ("[fd00::g]:2888:3888", "6:11 error host-address"),
            ("zk2\u{1B}[31m:2888:3888", "6:10 error host-address"),
            ("zk2:2888:3888;zk 2:2181", "6:24 error host-address"),
            ("zk2\u{A0}:2888:3888", "6:13 error look-alike"), ("zk\u{2013}2:2888:3888", "6:12 error look-alike"),
            ("zk\u{200B}2:2888:3888", "6:12 error look-alike"), ("zk2:2888\u{FF1A}3888", "6:18 error look-alike"),
            ("\u{441}k2:2888:3888", "6:10 error look-alike"), ("zk2:\u{662}888:3888", "6:14 error look-alike"),
            ("<host>:2888:3888", "6:10 error placeholder"), ("${ZK2}:2888:3888", "6:10 error placeholder"),
            ("$ZK2:2888:3888", "6:10 error placeholder"), ("{{zk2}}:2888:3888", "6:10 error placeholder"),
            ("%ZK2%:2888:3888", "6:10 error placeholder"), ("@ZK2@:2888:3888", "6:10 error placeholder"),
            ("<%=zk2%>:2888:3888", "6:10 error placeholder"), ("$(hostname):2888:3888", "6:10 error placeholder"),
            ("IP2:2888:3888", "6:10 warning placeholder"), ("your-zk2:2888:3888", "6:10 warning placeholder"),
            ("HOST2:2888:3888", "6:10 warning placeholder"),
            ("\"zk2\":2888:3888", "6:10 error quotes"), ("'zk2':2888:3888", "6:10 error quotes"),
            ("zk2:02888:3888", "6:14 warning leading-zero"), ("zk2:2888:+3888", "6:19 warning leading-zero"),
            ("zk2:2888:3888;02181", "6:24 warning leading-zero"),
            ("zk2:2888:3888,zk4:2888:3888", "6:10 error server-line"),
            ("zk2:2888:3888;zk4:2888:3888", "6:10 error server-line"),
            ("zk2:2888:3888;2181 server.4=zk4:2888:3888;2181", "6:10 error server-line"),
            ("zk2:2888:3888 zk4:2888:3888", "6:10 error server-line"),
            ("fd00::2:2888:3888", "6:10 error server-line"), ("zk2:2888", "6:18 error server-line"),
            ("zk2:2888:3888:obsrver", "6:24 error server-role"), ("zk2:2888:3888:2181", "6:23 error server-line"),
        ].map { line, expected in Mistake(name: line, cfg: second(line), expected: [expected]) }
        + [
            ("clientPortAddress=10.0.0.1:2181", "8:19 error host-address"),
            ("clientPortAddress=10.0.0.300", "8:19 error host-address"),
            ("clientPortAddress=*", "8:19 error host-address"),
            ("clientPortAddress=<address>", "8:19 error placeholder"),
            ("admin.serverAddress=zk1:8080", "8:21 error host-address"),
            ("admin.serverAddress=http://zk1", "8:21 error host-address"),
            ("metricsProvider.httpHost=zk1:7000", "8:26 error host-address"),
            ("metricsProvider.httpPort=seven", "8:26 error value"),
            (
                "metricsProvider.className=org.apache.zookeeper.metrics.prometheus.PrometheusMetricProvider",
                "8:27 warning metrics-provider"
            ),
            ("dataLogDir=~/log", "8:12 error placeholder"), ("dataLogDir=~", "8:12 error placeholder"),
            ("dataLogDir=${ZOOKEEPER_HOME}/log", "8:12 error placeholder"),
            ("dataLogDir=$HOME/log", "8:12 error placeholder"), ("dataLogDir={{ log }}", "8:12 error placeholder"),
            ("dataLogDir=<path>", "8:12 error placeholder"), ("dataLogDir=\"/srv/log\"", "8:12 error quotes"),
            ("dataLogDir='/srv/log'", "8:12 error quotes"), ("dataLogDir=C:\\\\log", "8:12 error path"),
            ("dataLogDir=/srv/\u{1}log", "8:12 error path"), ("dataLogDir=/srv/log\u{A0}", "8:20 error look-alike"),
            ("tickTime=\"2000\"", "8:10 error quotes"), ("tickTime=02000", "8:10 warning leading-zero"),
            ("tickTime=+2000", "8:10 warning leading-zero"), ("tickTime=\u{FF12}000", "8:10 error look-alike"),
            ("tickTime=${TICK}", "8:10 error placeholder"), ("tick\u{200B}Time=2000", "8:1 error look-alike"),
            ("peerType=observer", "8:10 warning peer-type"),
            ("clientPort=2888", "8:12 error port-conflict"), ("clientPort=3888", "8:12 error port-conflict"),
            ("admin.serverPort=2181", "8:18 error port-conflict"),
            ("admin.serverPort=2888", "8:18 error port-conflict"),
            (
                "secureClientPort=3888\nserverCnxnFactory=org.apache.zookeeper.server.NettyServerCnxnFactory\nssl.keyStore.location=/k.pem\nssl.trustStore.location=/t.pem",
                "8:18 error port-conflict"
            ),
            ("server.04=zk4:2888:3888:observer", "8:1 warning leading-zero"),
            ("server.0=zk4:2888:3888:observer", "8:1 warning server-id"),
            ("server.256=zk4:2888:3888:observer", "8:1 warning server-id"),
            ("sslQuorum=true\nssl.quorum.trustStore.location=/t.pem", "8:1 error tls-key"),
            ("sslQuorum=true\nssl.quorum.keyStore.location=/k.pem", "8:1 error tls-key"),
            (
                "sslQuorum=true\nssl.quorum.trustStore.location=/t.pem\nssl.quorum.keyStore.location=/k.jks",
                "10:30 error tls-key"
            ),
            (
                "sslQuorum=true\nssl.quorum.trustStore.location=/t.pem\nssl.quorum.keyStore.location=/k",
                "10:30 error tls-key"
            ),
            (
                "sslQuorum=true\nssl.quorum.trustStore.location=/t.pem\nssl.quorum.keystore.location=/k.pem\nssl.quorum.keyStore.location=/k.pem",
                "10:1 warning unknown-key"
            ),
            (
                "sslQuorum=true\nssl.quorum.trustStore.location=/t.pem\nssl.quorum.keyStore.location=/k.pem\nssl.quorum.enabledProtocols=TLSv1",
                "11:29 error tls-version"
            ),
            ("ssl.quorum.hostnameVerification=no", "8:33 error value"),
            ("sessionRequireClientSASLAuth=true", "8:30 error no-schemes"),
            ("authProvider.1=my.Provider", "8:1 warning unsupported-key"),
            ("enforce.auth.enabled=true\nenforce.auth.schemes=digest,x509", "9:22 error no-schemes"),
            ("requireClientAuthScheme=sasl", "8:1 warning unknown-key"),
            ("snapshot.compression.method=gz", "8:1 warning unsupported-key"),
            ("audit.enable=true", "8:1 warning unsupported-key"),
            ("enforce.auth.enabled=true", "8:22 error no-schemes"),
        ].map { (line: String, expected: String) in
            Mistake(
                name: line,
                cfg: (line.hasPrefix("clientPort=") ? head.replacing("clientPort=2181", with: "# none") : head)
                    + servers
                    + line + "\n", expected: [expected])
        }
        + [
            Mistake(
                name: "one IPv6 address spelt twice",
                cfg: head + "server.1=[fd00::1]:2888:3888\nserver.2=[fd00:0::1]:2888:3889\nserver.3=zk3:2888:3888\n",
                expected: ["6:10 error port-conflict"]),
            Mistake(
                name: "one host in two cases",
                cfg: head + "server.1=zk1:2888:3888\nserver.2=ZK1:2888:3889\nserver.3=zk3:2888:3888\n",
                expected: ["6:10 error port-conflict"]),
            Mistake(
                name: "a byte-order mark", cfg: "\u{FEFF}" + head + servers,
                expected: ["1:1 error look-alike", " error data-dir-missing"]),
            Mistake(
                name: "an observer that stands alone", cfg: "dataDir=/srv/zk\nclientPort=2181\npeerType=observer\n",
                expected: ["3:10 warning peer-type"]),
            Mistake(
                name: "a myid with a zero before it", cfg: head + servers, myid: "01\n",
                expected: ["1:1 warning leading-zero"]),
            Mistake(
                name: "a placeholder in myid", cfg: head + servers, myid: "$ZOO_MY_ID\n",
                expected: ["1:1 error myid-invalid"]),
            Mistake(
                name: "SASL on Apache's server", cfg: head + servers + "quorum.auth.enableSasl=true\n", engine: .apache,
                expected: []),
            Mistake(
                name: "jute.maxbuffer of the bundled server", cfg: head + servers + "jute.maxbuffer=4194304\n",
                engine: .bundled, expected: []),
            Mistake(
                name: "a key of the bundled server", cfg: head + servers + "quorum.membersOnly=true\n", engine: .apache,
                expected: ["8:1 warning unsupported-key"]),
            Mistake(
                name: "what tunes the JVM", cfg: head + servers + "nio.numWorkerThreads=4\n", engine: .bundled,
                expected: ["8:1 warning no-effect"]),
        ]

    private static func problems(_ mistake: Mistake, _ cfg: String, _ myid: String?) -> [Diagnostic] {
        let companion = myid.map { ZooCfg.Companion.text($0, file: "data/myid") } ?? .unknown
        return ZooCfg(text: cfg).check(
            file: "zoo.cfg", surroundings: ZooCfg.Surroundings(myid: companion), engine: mistake.engine)
    }

    @Test(arguments: mistakes) func isSaid(mistake: Mistake) {
        let said = Self.problems(mistake, mistake.cfg, mistake.myid).map { problem in
            let place = problem.location.map { "\($0.line):\($0.column)" } ?? ""
            return "\(place) \(problem.severity.rawValue) \(problem.rule.rawValue)"
        }
        #expect(said == mistake.expected)
    }

    /// All mistakes, and all cases of the checks' own tests.
    private static let all: [Mistake] =
        mistakes
        + (ConfigCheckTests.text + ConfigCheckTests.quorum + ConfigCheckTests.identity + ConfigCheckTests.limits
        + ConfigCheckTests.security + ConfigCheckTests.host)
        .map { value in
            var myid: String?
            if case .text(let text, _) = value.surroundings.myid { myid = text }
            return Mistake(name: value.name, cfg: value.cfg, myid: myid, expected: [])
        }

    @Test(arguments: all) func mendsLeadOn(mistake: Mistake) throws {
        var (cfg, myid) = (mistake.cfg, mistake.myid)
        let before = Set(Self.problems(mistake, cfg, myid).filter { $0.severity == .error }.map(\.rule))
        for _ in 0..<12 {
            let problems = Self.problems(mistake, cfg, myid)
            guard let problem = problems.first(where: { $0.edit != nil }), let edit = problem.edit else { break }
            if problem.file == "data/myid" {
                myid = edit.applied(to: myid ?? "")
            } else {
                let mended = edit.applied(to: cfg)
                #expect(mended != cfg, "the mend of \(problem.rendered()) changes nothing")
                cfg = mended
            }
            let after = Self.problems(mistake, cfg, myid)
            #expect(
                !after.contains {
                    $0.rule == problem.rule && $0.message == problem.message && $0.location == problem.location
                },
                "still there: \(problem.rendered())\n\(cfg)")
        }
        let left = Self.problems(mistake, cfg, myid)
        #expect(!left.contains { $0.edit != nil }, "\(left)\n\(cfg)")
        // What a mend uncovers was hidden by the mistake, and is no new one.
        let uncovered: Set<Rule> = [.portConflict, .loopbackAddress]
        let new = Set(left.filter { $0.severity == .error }.map(\.rule)).subtracting(before).subtracting(uncovered)
        #expect(new.isEmpty, "\(new) in\n\(cfg)")
    }
}
