/// What `body` gives, or nil when it was cancelled because the time was up; no limit if `limit` is nil.
///
/// A body that has come to its end all the same when it is cancelled wins.
func within<Value: Sendable>(
    _ limit: Duration?, _ body: @escaping @Sendable () async throws -> Value
) async throws -> Value? {
    guard let limit else { return try await body() }
    return try await withThrowingTaskGroup(of: Value?.self) { group in
        group.addTask { try await body() }
        group.addTask {
            // Cancelled: the body is done, or the caller is no longer wanted.
            try? await Task.sleep(for: limit)
            return nil
        }
        if let value = try await group.next() ?? nil {
            group.cancelAll()
            return value
        }
        group.cancelAll()
        do {
            return try await group.next() ?? nil
        } catch is CancellationError {
            try Task.checkCancellation()
            return nil
        }
    }
}
