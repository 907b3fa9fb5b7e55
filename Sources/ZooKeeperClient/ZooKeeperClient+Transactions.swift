import Jute
import ZooKeeperProtocol

/// One operation of a transaction.
public enum TransactionOperation: Hashable, Sendable {
    case create(
        path: String, data: [UInt8]? = [], mode: CreateMode = .persistent, acl: [ACL] = .open,
        timeToLive: Duration? = nil)
    /// `version`: the version the znode must have; nil for any.
    case delete(path: String, version: Int32? = nil)
    case setData(path: String, data: [UInt8]?, version: Int32? = nil)
    /// Changes nothing, and fails the transaction if the znode has another version.
    case check(path: String, version: Int32)

    var path: String {
        switch self {
        case .create(let path, _, _, _, _), .delete(let path, _), .setData(let path, _, _), .check(let path, _): path
        }
    }
}

/// What one operation of a transaction did.
public enum TransactionResult: Hashable, Sendable {
    /// With the path; servers tell the Stat for containers and TTL nodes only (3.8.0), or for all.
    case created(path: String, stat: Stat?)
    case deleted
    case dataSet(Stat)
    case checked
}

/// The operations of a transaction, one by one.
public struct Transaction: Hashable, Sendable {
    public private(set) var operations: [TransactionOperation] = []

    public init() {}

    /// The znode must have this version; nothing is changed.
    public mutating func check(_ path: String, version: Int32) {
        operations.append(.check(path: path, version: version))
    }

    public mutating func create(
        _ path: String, data: [UInt8]? = [], mode: CreateMode = .persistent, acl: [ACL] = .open,
        timeToLive: Duration? = nil
    ) {
        operations.append(.create(path: path, data: data, mode: mode, acl: acl, timeToLive: timeToLive))
    }

    public mutating func delete(_ path: String, version: Int32? = nil) {
        operations.append(.delete(path: path, version: version))
    }

    public mutating func setData(_ path: String, _ data: [UInt8]?, version: Int32? = nil) {
        operations.append(.setData(path: path, data: data, version: version))
    }
}

extension ZooKeeperClient {
    /// Does all of the operations or none, each seeing the effects of those before it.
    ///
    /// ```swift
    /// try await client.transaction { transaction in
    ///     transaction.check("/config", version: 3)
    ///     transaction.create("/config/new")
    ///     transaction.setData("/config", Array("new".utf8))
    /// }
    /// ```
    ///
    /// - Returns: What each operation did, in their order.
    /// - Throws: the error of the operation that failed, whose index is in ``ZooKeeperError/failedOperation``.
    @discardableResult
    public func transaction(_ build: (inout Transaction) throws -> Void) async throws -> [TransactionResult] {
        var transaction = Transaction()
        try build(&transaction)
        return try await self.transaction(transaction.operations)
    }

    /// Does all of the operations or none, each seeing the effects of those before it.
    ///
    /// - Throws: the error of the operation that failed, whose index is in ``ZooKeeperError/failedOperation``.
    @discardableResult
    public func transaction(_ operations: [TransactionOperation]) async throws -> [TransactionResult] {
        let request = Request.multi(try operations.map(multiOperation))
        let results = try await perform(request) { (reader) throws(JuteError) in
            try MultiResult.readAll(from: &reader)
        }
        // Of the others, those before say `ok` and those behind `runtimeInconsistency`.
        let errors = results.enumerated().compactMap { index, result -> (Int, ErrorCode)? in
            guard case .error(let code) = result, code != .ok else { return nil }
            return (index, code)
        }
        if let (index, code) = errors.first(where: { $0.1 != .runtimeInconsistency }) ?? errors.first {
            let path = index < operations.count ? operations[index].path : nil
            throw ZooKeeperError(code, operation: "multi", path: path, failedOperation: index)
        }
        guard results.count == operations.count else {
            throw ZooKeeperError(
                .marshallingError, operation: "multi",
                detail: "\(results.count) results for \(operations.count) operations")
        }
        return try results.map(transactionResult)
    }

    private func multiOperation(_ operation: TransactionOperation) throws -> MultiOperation {
        switch operation {
        case .create(let path, let data, let mode, let acl, let timeToLive):
            switch try createRequest(path, data: data, mode: mode, acl: acl, timeToLive: timeToLive) {
            case .createTTL(let body): return .createTTL(body)
            // 3.8.0 and 3.8.1 cannot apply a create2 inside a multi that another server has logged.
            case .create(let op, let body): return .create(op == .create2 ? .create : op, body)
            default: throw ZooKeeperError(.badArguments, operation: "multi", path: path)
            }
        case .delete(let path, let version):
            return .delete(DeleteRequest(path: try absolute(path, operation: .delete), version: version ?? -1))
        case .setData(let path, let data, let version):
            return .setData(
                SetDataRequest(path: try absolute(path, operation: .setData), data: data, version: version ?? -1))
        case .check(let path, let version):
            return .check(CheckVersionRequest(path: try absolute(path, operation: .check), version: version))
        }
    }

    private func transactionResult(_ result: MultiResult) throws -> TransactionResult {
        switch result {
        case .create(let body): .created(path: connectString.relative(body.path), stat: nil)
        case .create2(let body): .created(path: connectString.relative(body.path), stat: body.stat)
        case .delete: .deleted
        case .setData(let stat): .dataSet(stat)
        case .check: .checked
        case .getData, .getChildren, .error:
            throw ZooKeeperError(
                .marshallingError, operation: "multi", detail: "a result of no operation that was sent")
        }
    }
}
