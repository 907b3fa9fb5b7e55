/// Why a command was not carried out, in the words of ZooKeeper's own shell.
package struct CommandError: Error, Hashable, Sendable, CustomStringConvertible {
    package var message: String
    /// What a shell exits with that ran this command last.
    package var exitCode: Int32
    /// Whether the list of all commands is printed before the message.
    package var showsUsage: Bool

    package init(_ message: String, exitCode: Int32 = 1, showsUsage: Bool = false) {
        self.message = message
        self.exitCode = exitCode
        self.showsUsage = showsUsage
    }

    package static func notFound(_ command: String) -> CommandError {
        // Twice, as Apache's says it.
        CommandError("Command not found: Command not found \(command)", exitCode: 127, showsUsage: true)
    }

    package var description: String { message }
}
