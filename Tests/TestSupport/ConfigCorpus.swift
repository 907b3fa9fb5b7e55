/// zoo.cfg files, sound and broken, for tests that hold several readers of them side by side. The same seed gives the same
/// files.
package struct ConfigCorpus {
    package struct Document: Sendable, CustomStringConvertible {
        package var name: String
        package var text: String
        package var description: String { "\(name):\n\(text)" }
    }

    /// The keys whose values are replaced.
    private let keys: [String]
    private let dataDir: String
    private var random: SeededGenerator

    /// - Parameter dataDir: it holds the myid 1.
    package init(dataDir: String, keys: [String], seed: UInt64) {
        self.dataDir = dataDir
        self.keys = keys
        random = SeededGenerator(seed: seed)
    }

    private var head: String { "tickTime=2000\ninitLimit=10\nsyncLimit=5\ndataDir=\(dataDir)\nclientPort=2181\n" }

    private static let servers =
        "server.1=10.0.0.1:2888:3888\nserver.2=10.0.0.2:2888:3888\nserver.3=10.0.0.3:2888:3888\n"

    /// Files as people write them.
    package var sound: [Document] {
        let modern = Self.servers.split(separator: "\n").map { "\($0):participant;0.0.0.0:2181\n" }.joined()
        let headWithoutPort = head.replacing("clientPort=2181\n", with: "")
        return [
            Document(name: "standalone", text: head),
            Document(name: "three", text: head + Self.servers),
            Document(name: "three, modern", text: headWithoutPort + modern),
            Document(
                name: "observer",
                text: head + Self.servers + "server.4=10.0.0.4:2888:3888:observer\n"),
            Document(name: "one of one", text: head + "standaloneEnabled=false\nserver.1=10.0.0.1:2888:3888\n"),
            Document(
                name: "groups",
                text: head + Self.servers + "group.1=1\ngroup.2=2\ngroup.3=3\nweight.1=1\nweight.2=1\nweight.3=1\n"),
            Document(
                name: "IPv6",
                text: head
                    + "server.1=[fd00::1]:2888:3888\nserver.2=[fd00::2]:2888:3888\nserver.3=[fd00::3]:2888:3888\n"),
            Document(name: "one host", text: head + Self.oneHost),
            Document(name: "separators", text: head.replacing("=", with: " : ") + Self.servers),
            Document(name: "CR LF", text: (head + Self.servers).replacing("\n", with: "\r\n")),
            Document(
                name: "many settings",
                text: head + Self.servers
                    + "maxClientCnxns=0\nautopurge.purgeInterval=24\nautopurge.snapRetainCount=5\n4lw.commands.whitelist=srvr\nadmin.serverPort=8081\nreconfigEnabled=true\nquorumListenOnAllIPs=true\nminSessionTimeout=4000\nmaxSessionTimeout=90000\nsnapCount=50000\n"
            ),
        ]
    }

    private static let oneHost =
        "server.1=127.0.0.1:2888:3888\nserver.2=127.0.0.1:2889:3889\nserver.3=127.0.0.1:2890:3890\n"

    /// Values that somebody has written where another kind belonged.
    private static let values = [
        "", " ", "0", "1", "-1", "-2", "2", "3", "65535", "65536", "70000", "2147483647", "2147483648",
        "9223372036854775808", "010", "+10", "1e3", "10.5", "10 ", "10s", "ten", "true", "TRUE", "false", "yes", "no",
        "on",
        "0x10", "\"10\"", "10 # ten", "${VALUE}", "{{ value }}", "<value>", "~/data", "/nowhere/at/all", "C:\\data",
        "d",
        "127.0.0.1", "10.0.0.256", "10.0.0", "127.0.0.1:2181", "[::1]", "::1", "10 0", "*", "srvr,ruok", "participant",
        "OBSERVER", "leader", "gz", "zstd", "need", "PEM",
    ]

    /// Server lines, as they should not be.
    private static let lines = [
        "10.0.0.2:2888", "10.0.0.2", "10.0.0.2:2888:3888:", "10.0.0.2:2888:3888:leader", "10.0.0.2:2888:2888",
        "10.0.0.2:2888:3888:observer", "10.0.0.2:2888:3888:OBSERVER ", "10.0.0.2:2888:3888 ", " 10.0.0.2:2888:3888",
        "10.0.0.2 :2888:3888", "10.0 0.2:2888:3888", "10.0.0.2.2888:3888", "10.0.0.2:2888.3888", "10.0.0.2:02888:3888",
        "10.0.0.2:+2888:3888", "10.0.0.2:0:3888", "10.0.0.2:70000:3888", "10.0.0.2:-1:3888", "10.0.0.2::3888",
        ":2888:3888",
        "[fd00::2:2888:3888", "fd00::2:2888:3888", "[fd00::2]2888:3888", "[fd00::2]:2888:3888", "10.0.0.2:2888:3888;",
        "10.0.0.2:2888:3888;2181", "10.0.0.2:2888:3888;0.0.0.0:2181", "10.0.0.2:2888:3888;a:b:2181",
        "10.0.0.2:2888:3888;2181;2182", "10.0.0.2:2888:3888:2181", "10.0.0.2:2888:3888:participant:2181",
        "10.0.0.2:2888:3888|10.0.1.2:2888:3888", "10.0.0.2:2888:3888,10.0.0.3:2888:3888",
        "10.0.0.2:2888:3888;10.0.0.3:2888:3888", "10.0.0.2:2888:3888;2181 server.3=10.0.0.3:2888:3888;2181",
        "${HOST}:2888:3888", "<host>:2888:3888", "\"10.0.0.2\":2888:3888", "10.0.0.256:2888:3888",
        "10.0.0.2\u{A0}:2888:3888", "10.0.0.2:2888:3888#", "10.0.0.2:2888:3888 # two", "10.0.0.1:2888:3888",
        "0.0.0.0:2888:3888", "127.0.0.1:2888:3888", "zk_2.example.com:2888:3888", "-zk:2888:3888", "zk..two:2888:3888",
        "10.0.0.2:2888:\u{663}888",
    ]

    /// What is put into the middle of a text.
    private static let insertions = [
        " ", "\t", "\n", "\\", "\\\n", "#", "!", "=", ":", ";", ",", "\"", "'", "\u{A0}", "\u{2013}", "\u{FEFF}",
        "\u{1B}", "\u{E9}",
        "\\u0041", "\\uZZZZ", "0", "-", ".", "server.", "\r",
    ]

    private static let extraLines = [
        "server.0=10.0.0.9:2888:3888", "server.256=10.0.0.9:2888:3888", "server.-4=10.0.0.9:2888:3888",
        "server.04=10.0.0.9:2888:3888", "server.a=10.0.0.9:2888:3888", "server.=10.0.0.9:2888:3888",
        "server1=10.0.0.9:2888:3888",
        "server.99999999999999999999=10.0.0.9:2888:3888", "group.1=1:2:3", "group.1=1:2", "group.1=1:2:3 ",
        "group.1=1:2:9",
        "group.1=1:2:3:3", "groups=1", "weight.1=2", "weight.1=-1", "weight.1=heavy", "weights=1", "peerType=observer",
        "standaloneEnabled=false", "dynamicConfigFile=/nowhere/zoo.cfg.dynamic", "multiAddress.enabled=true",
        "electionAlg=2",
        "tickTme=2000", "zookeeper.snapCount=1000", "jute.maxbuffer=4194304", "=nothing", "nothing",
        "secureClientPort=2281",
        "sslQuorum=true", "quorum.auth.enableSasl=true", "quorum.auth.serverRequireSasl=true",
        "sessionRequireClientSASLAuth=true", "enforce.auth.enabled=true", "snapshot.compression.method=snappy",
        "clientPort=2181", "clientPort=2888", "admin.serverPort=2181", "clientPortAddress=127.0.0.1",
        "minSessionTimeout=90000",
    ]

    /// `count` files, each made of a sound one by one or two changes.
    package mutating func mutations(_ count: Int) -> [Document] {
        let sound = sound
        return (0..<count).map { number in
            let base = sound[random.below(sound.count)]
            var text = base.text
            for _ in 0...random.below(2) { text = mutated(text) }
            return Document(name: "\(base.name) \(number)", text: text)
        }
    }

    private mutating func mutated(_ text: String) -> String {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let ending = lines.last == "" ? "\n" : ""
        if ending != "" { lines.removeLast() }
        let index = random.below(max(1, lines.count))
        switch random.below(8) {
        case 0 where lines.count > 1: lines.remove(at: index)
        case 1 where !lines.isEmpty: lines.insert(lines[index], at: random.below(lines.count + 1))
        case 2: lines.append(Self.extraLines[random.below(Self.extraLines.count)])
        case 3: lines.append("\(keys[random.below(keys.count)])=\(Self.values[random.below(Self.values.count)])")
        case 4 where !lines.isEmpty:
            let servers = lines.indices.filter { lines[$0].hasPrefix("server.") }
            guard !servers.isEmpty else { fallthrough }
            let chosen = servers[random.below(servers.count)]
            let key = lines[chosen].prefix { $0 != "=" && $0 != " " }
            lines[chosen] = "\(key)=\(Self.lines[random.below(Self.lines.count)])"
        case 5 where !lines.isEmpty:
            guard let equals = lines[index].firstIndex(of: "=") else { fallthrough }
            // What dataDir becomes, nobody may create.
            if lines[index].hasPrefix("dataDir") { fallthrough }
            lines[index] = lines[index][...equals] + Self.values[random.below(Self.values.count)]
        case 6 where !lines.isEmpty:
            let line = Array(lines[index])
            let place = random.below(line.count + 1)
            lines[index] =
                String(line[..<place]) + Self.insertions[random.below(Self.insertions.count)] + String(line[place...])
        default:
            let line = Array(lines[index])
            guard !line.isEmpty else { break }
            let place = random.below(line.count)
            lines[index] = String(line[..<place]) + String(line[(place + 1)...])
        }
        return lines.joined(separator: "\n") + ending
    }
}
