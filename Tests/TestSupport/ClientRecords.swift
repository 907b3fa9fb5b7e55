import Jute
import ZooKeeperProtocol

// The other direction of what only clients write and only clients read: for captured conversations, for servers that tests play, and
// for the fuzzer. The servers themselves read requests and write replies in place.

extension Request {
    /// Reads the body of `op`; nil when no client may send that opcode.
    ///
    /// Keeps what the client said, also where an operation will refuse it (unknown flags, modes, null lists). Bytes behind the body are
    /// ignored, as servers do.
    package init?(_ op: OpCode, from reader: inout JuteReader) throws(JuteError) {
        switch op {
        case .create, .create2, .createContainer: self = .create(op, try CreateRequest(from: &reader))
        case .createTTL: self = .createTTL(try CreateTTLRequest(from: &reader))
        case .delete: self = .delete(try DeleteRequest(from: &reader))
        case .setData: self = .setData(try SetDataRequest(from: &reader))
        case .setACL: self = .setACL(try SetACLRequest(from: &reader))
        case .check: self = .check(try CheckVersionRequest(from: &reader))
        case .multi: self = .multi(try MultiOperation.readAll(from: &reader))
        case .reconfig: self = .reconfig(try ReconfigRequest(from: &reader))
        case .exists: self = .exists(try ReadRequest(from: &reader))
        case .getData: self = .getData(try ReadRequest(from: &reader))
        case .getChildren: self = .getChildren(try ReadRequest(from: &reader))
        case .getChildren2: self = .getChildren2(try ReadRequest(from: &reader))
        case .getACL: self = .getACL(try PathRecord(from: &reader))
        case .getAllChildrenNumber: self = .getAllChildrenNumber(try PathRecord(from: &reader))
        case .getEphemerals: self = .getEphemerals(try EphemeralsRequest(from: &reader))
        case .multiRead: self = .multiRead(try MultiOperation.readAll(from: &reader))
        case .whoAmI: self = .whoAmI
        case .addWatch: self = .addWatch(try AddWatchRequest(from: &reader))
        case .checkWatches: self = .checkWatches(try WatcherRequest(from: &reader))
        case .removeWatches: self = .removeWatches(try WatcherRequest(from: &reader))
        case .setWatches: self = .setWatches(try SetWatches(from: &reader))
        case .setWatches2: self = .setWatches2(try SetWatches2(from: &reader))
        case .sync: self = .sync(try PathRecord(from: &reader))
        case .ping: self = .ping
        case .auth: self = .auth(try AuthPacket(from: &reader))
        case .sasl: self = .sasl(try SASLToken(from: &reader))
        case .closeSession: self = .closeSession
        default: return nil
        }
    }
}

extension MultiOperation {
    /// Reads a whole request body. Any other opcode is an error of the request as a whole.
    package static func readAll(from reader: inout JuteReader) throws(JuteError) -> [MultiOperation] {
        var operations: [MultiOperation] = []
        while true {
            let start = reader.offset
            let header = try MultiHeader(from: &reader)
            if header.done { return operations }
            switch header.type {
            case .create, .create2, .createContainer:
                operations.append(.create(header.type, try CreateRequest(from: &reader)))
            case .createTTL: operations.append(.createTTL(try CreateTTLRequest(from: &reader)))
            case .delete: operations.append(.delete(try DeleteRequest(from: &reader)))
            case .setData: operations.append(.setData(try SetDataRequest(from: &reader)))
            case .check: operations.append(.check(try CheckVersionRequest(from: &reader)))
            case .getData: operations.append(.getData(try ReadRequest(from: &reader)))
            case .getChildren: operations.append(.getChildren(try ReadRequest(from: &reader)))
            default: throw .unknownValue(Int64(header.type.rawValue), at: start)
            }
        }
    }
}

extension MultiResult {
    package static func write(_ results: [MultiResult], to writer: inout JuteWriter) {
        for result in results {
            switch result {
            case .create(let body): begin(.create, &writer) { body.write(to: &$0) }
            case .create2(let body): begin(.create2, &writer) { body.write(to: &$0) }
            case .setData(let stat): begin(.setData, &writer) { stat.write(to: &$0) }
            case .delete: begin(.delete, &writer) { _ in }
            case .check: begin(.check, &writer) { _ in }
            case .getData(let body): begin(.getData, &writer) { body.write(to: &$0) }
            case .getChildren(let body): begin(.getChildren, &writer) { body.write(to: &$0) }
            case .error(let code):
                MultiHeader(type: .error, error: code.rawValue).write(to: &writer)
                writer.write(code.rawValue)
            }
        }
        MultiHeader.end.write(to: &writer)
    }

