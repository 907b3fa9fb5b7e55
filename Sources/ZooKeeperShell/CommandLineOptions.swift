/// The options a command knows.
struct OptionSyntax: Sendable {
    struct Option: Sendable {
        var name: String
        var takesValue: Bool
        var meaning: String
    }

    var options: [Option] = []
    /// Whether only one of them may be given.
    var isExclusive = false
    /// Whether one of them must be given.
    var isRequired = false

    static let none = OptionSyntax()

    /// `flags` take no value, `values` do.
    init(flags: [String] = [], values: [String] = []) {
        options =
            flags.map { Option(name: $0, takesValue: false, meaning: "") }
            + values.map { Option(name: $0, takesValue: true, meaning: "") }
    }

    init(oneOf options: [Option], isRequired: Bool) {
        self.options = options
        isExclusive = true
        self.isRequired = isRequired
    }

    func option(_ name: Substring) -> Option? { options.first { $0.name == name } }
}

/// The words of a command line, told apart into options and arguments as Apache's shell does it.
///
/// Options may stand anywhere; `-sw` is `-s -w`; a value may be a word of its own, stick to its option (`-v3`) or follow
/// an equal sign (`-v=3`); behind `--` everything is an argument. Source: `DefaultParser` of Apache Commons CLI 1.5, for
/// options with short names only.
struct CommandLineOptions {
    /// The command's name comes first.
    private(set) var arguments: [String] = []
    private var values: [String: String] = [:]
    private var given: Set<String> = []
    private let syntax: OptionSyntax
    /// An option whose value is due.
    private var waiting: String?
    private var selected: String?

    func has(_ name: String) -> Bool { given.contains(name) }
    /// The first value given.
    func value(_ name: String) -> String? { values[name] }

    init(_ words: [String], _ syntax: OptionSyntax) throws(CommandError) {
        self.syntax = syntax
        var onlyArguments = false
        for word in words {
            if onlyArguments {
                arguments.append(word)
            } else if word == "--" {
                onlyArguments = true
            } else if let name = waiting, !isOption(word) {
                take(Self.unquoted(word), for: name)
            } else if word.hasPrefix("-"), word != "-" {
                try takeOption(word)
            } else {
                arguments.append(word)
            }
        }
        try checkNothingIsDue()
        if syntax.isRequired, given.isEmpty {
            let names = syntax.options.map { "-\($0.name) \($0.meaning)" }.joined(separator: ", ")
            throw CommandError("Missing required option: [\(names)]")
        }
    }

    /// Whether a word that could be a value is an option instead.
    private func isOption(_ word: String) -> Bool {
        guard word.hasPrefix("-"), word.utf8.count > 1 else { return false }
        let name = word.dropFirst().prefix { $0 != "=" }
        return syntax.option(Self.withoutHyphens(name)) != nil || syntax.option(name.prefix(1)) != nil
    }

    private mutating func takeOption(_ word: String) throws(CommandError) {
        let text = Self.withoutHyphens(word[...])
        // Apache's shell has no long options; ours has one, which works with one hyphen as well.
        guard !word.hasPrefix("--") || text.utf8.count > 1 && syntax.option(text) != nil else {
            throw Self.unrecognized(word)
        }
        if let equals = text.firstIndex(of: "="), text.utf8.count > 1 {
            guard let option = syntax.option(text[..<equals]), option.name.utf8.count == 1, option.takesValue else {
                throw Self.unrecognized(word)
            }
            try select(option)
            take(String(text[text.index(after: equals)...]), for: option.name)
        } else if let option = syntax.option(text) {
            try select(option)
        } else {
            try takeCluster(word)
        }
    }

    /// `-sw`, or `-v3`.
    private mutating func takeCluster(_ word: String) throws(CommandError) {
        var rest = word.dropFirst()
        while let letter = rest.popFirst() {
            guard let option = syntax.option(Substring(String(letter))) else { throw Self.unrecognized(word) }
            try select(option)
            if option.takesValue, !rest.isEmpty { return take(Self.unquoted(String(rest)), for: option.name) }
        }
    }

    private mutating func select(_ option: OptionSyntax.Option) throws(CommandError) {
        try checkNothingIsDue()
        if syntax.isExclusive {
            if let selected, selected != option.name {
                throw CommandError(
                    "The option '\(option.name)' was specified but an option from this group has already been selected: '\(selected)'"
                )
            }
            selected = option.name
        }
        given.insert(option.name)
        waiting = option.takesValue ? option.name : nil
    }

    private mutating func take(_ value: String, for name: String) {
        if values[name] == nil { values[name] = value }
        waiting = nil
    }

    private func checkNothingIsDue() throws(CommandError) {
        if let waiting { throw CommandError("Missing argument for option: \(waiting)") }
    }

    private static func unrecognized(_ word: String) -> CommandError { CommandError("Unrecognized option: \(word)") }

    private static func withoutHyphens(_ word: Substring) -> Substring {
        word.hasPrefix("--") ? word.dropFirst(2) : word.hasPrefix("-") ? word.dropFirst() : word
    }

    private static func unquoted(_ value: String) -> String {
        guard value.utf8.count > 1, value.hasPrefix("\""), value.hasSuffix("\"") else { return value }
        let inside = value.dropFirst().dropLast()
        return inside.contains("\"") ? value : String(inside)
    }
}
