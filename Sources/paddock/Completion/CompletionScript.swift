import ArgumentParser

/// The completion scripts that the argument parser makes, silenced.
///
/// They ask the program that the line begins with, which may be of another version than the script, or not be there by now. What it says
/// on its standard error would land in the line that is being typed.
enum CompletionScript {
    /// What the scripts of the shells call the program with.
    private static let calls = [
        #""${COMP_WORDS[0]}" "${@}" "${words[@]}""#,
        #""${command_name}" "${@}" "${command_line[@]}""#,
        "command $tokens[1] $argv $tokens",
    ]

    /// The script that a command line asks for; nil when it asks for none, or for one of a shell that nobody knows.
    static func requested(_ words: [String]) -> String? {
        let option = "--generate-completion-script"
        guard let word = words.first, word == option || word.hasPrefix(option + "=") else { return nil }
        let name = word == option ? words.dropFirst().first : String(word.dropFirst(option.count + 1))
        guard let shell = name.map({ CompletionShell(rawValue: $0) }) ?? CompletionShell.autodetected() else {
            return nil
        }
        return calls.reduce(Paddock.completionScript(for: shell)) { $0.replacing($1, with: $1 + " 2>/dev/null") }
    }
}
