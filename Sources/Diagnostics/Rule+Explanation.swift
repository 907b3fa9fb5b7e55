extension Rule {
    /// What a rule is about, and a case of it.
    package struct Explanation: Sendable {
        /// One sentence: when it speaks, and why that matters.
        package var meaning: String
        package var example: Example
    }

    package enum Example: Sendable {
        /// `paddock check` of these files says it. The first is the one to name; words are those behind the files.
        case files([File], words: [String])
        /// The message, and the mend. `paddock` with each of the commands, one after the other, beside the files, says it in the end. Without
        /// commands it is what files do not show, and a test makes it (`WrittenExample`).
        case situation(message: String, mend: String, files: [File], commands: [String])

        package struct File: Sendable {
            package var name: String
            package var text: String
        }
    }

    /// Exhaustive, so that a rule without a meaning and an example does not compile. `bin/docs --check` runs every example that has files.
    package var explanation: Explanation {
        switch self {
        // MARK: What a zoo.cfg says, key by key
        case .malformedEscape:
            .alone(
                "dataLogDir=/srv/\\user", because: "Java takes a backslash for the begin of an escape.")
        case .notUTF8:
            .seen(
                "the file is not UTF-8; it was read as ISO-8859-1, as ZooKeeper does",
                mend: "write characters beyond ASCII as \\uXXXX",
                because: "The bytes of the file are no UTF-8, so that nobody can tell which characters were meant.")
        case .nonASCII:
            .ensemble(
                "dataLogDir=/srv/zoo-schlüssel",
                because: "ZooKeeper reads the file as ISO-8859-1, and sees other characters than the editor shows.")
        case .continuedLine:
            .alone(
                "snapCount=100000\\\nautopurge.purgeInterval=1",
                because: "A backslash at the end of a line swallows the next line into the value.")
        case .lookAlike:
            .second(
                "zk2:2888\u{FF1A}3888",
                because: "A character looks like an ASCII one and is another, as copied from a document or a chat.")
        case .duplicateKey:
            .ensemble("tickTime=3000", because: "The key is there twice; the last one counts.")
        case .unknownKey:
            .ensemble("tickTme=3000", because: "Nobody reads a key of that name: usually it is misspelt.")
        case .needlessPrefix:
            .ensemble(
                "zookeeper.snapCount=50000",
                because: "ZooKeeper puts `zookeeper.` before a key by itself, so that with it the key has no effect.")
        case .jvmOnly:
            .ensemble(
                "jute.maxbuffer=4194304", "--engine", "apache",
                because: "Apache's server reads the key as a property of its JVM only; in zoo.cfg it does nothing.")
        case .deprecatedKey:
            .ensemble("electionAlg=3", because: "The key has nothing left to choose, and will go.")
        case .unsafeSetting:
            .ensemble("forceSync=no", because: "The value costs durability or opens the server: good for a test only.")
        case .value:
            .ensemble(
                "maxClientCnxns=many",
                because: "The value does not fit the key; the server would not start, or use another.")
        case .leadingZero:
            .ensemble(
                "snapCount=0100000",
                because: "A number is spelt oddly, and not every reader takes it for the same number.")
        case .quotes:
            .ensemble("dataLogDir=\"/srv/log\"", because: "A shell would take the quotes away; ZooKeeper keeps them.")
        case .placeholder:
            .second("${ZK2_HOST}:2888:3888", because: "A placeholder of a template or an example was never filled in.")
        case .path:
            .ensemble("dataLogDir=C:\\\\log", because: "The path is none on this system.")

        // MARK: Server lines and hosts
        case .serverLine:
            .second(
                "zk2:2888",
                because: "A server line is host:quorumPort:electionPort, with a role and a client address if need be.")
        case .serverLineDot:
            .second("zk2.2888:3888", because: "A `.` stands where a `:` belongs.")
        case .serverID:
            .ensemble(
                "server.256=zk4:2888:3888:observer",
                because: "Server ids go from 1 to 255: session ids carry only their low 8 bits.")
        case .serverRole:
            .second("zk2:2888:3888:obsrver", because: "A server is a participant or an observer.")
        case .serverPort:
            .second("zk2:2888:70000", because: "A port is a number from 1 to 65535.")
        case .electionPort:
            .second("zk2:2888:2888", because: "The quorum and the election need a port each.")
        case .duplicateServer:
            .ensemble(
                "server.3=zk4:2888:3888",
                because: "Two lines have one id, and ZooKeeper uses only one of them, so that a server is missing.")
        case .hostAddress:
            .second("10.0.0.256:2888:3888", because: "What stands there is no address and no host name.")
        case .loopbackAddress:
            .second(
                "127.0.0.1:2888:3888",
                because: "Other hosts would look for the server on themselves.")
        case .wildcardAddress:
            .second(
                "0.0.0.0:2888:3888",
                because: "Nobody can connect to that; it means every interface of whoever reads it.")
        case .multiAddress:
            .second(
                "zk2:2888:3888|zk2b:2888:3888",
                because:
                    "Several addresses of a server need a property of Apache's JVM; the bundled server dials the first."
            )
        case .group:
            .ensemble(
                "group.1=1:2",
                because: "With any group or weight line every participant needs to be in exactly one group.")
        case .weight:
            .ensemble(
                "group.1=1:2:3\nweight.2=-1",
                because: "The weight of a vote is a whole number, 0 or more, of a participant.")

        // MARK: Who this server is
        case .myidMissing:
            .whole(
                ensembleHead("/srv"), "--here",
                because: "Every server of an ensemble finds its id in the file myid in its dataDir.")
        case .myidInvalid:
            .files(
                [("conf/zoo.cfg", ensembleHead("data")), ("data/myid", "server 2\n")], words: ["--here"],
                because: "The first line of myid is the id in digits, and nothing else, not even a blank.")
        case .myidUnlisted:
            .files(
                [("conf/zoo.cfg", ensembleHead("data")), ("data/myid", "4\n")], words: ["--here"],
                because: "No server line has the id that myid says.")
        case .myidMismatch:
            .seen(
                "this myid says '3', but the topology has server 2 here",
                mend: "give the server its own id in the topology, or move the data directory aside",
                of: [("topology.yaml", demo), ("out/server.2/data/myid", "3\n")], by: ["generate topology.yaml -o out"],
                because: "`generate` and `up` never rewrite a myid: the data beside it are that server's.")
        case .myidTwice:
            .files(
                [
                    ("zk1/zoo.cfg", ensembleHead("zk1")), ("zk2/zoo.cfg", ensembleHead("zk2")),
                    ("zk1/myid", "1\n"), ("zk2/myid", "1\n"),
                ], words: ["zk2/zoo.cfg", "--here"],
                because: "Two servers of an ensemble cannot have one id.")
        case .peerType:
            .ensemble("peerType=observer", because: "The role in the server line counts, and it says something else.")
        case .clientAddress:
            .whole(
                "tickTime=2000\ndataDir=/var/lib/zookeeper\nclientPortAddress=10.0.0.1\n",
                because: "The client address here does not go with the client port, or with the server line.")
        case .noClientPort:
            .whole("tickTime=2000\ndataDir=/var/lib/zookeeper\n", because: "The server takes no clients.")

        // MARK: The quorum
        case .noParticipants:
            .whole(
                head + "server.1=zk1:2888:3888:observer\nserver.2=zk2:2888:3888:observer\n",
                because: "Nobody can vote, so that nobody can lead.")
        case .observersWithoutQuorum:
            .topology(
                "ensemble: demo\nparticipants: 1\nobservers: 1\n",
                because: "A single participant runs standalone, and nobody can follow it.")
        case .singleServer:
            .whole(
                head + "server.1=zk1:2888:3888\n",
                because: "ZooKeeper ignores an only server line and runs standalone.")
        case .evenParticipants:
            .topology(
                "ensemble: demo\nparticipants: 4\n",
                because: "An even number tolerates no more failures than one server less would.")
        case .manyParticipants:
            .topology(
                "ensemble: demo\nparticipants: 9\n",
                because: "Each write waits for a majority: reads scale with observers, writes do not with participants."
            )
        case .groupsEven:
            .topology(
                "ensemble: demo\nservers:\n  - {id: 1, group: 1}\n  - {id: 2, group: 1}\n  - {id: 3, group: 2}\n",
                because: "An even number of groups tolerates no more losses than one group less would.")
        case .hostHoldsQuorum:
            .topology(
                """
                ensemble: demo
                hosts: {a: 10.0.0.1, b: 10.0.0.2}
                servers:
                  - {id: 1, host: a}
                  - {id: 2, host: a, ports: {client: 2182, quorum: 2889, election: 3889, admin: 8081}}
                  - {id: 3, host: b}

                """, because: "When one machine fails, no quorum is left.")

        // MARK: Time
        case .limitMissing:
            .whole(
                "tickTime=2000\nsyncLimit=5\ndataDir=/var/lib/zookeeper\nclientPort=2181\n" + servers,
                because: "A quorum needs initLimit and syncLimit.")
        case .limitOverflow:
            .alone(
                "maxSessionTimeout=40000\ninitLimit=2000000",
                because: "ZooKeeper counts milliseconds in 32 bits, and the product does not fit.")
        case .limitOrder:
            .topology(
                "ensemble: demo\nparticipants: 3\nsettings: {syncLimit: 20}\n",
                because: "To join and sync (initLimit) takes longer than to stay (syncLimit).")
        case .limitTight:
            .topology(
                "ensemble: demo\nparticipants: 3\nsettings: {syncLimit: 1}\n",
                because: "A follower that misses one ping is dropped.")
        case .tickShort:
            .topology(
                "ensemble: demo\nparticipants: 3\nsettings: {tickTime: 50, initLimit: 200}\n",
                because: "Any pause of the machine expires sessions and drops followers.")
        case .sessionTimeout:
            .topology(
                "ensemble: demo\nparticipants: 3\nsettings: {minSessionTimeout: 60000}\n",
                because: "The shortest session is longer than the longest, or the longest shorter than a tick.")

        // MARK: Ports
        case .portConflict:
            .topology(
                "ensemble: demo\nparticipants: 3\nports: {client: 2888}\n",
                because: "Two things of one machine have one port.")
        case .portPrivileged:
            .topology(
                "ensemble: demo\nparticipants: 3\nports: {client: 181}\n",
                because: "Only root may listen on a port below 1024.")
        case .portEphemeral:
            .topology(
                "ensemble: demo\nparticipants: 3\nports: {client: 42181}\n",
                because: "The kernel gives ports of that range to outgoing connections: at a restart it may be taken.")
        case .portTaken:
            .seen(
                "the client port of server 2, 2182, is taken by java (pid 4711)",
                mend: "stop that process, or give server 2 another client port, e.g. 2185",
                because: "Somebody else listens on the port. Servers of Paddock's own ensembles do not count.")
        case .portsExhausted:
            .seen(
                "'auto' needs 12 free ports, and this host has only 7",
                mend: "give base ports: ports: {client: 2181}", because: "`ports: auto` found too few free ports.")

        // MARK: Directories
        case .dataDirMissing:
            .whole("tickTime=2000\nclientPort=2181\n", because: "A server needs a directory for its data.")
        case .dataDirRelative:
            .whole(
                "tickTime=2000\ndataDir=data\nclientPort=2181\n",
                because: "A relative path depends on the directory in which the server is started.")
        case .dataDirTemporary:
            .whole(
                "tickTime=2000\ndataDir=/tmp/zookeeper\nclientPort=2181\n",
                because: "The system cleans that directory, and the data vanish.")
        case .dataDirUnwritable:
            .whole(
                "tickTime=2000\ndataDir=/dev/null\nclientPort=2181\n", "--here",
                because: "The server cannot write there.")
        case .dataDirAbsent:
            .whole(
                "tickTime=2000\ndataDir=/srv/zookeeper-that-is-not-there\nclientPort=2181\n", "--here",
                because: "The directory does not exist on this machine; a file copied from another host has that.")
        case .dataDirShared:
            .topology(
                "ensemble: demo\nparticipants: 3\nsettings: {dataLogDir: /fast/zk}\n",
                because: "Two servers with one directory destroy each other's data.")

        // MARK: Dynamic configuration
        case .dynamicFile:
            .whole(
                head + "dynamicConfigFile=/etc/zookeeper/zoo.cfg.dynamic\n" + servers,
                because: "With dynamicConfigFile the members are in that file, and nowhere else.")
        case .dynamicKey:
            .files(
                [("zoo.cfg.dynamic.100000000", servers + "tickTime=2000\n")], words: [],
                because: "A dynamic file holds server, group and weight lines only.")
        case .configVersion:
            .seen(
                "the version 'new' is not a hexadecimal number", mend: "write a zxid, e.g. 100000000",
                because: "The version of a configuration that a client hands over or a server tells is a zxid.")

        // MARK: Safety
        case .whitelistWord:
            .ensemble("4lw.commands.whitelist=srvr, mntr, rouk", because: "ZooKeeper has no such four-letter word.")
        case .whitelistWide:
            .ensemble(
                "4lw.commands.whitelist=*",
                because:
                    "Anyone who reaches the client port may use words that list clients and paths, or stall the server."
            )
        case .whitelistNarrow:
            .topology(
                "ensemble: demo\nparticipants: 3\nsettings: {4lw.commands.whitelist: ruok}\n",
                because:
                    "Without srvr and mntr nobody can see whether a server has caught up: `up` and `status` need them.")
        case .quorumSASL:
            .ensemble(
                "quorum.auth.serverRequireSasl=true",
                because: "SASL between servers is switched on by several keys that need each other.")
        case .saslFile:
            .ensemble(
                "sasl.usersPath=/etc/zookeeper/users-that-are-not-there", "--here", "--engine", "bundled",
                because: "The file with the users of SASL cannot be read.")
        case .noSchemes:
            .ensemble(
                "enforce.auth.enabled=true",
                because: "Clients are asked for a scheme that nobody can prove anything in: none gets in.")
        case .tlsFactory:
            .ensemble(
                "secureClientPort=2281\nssl.keyStore.location=/etc/zookeeper/server.pem\nssl.trustStore.location=/etc/zookeeper/trust.pem",
                because: "Apache's server has TLS for clients only with its Netty listener.")
        case .tlsKey:
            .ensemble(
                "sslQuorum=true\nssl.quorum.trustStore.location=/etc/zookeeper/trust.pem",
                because: "TLS needs the server's key and the certificates to trust, in a format that the engine reads.")
        case .tlsVersion:
            .ensemble(
                "sslQuorum=true\nssl.quorum.keyStore.location=/etc/zookeeper/server.pem\nssl.quorum.trustStore.location=/etc/zookeeper/trust.pem\nssl.quorum.enabledProtocols=TLSv1",
                because: "The bundled server has TLS 1.2 and 1.3.")
        case .tlsCipher:
            .ensemble(
                "sslQuorum=true\nssl.quorum.keyStore.location=/etc/zookeeper/server.pem\nssl.quorum.trustStore.location=/etc/zookeeper/trust.pem\nssl.quorum.ciphersuites=TLS_RSA_WITH_RC4_128_SHA",
                because: "The bundled server does not have the cipher suite.")
        case .tlsFile:
            .ensemble(
                "sslQuorum=true\nssl.quorum.keyStore.location=/etc/zookeeper/key-that-is-not-there.pem\nssl.quorum.trustStore.location=/etc/zookeeper/trust-that-is-not-there.pem",
                "--here", because: "The file with a key or certificates cannot be read.")
        case .unsupportedProtection:
            .ensemble(
                "admin.forceHttps=true",
                because: "The key closes a door, and the bundled server would leave it open: it refuses to start.")

        // MARK: What an engine has
        case .unsupportedKey:
            .ensemble(
                "audit.enable=true",
                because: "The engine does not read the key, and says so instead of ignoring it silently.")
        case .noEffect:
            .ensemble(
                "nio.numWorkerThreads=4", "--engine", "bundled",
                because:
                    "The key tunes threads or caches of the JVM server; the bundled one has nothing that it could tune."
            )
        case .metricsProvider:
            .ensemble(
                "metricsProvider.className=org.example.Metrics",
                because: "Apache's server stops at a class that it cannot find; the bundled one has Prometheus.")
        case .jvmFlag:
            .topology(
                "ensemble: demo\nparticipants: 3\nengine: {apache: {jvmFlags: [-Xmx512m]}}\n",
                because: "It cannot be a flag of the server's JVM, or has no effect.")
        case .engineHome:
            .topology(
                "ensemble: demo\nparticipants: 3\nengine: {apache: {home: apache-zookeeper-3.8.4}}\n",
                because: "A relative path depends on the directory in which `up` is called.")
        case .engineHeap:
            .topology(
                "ensemble: demo\nparticipants: 3\nengine: {apache: {heap: 4m}}\n",
                because: "It is no size of a Java heap, or less than ZooKeeper starts with.")

        // MARK: Several files of one ensemble
        case .filesDiffer:
            .files(
                [
                    ("zoo1.cfg", ensembleHead("/var/lib/zookeeper")),
                    ("zoo2.cfg", ensembleHead("/var/lib/zookeeper").replacing("zk3:2888", with: "zk4:2888")),
                ], words: ["zoo2.cfg"], because: "The servers of an ensemble need the same list of servers.")
        case .settingDiffers:
            .files(
                [
                    ("zoo1.cfg", ensembleHead("/var/lib/zookeeper")),
                    ("zoo2.cfg", ensembleHead("/var/lib/zookeeper").replacing("tickTime=2000", with: "tickTime=3000")),
                ], words: ["zoo2.cfg"], because: "The servers disagree about the protocol or about time.")

        // MARK: What a topology says
        case .missingKey: .topology("participants: 3\n", because: "A key that is always needed is not there.")
        case .wrongType:
            .topology("ensemble: demo\nparticipants: three\n", because: "A value has another type than the key needs.")
        case .ensembleName:
            .topology(
                "ensemble: Orders\nparticipants: 3\n",
                because: "The name becomes a directory and a word on command lines: small letters, digits and `-`.")
        case .twoForms:
            .topology(
                "ensemble: demo\nparticipants: 3\nservers:\n  - {id: 1}\n",
                because: "One thing is said in two ways.")
        case .retiredID:
            .seen(
                "the id 4 belonged to a server that left this ensemble",
                mend: "use a new id, e.g. 5, or be sure that its old data may come back",
                of: [("four.yaml", four), ("three.yaml", three)],
                by: ["generate four.yaml -o out", "generate three.yaml -o out", "generate four.yaml -o out"],
                because: "A server that comes back under an old id brings back its old data.")
        case .tooMany:
            .topology(
                "ensemble: demo\nparticipants: 300\n",
                because: "There are more entries than anybody can mean; ids end at 255.")
        case .hostUnknown:
            .topology(
                "ensemble: demo\nhosts: {a: 10.0.0.1}\nservers:\n  - {id: 1, host: b}\n",
                because: "The host is not among `hosts`, and is no address.")
        case .hostTwice:
            .topology(
                """
                ensemble: demo
                hosts: {a: 10.0.0.1, b: 10.0.0.1, c: 10.0.0.3}
                servers:
                  - {id: 1, host: a}
                  - {id: 2, host: b, ports: {client: 2182, quorum: 2889, election: 3889, admin: 8081}}
                  - {id: 3, host: c}

                """, because: "Two names are one machine, so that ports and quorums are not what they seem.")
        case .hostUnused:
            .topology(
                "ensemble: demo\nhosts: {a: 10.0.0.1, b: 10.0.0.2}\nservers:\n  - {id: 1, host: a}\n",
                because: "No server is on the host.")
        case .ownedSetting:
            .topology(
                "ensemble: demo\nparticipants: 3\nsettings: {clientPort: 2181}\n",
                because: "Paddock writes the key itself, from another one of the topology.")

        // MARK: YAML
        case .yamlSyntax: .topology("ensemble: demo\nports: {client: 2181\n", because: "The text is no YAML.")
        case .yamlEncoding:
            .topology("\u{FEFF}ensemble: demo\nparticipants: 3\n", because: "The text is no plain UTF-8.")
        case .yamlTab:
            .topology(
                "ensemble: demo\nparticipants: 3\nsettings:\n\ttickTime: 2000\n",
                because: "YAML takes no tabs for indentation.")
        case .yamlDuplicateKey:
            .topology(
                "ensemble: demo\nparticipants: 3\nparticipants: 5\n",
                because: "Readers of YAML take the first or the last of the two.")
        case .yamlKey: .topology("ensemble: demo\n[a, b]: 3\n", because: "A key is a word.")
        case .yamlMergeKey:
            .topology(
                "ensemble: demo\nservers:\n  - &one {id: 1}\n  - {<<: *one, id: 2}\n",
                because: "Merge keys are no part of YAML 1.2.")
        case .yamlTag:
            .topology("ensemble: !name demo\nparticipants: 3\n", because: "Tags mean something to programs only.")
        case .yamlUnknownAnchor:
            .topology("ensemble: demo\nparticipants: *count\n", because: "No `&` before it gives the alias a value.")
        case .yamlTooLarge:
            .seen(
                "the file has 10485760 bytes, more than the 1048576 allowed",
                mend: "check that it is the file you meant",
                because: "Nobody writes a topology of that size; aliases can blow up a small one.")
        case .yamlTooDeep:
            .topology(
                "ensemble: demo\nsettings: " + String(repeating: "[", count: 80) + String(repeating: "]", count: 80)
                    + "\n",
                because: "Nobody nests that deep.")
        case .yamlSecondDocument:
            .topology("ensemble: demo\nparticipants: 3\n---\nensemble: more\n", because: "A file is one topology.")
        case .yamlEmpty: .topology("# nothing yet\n", because: "There is nothing in the file but comments.")

        // MARK: Files that `generate` and `up` write
        case .serverLeft:
            .seen(
                "server 4 is not in the topology any more; its directory is kept",
                mend: "remove it when nobody needs its data: rm -r out/server.4",
                of: [("four.yaml", four), ("three.yaml", three)],
                by: ["generate four.yaml -o out", "generate three.yaml -o out"],
                because: "A server left the ensemble; its data are nobody's but yours to remove.")
        case .drift:
            .seen(
                "the running servers' configuration has server 4, the topology does not",
                mend:
                    "add it to the topology and `paddock up FILE`, or take it out with `paddock shell -- reconfig -remove 4`",
                because: "The ensemble was reconfigured, and the topology does not say so.")
        case .ensembleRenamed:
            .seen(
                "orders2 is new and begins empty; orders, which has the same servers, keeps its data in state/orders",
                mend: "if you meant to rename it, write 'ensemble: orders': an ensemble keeps its name",
                of: [
                    ("orders.yaml", standalone("orders2")), ("state/orders/topology.yaml", standalone("orders")),
                    ("state/orders/server.1/data/version-2/log.1", ""),
                ], by: ["up orders.yaml --state-dir state --dry-run"],
                because: "Another name is another ensemble, without the data of the first.")

        // MARK: `paddock import`
        case .importFlags:
            .seen(
                "the JVM flags beside it have '-Xmx$HEAP', which only a shell can tell the meaning of",
                mend: "add to the topology what it stands for",
                of: [("zoo.cfg", ensembleHead("/srv/zk1")), ("java.env", "export JVMFLAGS=\"-Xmx$HEAP\"\n")],
                by: ["import zoo.cfg"],
                because: "zookeeper-env.sh or java.env beside the zoo.cfg says something that cannot be carried over.")
        case .importChanges:
            .seen(
                "server 1: admin.serverAddress becomes 'zk1', it is the default 0.0.0.0",
                mend: "see that this is what you want",
                of: [("zk1/zoo.cfg", ensembleHead("zk1")), ("zk1/myid", "1\n")], by: ["import zk1/zoo.cfg"],
                because: "Generated again, the file would say something else.")
        case .importDataDir:
            .seen(
                "server 1 has its data in zk1; generated, it would start empty in DIR/server.1/data",
                mend: "copy zk1 to DIR/server.1/data while the server is stopped, before its first start there",
                of: [("zk1/zoo.cfg", ensembleHead("zk1")), ("zk1/myid", "1\n")], by: ["import zk1/zoo.cfg"],
                because: "The data of the servers there are stay where they are.")
        case .importDataLogDir:
            .seen(
                "server 1 keeps the dataLogDir of the server there is, /fast/zk: running side by side, the two would destroy each other's log",
                mend:
                    "leave the old server stopped from the copy of its data on; or give the new one a dataLogDir of its own, and copy /fast/zk there as well",
                of: [("zk1/zoo.cfg", ensembleHead("zk1") + "dataLogDir=/fast/zk\n"), ("zk1/myid", "1\n")],
                by: ["import zk1/zoo.cfg"],
                because: "Two servers would write one log.")
        case .importDiffers:
            .seen(
                "the files are not of one ensemble: server.3 is zk4:2888:3888:participant here and zk3:2888:3888:participant, in zoo1.cfg",
                mend: "import the files of one ensemble, with the same server lines",
                of: [
                    ("zoo1.cfg", ensembleHead("/srv/zk1")),
                    ("zoo2.cfg", ensembleHead("/srv/zk2").replacing("zk3:", with: "zk4:")),
                ], by: ["import zoo1.cfg zoo2.cfg"],
                because: "Files of different ensembles make no topology.")
        case .importNoMyID:
            .seen(
                "nothing says which server this file is of: what it sets is taken for the servers without a file",
                mend: "give the file together with its data directory's myid",
                of: [("zoo.cfg", ensembleHead("/srv/zk1"))], by: ["import zoo.cfg"],
                because: "Without a myid a file may be any server's.")
        case .importSameID:
            .seen(
                "this is server 1, and so is zk1/zoo.cfg", mend: "give each server's file once",
                of: [
                    ("zk1/zoo.cfg", ensembleHead("zk1")), ("zk1/myid", "1\n"), ("zk2/zoo.cfg", ensembleHead("zk2")),
                    ("zk2/myid", "1\n"),
                ], by: ["import zk1/zoo.cfg zk2/zoo.cfg"],
                because: "Two files are of one server.")
        case .importMissing:
            .seen(
                "the zoo.cfg of server 3 was not given: settings of its own are not known",
                mend: "import the files of all servers together",
                of: [
                    ("zk1/zoo.cfg", ensembleHead("zk1")), ("zk1/myid", "1\n"), ("zk2/zoo.cfg", ensembleHead("zk2")),
                    ("zk2/myid", "2\n"),
                ], by: ["import zk1/zoo.cfg zk2/zoo.cfg"],
                because: "What only that file says is lost.")

        // MARK: A running ensemble
        case .noLeader:
            .seen(
                "no server that answers leads", mend: "see what follows of its servers",
                because: "Without a leader nobody can write.")
        case .unreachable:
            .seen(
                "does not answer to desk: Connection refused: nothing listens there, or a firewall refuses it",
                mend: "start it, or let this machine reach its client port",
                because: "A server does not answer this machine; others may reach it.")
        case .behind:
            .seen(
                "server 3 is 1200 txns behind the leader",
                mend: "see what the server itself says: its log, its disk, its network",
                because: "A server does not do what it should.")
        case .loopbackName:
            .seen(
                "the name zk1 of server 1 means 127.0.1.1 on this machine, where no other server reaches it",
                mend:
                    "give zk1 this machine's own address in /etc/hosts (Debian's installer writes 127.0.1.1 there), and restart the server",
                because: "Servers that name themselves so are not found by others.")
        case .wordRefused:
            .seen(
                "server 1 refuses mntr and conf, so that not everything is known of it",
                mend:
                    "add them to 4lw.commands.whitelist in its zoo.cfg and restart it, or let its admin server be reached (--admin-port)",
                because: "What nobody may ask nobody can compare.")
        case .unknown:
            .seen(
                "the ensemble has two servers more than were asked",
                mend: "name their client addresses in --remote",
                because: "Something could not be found out, and so was not compared.")
        case .membersDiffer:
            .seen(
                "server.3 (zk3:2888:3888:participant) is in this file, and the running servers do not have it",
                mend: "restart the servers with what is written, or write what runs",
                because: "The list of servers that is written is not the one that runs.")
        case .versionsDiffer:
            .seen(
                "the version is not the same on all servers: 3.8.4-abc on server 2 and server 3, 3.8.0-abc on server 1",
                mend: "upgrade the servers that are behind, one by one",
                because: "An upgrade stopped half way.")

        // MARK: `paddock export`
        case .exportReconfig:
            .seen(
                "server 1 has reconfigEnabled: true, and the servers would write their members into files that come from the export and cannot be written there",
                mend: "remove reconfigEnabled; change members by another export",
                of: [("topology.yaml", demo + "settings: {reconfigEnabled: true}\n")],
                by: ["export kubernetes topology.yaml -o out"],
                because:
                    "In containers the files are mounted for reading only, and members that were agreed on would be lost with the container."
            )
        case .exportAddress:
            .seen(
                "metricsProvider.httpHost of server 1 is 10.0.0.1, an address that no container has",
                mend: "remove it: a server listens at its own name",
                of: [
                    (
                        "topology.yaml",
                        moved.replacing("host: a}", with: "host: a, settings: {metricsProvider.httpHost: 10.0.0.1}}")
                    )
                ], by: ["export kubernetes topology.yaml -o out"],
                because: "A server cannot listen at an address that its container does not have.")
        case .exportLowPort:
            .seen(
                "the client port of server 1 is 181: a server that does not run as root may not listen there in every cluster",
                mend: "take one from 1024 to 65535",
                of: [("topology.yaml", demo + "ports: {client: 181}\n")],
                by: ["export kubernetes topology.yaml -o out"],
                because: "Ports below 1024 may be root's, and the servers in the containers are not root.")
        case .exportDataLog:
            .seen(
                "dataLogDir is /datalog in the containers, a volume of its own, and not /fast/1",
                mend: "nothing needs to be done",
                of: [("topology.yaml", three.replacing("id: 1", with: "id: 1, settings: {dataLogDir: /fast/1}"))],
                by: ["export compose topology.yaml -o out"],
                because: "The txn logs go to a volume, whatever the directory on the hosts was called.")
        case .exportFile:
            .seen(
                "server 1 reads the file /data/server.pem, which has no place of its own in a container",
                mend:
                    "name it in a directory of its own, such as /etc/zookeeper/tls/server.pem (letters, digits, '-', '_' and '.')",
                of: [
                    (
                        "topology.yaml",
                        demo
                            + "ports: {secure: 2281}\nsettings: {ssl.keyStore.location: /data/server.pem, ssl.clientAuth: none}\n"
                    )
                ], by: ["export kubernetes topology.yaml -o out"],
                because:
                    "A directory is mounted for the files that settings name, and must hide nothing that the server needs."
            )
        case .exportUnknownFile:
            .seen(
                "my.plugin.file of server 1 is /etc/plugin.conf: if that is a file, the image must have it",
                mend: "put it into the image, or mount it there",
                of: [("topology.yaml", demo + "settings: {my.plugin.file: /etc/plugin.conf}\n")],
                by: ["export compose topology.yaml -o out"],
                because: "Nobody knows whether the value of a key that is not known is a file.")
        case .exportHome:
            .seen(
                "server 1 is to run /opt/zookeeper, a directory of a host; in a container it runs what its image has",
                mend: "choose the version by the image: --apache-image NAME",
                of: [("topology.yaml", demo + "engine: {apache: {home: /opt/zookeeper}}\n")],
                by: ["export compose topology.yaml -o out"],
                because: "A distribution's place on a host means nothing in an image.")
        case .exportEnvironment:
            .seen(
                "server 1 sets the variable SERVER_JVMFLAGS, with which the export starts the server",
                mend: "say heap, jvmFlags and logLevel instead",
                of: [("topology.yaml", demo + "engine: {apache: {environment: {SERVER_JVMFLAGS: -Da=b}}}\n")],
                by: ["export compose topology.yaml -o out"],
                because: "The variable could have one of two values only.")
        case .exportFlag:
            .seen(
                "the image's script cannot pass on the flag -Da=b c of server 1: it would be taken apart",
                mend: "write it without blanks, quotes, backslashes and * ? [",
                of: [("topology.yaml", demo + "engine: {apache: {jvmFlags: [\"-Da=b c\"]}}\n")],
                by: ["export compose topology.yaml -o out"],
                because: "What starts the server there reads some characters in a way of its own.")
        case .exportFlagFile:
            .seen(
                "the flag -Dx=/etc/x of server 1 names a file: the image must have it",
                mend: "where there is a setting for it, write that instead: its file is then mounted",
                of: [("topology.yaml", demo + "engine: {apache: {jvmFlags: [-Dx=/etc/x]}}\n")],
                by: ["export compose topology.yaml -o out"],
                because: "Files that settings name are mounted; of a flag nobody knows what it means.")
        case .exportName:
            .seen(
                "the name '1e' cannot be that of a service and a stateful set on Kubernetes",
                mend:
                    "give the ensemble a name of at most 52 characters that begins with a letter and does not end with '-'",
                of: [("topology.yaml", "ensemble: 1e\nparticipants: 3\n")],
                by: ["export kubernetes topology.yaml -o out"],
                because: "The names of what is exported are made of the ensemble's, and are hosts.")
        case .exportSecrets:
            .seen(
                "zoo.cfg holds passwords, and the servers in the containers read it as users of their own: everybody on this machine may read it",
                mend: "keep the directory of the export in one that is yours alone",
                of: [
                    (
                        "topology.yaml",
                        demo
                            + "ports: {secure: 2281}\nsettings: {ssl.keyStore.location: /etc/zookeeper/tls/server.p12, ssl.keyStore.password: secret, ssl.clientAuth: none}\n"
                    )
                ], by: ["export compose topology.yaml -o out"],
                because: "Compose mounts files as they are, with their owner and mode.")
        case .exportSize:
            .seen(
                "the files of 255 servers are 1500000 bytes, and Kubernetes takes 1000000 of one ConfigMap",
                mend: "export fewer servers",
                because: "All files of the ensemble are in one object, and the cluster refuses larger ones.")
        case .exportIDs:
            .seen(
                "participant number 3 is pod demo-2, which is server 3, and not server 4",
                mend:
                    "give the servers of the export such ids; the data of others come by `paddock backup` and `restore`",
                of: [("topology.yaml", three.replacing("id: 3", with: "id: 4"))],
                by: ["export kubernetes topology.yaml -o out"],
                because:
                    "The pods of a stateful set are numbered one after the other, and a pod's number gives its server's id."
            )
        case .exportDiffer:
            .seen(
                "server 2 differs from server 1 in its engine, and the pods of one stateful set are alike",
                mend: "give all participants the same; settings of zoo.cfg may differ",
                of: [("topology.yaml", three.replacing("id: 2", with: "id: 2, engine: apache"))],
                by: ["export kubernetes topology.yaml -o out"],
                because: "One template makes all pods of a stateful set.")
        case .exportPath:
            .seen(
                "systemd would read the path /srv/my data/server.1 of server 1 in a way of its own",
                mend: "take one without blanks, quotes and % \\ ; $",
                of: [("topology.yaml", demo)], by: ["export systemd topology.yaml -o out --prefix '/srv/my data'"],
                because: "Some characters mean something in a unit.")
        case .exportLeft:
            .seen(
                "is no part of the export any more; it is kept",
                mend: "take back what was made of it, then remove it: rm out/manifests/observers.yaml",
                of: [("observer.yaml", demo + "observers: 1\n"), ("three.yaml", demo)],
                by: ["export kubernetes observer.yaml -o out", "export kubernetes three.yaml -o out"],
                because: "A file of an export before this one may still be in use.")

        // MARK: Moving (`check --from`)
        case .moveLine:
            .seen(
                "server.2=127.0.0.1:2889:3889:participant;127.0.0.1:2182 becomes server.2=10.0.0.2:2888:3888:participant;10.0.0.2:2181: another host; other ports (client 2182 → 2181, quorum 2889 → 2888, election 3889 → 3888, admin 8081 → 8080)",
                mend: "copy the new files to every server before any is started",
                of: [("new.yaml", moved), ("old.yaml", demo + "observers: 1\n")],
                by: ["check new.yaml --from old.yaml"],
                because: "A line of the list of servers is another one, and why.")
        case .moveJoins:
            .seen(
                "server.5=10.0.0.4:2888:3888:participant;10.0.0.4:2181 is new: no server had the id 5",
                mend: "let it begin empty: it takes the data of the others",
                of: [
                    ("new.yaml", moved.replacing("servers:\n", with: "servers:\n  - {id: 5, host: 10.0.0.4}\n")),
                    ("old.yaml", demo + "observers: 1\n"),
                ], by: ["check new.yaml --from old.yaml"],
                because: "A server has no predecessor.")
        case .moveLeaves:
            .seen(
                "server.4=127.0.0.1:2891:3891:observer;127.0.0.1:2184 has no successor: the id 4 goes with the server",
                mend: "never give it to another server of this ensemble",
                of: [("new.yaml", moved), ("old.yaml", demo + "observers: 1\n")],
                by: ["check new.yaml --from old.yaml"],
                because: "A server is not in the new ensemble; its id is not used again.")
        case .moveSetting:
            .seen(
                "tickTime was 2000 and is 1000 for servers 1, 2 and 3", mend: "see that it is meant",
                of: [
                    ("new.yaml", demo + "settings: {tickTime: 1000}\n"),
                    ("old.yaml", demo + "settings: {tickTime: 2000}\n"),
                ], by: ["check new.yaml --from old.yaml"],
                because: "A setting is another one.")
        case .moveEngine:
            .seen(
                "servers 1, 2 and 3 ran on bundled and will run on apache: both read the same data",
                mend: "see that it is meant",
                of: [("new.yaml", demo + "engine: apache\n"), ("old.yaml", demo)],
                by: ["check new.yaml --from old.yaml"],
                because: "Another program will run a server.")
        case .moveClients:
            .seen(
                "clients connected to 127.0.0.1:2181,127.0.0.1:2182,127.0.0.1:2183; it is 10.0.0.1:2181,10.0.0.2:2181,10.0.0.3:2181 now",
                mend: "tell the clients, or give both to them for as long as it takes",
                of: [("new.yaml", moved), ("old.yaml", demo)], by: ["check new.yaml --from old.yaml"],
                because: "The connect string changes with hosts and ports.")
        case .moveData:
            .seen(
                "the data of servers 1, 2 and 3 are on another host, and stay there",
                mend:
                    "`paddock backup` where they are; then `paddock restore FILE` for every server of the new place, before any is started (Docs/moving.md)",
                of: [("new.yaml", moved), ("old.yaml", demo + "observers: 1\n")],
                by: ["check new.yaml --from old.yaml"],
                because: "Nothing carries data from host to host by itself.")
        }
    }
}

