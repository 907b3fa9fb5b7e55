import Diagnostics
import ServerConfig
import Testing

/// Each rule of the zoo.cfg check, word for word. Where Apache's own behaviour is stated, it was seen on 3.8.0.
struct ConfigCheckTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var name: String
        var cfg: String
        var surroundings = ZooCfg.Surroundings()
        var expected: [String]
        var testDescription: String { name }
    }

    /// A sound ensemble of three: `servers` and `head` may be joined with anything.
    static let head = "dataDir=/var/lib/zookeeper\ninitLimit=10\nsyncLimit=5\nclientPort=2181\n"
    static let servers = "server.1=zk1:2888:3888\nserver.2=zk2:2888:3888\nserver.3=zk3:2888:3888\n"

    static func myid(_ text: String) -> ZooCfg.Surroundings {
        ZooCfg.Surroundings(myid: .text(text, file: "data/myid"))
    }

    static let text: [Case] = [
        Case(name: "a sound ensemble", cfg: head + servers, expected: []),
        Case(name: "a sound standalone server", cfg: "dataDir=/var/lib/zookeeper\nclientPort=2181\n", expected: []),
        Case(
            name: "a comment after a value", cfg: head + servers + "tickTime=2000 # ms\n",
            expected: [
                "zoo.cfg:8:10: error: tickTime is '2000 # ms': a '#' after a value does not begin a comment, it is part of the value [value]\n  mend: write tickTime=2000 and put the comment on a line of its own"
            ]),
        Case(
            name: "a number that is none", cfg: head + servers + "maxClientCnxns=many\n",
            expected: [
                "zoo.cfg:8:16: error: maxClientCnxns is 'many', not a whole number [value]\n  mend: write maxClientCnxns as a whole number, 0 or more"
            ]),
        Case(
            name: "an empty number", cfg: head + servers + "maxClientCnxns=\n",
            expected: [
                "zoo.cfg:8:16: error: maxClientCnxns has no value [value]\n  mend: write maxClientCnxns as a whole number, 0 or more"
            ]),
        Case(
            name: "a boolean that is none", cfg: head + servers + "reconfigEnabled=yes\n",
            expected: [
                "zoo.cfg:8:17: error: reconfigEnabled is 'yes' [value]\n  mend: write reconfigEnabled as true or false"
            ]),
        Case(name: "a boolean in capitals", cfg: head + servers + "reconfigEnabled=TRUE\n", expected: []),
        Case(
            name: "hours with a unit", cfg: head + servers + "autopurge.purgeInterval=24h\n",
            expected: [
                "zoo.cfg:8:25: error: autopurge.purgeInterval is '24h', not a whole number [value]\n  mend: write autopurge.purgeInterval as a whole number, 0 or more, in hours"
            ]),
        Case(
            name: "a port beyond 65535", cfg: "dataDir=/d/1\nclientPort=65536\n",
            expected: [
                "zoo.cfg:2:12: error: clientPort is 65536, which is no port [value]\n  mend: write clientPort as a port from 1 to 65535, or 0 for none"
            ]),
        Case(
            name: "an old election algorithm", cfg: head + servers + "electionAlg=2\n",
            expected: [
                "zoo.cfg:8:1: warning: 'electionAlg' is deprecated: only 3 is left since ZooKeeper 3.6 [deprecated-key]\n  mend: remove it",
                "zoo.cfg:8:13: error: electionAlg is 2 [value]\n  mend: write electionAlg as 3, or remove the line",
            ]),
        Case(
            name: "too few snapshots kept", cfg: head + servers + "autopurge.snapRetainCount=1\n",
            expected: [
                "zoo.cfg:8:27: warning: autopurge.snapRetainCount is 1, and ZooKeeper uses 3 at least [value]\n  mend: write autopurge.snapRetainCount=3"
            ]),
        Case(
            name: "an unknown key with a near one", cfg: head + servers + "tickTme=2000\n",
            expected: [
                "zoo.cfg:8:1: warning: 'tickTme' is no key of ZooKeeper; did you mean 'tickTime'? [unknown-key]\n  mend: write tickTime"
            ]),
        Case(
            name: "a key in the wrong case", cfg: head + servers + "ticktime=2000\n",
            expected: [
                "zoo.cfg:8:1: warning: 'ticktime' is no key of ZooKeeper; did you mean 'tickTime'? [unknown-key]\n  mend: write tickTime"
            ]),
        Case(
            name: "an unknown key like nothing", cfg: head + servers + "colour=blue\n",
            expected: ["zoo.cfg:8:1: warning: 'colour' is no key of ZooKeeper [unknown-key]\n  mend: remove it"]),
        Case(
            name: "a server line without its dot", cfg: head + "server1=zk1:2888:3888\n",
            expected: [
                "zoo.cfg:5:1: warning: 'server1' is no key of ZooKeeper; did you mean 'server.1'? [unknown-key]\n  mend: write server.1"
            ]),
        Case(
            name: "the name of the documentation", cfg: head + servers + "requestThrottleLimit=10\n",
            expected: [
                "zoo.cfg:8:1: warning: 'requestThrottleLimit' is no key of ZooKeeper; did you mean 'request_throttle_max_requests'? [unknown-key]\n  mend: write request_throttle_max_requests"
            ]),
        Case(
            name: "a needless prefix", cfg: head + servers + "zookeeper.snapCount=10000\n",
            expected: [
                "zoo.cfg:8:1: warning: 'zookeeper.snapCount' has no effect: ZooKeeper puts 'zookeeper.' before a key by itself [needless-prefix]\n  mend: write snapCount"
            ]),
        Case(
            name: "a property of the JVM", cfg: head + servers + "jute.maxbuffer=4194304\n",
            expected: [
                "zoo.cfg:8:1: warning: 'jute.maxbuffer' has no effect on Apache's server in zoo.cfg, where only the JVM reads it; the bundled server reads it here [jvm-only]\n  mend: keep it for the bundled server; start Apache's with -Djute.maxbuffer=4194304"
            ]),
        Case(
            name: "no sync", cfg: head + servers + "forceSync=no\n",
            expected: [
                "zoo.cfg:8:11: warning: forceSync=no: acknowledged writes are lost when the machine stops [unsafe-setting]\n  mend: remove it, except in a test"
            ]),
        Case(
            name: "a key twice", cfg: head + "tickTime=2000\n" + servers + "tickTime=3000\n",
            expected: [
                "zoo.cfg:9:1: warning: 'tickTime' is there twice, first on line 5; the last one counts [duplicate-key]\n  mend: remove one of the two"
            ]),
        Case(
            name: "a malformed escape", cfg: head + servers + "DigestAuthenticationProvider.superDigest=DOMAIN\\user\n",
            expected: [
                "zoo.cfg:8:48: error: '\\u' is not followed by four hexadecimal digits; ZooKeeper refuses the file [malformed-escape]\n  mend: write '\\\\' for a backslash"
            ]),
        Case(
            name: "a line that swallows the next", cfg: "dataDir=/var/lib/zookeeper\\\nclientPort=2181\n",
            expected: [
                "zoo.cfg:2:1: warning: the '\\' at the end of the line before makes 'clientPort' part of the value of 'dataDir' [continued-line]\n  mend: remove the '\\' at the end of the line before",
                "zoo.cfg: warning: there is no client port: the server takes no clients [no-client-port]\n  mend: set clientPort=2181",
            ]),
        Case(
            name: "not ASCII", cfg: "dataDir=/var/lib/zoö\nclientPort=2181\n",
            expected: [
                "zoo.cfg:1:20: warning: 'ö' is not ASCII: ZooKeeper reads the file as ISO-8859-1 and sees other characters [non-ascii]\n  mend: write it as \\uXXXX"
            ]),
        Case(name: "escaped, not ASCII", cfg: "dataDir=/var/lib/zo\\u00f6\nclientPort=2181\n", expected: []),
    ]

    static let quorum: [Case] = [
        Case(
            name: "the two misspelt lines",
            cfg: head + "server.1=IP1:2888:3888\nserver.2=IP2.2888:3888\nserver.3=IP3:2888:2888\n",
            expected: [
                "zoo.cfg:6:13: error: server.2 has '.' where ':' belongs, before the quorum port 2888 [server-line-dot]\n  mend: write server.2=IP2:2888:3888",
                "zoo.cfg:7:19: error: server.3 has 2888 as its quorum port and as its election port [election-port]\n  mend: give it another election port, e.g. server.3=IP3:2888:3888",
            ]),
        Case(
            name: "two participants", cfg: head + "server.1=zk1:2888:3888\nserver.2=zk2:2888:3888\n",
            expected: [
                "zoo.cfg:6:10: warning: 2 participants tolerate no failure: less available than a single server [even-participants]\n  mend: use 3 or 5, or make one an observer"
            ]),
        Case(
            name: "four participants", cfg: head + servers + "server.4=zk4:2888:3888\n",
            expected: [
                "zoo.cfg:8:10: warning: 4 participants tolerate 1 failure, no more than 3 would [even-participants]\n  mend: use 3 or 5, or make one an observer"
            ]),
        Case(
            name: "observers only", cfg: head + "server.1=zk1:2888:3888:observer\n",
            expected: [
                "zoo.cfg:5:10: error: every server is an observer: nobody can vote [no-participants]\n  mend: make at least one server a participant"
            ]),
        Case(
            name: "one participant and an observer",
            cfg: head + "server.1=zk1:2888:3888\nserver.2=zk2:2888:3888:observer\n",
            expected: [
                "zoo.cfg:6:10: error: one participant runs standalone, and then observers cannot follow it [observers-without-quorum]\n  mend: use three participants, or set standaloneEnabled=false"
            ]),
        Case(
            name: "one server line", cfg: head + "server.1=zk1:2888:3888\n",
            expected: [
                "zoo.cfg:5:10: warning: the only server line is ignored: one participant runs standalone [single-server]\n  mend: remove the line, or set standaloneEnabled=false for a quorum of one"
            ]),
        Case(
            name: "a quorum of nobody", cfg: head + "standaloneEnabled=false\n",
            expected: [
                "zoo.cfg:5:19: error: standaloneEnabled=false needs server lines, and there are none [no-participants]\n  mend: add server.1=host:2888:3888, or remove standaloneEnabled"
            ]),
        Case(
            name: "an id twice", cfg: head + servers + "server.1=zk4:2888:3888\n",
            expected: [
                "zoo.cfg:8:1: error: server.1 is there twice, first on line 5; ZooKeeper uses only one of the two [duplicate-server]\n  mend: remove one, or give the second server an id of its own"
            ]),
        Case(
            name: "an id twice, written differently", cfg: head + servers + "server.01=zk4:2888:3888\n",
            expected: [
                "zoo.cfg:8:1: warning: 'server.01' is server.1 to ZooKeeper [leading-zero]\n  mend: write server.1",
                "zoo.cfg:8:1: error: server.1 is there twice, first on line 5; ZooKeeper uses only one of the two [duplicate-server]\n  mend: remove one, or give the second server an id of its own",
            ]),
        Case(
            name: "an id that is no number", cfg: head + servers + "server.a=zk4:2888:3888\n",
            expected: [
                "zoo.cfg:8:1: error: 'server.a' has no server id after a dot; ZooKeeper refuses every key that begins like this [server-id]\n  mend: write a number there, or remove the line"
            ]),
        Case(
            name: "ids out of range", cfg: head + servers + "server.-4=zk4:2888:3888\nserver.256=zk5:2888:3888\n",
            expected: [
                "zoo.cfg:8:1: error: server.-4: a server id must not be negative [server-id]\n  mend: use an id from 1 to 255",
                "zoo.cfg:9:1: warning: server.256: server ids go from 1 to 255, session ids carry only their low 8 bits [server-id]\n  mend: use an id from 1 to 255",
            ]),
        Case(
            name: "several addresses",
            cfg: head + servers.replacing("zk3:2888:3888", with: "zk3:2888:3888|zk4:2888:3888"),
            expected: [
                "zoo.cfg:7:10: error: server.3 has several addresses, but multiAddress.enabled is not set [multi-address]\n  mend: keep one address, or start Apache's servers with -Dzookeeper.multiAddress.enabled=true"
            ]),
        Case(
            name: "several addresses, enabled too late",
            cfg: head + servers.replacing("zk3:2888:3888", with: "zk3:2888:3888|zk4:2888:3888")
                + "multiAddress.enabled=true\n",
            expected: [
                "zoo.cfg:7:10: warning: server.3 has several addresses, which ZooKeeper 3.8 allows only by a JVM property; the key multiAddress.enabled is read too late [multi-address]\n  mend: start Apache's server with -Dzookeeper.multiAddress.enabled=true",
                "zoo.cfg:8:1: warning: multiAddress.enabled is not supported by the bundled server yet and is ignored [unsupported-key]\n  mend: remove it, or run Apache's server",
            ]),
        Case(
            name: "a participant in no group", cfg: head + servers + "group.1=1:2\n",
            expected: [
                "zoo.cfg:7:10: error: server 3 takes part in the quorum but is in no group: with any group or weight line every participant needs one [group]\n  mend: add 3 to a group line"
            ]),
        Case(
            name: "a group of a server that is not there", cfg: head + servers + "group.1=1:2:3:9\n",
            expected: [
                "zoo.cfg:8:15: error: group 1 names server 9, which has no server line [group]\n  mend: remove 9 from the group, or add server.9"
            ]),
        Case(
            name: "an observer in a group", cfg: head + servers + "server.4=zk4:2888:3888:observer\ngroup.1=1:2:3:4\n",
            expected: [
                "zoo.cfg:9:15: error: group 1 names the observer 4: observers have no vote [group]\n  mend: remove 4 from the group"
            ]),
        Case(
            name: "a server in two groups", cfg: head + servers + "group.1=1:2:3\ngroup.2=3\n",
            expected: [
                "zoo.cfg:9:9: error: server 3 is in groups 1 and 2 [group]\n  mend: name each server once, in one group"
            ]),
        Case(
            name: "a blank at the end of a group", cfg: head + servers + "group.1=1:2:3 \n",
            expected: [
                "zoo.cfg:7:10: error: server 3 takes part in the quorum but is in no group: with any group or weight line every participant needs one [group]\n  mend: add 3 to a group line",
                "zoo.cfg:8:13: error: group.1 names '3 ', which is not a server id [group]\n  mend: write server ids between colons and no blanks, e.g. group.1=1:2:3",
            ]),
        Case(
            name: "weights that cannot work",
            cfg: head + servers + "group.1=1:2:3\nweight.1=-1\nweight.2=heavy\nweight.9=1\n",
            expected: [
                "zoo.cfg:9:10: error: weight.1 is -1: a weight must not be negative [weight]\n  mend: write 0 for a server whose vote does not count",
                "zoo.cfg:10:10: error: weight.2 is 'heavy', not a number [weight]\n  mend: write a whole number and no blanks, e.g. weight.2=1",
                "zoo.cfg:11:1: warning: weight.9 is for a server that has no server line [weight]\n  mend: remove weight.9, or add server.9",
            ]),
        Case(
            name: "no weight at all",
            cfg: head + servers + "group.1=1:2:3\nweight.1=0\nweight.2=0\nweight.3=0\n",
            expected: [
                "zoo.cfg:9:1: error: every participant has weight 0: no quorum can form [weight]\n  mend: give at least one participant a weight"
            ]),
        Case(
            name: "a key that only looks like a group", cfg: head + servers + "groups=1\n",
            expected: [
                "zoo.cfg:8:1: error: 'groups' has no group number after a dot; ZooKeeper refuses every key that begins like this [server-id]\n  mend: write a number there, or remove the line"
            ]),
        Case(
            name: "server lines beside a dynamic file",
            cfg:
                "dataDir=/var/lib/zookeeper\ninitLimit=10\nsyncLimit=5\ndynamicConfigFile=/etc/zoo.cfg.dynamic\nserver.1=zk1:2888:3888\n",
            expected: [
                "zoo.cfg:5:1: error: 'server.1' must be in the dynamic file '/etc/zoo.cfg.dynamic' as long as dynamicConfigFile is set [dynamic-file]\n  mend: move it there, or remove dynamicConfigFile"
            ]),
        Case(
            name: "a dynamic file with too much",
            cfg:
                "dataDir=/var/lib/zookeeper\ninitLimit=10\nsyncLimit=5\nclientPort=2181\ndynamicConfigFile=/etc/zoo.cfg.dynamic\n",
            surroundings: ZooCfg.Surroundings(
                dynamicConfig: .text(
                    servers + "version=100000000\ntickTime=2000\nserver.4=zk4:2888\n", file: "/etc/zoo.cfg.dynamic")),
            expected: [
                "/etc/zoo.cfg.dynamic:4:1: error: a dynamic file must not hold its version: that is the end of its name [dynamic-key]\n  mend: remove the line",
                "/etc/zoo.cfg.dynamic:5:1: error: 'tickTime' does not belong in a dynamic configuration: it holds server, group and weight lines only [dynamic-key]\n  mend: move 'tickTime' to zoo.cfg",
                "/etc/zoo.cfg.dynamic:6:18: error: server.4 names no election port [server-line]\n  mend: write server.4=zk4:2888:3888",
            ]),
        Case(
            name: "a dynamic file that is missing",
            cfg: "dataDir=/var/lib/zookeeper\ndynamicConfigFile=/etc/zoo.cfg.dynamic\n",
            surroundings: ZooCfg.Surroundings(dynamicConfig: .missing(file: "/etc/zoo.cfg.dynamic")),
            expected: [
                "zoo.cfg:2:19: error: the dynamic file /etc/zoo.cfg.dynamic is missing [dynamic-file]\n  mend: restore it, or put the server lines into zoo.cfg and remove dynamicConfigFile"
            ]),
    ]

    static let identity: [Case] = [
        Case(name: "a listed myid", cfg: head + servers, surroundings: myid("2\n"), expected: []),
        Case(
            name: "no myid", cfg: head + servers,
            surroundings: ZooCfg.Surroundings(myid: .missing(file: "data/myid")),
            expected: [
                "data/myid: error: there is no data/myid, and every server of an ensemble needs its id there [myid-missing]\n  mend: write the N of this server's server.N line into data/myid"
            ]),
        Case(
            name: "no myid, standalone", cfg: head,
            surroundings: ZooCfg.Surroundings(myid: .missing(file: "data/myid")),
            expected: []),
        Case(
            name: "a myid with a blank", cfg: head + servers, surroundings: myid("1 \n"),
            expected: [
                "data/myid:1:1: error: '1 ' is not a server id: ZooKeeper wants digits and nothing else on the first line, not even a blank [myid-invalid]\n  mend: write the N of this server's server.N line and a line end"
            ]),
        Case(
            name: "an empty myid", cfg: head + servers, surroundings: myid(""),
            expected: [
                "data/myid:1:1: error: '' is not a server id: ZooKeeper wants digits and nothing else on the first line, not even a blank [myid-invalid]\n  mend: write the N of this server's server.N line and a line end"
            ]),
        Case(
            name: "a myid that no line names", cfg: head + servers, surroundings: myid("9\n"),
            expected: [
                "data/myid:1:1: error: myid is 9, but the server lines name 1, 2, 3 [myid-unlisted]\n  mend: add a line server.9, or correct myid"
            ]),
        Case(
            name: "peerType without :observer", cfg: head + servers + "peerType=observer\n", surroundings: myid("3\n"),
            expected: [
                "zoo.cfg:8:10: warning: peerType is observer, but server.3 is a participant; the server line wins [peer-type]\n  mend: write :observer at the end of server.3 in every zoo.cfg, or remove peerType"
            ]),
        Case(
            name: ":observer without peerType",
            cfg: head + servers + "server.4=zk4:2888:3888:observer\npeerType=participant\n",
            surroundings: myid("4\n"),
            expected: [
                "zoo.cfg:9:10: warning: peerType is participant, but server.4 is an observer; the server line wins [peer-type]\n  mend: remove peerType, or the :observer of server.4 in every zoo.cfg"
            ]),
        Case(
            name: "peerType of nobody", cfg: head + servers + "peerType=observer\n",
            expected: [
                "zoo.cfg:8:10: warning: peerType is observer, but no server line has :observer; the server lines win [peer-type]\n  mend: write :observer at the end of this server's line in every zoo.cfg, or remove peerType"
            ]),
        Case(
            name: "two client ports", cfg: head + servers.replacing("zk1:2888:3888", with: "zk1:2888:3888;2182"),
            surroundings: myid("1\n"),
            expected: [
                "zoo.cfg:4:12: error: the client address here is 0.0.0.0:2181, but server.1 says 0.0.0.0:2182 [client-address]\n  mend: remove clientPort and clientPortAddress here: the server line is enough"
            ]),
        Case(
            name: "an address without a port",
            cfg: "dataDir=/var/lib/zookeeper\nclientPortAddress=zk1\n",
            expected: [
                "zoo.cfg:2:1: error: clientPortAddress is set, but clientPort is not [client-address]\n  mend: set clientPort, or remove clientPortAddress",
                "zoo.cfg: warning: there is no client port: the server takes no clients [no-client-port]\n  mend: set clientPort=2181",
            ]),
    ]

    static let limits: [Case] = [
        Case(
            name: "no limits", cfg: "dataDir=/var/lib/zookeeper\nclientPort=2181\n" + servers,
            expected: [
                "zoo.cfg: error: initLimit is not set, and a quorum needs it [limit-missing]\n  mend: write initLimit=10",
                "zoo.cfg: error: syncLimit is not set, and a quorum needs it [limit-missing]\n  mend: write syncLimit=5",
            ]),
        Case(
            name: "limits in the wrong order",
            cfg: "dataDir=/var/lib/zookeeper\nclientPort=2181\ninitLimit=5\nsyncLimit=10\n" + servers,
            expected: [
                "zoo.cfg:3:11: warning: initLimit (5) is less than syncLimit (10): joining and syncing takes longer than staying [limit-order]\n  mend: make initLimit at least 10"
            ]),
        Case(
            name: "a limit that overflows", cfg: head.replacing("initLimit=10", with: "initLimit=2000000") + servers,
            expected: [
                "zoo.cfg:2:11: error: initLimit × tickTime is 6000000000 ms, more than a Java int holds: the timeout turns negative [limit-overflow]\n  mend: make initLimit × tickTime less than 2147483647 ms"
            ]),
        Case(
            name: "a tick that overflows", cfg: "dataDir=/var/lib/zookeeper\nclientPort=2181\ntickTime=200000000\n",
            expected: [
                "zoo.cfg:3:10: error: tickTime × 20, the longest session, is 4000000000 ms, more than a Java int holds [limit-overflow]\n  mend: write a smaller tickTime, or set maxSessionTimeout"
            ]),
        Case(
            name: "no tick", cfg: head + servers + "tickTime=0\n",
            expected: [
                "zoo.cfg:8:10: error: tickTime is 0 [value]\n  mend: write tickTime as a whole number, 1 or more, in ms"
            ]),
        Case(
            name: "everything too short",
            cfg: head.replacing("syncLimit=5", with: "syncLimit=1") + servers + "tickTime=50\n",
            expected: [
                "zoo.cfg:2:11: warning: initLimit × tickTime is 500 ms: too short for a follower to connect and sync [limit-tight]\n  mend: make it 10000 ms or more",
                "zoo.cfg:3:11: warning: syncLimit is 1: a follower that misses one ping is dropped by the leader [limit-tight]\n  mend: write syncLimit=5",
                "zoo.cfg:8:10: warning: tickTime is 50 ms: any pause of the machine expires sessions and drops followers [tick-short]\n  mend: write tickTime=2000",
            ]),
        Case(
            name: "session timeouts the wrong way round", cfg: head + servers + "maxSessionTimeout=4000\n",
            expected: [
                "zoo.cfg:8:19: error: minSessionTimeout (6000 ms, 2 ticks) is larger than maxSessionTimeout (4000 ms) [session-timeout]\n  mend: make minSessionTimeout at most 4000"
            ]),
        Case(
            name: "sessions shorter than a tick",
            cfg: head + servers + "minSessionTimeout=100\nmaxSessionTimeout=1000\n",
            expected: [
                "zoo.cfg:8:19: warning: the longest session is 1000 ms, less than a tick (3000 ms): sessions expire between pings [session-timeout]\n  mend: make maxSessionTimeout at least 6000"
            ]),
    ]

    static let security: [Case] = [
        Case(
            name: "every four-letter word", cfg: head + servers + "4lw.commands.whitelist=*\n",
            expected: [
                "zoo.cfg:8:24: warning: every four-letter word is open to anyone who reaches the client port; wchc and wchp can stall the server [whitelist-wide]\n  mend: name the words you need, e.g. srvr, mntr, ruok, isro"
            ]),
        Case(
            name: "harmful words", cfg: head + servers + "4lw.commands.whitelist=srvr, wchp,dump\n",
            expected: [
                "zoo.cfg:8:24: warning: anyone who reaches the client port may use wchp, dump [whitelist-wide]\n  mend: name only the words you need, e.g. srvr, mntr, ruok, isro"
            ]),
        Case(
            name: "every word, on loopback",
            cfg: "dataDir=/var/lib/zookeeper\nclientPort=2181\nclientPortAddress=127.0.0.1\n4lw.commands.whitelist=*\n",
            expected: []),
        Case(
            name: "a word that does not exist", cfg: head + servers + "4lw.commands.whitelist=srvr,rouk\n",
            expected: [
                "zoo.cfg:8:29: warning: 'rouk' is no four-letter word of ZooKeeper [whitelist-word]\n  mend: remove it"
            ]),
        Case(
            name: "SASL half way", cfg: head + servers + "quorum.auth.serverRequireSasl=true\n",
            expected: [
                "zoo.cfg:8:31: error: quorum.auth.serverRequireSasl needs quorum.auth.enableSasl=true [quorum-sasl]\n  mend: write quorum.auth.enableSasl=true, or remove quorum.auth.serverRequireSasl",
                "zoo.cfg:8:31: error: quorum.auth.serverRequireSasl needs quorum.auth.learnerRequireSasl=true [quorum-sasl]\n  mend: write quorum.auth.learnerRequireSasl=true, or remove quorum.auth.serverRequireSasl",
            ]),
        Case(
            name: "TLS without Netty",
            cfg: head + servers
                + "secureClientPort=2281\nssl.keyStore.location=/srv/k.pem\nssl.trustStore.location=/srv/t.pem\n",
            expected: [
                "zoo.cfg:8:1: error: secureClientPort needs the Netty listener, and the default one of Apache's server stops it [tls-factory]\n  mend: add serverCnxnFactory=org.apache.zookeeper.server.NettyServerCnxnFactory"
            ]),
    ]

    static let host: [Case] = [
        Case(
            name: "no dataDir", cfg: "clientPort=2181\n",
            expected: [
                "zoo.cfg: error: dataDir is not set [data-dir-missing]\n  mend: write dataDir=/var/lib/zookeeper"
            ]),
        Case(
            name: "a relative dataDir", cfg: "dataDir=data\nclientPort=2181\n",
            expected: [
                "zoo.cfg:1:9: warning: dataDir 'data' is relative: it depends on where the server is started [data-dir-relative]\n  mend: write an absolute path"
            ]),
        Case(
            name: "a dataDir of one character", cfg: "dataDir=d\nclientPort=2181\n",
            expected: [
                "zoo.cfg:1:9: error: dataDir is 'd': ZooKeeper crashes on a path of one character [data-dir-relative]\n  mend: write an absolute path"
            ]),
        Case(
            name: "an empty dataDir", cfg: "dataDir=\nclientPort=2181\n",
            expected: ["zoo.cfg:1:9: error: dataDir has no value [value]\n  mend: write dataDir as a path"]),
        Case(
            name: "a dataDir in /tmp", cfg: "dataDir=/tmp/zookeeper\nclientPort=2181\n",
            expected: [
                "zoo.cfg:1:9: warning: dataDir /tmp/zookeeper is cleaned by the system: the data will vanish [data-dir-temporary]\n  mend: use a directory of its own, e.g. /var/lib/zookeeper"
            ]),
        Case(
            name: "directories that cannot be used",
            cfg: "dataDir=/srv/a\ndataLogDir=/srv/b\nclientPort=2181\n",
            surroundings: ZooCfg.Surroundings(
                host: HostFacts(paths: [
                    "/srv/a": .directory(canonical: "/srv/a", isWritable: false), "/srv/b": .notADirectory,
                ])),
            expected: [
                "zoo.cfg:1:9: error: dataDir /srv/a cannot be written to [data-dir-unwritable]\n  mend: give it to the user who runs the server: chown USER /srv/a",
                "zoo.cfg:2:12: error: dataLogDir /srv/b is not a directory [data-dir-unwritable]\n  mend: name a directory",
            ]),
        Case(
            name: "a dataDir that is missing", cfg: "dataDir=/srv/a\nclientPort=2181\n",
            surroundings: ZooCfg.Surroundings(host: HostFacts(paths: ["/srv/a": .missing])),
            expected: [
                "zoo.cfg:1:9: warning: dataDir /srv/a does not exist here; the server would create it [data-dir-absent]\n  mend: mkdir -p /srv/a"
            ]),
        Case(
            name: "a dataDir that is missing, of an ensemble",
            cfg: "dataDir=/srv/a\ninitLimit=10\nsyncLimit=5\nclientPort=2181\n" + servers,
            surroundings: ZooCfg.Surroundings(host: HostFacts(paths: ["/srv/a": .missing])),
            expected: [
                "zoo.cfg:1:9: warning: dataDir /srv/a does not exist here, and the server needs its myid there [data-dir-absent]\n  mend: mkdir -p /srv/a"
            ]),
        Case(
            name: "ports below 1024", cfg: head + servers.replacing("zk2:2888", with: "zk2:288"),
            expected: [
                "zoo.cfg:6:10: warning: the quorum port 288 of server.2 is below 1024: only root may listen there [port-privileged]\n  mend: use a port from 1024 up"
            ]),
        Case(
            name: "ports in the ephemeral range",
            cfg: head + servers.replacing("zk2:2888:3888", with: "zk2:2888:38888"),
            surroundings: ZooCfg.Surroundings(host: HostFacts(ephemeralPorts: 32768...60999)),
            expected: [
                "zoo.cfg:6:10: warning: the election port 38888 of server.2 lies in 32768…60999, where the kernel takes ports for outgoing connections: it may be taken at a restart [port-ephemeral]\n  mend: use a port below 32768, or reserve it in net.ipv4.ip_local_reserved_ports"
            ]),
        Case(
            name: "ports taken now", cfg: "dataDir=/var/lib/zookeeper\nclientPort=2181\nadmin.serverPort=8081\n",
            surroundings: ZooCfg.Surroundings(
                host: HostFacts(listeners: [
                    .init(address: "127.0.0.1", port: 2181, pid: 4711, program: "java"),
                    .init(address: "::", port: 8081),
                ])),
            expected: [
                "zoo.cfg:2:12: warning: the client port 2181 is taken now by java (pid 4711) [port-taken]\n  mend: stop it, unless it is this very server",
                "zoo.cfg:3:18: warning: the admin port 8081 is taken now by a process of another user [port-taken]\n  mend: stop it, unless it is this very server",
            ]),
        Case(
            name: "two servers, one port, one host",
            cfg: head + "server.1=h:2888:3888\nserver.2=h:2889:3888\nserver.3=h:2890:3890\n",
            expected: [
                "zoo.cfg:6:10: error: the election port 3888 of server.2 is also the election port of server.1, on the same host h [port-conflict]\n  mend: give server.2 another port"
            ]),
        Case(
            name: "the admin port taken by the client port", cfg: "dataDir=/var/lib/zookeeper\nclientPort=8080\n",
            expected: [
                "zoo.cfg: error: the admin port and the client port are both 8080 [port-conflict]\n  mend: give one of them another port"
            ]),
        Case(
            name: "the quorum port taken by the client port", cfg: head.replacing("2181", with: "3888") + servers,
            surroundings: myid("1"),
            expected: [
                "zoo.cfg:4:12: error: the client port and the election port of server.1 are both 3888 [port-conflict]\n  mend: give one of them another port"
            ]),
        Case(
            name: "loopback among hosts", cfg: head + servers.replacing("zk2", with: "127.0.0.1"),
            expected: [
                "zoo.cfg:6:10: error: server.2 has a loopback address in an ensemble of several hosts: the others would look for it on themselves [loopback-address]\n  mend: write the address by which the other hosts reach server.2"
            ]),
        Case(
            name: "clients on loopback among hosts",
            cfg: head + servers.replacing("zk2:2888:3888", with: "zk2:2888:3888;127.0.0.1:2181"),
            expected: [
                "zoo.cfg:6:10: warning: server.2 takes clients on the loopback interface only, in an ensemble of several hosts [loopback-address]\n  mend: write the address that clients should use after the ';'"
            ]),
        Case(
            name: "a wildcard in a server line", cfg: head + servers.replacing("zk2", with: "0.0.0.0"),
            expected: [
                "zoo.cfg:6:10: warning: server.2 has the address 0.0.0.0: others cannot connect to that, and the server lines of an ensemble should be the same everywhere [wildcard-address]\n  mend: write the address of server.2 and set quorumListenOnAllIPs=true"
            ]),
    ]

    @Test(arguments: text + quorum + identity + limits + security + host)
    func reports(_ value: Case) {
        let problems = ZooCfg(text: value.cfg).check(file: "zoo.cfg", surroundings: value.surroundings)
        #expect(problems.map { $0.rendered() } == value.expected)
    }
}
