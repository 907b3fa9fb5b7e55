/// How the descriptors that this process may have are divided. Clients get nearly all of them, and leave enough for what must go on
/// when there are too many clients: the log and the snapshots, the other servers, and the pages that tell what is the matter.
struct DescriptorBudget: Hashable {
    /// Connections of clients.
    let clients: Int
    /// Connections of an HTTP port.
    let pages: Int
    /// Connections to a port for servers that have not said who they are.
    let strangers: Int

    /// - Parameters:
    ///   - limit: how many descriptors the process may have.
    ///   - inUse: how many it has before it listens.
    init(limit: Int, inUse: Int) {
        let reserve = min(max(limit / 8, 32), 1024)
        clients = max(8, limit - inUse - reserve)
        pages = min(max(2, reserve / 8), 32)
        strangers = min(max(8, reserve / 4), 256)
    }

    /// As this process is now.
    static var now: DescriptorBudget {
        let files = ServerEnvironment.openFiles
        return DescriptorBudget(limit: Int(files.limit), inUse: Int(files.open))
    }

    /// Connections of clients that have no session yet. Who has one is not kept out by those who may never ask for one.
    var sessionless: Int { max(1, clients / 2) }
}
