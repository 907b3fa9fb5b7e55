import Quorum

/// The name of a connection on a quorum port (the watch table has names of its own for clients).
typealias LinkID = ConnectionID
