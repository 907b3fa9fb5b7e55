import Jute
import TreeMemory
import ZooKeeperProtocol

/// Names a client connection of this server while it stands: a small number, used again for a later one.
package struct ClientID: RawRepresentable, Hashable, Sendable {
    package let rawValue: UInt32

    package init(rawValue: UInt32) { self.rawValue = rawValue }
}

/// The notifications that one call has caused, in the order in which each connection must get them: before any reply
/// that shows the change.
package struct WatchEvents: Sendable {
    package struct Event: Hashable, Sendable {
        package let connection: ClientID
        package let type: EventType
        /// Where the path is in `paths`; events of one change share it.
        let path: Range<Int>
    }

    package private(set) var events: [Event] = []
    private var paths: [UInt8] = []

    package init() {}

    package var isEmpty: Bool { events.isEmpty }

    package func path(_ event: Event) -> String { String(decoding: paths[event.path], as: UTF8.self) }

    /// Writes an event as a whole frame of the client port: length, reply header (xid -1, zxid -1), WatcherEvent.
    package func writeFrame(_ event: Event, to writer: inout JuteWriter) {
        writer.frame { writer in
            ReplyHeader(xid: SpecialXID.watchEvent, zxid: ZXID(rawValue: -1)).write(to: &writer)
            writer.write(event.type.rawValue)
            writer.write(KeeperState.syncConnected.rawValue)
            paths[event.path].withUnsafeBytes { writer.write(slice: $0) }
        }
    }

    mutating func removeAll() {
        events.removeAll(keepingCapacity: true)
        paths.removeAll(keepingCapacity: true)
    }

    mutating func addPath(_ path: Bytes) -> Range<Int> {
        paths.append(contentsOf: path)
        return paths.count - path.count..<paths.count
    }

    mutating func add(_ type: EventType, _ path: Range<Int>, to connection: ClientID) {
        events.append(Event(connection: connection, type: type, path: path))
    }
}
