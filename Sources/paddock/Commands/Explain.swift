import ArgumentParser
import Diagnostics
import Operations
import Planning
import ServerConfig
import Topology

/// The references, from the tables that the programs themselves go by.
struct Explain: EnsembleCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say what a rule, a key or an exit code means.",
        discussion: """
            NAME is a rule of `check` (server-line-dot), a key of a topology (hosts), a key of zoo.cfg (tickTime), an exit code
            (75), or a key of a JSON document (servers[].lag). Several may be given; without one, the names of the rules are listed.

            --json without a NAME prints all of it as one document: the pages of the reference are made of that.
            """.paragraphs)

    @OptionGroup var global: GlobalOptions

    @Argument(
        help: "What to explain.",
        completion: .custom { _, _, _ in
            Rule.allCases.map(\.rawValue) + TopologyKey.names(.topology) + KnownKeys.all.map(\.name)
        })
    var names: [String] = []

    func perform(_ terminal: Terminal) async throws -> ExitStatus {
        let reference = Reference()
        if global.json {
            try printJSON(names.isEmpty ? reference : try reference.about(names), terminal)
            return .done
        }
        guard !names.isEmpty else {
            for section in Rule.Section.allCases {
                terminal.output(section.rawValue + ":")
                terminal.output(
                    "  " + Rule.allCases.filter { $0.section == section }.map(\.rawValue).joined(separator: ", "))
            }
            return .done
        }
        let found = try reference.about(names)
        for rule in found.rules { try await show(rule, terminal) }
        for key in found.topologyKeys {
            terminal.output("\(key.name) of \(key.place): \(key.meaning)\n  \(key.example)")
        }
        for setting in found.settings {
            let initial = setting.default.map { ", by default \($0)" } ?? ""
            let unit = setting.unit.map { " (\($0))" } ?? ""
            terminal.output(
                "\(setting.name) of zoo.cfg: \(setting.meaning)\n  \(setting.value)\(unit)\(initial)\n  Apache's server: \(setting.apacheInWords)\n  bundled server: \(setting.bundledInWords)"
            )
        }
        for code in found.exitCodes { terminal.output("exit code \(code.code): \(code.meaning)") }
        for document in found.json {
            for key in document.keys { terminal.output("\(key.path) of \(document.command) --json: \(key.meaning)") }
        }
        return .done
    }

    /// With what `check` says of the example, where it needs no other file for that.
    private func show(_ rule: Reference.RuleEntry, _ terminal: Terminal) async throws {
        terminal.output("\(rule.name): \(rule.meaning)")
        if let message = rule.message { terminal.output("  \(message)\n  mend: \(rule.mend ?? "")") }
        for file in rule.files ?? [] where !file.text.isEmpty {
            let lines = file.text.split(separator: "\n").map { "    \(String($0).withVisibleControls)" }
            terminal.output("  \(file.name):\n" + lines.joined(separator: "\n"))
        }
        for command in rule.commands ?? [] { terminal.output("  $ paddock \(command)") }
        guard let files = rule.files, files.count == 1, let words = rule.words, !words.contains("--here") else {
            return
        }
        let engine = words.firstIndex(of: "--engine").flatMap { ServerEngine(rawValue: words[$0 + 1]) }
        let checked = await operations(ProgressPrinter(terminal)).check(
            [(file: files[0].name, bytes: Array(files[0].text.utf8))], place: .elsewhere, engine: engine)
        for problem in checked.flatMap(\.problems) where problem.rule.rawValue == rule.name {
            terminal.output(DiagnosticLines(problem, terminal.colours.output).text(source: files[0].text))
            return
        }
    }
}

/// All that there is to explain.
struct Reference: Encodable {
    struct RuleEntry: Encodable {
        struct File: Encodable {
            var name: String
            var text: String
        }

        var name: String
        var section: String
        var meaning: String
        var files: [File]?
        var words: [String]?
        var commands: [String]?
        var message: String?
        var mend: String?