    private static func begin(_ type: OpCode, _ writer: inout JuteWriter, body: (inout JuteWriter) -> Void) {
        MultiHeader(type: type, error: 0).write(to: &writer)
        body(&writer)
    }
}

// MARK: Requests

extension AddWatchRequest: JuteDecodable {
    package init(from reader: inout JuteReader) throws(JuteError) {
        self.init(
            path: try reader.readString(), mode: try reader.readInt32())
    }
}

extension WatcherRequest: JuteDecodable {
    package init(from reader: inout JuteReader) throws(JuteError) {
        self.init(
            path: try reader.readString(), type: try reader.readInt32())
    }
}

extension SetWatches: JuteDecodable {
    package init(from reader: inout JuteReader) throws(JuteError) {
        self.init(
            relativeZXID: try reader.readZXID(), data: try reader.readStrings(), exist: try reader.readStrings(),
            child: try reader.readStrings())
    }
}

extension SetWatches2: JuteDecodable {
    package init(from reader: inout JuteReader) throws(JuteError) {
        self.init(
            relativeZXID: try reader.readZXID(), data: try reader.readStrings(), exist: try reader.readStrings(),
            child: try reader.readStrings(), persistent: try reader.readStrings(),
            persistentRecursive: try reader.readStrings())
    }
}

extension CreateRequest: JuteDecodable {
    package init(from reader: inout JuteReader) throws(JuteError) {
        self.init(
            path: try reader.readString(), data: try reader.readBuffer(), acl: try reader.readVector(),
            flags: try reader.readInt32())
    }
}

extension CreateTTLRequest: JuteDecodable {
    package init(from reader: inout JuteReader) throws(JuteError) {
        self.init(
            path: try reader.readString(), data: try reader.readBuffer(), acl: try reader.readVector(),
            flags: try reader.readInt32(), ttl: try reader.readInt64())
    }
}

extension DeleteRequest: JuteDecodable {
    package init(from reader: inout JuteReader) throws(JuteError) {
        self.init(
            path: try reader.readString(), version: try reader.readInt32())
    }
}

extension SetACLRequest: JuteDecodable {
    package init(from reader: inout JuteReader) throws(JuteError) {
        self.init(
            path: try reader.readString(), acl: try reader.readVector(), version: try reader.readInt32())
    }
}

extension ReadRequest: JuteDecodable {
    package init(from reader: inout JuteReader) throws(JuteError) {
        self.init(
            path: try reader.readString(), watch: try reader.readBool())
    }
}

extension EphemeralsRequest: JuteDecodable {
    package init(from reader: inout JuteReader) throws(JuteError) {
        self.init(
            prefix: try reader.readOptionalString())
    }
}

// MARK: Replies

extension WatcherEvent: JuteEncodable {
    package func write(to writer: inout JuteWriter) {
        writer.write(type.rawValue)
        writer.write(state.rawValue)
        writer.write(path)
    }
}

extension WhoAmIResponse: JuteEncodable {
    package func write(to writer: inout JuteWriter) {
        writer.write(clientInfo)
    }
}

extension Create2Response: JuteEncodable {
    package func write(to writer: inout JuteWriter) {
        writer.write(path)
        writer.write(stat)
    }
}

extension DataResponse: JuteEncodable {
    package func write(to writer: inout JuteWriter) {
        writer.write(data)
        writer.write(stat)
    }
}

extension ACLResponse: JuteEncodable {
    package func write(to writer: inout JuteWriter) {
        writer.write(acl)
        writer.write(stat)
    }
}

extension StringsRecord: JuteEncodable {
    package func write(to writer: inout JuteWriter) {
        writer.write(strings)
    }
}

extension Children2Response: JuteEncodable {
    package func write(to writer: inout JuteWriter) {
        writer.write(children)
        writer.write(stat)
    }
}

extension CountResponse: JuteEncodable {
    package func write(to writer: inout JuteWriter) {
        writer.write(count)
    }
}
