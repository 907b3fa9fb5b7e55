import DataTree
import ZooKeeperProtocol

/// What `cons` shows of a connection.
package struct ClientStatistics: Sendable {
    package internal(set) var received: Int64 = 0
    package internal(set) var sent: Int64 = 0
    /// Wall clock, milliseconds.
    package internal(set) var established: Int64 = 0
    /// Monotonic, milliseconds.
    package internal(set) var lastHeard: Int64 = 0
    package internal(set) var lastOperation: OpCode?
    package internal(set) var lastXID: Int32 = -1
    package internal(set) var lastZXID = ZXID(rawValue: -1)
    package internal(set) var lastResponseTime: Int64 = 0
    package internal(set) var lastLatency: Int64 = 0
    package internal(set) var latency = Summary()

    mutating func answered(_ header: RequestHeader, zxid: ZXID, now: Int64, latency newest: Int64) {
        sent += 1
        lastOperation = header.op
        lastXID = header.xid
        lastZXID = zxid
        lastResponseTime = now
        lastLatency = newest
        latency.add(newest)
    }

    /// `crst`: begins anew, except what is true of the connection and not counted.
    mutating func reset() {
        var fresh = ClientStatistics()
        (fresh.established, fresh.lastHeard) = (established, lastHeard)
        self = fresh
    }
}
