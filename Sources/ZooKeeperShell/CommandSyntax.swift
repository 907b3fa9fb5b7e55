/// The names of all commands, and how each is used.
package enum CommandSyntax {
    /// As the list of all commands prints them, in its order.
    package static let all: [(name: String, usage: String)] = [
        (
            "addWatch",
            "[-m mode] path # optional mode is one of [PERSISTENT, PERSISTENT_RECURSIVE] - default is PERSISTENT_RECURSIVE"
        ),
        ("addauth", "scheme auth"),
        ("close", ""),
        ("config", "[-c] [-w] [-s] [--json]"),
        ("connect", "host:port"),
        ("create", "[-s] [-e] [-c] [-t ttl] path [data] [acl]"),
        ("delete", "[-v version] path"),
        ("deleteall", "path [-b batch size]"),
        ("delquota", "[-n|-b|-N|-B] path"),
        ("exit", ""),
        ("get", "[-s] [-w] [-b] [-x] [--json] path"),
        ("getAcl", "[-s] path"),
        ("getAllChildrenNumber", "path"),
        ("getEphemerals", "path"),
        ("help", ""),
        ("history", ""),
        ("listquota", "path"),
        ("ls", "[-s] [-w] [-R] [--json] path"),
        ("printwatches", "on|off"),
        ("quit", ""),
        (
            "reconfig",
            "[-s] [-v version] [[-file path] | [-members serverID=host:port1:port2;port3[,...]*]] | [-add serverId=host:port1:port2;port3[,...]]* [-remove serverId[,...]*]"
        ),
        ("redo", "cmdno"),
        ("removewatches", "path [-c|-d|-a] [-l]"),
        ("set", "[-s] [-v version] [-b] path data"),
        ("setAcl", "[-s] [-v version] [-R] path acl"),
        ("setquota", "-n|-b|-N|-B val path"),
        ("stat", "[-w] [--json] path"),
        ("sync", "path"),
        ("version", ""),
        ("whoami", ""),
    ]

    /// The list of all commands.
    package static var overview: String {
        all.reduce("ZooKeeper -server host:port -client-configuration properties-file cmd args\n") {
            $0 + "\t\($1.name) \($1.usage)\n"
        }
    }

    /// What a command says that was not given what it needs.
    static func usage(of name: String) -> CommandError {
        CommandError(all.first { $0.name == name }.map { "\($0.name) \($0.usage)" } ?? name)
    }
}
