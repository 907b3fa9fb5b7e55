import Jute

/// The body of addWatch.
package struct AddWatchRequest: JuteEncodable {
    package var path: String
    /// An `AddWatchMode`'s raw value, as sent.
    package var mode: Int32

    package init(path: String, mode: Int32) {
        self.path = path
        self.mode = mode
    }

    package func write(to writer: inout JuteWriter) {
        writer.write(path)
        writer.write(mode)
    }
}

/// The body of checkWatches and removeWatches.
package struct WatcherRequest: JuteEncodable {
    package var path: String
    /// A `WatcherType`'s raw value, as sent.
    package var type: Int32

    package init(path: String, type: Int32) {
        self.path = path
        self.type = type
    }

    package func write(to writer: inout JuteWriter) {
        writer.write(path)
        writer.write(type)
    }
}

/// The body of setWatches: what a client that has reconnected still watches.
///
/// A null list is an error of the client (MarshallingError), but only after the lists before it took effect.
package struct SetWatches: JuteEncodable {
    /// The last zxid that the client saw: later changes are told at once.
    package var relativeZXID: ZXID
    package var data: [String]?
    /// Paths whose znode did not exist.
    package var exist: [String]?
    package var child: [String]?

    package init(relativeZXID: ZXID, data: [String]?, exist: [String]?, child: [String]?) {
        self.relativeZXID = relativeZXID
        self.data = data
        self.exist = exist
        self.child = child
    }

    package func write(to writer: inout JuteWriter) {
        writer.write(relativeZXID)
        writer.write(data)
        writer.write(exist)
        writer.write(child)
    }
}

/// The body of setWatches2, which adds the watches of addWatch.
package struct SetWatches2: JuteEncodable {
    package var relativeZXID: ZXID
    package var data: [String]?
    package var exist: [String]?
    package var child: [String]?
    package var persistent: [String]?
    package var persistentRecursive: [String]?

    package init(
        relativeZXID: ZXID, data: [String]?, exist: [String]?, child: [String]?, persistent: [String]?,
        persistentRecursive: [String]?
    ) {
        self.relativeZXID = relativeZXID
        self.data = data
        self.exist = exist
        self.child = child
        self.persistent = persistent
        self.persistentRecursive = persistentRecursive
    }

    package func write(to writer: inout JuteWriter) {
        writer.write(relativeZXID)
        writer.write(data)
        writer.write(exist)
        writer.write(child)
        writer.write(persistent)
        writer.write(persistentRecursive)
    }
}

/// How long a watch of addWatch reaches.
package enum AddWatchMode: Int32, Hashable, Sendable {
    /// One path, until it is removed.
    case persistent = 0
    /// A path and all its descendants, until it is removed.
    case persistentRecursive = 1
}

/// Which watches checkWatches and removeWatches mean.
public enum WatcherType: Int32, Hashable, Sendable {
    case children = 1
    case data = 2
    case any = 3
    /// Servers from 3.9 on take these two; those before, and the bundled one, answer `marshallingError`.
    case persistent = 4
    case persistentRecursive = 5
}

/// The body of a notification, which the server sends with xid -1.
package struct WatcherEvent: JuteDecodable {
    package var type: EventType
    package var state: KeeperState
    package var path: String

    package init(type: EventType, state: KeeperState, path: String) {
        self.type = type
        self.state = state
        self.path = path
    }

    package init(from reader: inout JuteReader) throws(JuteError) {
        type = EventType(rawValue: try reader.readInt32())
        state = KeeperState(rawValue: try reader.readInt32())
        path = try reader.readString()
    }
}

/// What happened to a watched znode (Apache's `Watcher.Event.EventType`). Unknown types survive.
public struct EventType: RawRepresentable, Hashable, Sendable {
    public var rawValue: Int32

    public init(rawValue: Int32) {
        self.rawValue = rawValue
    }

    /// No znode, but the session changed.
    public static let none = EventType(rawValue: -1)
    public static let nodeCreated = EventType(rawValue: 1)
    public static let nodeDeleted = EventType(rawValue: 2)
    public static let nodeDataChanged = EventType(rawValue: 3)
    /// A child was created or deleted. Recursive watches never get this one.
    public static let nodeChildrenChanged = EventType(rawValue: 4)
    /// Made by clients, never sent: a watch left by getData or exists was taken back.
    public static let dataWatchRemoved = EventType(rawValue: 5)
    /// Made by clients, never sent: a watch left by getChildren was taken back.
    public static let childWatchRemoved = EventType(rawValue: 6)
    /// Made by clients, never sent: a watch left by addWatch was taken back.
    public static let persistentWatchRemoved = EventType(rawValue: 7)
}

extension EventType: CustomStringConvertible {
    public var description: String { Self.names[rawValue] ?? "event \(rawValue)" }

    private static let names: [Int32: String] = [
        -1: "None", 1: "NodeCreated", 2: "NodeDeleted", 3: "NodeDataChanged", 4: "NodeChildrenChanged",
        5: "DataWatchRemoved", 6: "ChildWatchRemoved", 7: "PersistentWatchRemoved",
    ]
}

/// The session's state in an event; servers always send `syncConnected`.
package struct KeeperState: RawRepresentable, Hashable, Sendable {
    package var rawValue: Int32

    package init(rawValue: Int32) {
        self.rawValue = rawValue
    }

    package static let syncConnected = KeeperState(rawValue: 3)
}
