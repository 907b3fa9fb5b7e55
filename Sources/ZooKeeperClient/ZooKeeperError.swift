import ZooKeeperProtocol

/// Why an operation failed.
///
/// The codes can be caught by name: `catch ErrorCode.noNode { … }`.
public struct ZooKeeperError: Error, Hashable, Sendable {
    public var code: ErrorCode
    /// `create`, `getData`, …
    public var operation: String
    /// The znode it was about, as the client names it.
    public var path: String?
    /// Which operation of a transaction failed, from 0.
    public var failedOperation: Int?
    /// What the code does not say.
    public var detail: String?
    /// Whether the operation may have happened all the same: it had been sent, and the answer never came.
    ///
    /// Look before repeating a write that is not idempotent; ``RetryPolicy`` has done so where that could tell.
    public var isOutcomeUnknown: Bool

    /// - Parameter isOutcomeUnknown: Nil for what the code says: `connectionLoss` and `requestTimeout` leave it open.
    public init(
        _ code: ErrorCode, operation: String, path: String? = nil, failedOperation: Int? = nil, detail: String? = nil,
        isOutcomeUnknown: Bool? = nil
    ) {
        self.code = code
        self.operation = operation
        self.path = path
        self.failedOperation = failedOperation
        self.detail = detail
        self.isOutcomeUnknown = isOutcomeUnknown ?? (code == .connectionLoss || code == .requestTimeout)
    }

    /// Lets `catch` and `case` match an error by its code.
    public static func ~= (code: ErrorCode, error: ZooKeeperError) -> Bool { error.code == code }
}

/// Lets `catch ErrorCode.noNode` match a ``ZooKeeperError``.
public func ~= (code: ErrorCode, error: any Error) -> Bool {
    (error as? ZooKeeperError)?.code == code
}

extension ZooKeeperError: CustomStringConvertible {
    public var description: String {
        var text = operation
        if let path { text += " \(path)" }
        if let failedOperation { text += ", operation \(failedOperation)" }
        text += ": \(code)"
        if let detail { text += " (\(detail))" }
        return text
    }
}
