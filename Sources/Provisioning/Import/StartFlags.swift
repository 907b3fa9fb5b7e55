/// The JVM flags that the files beside a zoo.cfg give its server: `zookeeper-env.sh` and `java.env`, which Apache's scripts source.
package struct StartFlags: Hashable, Sendable {
    /// In the order in which the JVM gets them.
    package private(set) var flags: [String] = []
    /// Words that only a shell could tell the meaning of.
    package private(set) var unreadable: [String] = []

    package init() {}

    /// - Parameter directory: of the zoo.cfg.
    package init(beside directory: String) {
        self.init(["zookeeper-env.sh", "java.env"].compactMap { SystemFile.text("\(directory)/\($0)") })
    }

    /// - Parameter texts: of the files, in the order in which they are sourced.
    init(_ texts: [String]) {
        // What is assigned later replaces what was, unless it names it.
        var words: [String: [String]] = [:]
        for line in texts.joined(separator: "\n").split(whereSeparator: \.isNewline) {
            var text = line.drop { $0.isWhitespace }
            if text.hasPrefix("export ") { text = text.dropFirst(7).drop { $0.isWhitespace } }
            guard let name = Self.variables.first(where: { text.hasPrefix("\($0)=") }) else { continue }
            var value = text.dropFirst(name.count + 1)
            if let quote = value.first, quote == "\"" || quote == "'" {
                value = value.dropFirst().prefix { $0 != quote }
            } else {
                value = value.prefix { !$0.isWhitespace && $0 != "#" }
            }
            var own: [String] = []
            for word in value.split(whereSeparator: \.isWhitespace).map(String.init) {
                let reference = Self.variables.first { ["$\($0)", "${\($0)}"].contains(word) }
                own += reference.map { words[$0] ?? [] } ?? [word]
            }
            words[name] = own
        }
        let all = (words["SERVER_JVMFLAGS"] ?? []) + (words["JVMFLAGS"] ?? [])
        flags = all.filter { $0.hasPrefix("-") && !$0.contains("$") && !$0.contains("`") }
        unreadable = all.filter { !flags.contains($0) }
    }

    private static let variables = ["SERVER_JVMFLAGS", "JVMFLAGS"]
}
