import Jute

/// The body of a client's request, by its opcode. Servers read it in place, where they carry it out.
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
