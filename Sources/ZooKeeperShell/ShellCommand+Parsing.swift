import Digests
import ZooKeeperClient

extension ShellCommand {
    /// What is to be said before a command is carried out or refused.
    package enum Remark: Hashable, Sendable {
        /// About deprecated forms, and ACL entries that are none.
        case warning(String)
        /// What was asked for beside the command: `ls -?`.
        case help(String)
    }

    /// Reads the words of a command line, its name first.
    package init(_ words: [String], remarks: inout [Remark]) throws(CommandError) {
        guard let name = words.first else { throw CommandError("No command entered", showsUsage: true) }
        switch name {
        case "help": self = .help
        case "quit", "exit": self = .quit
        case "history": self = .history
        case "redo":
            if words.count > 1 {
                let number: Int = try Self.number(words[1], "the command's number")
                self = .redo(number)
            } else {
                self = .redo(nil)
            }
        case "printwatches": self = .printWatches(words.count > 1 ? words[1] == "on" : nil)
        case "connect": self = .connect(words.count > 1 ? words[1] : nil)
        case "close": self = .close
        case "whoami": self = .whoAmI
        case "version":
            let options = try CommandLineOptions(words, .none)
            guard options.arguments.count == 1 else { throw CommandSyntax.usage(of: name) }
            self = .version
        case "addauth":
            let arguments = try Self.arguments(words, atLeast: 1)
            self = .addAuth(scheme: arguments[1], credentials: arguments.count > 2 ? arguments[2] : nil)
        case "sync": self = .sync(path: try Self.path(words))
        case "listquota": self = .listQuota(path: try Self.arguments(words, atLeast: 1)[1])
        case "getAllChildrenNumber": self = .countDescendants(path: try Self.path(words))
        case "getEphemerals":
            let arguments = try CommandLineOptions(words, .none).arguments
            self = .getEphemerals(prefix: try arguments.count > 1 ? Self.checked(arguments[1]) : "/")
        case "create": self = try Self.create(words, &remarks)
        case "delete": self = try Self.delete(words, &remarks)
        case "deleteall": self = try Self.deleteAll(words)
        case "get":
            let (options, path) = try Self.read(
                words, flags: ["s", "w", "b", "x", "json"], "get [-s] [-w] path", &remarks)
            // Of two that are given Apache's shell takes the later one of these.
            let format: DataFormat =
                options.has("json") ? .json : options.has("x") ? .hexadecimal : options.has("b") ? .base64 : .text
            self = .get(path: path, watch: options.has("w"), stat: options.has("s"), format: format)
        case "stat":
            let (options, path) = try Self.read(words, flags: ["w", "json"], "stat [-w] path", &remarks)
            self = .stat(path: path, watch: options.has("w"), json: options.has("json"))
        case "ls":
            let (options, path) = try Self.read(words, flags: ["?", "s", "w", "R", "json"], "ls [-w] path", &remarks)
            self =
                options.has("R")
                ? .listTree(path: path, watch: options.has("w"), json: options.has("json"))
                : .list(path: path, watch: options.has("w"), stat: options.has("s"), json: options.has("json"))
        case "set": self = try Self.set(words)
        case "getAcl":
            let options = try CommandLineOptions(words, OptionSyntax(flags: ["s"]))
            self = .getACL(path: try Self.path(options, of: name), stat: options.has("s"))
        case "setAcl": self = try Self.setACL(words, &remarks)
        case "addWatch": self = try Self.addWatch(words)
        case "removewatches": self = try Self.removeWatches(words)
        case "setquota": self = try Self.setQuota(words)
        case "delquota": self = try Self.deleteQuota(words)
        case "config":
            let options = try CommandLineOptions(words, OptionSyntax(flags: ["s", "w", "c", "json"]))
            self = .config(
                clientsOnly: options.has("c"), watch: options.has("w"), stat: options.has("s"),
                json: options.has("json"))
        case "reconfig": self = .reconfigure(try Self.reconfiguration(words))
        default: throw .notFound(name)
        }
    }

    // MARK: Znodes

