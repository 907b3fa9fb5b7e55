import Jute

/// What precedes each operation of a multi and each result of one; the last one, with `done`, stands alone.
package struct MultiHeader {
    package var type: OpCode
    package var done: Bool
    /// -1 in requests; 0 or the error code in replies.
    package var error: Int32

    package static let end = MultiHeader(type: .error, done: true, error: -1)

    package init(type: OpCode, done: Bool = false, error: Int32) {
        self.type = type
        self.done = done
        self.error = error
    }

    package init(from reader: inout JuteReader) throws(JuteError) {
        type = OpCode(rawValue: try reader.readInt32())
        done = try reader.readBool()
        error = try reader.readInt32()
    }

    package func write(to writer: inout JuteWriter) {
        writer.write(type.rawValue)
        writer.write(done)
        writer.write(error)
    }
}

/// One operation of a multi (all but the last two cases) or of a multiRead (the last two).
package enum MultiOperation: Hashable, Sendable {
    /// create, create2 or createContainer.
    case create(OpCode, CreateRequest)
    case createTTL(CreateTTLRequest)
    case delete(DeleteRequest)
    case setData(SetDataRequest)
    case check(CheckVersionRequest)
    /// The watch byte is there, and ignored by servers.
    case getData(ReadRequest)
    case getChildren(ReadRequest)

    package var op: OpCode {
        switch self {
        case .create(let op, _): op
        case .createTTL: .createTTL
        case .delete: .delete
        case .setData: .setData
        case .check: .check
        case .getData: .getData
        case .getChildren: .getChildren
        }
    }

    package static func write(_ operations: [MultiOperation], to writer: inout JuteWriter) {
        for operation in operations {
            MultiHeader(type: operation.op, error: -1).write(to: &writer)
            switch operation {
            case .create(_, let body): body.write(to: &writer)
            case .createTTL(let body): body.write(to: &writer)
            case .delete(let body): body.write(to: &writer)
            case .setData(let body): body.write(to: &writer)
            case .check(let body): body.write(to: &writer)
            case .getData(let body), .getChildren(let body): body.write(to: &writer)
            }
        }
        MultiHeader.end.write(to: &writer)
    }
}

/// One result of a multi or multiRead.
package enum MultiResult: Hashable, Sendable {
    case create(PathRecord)
    /// Also the result of createContainer and createTTL.
    case create2(Create2Response)
    case setData(Stat)
    case delete
    case check
    case getData(DataResponse)
    case getChildren(StringsRecord)
    /// Of a failed multi: `ok` before the operation that failed, its error, `runtimeInconsistency` behind it.
    case error(ErrorCode)

    /// Reads a whole reply body.
    package static func readAll(from reader: inout JuteReader) throws(JuteError) -> [MultiResult] {
        var results: [MultiResult] = []
        while true {
            let start = reader.offset
            let header = try MultiHeader(from: &reader)
            if header.done { return results }
            switch header.type {
            case .create: results.append(.create(try PathRecord(from: &reader)))
            case .create2: results.append(.create2(try Create2Response(from: &reader)))
            case .setData: results.append(.setData(try Stat(from: &reader)))
            case .delete: results.append(.delete)
            case .check: results.append(.check)
            case .getData: results.append(.getData(try DataResponse(from: &reader)))
            case .getChildren: results.append(.getChildren(try StringsRecord(from: &reader)))
            case .error: results.append(.error(ErrorCode(rawValue: try reader.readInt32())))
            default: throw .unknownValue(Int64(header.type.rawValue), at: start)
            }
        }
    }
}
