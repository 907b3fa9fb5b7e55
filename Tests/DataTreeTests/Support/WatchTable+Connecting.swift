import DataTree
import ZooKeeperProtocol

extension WatchTable {
    /// A client under the smallest id that is free.
    mutating func connect(_ identities: [AuthID]) -> ClientID {
        var id: UInt32 = 0
        while isConnected(ClientID(rawValue: id)) { id += 1 }
        connect(ClientID(rawValue: id), identities)
        return ClientID(rawValue: id)
    }
}