    private static func create(_ words: [String], _ remarks: inout [Remark]) throws(CommandError) -> ShellCommand {
        let options = try CommandLineOptions(words, OptionSyntax(flags: ["e", "s", "c"], values: ["t"]))
        let arguments = options.arguments
        guard arguments.count > 1 else { throw CommandSyntax.usage(of: "create") }
        let (isEphemeral, isSequential, isContainer) = (options.has("e"), options.has("s"), options.has("c"))
        if isContainer, isEphemeral || isSequential {
            throw CommandError(
                "-c cannot be combined with -s or -e. Containers cannot be ephemeral or sequential.")
        }
        var timeToLive: Int64?
        if options.has("t") {
            guard let number = options.value("t").flatMap({ Int64($0) }) else {
                throw CommandError("-t argument must be a long value")
            }
            timeToLive = number
            if isEphemeral { throw CommandError("TTLs cannot be used with Ephemeral znodes") }
            if isContainer { throw CommandError("TTLs cannot be used with Container znodes") }
            guard (1...Self.longestTimeToLive).contains(number) else {
                throw CommandError("ttl must be positive and cannot be larger than: \(Self.longestTimeToLive)")
            }
        }
        let mode: CreateMode =
            switch (isEphemeral, isSequential, timeToLive != nil) {
            case (true, true, _): .ephemeralSequential
            case (true, false, _): .ephemeral
            case (false, true, let hasTTL): hasTTL ? .persistentSequentialWithTTL : .persistentSequential
            case (false, false, let hasTTL): isContainer ? .container : hasTTL ? .persistentWithTTL : .persistent
            }
        let acl = arguments.count > 3 ? [ACL](shellText: arguments[3], remarks: &remarks) : .open
        let path = arguments[1]
        if let problem = problem(inPath: isSequential ? path + "1" : path) { throw CommandError(problem) }
        return .create(
            path: path, data: arguments.count > 2 ? arguments[2] : nil, mode: mode, timeToLive: timeToLive, acl: acl)
    }

    /// 40 bits of milliseconds.
    private static let longestTimeToLive: Int64 = (1 << 40) - 1

    private static func delete(_ words: [String], _ remarks: inout [Remark]) throws(CommandError) -> ShellCommand {
        let options = try CommandLineOptions(words, OptionSyntax(values: ["v"]))
        guard options.arguments.count > 1 else { throw CommandSyntax.usage(of: "delete") }
        if options.arguments.count > 2 {
            remarks.append(deprecation("delete path [version]", use: "delete [-v version] path"))
        }
        let version = try Self.version(options)
        return .delete(path: try checked(options.arguments[1]), version: version)
    }

    private static func deleteAll(_ words: [String]) throws(CommandError) -> ShellCommand {
        let options = try CommandLineOptions(words, OptionSyntax(values: ["b"]))
        guard options.arguments.count > 1 else { throw CommandSyntax.usage(of: "deleteall") }
        var batchSize = 1000
        if let text = options.value("b") {
            guard let number = Int32(text) else { throw CommandError("-b argument must be an int value") }
            batchSize = Int(number)
        }
        return .deleteAll(path: try checked(options.arguments[1]), batchSize: batchSize)
    }

    private static func set(_ words: [String]) throws(CommandError) -> ShellCommand {
        let options = try CommandLineOptions(words, OptionSyntax(flags: ["s", "b"], values: ["v"]))
        guard options.arguments.count > 2 else { throw CommandSyntax.usage(of: "set") }
        let version = try Self.version(options)
        let text = options.arguments[2]
        guard let data = options.has("b") ? [UInt8](base64: text) : Array(text.utf8) else {
            throw CommandError("with -b the data must be base64, and \"\(text)\" is none")
        }
        return .set(
            path: try checked(options.arguments[1]), data: data, version: version, stat: options.has("s"))
    }

