import ArgumentParser
import Glibc
import Membership
import Operations
import Planning
import ZooKeeperClient
import ZooKeeperProtocol

/// Names a server that is not of the state directory, by its files on this machine.
struct PlaceOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A server on this machine, by its zoo.cfg: for one that Paddock did not start.", valueName: "zoo.cfg"),
        completion: .file())
    var config: String?

    @Option(
        help: ArgumentHelp("The same by its dataDir, where there is no zoo.cfg.", valueName: "dir"),
        completion: .directory)
    var dataDir: String?

    @Option(help: ArgumentHelp("Its dataLogDir, with --data-dir.", valueName: "dir"), completion: .directory)
    var logDir: String?

    func validate() throws {
        if config != nil, dataDir != nil || logDir != nil {
            throw ValidationError("--config names the directories itself: leave --data-dir and --log-dir out.")
        }
        if logDir != nil, dataDir == nil { throw ValidationError("--log-dir needs --data-dir.") }
    }

    func place() throws -> ServerPlace? {
        if let config { return try ServerPlace(zooCfg: config) }
        func absolute(_ path: String) -> String { EnsembleStore.absolute(path, from: EnsembleStore.workingDirectory()) }
        return dataDir.map { ServerPlace(dataDir: absolute($0), dataLogDir: logDir.map(absolute)) }
    }
}

struct BackupCommand: EnsembleCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Write a backup of all that an ensemble has acknowledged to one file.",
        discussion: """
            Servers may run and be written to meanwhile. It is read from the files of one server on this machine, of either
            engine: its newest snapshot and the log behind it, up to the zxid that the ensemble had committed when the command began. The file is
            read back and loaded before it gets its name, and is its owner's only: it holds what ACLs keep from others. Of
            servers that are stopped it is what the most advanced of them has.

            A server that Paddock did not start: `paddock backup --config /etc/zookeeper/conf/zoo.cfg`, as a user who may
            read its data.
            """.paragraphs)

    @OptionGroup var global: GlobalOptions
    @OptionGroup var selection: EnsembleOption

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("The file to write (default: named after the ensemble and the time).", valueName: "file"),
        completion: .file())
    var output: String?

    @Option(help: ArgumentHelp("Take the data of this server.", valueName: "id"), completion: KnownWords.servers())
    var server: Int64?

    @OptionGroup var place: PlaceOptions

    @Option(
        help: ArgumentHelp("Write nothing: verify this backup and load it.", valueName: "file"), completion: .file())
    var verify: String?

    func validate() throws {
        if verify != nil, output != nil || server != nil {
            throw ValidationError("--verify writes nothing: leave --output and --server out.")
        }
        if place.config != nil || place.dataDir != nil, server != nil {
            throw ValidationError("--server is a server of an ensemble that Paddock started.")
        }
    }

    func perform(_ terminal: Terminal) async throws -> ExitStatus {
        // A limit on the size of files is an error of the write, and not the end of us.
        signal(SIGXFSZ, SIG_IGN)
        let report = try await withProgress(terminal) { operations in
            if let verify { return try operations.examineBackup(verify) }
            let source: BackupSource =
                try place.place().map { .place($0, name: selection.name) }
                ?? .ensemble(selection.name, server: server.map { ServerID($0) })
            return try await operations.backup(source, to: output)
        }
        if global.json {
            try printJSON(report, terminal)
            return .done
        }
        let what =
            "\(report.znodes) znodes at zxid \(report.zxid), \(StatusTable.size(report.size))"
            + (report.sessions > 0 ? "; \(report.sessions) sessions with \(report.ephemerals) ephemerals" : "")
        if verify != nil {
            terminal.output(
                "\(report.file) is whole: \(report.ensemble ?? "an ensemble") of \(report.takenAt), \(what)")
        } else {
            terminal.output("\(report.file): \(what)")
        }
        return .done
    }
}

struct RestoreCommand: EnsembleCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Let the servers of a new or an emptied ensemble begin with a backup.",
        discussion: """
            The whole backup is verified first. Every server gets the same data, whatever its engine and however many there
            are; its configuration and its myid stay, and /zookeeper/config is the new ensemble's own. The sessions of the backup are
            closed and their ephemerals are gone; zxids go on above all that the old ensemble gave away, and above what later data
            here shows to have been given away since. Refused where a server
            runs or has data: --move-aside moves that aside. Nothing is started: `paddock up` does.

            On several hosts it is run on each, before any server is started:
            `paddock restore FILE --config /etc/zookeeper/conf/zoo.cfg`. Where it is not the first time, the highest epoch of all
            hosts counts: see --above.
            """.paragraphs)

    @OptionGroup var global: GlobalOptions
    @OptionGroup var selection: EnsembleOption

    @Argument(help: ArgumentHelp("A backup that `paddock backup` made.", valueName: "file"), completion: .file())
    var file: String

    @Argument(
        help: "The topology of a new ensemble, or as one that is there shall be (- for the standard input).",
        completion: .file(extensions: ["yaml", "yml"]))
    var topology: String?

    @OptionGroup var place: PlaceOptions

    @Flag(help: "Move data that is in the way aside (version-2.before-restore-TIME); nothing is removed.")
    var moveAside = false

    @Option(
        help: ArgumentHelp(
            "Let zxids go on above this one too: the last that clients have seen, where the data that gave it out is not here.",
            valueName: "zxid"))
    var above: ZXID?

    @Flag(help: "Verify the backup and look at every place, and change nothing.")
    var dryRun = false

    func validate() throws {
        if topology != nil, place.config != nil || place.dataDir != nil {
            throw ValidationError("A topology and --config or --data-dir cannot be together.")
        }
    }

    func perform(_ terminal: Terminal) async throws -> ExitStatus {
        signal(SIGXFSZ, SIG_IGN)
        var options = RestoreOptions()
        (options.dryRun, options.movesAside, options.above) = (dryRun, moveAside, above ?? .zero)
        let target: RestoreTarget =
            try place.place().map { .place($0) }
            ?? .ensemble(
                topology == nil ? selection.name : selection.ensemble, try topology.map { try readTopology($0) })
        let report = try await withProgress(terminal) { [options] in
            try await $0.restore(file, to: target, options: options)
        }
        if global.json {
            try printJSON(report, terminal)
            return .done
        }
        for server in report.servers {
            let name = server.id.map { "server \($0)" } ?? server.dataDir
            for directory in server.moved where dryRun { terminal.output("move \(directory.from) to \(directory.to)") }
            switch server.change {
            case .unchanged: terminal.output("\(name) has this backup already")
            case .written: terminal.output(dryRun ? "restore \(name) in \(server.dataDir)" : "\(name) is restored")
            }
        }
        terminal.note(
            "\(report.znodes) znodes of zxid \(report.zxid); they go on from \(report.restoredZxid)"
                + (report.sessionsClosed > 0
                    ? "; \(report.sessionsClosed) sessions of the backup \(dryRun ? "would be" : "are") closed and \(report.ephemeralsRemoved) ephemerals removed"
                    : ""))
        if !dryRun, let ensemble = report.ensemble { terminal.note("`paddock up -e \(ensemble)` starts it") }
        return .done
    }
}

extension ZXID: ExpressibleByArgument {
    /// As servers print it: `0x1000200000009`.
    public init?(argument: String) {
        guard argument.hasPrefix("0x"), let value = Int64(argument.dropFirst(2), radix: 16), value >= 0 else {
            return nil
        }
        self.init(rawValue: value)
    }
}
