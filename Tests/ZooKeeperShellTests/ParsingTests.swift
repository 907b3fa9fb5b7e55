import Testing
import ZooKeeperClient

@testable import ZooKeeperShell

struct ParsingTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var line: String
        var command: ShellCommand
        var warnings: [String] = []

        var testDescription: String { line }
    }

    private static let bob = ACL([.create, .delete, .read, .write, .admin], AuthID(scheme: "digest", id: "bob:x="))

    static let cases: [Case] = [
        Case(line: "quit", command: .quit),
        Case(line: "help", command: .help),
        Case(line: "history", command: .history),
        Case(line: "redo 3", command: .redo(3)),
        Case(line: "redo", command: .redo(nil)),
        Case(line: "printwatches off", command: .printWatches(false)),
        Case(line: "printwatches", command: .printWatches(nil)),
        Case(line: "connect a:1,b:2/c", command: .connect("a:1,b:2/c")),
        Case(line: "connect", command: .connect(nil)),
        Case(line: "close", command: .close),
        Case(line: "version", command: .version),
        Case(line: "whoami x", command: .whoAmI),
        Case(line: "addauth digest bob:pw", command: .addAuth(scheme: "digest", credentials: "bob:pw")),
        Case(line: "addauth digest", command: .addAuth(scheme: "digest", credentials: nil)),
        Case(
            line: "create /a", command: .create(path: "/a", data: nil, mode: .persistent, timeToLive: nil, acl: .open)),
        Case(
            line: "create -s -e /a/ x",
            command: .create(path: "/a/", data: "x", mode: .ephemeralSequential, timeToLive: nil, acl: .open)),
        Case(
            line: "create -es /a x",
            command: .create(path: "/a", data: "x", mode: .ephemeralSequential, timeToLive: nil, acl: .open)),
        Case(
            line: "create -c /a", command: .create(path: "/a", data: nil, mode: .container, timeToLive: nil, acl: .open)
        ),
        Case(
            line: "create /a x -t 5",
            command: .create(path: "/a", data: "x", mode: .persistentWithTTL, timeToLive: 5, acl: .open)),
        Case(
            line: "create -st5 /a",
            command: .create(path: "/a", data: nil, mode: .persistentSequentialWithTTL, timeToLive: 5, acl: .open)),
        Case(
            line: "create /a x digest:bob:x=:cdrwa,bad,world:anyone:rz",
            command: .create(
                path: "/a", data: "x", mode: .persistent, timeToLive: nil, acl: [bob, ACL(.read, .anyone)]),
            warnings: ["bad does not have the form scheme:id:perm", "Unknown perm type: z"]),
        Case(line: "delete -v 3 /a", command: .delete(path: "/a", version: 3)),
        Case(line: "delete -v -1 /a", command: .delete(path: "/a", version: nil)),
        Case(
            line: "delete /a 3", command: .delete(path: "/a", version: nil),
            warnings: ["'delete path [version]' has been deprecated. Please use 'delete [-v version] path' instead."]),
        Case(line: "deleteall -b 2 /a", command: .deleteAll(path: "/a", batchSize: 2)),
        Case(line: "deleteall /a", command: .deleteAll(path: "/a", batchSize: 1000)),
        Case(line: "get -sw /a", command: .get(path: "/a", watch: true, stat: true)),
        Case(
            line: "get /a true", command: .get(path: "/a", watch: true, stat: false),
            warnings: ["'get path [watch]' has been deprecated. Please use 'get [-s] [-w] path' instead."]),
        Case(line: "exit", command: .quit),
        Case(line: "get -b /a", command: .get(path: "/a", watch: false, stat: false, format: .base64)),
        Case(line: "get -sxb /a", command: .get(path: "/a", watch: false, stat: true, format: .hexadecimal)),
        Case(line: "get --json /a", command: .get(path: "/a", watch: false, stat: false, format: .json)),
        Case(line: "get /a -json -b", command: .get(path: "/a", watch: false, stat: false, format: .json)),
        Case(line: "ls --json -w /a", command: .list(path: "/a", watch: true, stat: false, json: true)),
        Case(line: "ls -R --json /a", command: .listTree(path: "/a", watch: false, json: true)),
        Case(line: "stat --json /a", command: .stat(path: "/a", watch: false, json: true)),
        Case(line: "config --json", command: .config(clientsOnly: false, watch: false, stat: false, json: true)),
        Case(line: "set -b /a AAH/", command: .set(path: "/a", data: [0, 1, 0xff], version: nil, stat: false)),
        Case(line: "set /a x -s", command: .set(path: "/a", data: Array("x".utf8), version: nil, stat: true)),
        Case(line: "set -v=4 /a x", command: .set(path: "/a", data: Array("x".utf8), version: 4, stat: false)),
        Case(line: "set /a -- -x", command: .set(path: "/a", data: Array("-x".utf8), version: nil, stat: false)),
        Case(line: "ls /", command: .list(path: "/", watch: false, stat: false)),
        Case(line: "ls -w -s /a", command: .list(path: "/a", watch: true, stat: true)),
        Case(line: "ls -R /a", command: .listTree(path: "/a", watch: false)),
        Case(
            line: "ls /a watch", command: .list(path: "/a", watch: true, stat: false),
            warnings: ["'ls path [watch]' has been deprecated. Please use 'ls [-w] path' instead."]),
        Case(line: "stat -w /a", command: .stat(path: "/a", watch: true)),
        Case(line: "getAllChildrenNumber /a", command: .countDescendants(path: "/a")),
        Case(line: "getEphemerals", command: .getEphemerals(prefix: "/")),
        Case(line: "getEphemerals /a", command: .getEphemerals(prefix: "/a")),
        Case(line: "sync /a", command: .sync(path: "/a")),
        Case(line: "getAcl -s /a", command: .getACL(path: "/a", stat: true)),
        Case(
            line: "setAcl -v 1 /a world:anyone:r",
            command: .setACL(path: "/a", acl: .readOnly, version: 1, stat: false)),
        Case(
            line: "setAcl -R /a world:anyone:r",
            command: .setACLOfTree(path: "/a", acl: .readOnly, version: nil)),
        Case(line: "addWatch /a", command: .addWatch(path: "/a", isRecursive: true)),
        Case(line: "addWatch -m persistent /a", command: .addWatch(path: "/a", isRecursive: false)),
        Case(line: "removewatches /a", command: .removeWatches(path: "/a", type: .any, isLocal: false)),
        Case(line: "removewatches -d -l /a", command: .removeWatches(path: "/a", type: .data, isLocal: true)),
        Case(line: "removewatches /a -p", command: .removeWatches(path: "/a", type: .persistent, isLocal: false)),
        Case(
            line: "removewatches -r /a -l",
            command: .removeWatches(path: "/a", type: .persistentRecursive, isLocal: true)),
        Case(line: "removewatches -a -r -d /a", command: .removeWatches(path: "/a", type: .data, isLocal: false)),
        Case(line: "removewatches /a -c", command: .removeWatches(path: "/a", type: .children, isLocal: false)),
        Case(line: "setquota -n 3 /a", command: .setQuota(path: "/a", Quota(count: 3))),
        Case(line: "setquota -B 0 /a", command: .setQuota(path: "/a", Quota(hardBytes: 0))),
        Case(line: "listquota a", command: .listQuota(path: "a")),
        Case(line: "delquota /a", command: .deleteQuota(path: "/a", nil)),
        Case(line: "delquota -N /a", command: .deleteQuota(path: "/a", .hardCount)),
        Case(line: "config -csw", command: .config(clientsOnly: true, watch: true, stat: true)),
        Case(
            line: "reconfig -s -v 100000003 -add server.5=H:1:2;3 -remove 3,4",
            command: .reconfigure(
                ShellCommand.Reconfiguration(
                    joining: "server.5=h:1:2;3", leaving: "3,4", version: 0x1_0000_0003, stat: true))),
        Case(
            line: "reconfig -file /f",
            command: .reconfigure(ShellCommand.Reconfiguration(members: .file("/f")))),
    ]

    @Test(arguments: cases)
    func aLineIsUnderstood(_ line: Case) throws {
        var remarks: [ShellCommand.Remark] = []
        #expect(try ShellCommand(LineWords.split(line.line), remarks: &remarks) == line.command)
        #expect(remarks == line.warnings.map { .warning($0) })
    }

    /// The texts are those that Apache's shell prints, without the names of Java classes.
    @Test(arguments: [
        ("create", "create [-s] [-e] [-c] [-t ttl] path [data] [acl]"),
        ("create -x /a", "Unrecognized option: -x"),
        ("create --x /a", "Unrecognized option: --x"),
        ("create -sx /a", "Unrecognized option: -sx"),
        ("create -t", "Missing argument for option: t"),
        ("create -t -s /a", "Missing argument for option: t"),
        ("create -c -s /a", "-c cannot be combined with -s or -e. Containers cannot be ephemeral or sequential."),
        ("create -t x /a", "-t argument must be a long value"),
        ("create -t 0 /a", "ttl must be positive and cannot be larger than: 1099511627775"),
        ("create -e -t 5 /a", "TTLs cannot be used with Ephemeral znodes"),
        ("create -c -t 5 /a", "TTLs cannot be used with Container znodes"),
        ("create a", "Path must start with / character"),
        ("create /a/", "Path must not end with / character"),
        ("get \"\"", "Path length must be > 0"),
        ("get //a", "Invalid path string \"//a\" caused by empty node name specified @1"),
        ("get /a//b", "Invalid path string \"/a//b\" caused by empty node name specified @3"),
        ("get /a/./b", "Invalid path string \"/a/./b\" caused by relative paths not allowed @3"),
        ("get /ä/..", "Invalid path string \"/ä/..\" caused by relative paths not allowed @4"),
        ("get /a\u{7}", "Invalid path string \"/a\u{7}\" caused by invalid character @2"),
        ("get", "get [-s] [-w] [-b] [-x] [--json] path"),
        ("ls -s /a watch", "Path must start with / character"),
        ("set /a", "set [-s] [-v version] [-b] path data"),
        ("set /a -5", "Unrecognized option: -5"),
        ("set -v x /a y", "the version must be a number, not \"x\""),
        ("deleteall -b x /a", "-b argument must be an int value"),
        (
            "addWatch -m NOSUCH /a",
            "addWatch [-m mode] path # optional mode is one of [PERSISTENT, PERSISTENT_RECURSIVE] - default is PERSISTENT_RECURSIVE"
        ),
        ("version x", "version "),
        (
            "setquota /a",
            "Missing required option: [-n num soft quota, -b bytes soft quota, -N num hard quota, -B bytes hard quota]"
        ),
        (
            "setquota -n 1 -N 2 /a",
            "The option 'N' was specified but an option from this group has already been selected: 'n'"
        ),
        ("setquota -n 0 /a", "the num quota must be greater than zero"),
        ("setquota -b -1 /a", "the bytes quota must be greater than or equal to zero"),
        ("setquota -n x /a", "NumberFormatException happens when parsing the option value"),
        ("setquota -n 1 /zookeeper/quota/a", "cannot set a quota under the path: /zookeeper/quota"),
        (
            "reconfig -v 1",
            "reconfig [-s] [-v version] [[-file path] | [-members serverID=host:port1:port2;port3[,...]*]] | [-add serverId=host:port1:port2;port3[,...]]* [-remove serverId[,...]*]"
        ),
        ("reconfig -v zz -add a", "-v must be followed by a long (configuration version)"),
        (
            "reconfig -add a -members b",
            "Can't use -file or -members together with -add or -remove (mixing incremental and non-incremental modes is not allowed)"
        ),
        ("nosuch", "Command not found: Command not found nosuch"),
        ("set -b /a A", "with -b the data must be base64, and \"A\" is none"),
        ("set --json /a x", "Unrecognized option: --json"), ("get --b /a", "Unrecognized option: --b"),
    ])
    func aLineIsRefusedWithTheWordsOfApachesShell(line: String, message: String) {
        var remarks: [ShellCommand.Remark] = []
        let error = #expect(throws: CommandError.self) { try ShellCommand(LineWords.split(line), remarks: &remarks) }
        #expect(error?.message == message)
    }

    @Test func remarksComeBeforeARefusal() {
        var remarks: [ShellCommand.Remark] = []
        #expect(throws: CommandError.self) { try ShellCommand(["ls", "-?", "-s", "watch"], remarks: &remarks) }
        #expect(remarks == [.help("usage: ls [options] path\n -?   help\n -R   recurse\n -s   stat\n -w   watch\n")])
    }

    @Test func anUnknownCommandEndsWith127AndShowsAllCommands() {
        #expect(CommandError.notFound("x").exitCode == 127)
        #expect(CommandError.notFound("x").showsUsage)
        #expect(
            CommandSyntax.overview.hasPrefix(
                "ZooKeeper -server host:port -client-configuration properties-file cmd args\n\taddWatch "))
    }
}
