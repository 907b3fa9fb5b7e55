import ZooKeeperProtocol

/// The N in `server.N`. Named here too, so that who reads configuration need not import the wire protocol for it.
package typealias ServerID = ZooKeeperProtocol.ServerID
