/// Stops the process with `message` when `condition` is false, in release builds too.
///
/// For what only a mistake of ours can cause. `precondition` would trap without a word in `-O`; this one prints.
/// What the outside world can cause (bad bytes, a full disk) is an error value, never an invariant.
@inlinable @inline(__always)
package func invariant(
    _ condition: @autoclosure () -> Bool, _ message: @autoclosure () -> String, file: StaticString = #fileID,
    line: UInt = #line
) {
    if _slowPath(!condition()) { fatalError("invariant broken: \(message())", file: file, line: line) }
}