private let head = "tickTime=2000\ninitLimit=10\nsyncLimit=5\ndataDir=/var/lib/zookeeper\nclientPort=2181\n"
private let servers = "server.1=zk1:2888:3888\nserver.2=zk2:2888:3888\nserver.3=zk3:2888:3888\n"

/// A topology; with its servers one by one; with one more; moved to other hosts.
private let demo = "ensemble: demo\nparticipants: 3\n"
private let three = "ensemble: demo\nservers:\n  - {id: 1}\n  - {id: 2}\n  - {id: 3}\n"
private let four = three + "  - {id: 4}\n"
private let moved =
    "ensemble: demo\nengine: bundled\nhosts: {a: 10.0.0.1, b: 10.0.0.2, c: 10.0.0.3}\nservers:\n  - {id: 1, host: a}\n  - {id: 2, host: b}\n  - {id: 3, host: c}\n"

/// A topology of one server, on ports that nobody has.
private func standalone(_ name: String) -> String {
    "ensemble: \(name)\nparticipants: 1\nports: {client: 12181, quorum: 12888, election: 13888, admin: 18080}\n"
}

/// A zoo.cfg of three servers with its data elsewhere.
private func ensembleHead(_ dataDir: String) -> String {
    (head + servers).replacing("/var/lib/zookeeper", with: dataDir)
}

