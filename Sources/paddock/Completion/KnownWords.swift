import ArgumentParser
import Membership
import Operations
import Topology

/// What a completion knows of the moment: the names of ensembles, the ids of their servers.
///
/// It is asked while a line is being typed: it reads the state directory and nothing else, asks no server, and what cannot be known is
/// left out without a word.
enum KnownWords {
    static let ensembles = CompletionKind.custom { line, _, _ in
        TypedLine(line).store.names()
    }

    /// - Parameter groups: the words that stand for several servers or for a role, where a command takes them.
    static func servers(_ groups: [String] = []) -> CompletionKind {
        .custom { line, index, _ in
            let typed = TypedLine(line)
            let ids = typed.ensemble.map { $0.topology.servers.map { "\($0.id)" } } ?? []
            let used = typed.positional(before: index)
            return (ids + groups).filter { !used.contains($0) }
        }
    }

    /// Of commands that take any selection of servers.
    static let selections = servers(["leader", "followers", "observers", "all"])
}

/// The words of a line that is being typed, as shells hand them over: quoted as they were typed, by bash also split at `=`.
struct TypedLine {
    var words: [String]

    init(_ words: [String]) { self.words = words.map(Self.unquoted) }

    var store: EnsembleStore { EnsembleStore(option: value(of: ["--state-dir"])) }

    /// The one that the line names, else the one that the command would take.
    var ensemble: Ensemble? {
        try? store.open(value(of: ["--ensemble", "-e"]) ?? EnsembleOption.inEnvironment)
    }

    /// What stands before the word that is completed, values of options aside.
    func positional(before index: Int) -> Set<String> {
        let before = words.prefix(max(0, index))
        let isValue = { (previous: String) in previous == "=" || previous.hasPrefix("-") && !previous.contains("=") }
        return Set(zip(before.dropFirst(), before).filter { !isValue($1) }.map(\.0))
    }

    private func value(of names: [String]) -> String? {
        for (index, word) in words.enumerated() {
            for name in names where word.hasPrefix(name) {
                if word == name {
                    let next = words.dropFirst(index + 1).first
                    return next == "=" ? words.dropFirst(index + 2).first : next
                }
                if word.hasPrefix(name + "=") { return String(word.dropFirst(name.count + 1)) }
            }
        }
        return nil
    }

    /// A word as the shell would pass it on. Of what a shell expands only `~/` at the beginning.
    private static func unquoted(_ word: String) -> String {
        var result = ""
        var quote: Character?
        var isEscaped = false
        for character in word {
            if isEscaped {
                result.append(character)
                isEscaped = false
            } else if character == "\\", quote != "'" {
                isEscaped = true
            } else if character == quote {
                quote = nil
            } else if quote == nil, character == "'" || character == "\"" {
                quote = character
            } else {
                result.append(character)
            }
        }
        guard word.hasPrefix("~/"), let home = EnsembleStore.processEnvironment()["HOME"] else { return result }
        return home + result.dropFirst()
    }
}