        init(_ rule: Rule) {
            name = rule.rawValue
            section = rule.section.rawValue
            meaning = rule.explanation.meaning
            switch rule.explanation.example {
            case .files(let files, let words):
                self.files = files.map { File(name: $0.name, text: $0.text) }
                self.words = words
            case .situation(let message, let mend, let files, let commands):
                self.message = message
                self.mend = mend
                if !commands.isEmpty {
                    self.files = files.map { File(name: $0.name, text: $0.text) }
                    self.commands = commands
                }
            }
        }
    }

    struct TopologyEntry: Encodable {
        var place: String
        var name: String
        var meaning: String
        var example: String

        init(_ key: TopologyKey) {
            place = key.place.rawValue
            name = key.name
            meaning = key.meaning
            example = key.example
        }
    }

    struct Setting: Encodable {
        var name: String
        var value: String
        var `default`: String?
        var unit: String?
        var meaning: String
        var apache: String
        var bundled: String

        init(_ key: KnownKey) {
            name = key.name
            value = key.kind.inWords
            `default` = key.defaultValue
            unit = key.unit?.rawValue
            meaning = key.meaning
            apache = KnownKeys.apacheUse(of: key).rawValue
            bundled = KnownKeys.bundledUse(of: key.name).rawValue
        }

        var apacheInWords: String {
            switch KnownKeys.ApacheUse(rawValue: apache) {
            case .parsed: "reads it; a bad value stops the server"
            case .property: "reads it as the system property zookeeper.\(name)"
            case .jvmOnly: "ignores it in zoo.cfg; start its JVM with -D\(name)=VALUE"
            case .unknown, nil: "does not know it"
            }
        }

        var bundledInWords: String {
            switch KnownKeys.BundledUse(rawValue: bundled) {
            case .read: "reads it"
            case .refused: "refuses to start with it, because it could not keep what it promises"
            case .nothingToTune: "has nothing that it could tune, and ignores it"
            case .ignored, nil: "warns, and ignores it"
            }
        }
    }

    struct ExitCodeEntry: Encodable {
        var code: Int32
        var meaning: String
    }

    struct Document: Encodable {
        struct Key: Encodable {
            var path: String
            var meaning: String
        }

        var command: String
        var keys: [Key]
    }

    var version = 1
    var rules = Rule.allCases.map(RuleEntry.init)
    var topologyKeys = TopologyKey.all.map(TopologyEntry.init)
    var settings = KnownKeys.all.map(Setting.init)
    var exitCodes = ExitStatus.allCases.map { ExitCodeEntry(code: $0.rawValue, meaning: $0.meaning) }
    var json = JSONKeys.documents.map { document in
        Document(
            command: document.command, keys: document.keys.map { Document.Key(path: $0.path, meaning: $0.meaning) })
    }

    /// What of it is about these names, each of which must be something.
    func about(_ names: [String]) throws(OperationError) -> Reference {
        var found = Reference()
        (found.rules, found.topologyKeys, found.settings, found.exitCodes, found.json) = ([], [], [], [], [])
        for name in names {
            let rules = rules.filter { $0.name == name }
            let keys = topologyKeys.filter { $0.name == name }
            let settings = settings.filter { $0.name == name }
            let codes = exitCodes.filter { "\($0.code)" == name }
            let documents = json.compactMap { document -> Document? in
                let keys = document.keys.filter { $0.path == name }
                return keys.isEmpty ? nil : Document(command: document.command, keys: keys)
            }
            guard !(rules.isEmpty && keys.isEmpty && settings.isEmpty && codes.isEmpty && documents.isEmpty) else {
                let known = self.rules.map(\.name) + topologyKeys.map(\.name) + self.settings.map(\.name)
                let nearest = EditDistance.nearest(name, among: known)
                throw OperationError(
                    .badUsage, "nothing is called '\(name.withVisibleControls)'",
                    mend: nearest.map { "did you mean '\($0)'?" } ?? "`paddock explain` lists the rules")
            }
            found.rules += rules
            found.topologyKeys += keys
            found.settings += settings
            found.exitCodes += codes
            found.json += documents
        }
        return found
    }
}