    /// Of get, stat and ls: `path watch` still means `-w path`, at the very place where older versions had it.
    private static func read(
        _ words: [String], flags: [String], _ modern: String, _ remarks: inout [Remark]
    ) throws(CommandError) -> (CommandLineOptions, path: String) {
        let syntax = OptionSyntax(flags: flags)
        var options = try CommandLineOptions(words, syntax)
        if options.has("?") { remarks.append(.help(listHelp)) }
        if options.arguments.count > 2 {
            remarks.append(deprecation("\(words[0]) path [watch]", use: modern))
            var words = words
            words[2] = "-w"
            options = try CommandLineOptions(words, syntax)
        }
        return (options, try path(options, of: words[0]))
    }

    /// As Commons CLI prints it.
    private static let listHelp = "usage: ls [options] path\n -?   help\n -R   recurse\n -s   stat\n -w   watch\n"

    private static func setACL(_ words: [String], _ remarks: inout [Remark]) throws(CommandError) -> ShellCommand {
        let options = try CommandLineOptions(words, OptionSyntax(flags: ["s", "R"], values: ["v"]))
        guard options.arguments.count > 2 else { throw CommandSyntax.usage(of: "setAcl") }
        let acl = [ACL](shellText: options.arguments[2], remarks: &remarks)
        let version = try Self.version(options)
        let path = try checked(options.arguments[1])
        return options.has("R")
            ? .setACLOfTree(path: path, acl: acl, version: version)
            : .setACL(path: path, acl: acl, version: version, stat: options.has("s"))
    }

    // MARK: Watches

    private static func addWatch(_ words: [String]) throws(CommandError) -> ShellCommand {
        let options = try CommandLineOptions(words, OptionSyntax(values: ["m"]))
        guard options.arguments.count == 2 else { throw CommandSyntax.usage(of: "addWatch") }
        let isRecursive: Bool
        switch options.value("m")?.uppercased() {
        case nil, "PERSISTENT_RECURSIVE": isRecursive = true
        case "PERSISTENT": isRecursive = false
        default: throw CommandSyntax.usage(of: "addWatch")
        }
        return .addWatch(path: try checked(options.arguments[1]), isRecursive: isRecursive)
    }

    private static func removeWatches(_ words: [String]) throws(CommandError) -> ShellCommand {
        let options = try CommandLineOptions(words, OptionSyntax(flags: ["c", "d", "p", "r", "a", "l"]))
        // The first of these that is there, as in Apache's.
        let types: [(String, WatcherType)] = [
            ("c", .children), ("d", .data), ("p", .persistent), ("r", .persistentRecursive),
        ]
        let type = types.first { options.has($0.0) }?.1 ?? .any
        return .removeWatches(
            path: try path(options, of: "removewatches"), type: type, isLocal: options.has("l"))
    }

    // MARK: Quotas

    private static let limits = [
        (name: "n", meaning: "num soft quota"), (name: "b", meaning: "bytes soft quota"),
        (name: "N", meaning: "num hard quota"), (name: "B", meaning: "bytes hard quota"),
    ]

    private static func limitSyntax(takeValues: Bool) -> OptionSyntax {
        OptionSyntax(
            oneOf: limits.map { OptionSyntax.Option(name: $0.name, takesValue: takeValues, meaning: $0.meaning) },
            isRequired: takeValues)
    }

    private static func setQuota(_ words: [String]) throws(CommandError) -> ShellCommand {
        let options = try CommandLineOptions(words, limitSyntax(takeValues: true))
        guard options.arguments.count > 1 else { throw CommandSyntax.usage(of: "setquota") }
        let path = options.arguments[1]
        // From here on Apache's shell says what is wrong and counts it as done.
        if path.hasPrefix(QuotaPaths.root) {
            throw CommandError("cannot set a quota under the path: \(QuotaPaths.root)", exitCode: 0)
        }
        let notANumber = CommandError("NumberFormatException happens when parsing the option value", exitCode: 0)
        func count(_ name: String) throws(CommandError) -> Int64 {
            guard let text = options.value(name) else { return -1 }
            guard let number = Int32(text) else { throw notANumber }
            guard number > 0 else { throw CommandError("the num quota must be greater than zero", exitCode: 0) }
            return Int64(number)
        }
        func bytes(_ name: String) throws(CommandError) -> Int64 {
            guard let text = options.value(name) else { return -1 }
            guard let number = Int64(text) else { throw notANumber }
            guard number >= 0 else {
                throw CommandError("the bytes quota must be greater than or equal to zero", exitCode: 0)
            }
            return number
        }
        let quota = Quota(
            count: try count("n"), bytes: try bytes("b"), hardCount: try count("N"), hardBytes: try bytes("B"))
        return .setQuota(path: try checked(path), quota)
    }

