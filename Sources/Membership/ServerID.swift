/// The N in `server.N`. Seen through this room, too, so that who deals with members need not know the wire protocol.
@_exported import struct ZooKeeperProtocol.ServerID
