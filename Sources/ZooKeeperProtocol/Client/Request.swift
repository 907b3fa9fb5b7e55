import Jute

/// The body of a client's request, by its opcode.
///
/// Reading keeps what the client said, also where an operation will refuse it (unknown flags, modes, null lists): which
/// error that earns is the data tree's to decide. Bytes behind the body are ignored, as Apache's server does.
package enum Request: Hashable, Sendable {
    /// create, create2 or createContainer.
    case create(OpCode, CreateRequest)
    case createTTL(CreateTTLRequest)
    case delete(DeleteRequest)
    case setData(SetDataRequest)
    case setACL(SetACLRequest)
    case check(CheckVersionRequest)
    case multi([MultiOperation])
    case reconfig(ReconfigRequest)
    case exists(ReadRequest)
    case getData(ReadRequest)
    case getChildren(ReadRequest)
    case getChildren2(ReadRequest)
    case getACL(PathRecord)
    case getAllChildrenNumber(PathRecord)
    case getEphemerals(EphemeralsRequest)
    case multiRead([MultiOperation])
    case whoAmI
    case addWatch(AddWatchRequest)
    case checkWatches(WatcherRequest)
    case removeWatches(WatcherRequest)
    case setWatches(SetWatches)
    case setWatches2(SetWatches2)
    case sync(PathRecord)
    case ping
    case auth(AuthPacket)
    case sasl(SASLToken)
    case closeSession

    /// Reads the body of `op`; nil when no client may send that opcode.
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

    package var op: OpCode {
        switch self {
        case .create(let op, _): op
        case .createTTL: .createTTL
        case .delete: .delete
        case .setData: .setData
        case .setACL: .setACL
        case .check: .check
        case .multi: .multi
        case .reconfig: .reconfig
        case .exists: .exists
        case .getData: .getData
        case .getChildren: .getChildren
        case .getChildren2: .getChildren2
        case .getACL: .getACL
        case .getAllChildrenNumber: .getAllChildrenNumber
        case .getEphemerals: .getEphemerals
        case .multiRead: .multiRead
        case .whoAmI: .whoAmI
        case .addWatch: .addWatch
        case .checkWatches: .checkWatches
        case .removeWatches: .removeWatches
        case .setWatches: .setWatches
        case .setWatches2: .setWatches2
        case .sync: .sync
        case .ping: .ping
        case .auth: .auth
        case .sasl: .sasl
        case .closeSession: .closeSession
        }
    }

    /// The body alone; the header with `op` precedes it.
    package func write(to writer: inout JuteWriter) {
        switch self {
        case .create(_, let body): body.write(to: &writer)
        case .createTTL(let body): body.write(to: &writer)
        case .delete(let body): body.write(to: &writer)
        case .setData(let body): body.write(to: &writer)
        case .setACL(let body): body.write(to: &writer)
        case .check(let body): body.write(to: &writer)
        case .multi(let operations), .multiRead(let operations): MultiOperation.write(operations, to: &writer)
        case .reconfig(let body): body.write(to: &writer)
        case .exists(let body), .getData(let body), .getChildren(let body), .getChildren2(let body):
            body.write(to: &writer)
        case .getACL(let body), .getAllChildrenNumber(let body), .sync(let body): body.write(to: &writer)
        case .getEphemerals(let body): body.write(to: &writer)
        case .addWatch(let body): body.write(to: &writer)
        case .checkWatches(let body), .removeWatches(let body): body.write(to: &writer)
        case .setWatches(let body): body.write(to: &writer)
        case .setWatches2(let body): body.write(to: &writer)
        case .auth(let body): body.write(to: &writer)
        case .sasl(let body): body.write(to: &writer)
        case .whoAmI, .ping, .closeSession: break
        }
    }
}