    private static func deleteQuota(_ words: [String]) throws(CommandError) -> ShellCommand {
        let options = try CommandLineOptions(words, limitSyntax(takeValues: false))
        guard options.arguments.count > 1 else { throw CommandSyntax.usage(of: "delquota") }
        var removed: Quota.Limits = []
        for (name, limit) in [("n", Quota.Limits.count), ("b", .bytes), ("N", .hardCount), ("B", .hardBytes)]
        where options.has(name) { removed.insert(limit) }
        return .deleteQuota(path: options.arguments[1], removed.isEmpty ? nil : removed)
    }

    // MARK: The ensemble

    private static func reconfiguration(_ words: [String]) throws(CommandError) -> ShellCommand.Reconfiguration {
        let syntax = OptionSyntax(flags: ["s"], values: ["v", "file", "members", "add", "remove"])
        let options = try CommandLineOptions(words, syntax)
        let isIncremental = options.has("add") || options.has("remove")
        let isComplete = options.has("file") || options.has("members")
        guard isIncremental || isComplete else { throw CommandSyntax.usage(of: "reconfig") }
        var version: Int64?
        if let text = options.value("v") {
            guard let number = Int64(text, radix: 16) else {
                throw CommandError("-v must be followed by a long (configuration version)")
            }
            version = number
        }
        if isIncremental, isComplete {
            throw CommandError(
                "Can't use -file or -members together with -add or -remove (mixing incremental"
                    + " and non-incremental modes is not allowed)")
        }
        if options.has("file"), options.has("members") {
            throw CommandError("Can't use -file and -members together (conflicting non-incremental modes)")
        }
        let members: ShellCommand.Reconfiguration.Members? =
            if let file = options.value("file") { .file(file) } else {
                options.value("members").map { .text($0.lowercased()) }
            }
        return ShellCommand.Reconfiguration(
            joining: options.value("add")?.lowercased(), leaving: options.value("remove")?.lowercased(),
            members: members, version: version, stat: options.has("s"))
    }

    // MARK: Helpers

    /// The arguments behind the command's name, of which there must be some; the name is the first.
    private static func arguments(_ words: [String], atLeast count: Int) throws(CommandError) -> [String] {
        let arguments = try CommandLineOptions(words, .none).arguments
        guard arguments.count > count else { throw CommandSyntax.usage(of: words[0]) }
        return arguments
    }

    private static func path(_ words: [String]) throws(CommandError) -> String {
        try checked(try arguments(words, atLeast: 1)[1])
    }

    private static func path(_ options: CommandLineOptions, of name: String) throws(CommandError) -> String {
        guard options.arguments.count > 1 else { throw CommandSyntax.usage(of: name) }
        return try checked(options.arguments[1])
    }

    private static func checked(_ path: String) throws(CommandError) -> String {
        if let problem = problem(inPath: path) { throw CommandError(problem) }
        return path
    }

    private static func version(_ options: CommandLineOptions) throws(CommandError) -> Int32? {
        guard let text = options.value("v") else { return nil }
        let version: Int32 = try Self.number(text, "the version")
        return version == -1 ? nil : version
    }

    /// Java's shell ends with a stack trace where there is no number.
    private static func number<Number: FixedWidthInteger>(
        _ text: String, _ what: String
    ) throws(CommandError) -> Number {
        guard let number = Number(text) else { throw CommandError("\(what) must be a number, not \"\(text)\"") }
        return number
    }

    private static func deprecation(_ form: String, use modern: String) -> Remark {
        .warning("'\(form)' has been deprecated. Please use '\(modern)' instead.")
    }
}
