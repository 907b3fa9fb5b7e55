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

    /// What to say when the first word is no command; nil when it is one, or an option.
    static func complaint(_ words: [String], commands: [String]) -> String? {
        guard let word = words.first, !word.hasPrefix("-"), word != "help", !commands.contains(word) else { return nil }
        let nearest = EditDistance.nearest(word, among: commands)
        return "there is no command '\(word)'." + (nearest.map { " Did you mean '\($0)'?" } ?? "")
    }

    /// Whether a JSON document is wanted, errors included.
    static func wantsJSON(_ words: [String]) -> Bool { words.prefix { $0 != "--" }.contains("--json") }
}
