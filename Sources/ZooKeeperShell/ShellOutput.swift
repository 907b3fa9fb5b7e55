/// Where a shell's words go. Every text ends with its line.
package protocol ShellOutput: Sendable {
    /// What was asked for: standard output.
    func result(_ text: String)
    /// What went wrong: standard error.
    func problem(_ text: String)
    /// What came unasked. Called on the client's thread: returns at once, and is printed before results that come later.
    func event(_ text: String)
}