extension Rule.Explanation {
    fileprivate static func files(_ files: [(String, String)], words: [String], because meaning: String) -> Self {
        Self(
            meaning: meaning,
            example: .files(files.map { Rule.Example.File(name: $0.0, text: $0.1) }, words: words))
    }

    fileprivate static func topology(_ text: String, because meaning: String) -> Self {
        files([("topology.yaml", text)], words: [], because: meaning)
    }

    /// A whole zoo.cfg.
    fileprivate static func whole(_ text: String, _ words: String..., because meaning: String) -> Self {
        files([("zoo.cfg", text)], words: words, because: meaning)
    }

    /// Lines of a zoo.cfg of a server that stands alone.
    fileprivate static func alone(_ lines: String, because meaning: String) -> Self {
        whole("tickTime=2000\ndataDir=/var/lib/zookeeper\nclientPort=2181\n" + lines + "\n", because: meaning)
    }

    /// Lines of a zoo.cfg of one of three servers.
    fileprivate static func ensemble(_ lines: String, _ words: String..., because meaning: String) -> Self {
        files([("zoo.cfg", head + servers + lines + "\n")], words: words, because: meaning)
    }

    /// The line of the second of three servers.
    fileprivate static func second(_ value: String, because meaning: String) -> Self {
        whole(head + servers.replacing("zk2:2888:3888", with: value), because: meaning)
    }

    fileprivate static func seen(
        _ message: String, mend: String, of files: [(String, String)] = [], by commands: [String] = [],
        because meaning: String
    ) -> Self {
        let files = files.map { Rule.Example.File(name: $0.0, text: $0.1) }
        return Self(
            meaning: meaning, example: .situation(message: message, mend: mend, files: files, commands: commands))
    }
}
