import ServerConfig

/// The words of a command line before they are parsed.
enum CommandWords {
    private static let flags = ["--json", "--quiet", "-q", "--verbose", "-v", "--no-color"]
    private static let valued = ["--state-dir", "--ensemble", "-e"]

    /// Options that every command takes may stand before the command, too: they are moved behind it.
    static func arranged(_ words: [String]) -> [String] {
        var index = 0
        while index < words.count, words[index].hasPrefix("-") {
            if flags.contains(words[index]) || valued.contains(where: { words[index].hasPrefix("\($0)=") }) {
                index += 1
            } else if valued.contains(words[index]) {
                index += 2
            } else {
                return words
            }
        }
        guard index > 0, index < words.count else { return words }
        // The name of a command of a group has two words.
        let length = ["registry", "self"].contains(words[index]) && index + 1 < words.count ? 2 : 1
        let name = Array(words[index...].prefix(length))
        return name + Array(words[..<index]) + Array(words[(index + length)...])
    }

    /// What to say when the first word is no command, or the second none of its own; nil when they are, or are options.
    /// - Parameter commands: with the commands that each has.
    static func complaint(_ words: [String], commands: [(name: String, own: [String])]) -> String? {
        guard let word = words.first, !word.hasPrefix("-"), word != "help" else { return nil }
        guard let command = commands.first(where: { $0.name == word }) else {
            let nearest = EditDistance.nearest(word, among: commands.map(\.name))
            return "there is no command '\(word)'." + (nearest.map { " Did you mean '\($0)'?" } ?? "")
        }
        guard !command.own.isEmpty, words.count > 1, case let second = words[1], !second.hasPrefix("-"),
            second != "help", !command.own.contains(second)
        else { return nil }
        let nearest = EditDistance.nearest(second, among: command.own)
        return "there is no command '\(word) \(second)'."
            + (nearest.map { " Did you mean '\(word) \($0)'?" } ?? " There are \(command.own.joined(separator: ", ")).")
    }

    /// Whether a JSON document is wanted, errors included.
    static func wantsJSON(_ words: [String]) -> Bool { words.prefix { $0 != "--" }.contains("--json") }
}
