import Planning

/// What an operation tells while it goes on.
package enum Progress: Hashable, Sendable {
    /// Something was begun or done: `starting servers 1 and 2`.
    case step(String)
    /// A server passed a station on its way to serving.
    case passed(Timeline.Passage)
    /// What is waited for at the moment; sent when it changes.
    case waiting(String)
    /// The terminal is another program's from now on.
    case handingOver
    /// Something the user should know, and that did not stop the operation.
    case warning(String)
}
