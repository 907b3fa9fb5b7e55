import Jute
import ZooKeeperProtocol

extension TxnPreparer {
    /// All or nothing: each operation sees what those before it did, and the first that fails takes them back.
    mutating func prepareMulti(
        _ reader: inout JuteReader, _ step: inout PrepareStep, _ sessions: inout SessionTracker,
        _ entry: inout JuteWriter
    ) throws(Refusal) -> OpCode {
        var ahead = reader
        let count = try decode(&ahead) { (reader) throws(JuteError) in try Self.operationFlags(&reader).count }
        entry.write(Int32(count))
        pending.beginMulti()
        let digestBefore = foreseenDigest
        for _ in 0..<count {
            // Decoded once already, by `operationFlags`.
            let header = try decode(&reader) { (reader) throws(JuteError) in try MultiHeader(from: &reader) }
            let start = entry.count
            entry.write(header.type.rawValue)
            let frame = entry.beginFrame()
            do throws(Refusal) {
                let type = try prepareOperation(header.type, &reader, &step, &sessions, &entry)
                entry.overwrite(type.rawValue, at: start)
            } catch {
                if step.failure == .ok {
                    step.failure = error.code
                    pending.rollBackMulti(step.zxid, &step.tree.acls)
                    foreseenDigest = digestBefore
                }
                entry.truncate(to: frame + 4)
                entry.write(error.code.rawValue)
                entry.overwrite(OpCode.error.rawValue, at: start)
            }
            entry.endFrame(frame)
        }
        if step.failure == .ok { pending.commitMulti(&step.tree.acls) }
        return .multi
    }

    private mutating func prepareOperation(
        _ op: OpCode, _ reader: inout JuteReader, _ step: inout PrepareStep, _ sessions: inout SessionTracker,
        _ entry: inout JuteWriter
    ) throws(Refusal) -> OpCode {
        if step.failure != .ok {
            _ = try decode(&reader) { (reader) throws(JuteError) in try Self.skipOperation(op, &reader) }
            throw Refusal(code: .runtimeInconsistency)
        }
        switch op {
        case .create, .create2, .createContainer, .createTTL:
            let fields = try decode(&reader) { (reader) throws(JuteError) in
                try CreateFields(from: &reader, hasTTL: op == .createTTL)
            }
            guard let mode = CreateMode(rawValue: fields.flags) else { throw Refusal(code: .badArguments) }
            try checkTTL(mode, fields.ttl)
            step.bytesBehind = reader.remaining
            let type = Self.opInMulti(mode)
            try prepareCreate(fields, mode, op: type, &step, &sessions, &entry)
            return type
        default:
            // The session first, as for the operation alone; but the reader must stand behind it either way.
            let start = reader
            _ = try decode(&reader) { (reader) throws(JuteError) in try Self.skipOperation(op, &reader) }
            try checkSession(step, &sessions)
            step.bytesBehind = reader.remaining
            var body = start
            return try prepareChange(op, &body, step, &entry)
        }
    }

    /// Reads to the end of a multi: for each operation the flags of a create, nil for all others. An operation that does not belong
    /// there is an error of the whole.
    static func operationFlags(_ reader: inout JuteReader) throws(JuteError) -> [Int32?] {
        var all: [Int32?] = []
        while true {
            let header = try MultiHeader(from: &reader)
            if header.done { return all }
            let start = reader.offset
            let flags = try skipOperation(header.type, &reader)
            // A time to live is asked for where there is no room for it.
            if header.type != .createTTL, let flags, CreateMode(rawValue: flags)?.isTTL == true {
                throw .unknownValue(Int64(flags), at: start)
            }
            all.append(flags)
        }
    }

    /// Returns the flags of a create.
    private static func skipOperation(_ op: OpCode, _ reader: inout JuteReader) throws(JuteError) -> Int32? {
        switch op {
        case .create, .create2, .createContainer, .createTTL:
            return try CreateFields(from: &reader, hasTTL: op == .createTTL).flags
        case .delete, .check:
            _ = try reader.readPresentSlice()
            _ = try reader.readInt32()
        case .setData:
            _ = try reader.readPresentSlice()
            _ = try reader.readSlice()
            _ = try reader.readInt32()
        default: throw .unknownValue(Int64(op.rawValue), at: reader.offset)
        }
        return nil
    }
}
