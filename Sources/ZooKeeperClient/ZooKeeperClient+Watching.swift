import Jute
import ZooKeeperProtocol

/// A watch that one read has left: it fires once.
///
/// It is in place before the read's answer is handed over, so no change behind what was read is missed. A reconnection keeps it, and
/// what happened meanwhile fires it. Letting go of it forgets it.
public final class ZNodeWatch: Sendable {
    /// The znode, as the client names it.
    public let path: String
    private let mailbox: Mailbox
    let id: ClientSession.WatcherID
    private let inbox: WatchInbox

    init(_ path: String, mailbox: Mailbox) {
        self.path = path
        self.mailbox = mailbox
        (id, inbox) = mailbox.newWatcher(.once())
    }

    deinit {
        mailbox.forget(id)
    }

    /// Waits for the watch's event, which may have come long ago; any number of tasks may wait.
    ///
    /// - Throws: `sessionExpired` when the session ends first, `CancellationError` when the task is cancelled.
    public func event() async throws -> WatchEvent {
        do {
            switch try await inbox.next(consuming: false) {
            case .event(let event): return event
            case .readAgain:
                throw ClientSession.Failure(.systemError, "a watch that fires once is not told to read again")
            }
        } catch let failure as ClientSession.Failure {
            throw ZooKeeperError(failure.code, operation: "watch", path: path, detail: failure.detail)
        }
    }
}

extension ZooKeeperClient {
    /// A znode's Stat (nil if it is missing), and the watch for its next change: created, deleted, or its data set.
    public func exists(watching path: String) async throws -> (stat: Stat?, watch: ZNodeWatch) {
        let watch = ZNodeWatch(path, mailbox: mailbox)
        let request = ReadRequest(path: try absolute(path, operation: .exists), watch: true)
        do {
            let stat = try await perform(.exists(request), path: path, watcher: watch.id) {
                (reader) throws(JuteError) in
                try Stat(from: &reader)
            }
            return (stat, watch)
        } catch ErrorCode.noNode {
            return (nil, watch)
        }
    }

    /// A znode's data (nil if null) and Stat, and the watch for its next change or its deletion.
    ///
    /// - Throws: `noNode`, `noAuth`, and leaves no watch.
    public func getData(
        watching path: String
    ) async throws -> (data: [UInt8]?, stat: Stat, watch: ZNodeWatch) {
        let watch = ZNodeWatch(path, mailbox: mailbox)
        let request = ReadRequest(path: try absolute(path, operation: .getData), watch: true)
        let response = try await perform(.getData(request), path: path, watcher: watch.id) {
            (reader) throws(JuteError) in
            try DataResponse(from: &reader)
        }
        return (response.data, response.stat, watch)
    }

    /// The names of a znode's children, in no order, its Stat, and the watch for the next child that comes or goes, or the znode's
    /// deletion.
    ///
    /// - Throws: `noNode`, `noAuth`, and leaves no watch.
    public func getChildren(
        watching path: String
    ) async throws -> (names: [String], stat: Stat, watch: ZNodeWatch) {
        let watch = ZNodeWatch(path, mailbox: mailbox)
        let request = ReadRequest(path: try absolute(path, operation: .getChildren2), watch: true)
        let response = try await perform(.getChildren2(request), path: path, watcher: watch.id) {
            (reader) throws(JuteError) in
            try Children2Response(from: &reader)
        }
        return (response.children ?? [], response.stat, watch)
    }

    /// What happens to a znode, or to everything below it too, as long as somebody listens. The znode need not exist.
    ///
    /// ```swift
    /// for try await change in client.changes(of: "/config", recursive: true) {
    ///     switch change {
    ///     case .readAgain: …  // first of all, and after each reconnection: read everything
    ///     case .event(let event): …  // read what event.path names
    ///     }
    /// }
    /// ```
    ///
    /// - Parameter bufferLimit: How many events wait for a slow reader at most; instead of more it is told to read again.
    public func changes(of path: String, recursive: Bool = false, bufferLimit: Int = 1024) -> ZNodeChanges {
        ZNodeChanges(client: self, path: path, recursive: recursive, bufferLimit: bufferLimit)
    }

    /// A znode's value, and each newer one; nil while it is missing. Who is slow sees the newest and misses those before it.
    public func values(of path: String) -> ZNodeValues {
        ZNodeValues(client: self, path: path)
    }

    /// The names of a znode's children in ascending order, and again whenever one came or went; nil while the znode is missing. Who is slow
    /// sees the newest names.
    public func childNames(of path: String) -> ZNodeChildren {
        ZNodeChildren(client: self, path: path)
    }
}

// MARK: - Changes

/// The changes of a znode, or of all below it too, by a watch that lasts (``ZooKeeperClient/changes(of:recursive:bufferLimit:)``).
///
/// The first element is `readAgain`, once the watch is in place, and another one comes after each reconnection, and when events were
/// dropped because the reader was slow. The sequence ends when the client is closed. Each loop has a watch of its own, which shares
/// that of the server with others of the same path.
public struct ZNodeChanges: AsyncSequence, Sendable {
    public typealias Element = ZNodeChange

    fileprivate let client: ZooKeeperClient
    public let path: String
    public let recursive: Bool
    fileprivate let bufferLimit: Int

    public func makeAsyncIterator() -> Iterator {
        Iterator(subscription: Result { try Subscription(self) })
    }

    public struct Iterator: AsyncIteratorProtocol {
        fileprivate let subscription: Result<Subscription, any Error>

        /// - Throws: `sessionExpired` when the session ended, unless it is renewed; `badArguments` for what is no path;
        ///   `unimplemented` where the servers are older than 3.6; `CancellationError` when the task is cancelled.
        public mutating func next() async throws -> ZNodeChange? {
            let subscription = try subscription.get()
            do {
                return try await subscription.inbox.next(consuming: true)
            } catch let failure as ClientSession.Failure {
                if subscription.client.state == .closed { return nil }
                throw ZooKeeperError(
                    failure.code, operation: "addWatch", path: subscription.path, detail: failure.detail)
            }
        }
    }

    /// Lasts as long as its iterator.
    fileprivate final class Subscription: Sendable {
        let client: ZooKeeperClient
        let path: String
        let inbox: WatchInbox
        private let id: ClientSession.WatcherID

        init(_ changes: ZNodeChanges) throws {
            client = changes.client
            path = changes.path
            let absolutePath = try client.absolute(path, operation: .addWatch)
            (id, inbox) = client.mailbox.newWatcher(.lasting(limit: changes.bufferLimit))
            client.mailbox.watch(absolutePath, recursive: changes.recursive, for: id)
        }

        deinit {
            client.mailbox.forget(id)
        }
    }
}

// MARK: - The newest

/// A znode's data (nil if null) and Stat.
public struct ZNodeValue: Hashable, Sendable {
    public var data: [UInt8]?
    public var stat: Stat

    public init(data: [UInt8]?, stat: Stat) {
        self.data = data
        self.stat = stat
    }
}

/// A znode's newest value, over and over (``ZooKeeperClient/values(of:)``).
///
/// It reads, waits until the watch of that read fires, and reads again: nothing is held back for a slow reader, and a value is told once. Lost
/// connections and renewed sessions are got over. The sequence ends when the client is closed.
public struct ZNodeValues: AsyncSequence, Sendable {
    public typealias Element = ZNodeValue?

    fileprivate let client: ZooKeeperClient
    public let path: String

    public func makeAsyncIterator() -> Iterator {
        Iterator(
            newest: Newest(client: client, path: path) { client, path in
                let (data, stat, watch) = try await client.getData(watching: path)
                return (ZNodeValue(data: data, stat: stat), [stat.czxid, stat.mzxid], watch)
            })
    }

    public struct Iterator: AsyncIteratorProtocol {
        fileprivate var newest: Newest<ZNodeValue>

        /// - Throws: `sessionExpired` when the session ended, unless it is renewed; `noAuth`, `badArguments`;
        ///   `CancellationError` when the task is cancelled.
        public mutating func next() async throws -> ZNodeValue?? { try await newest.next() }
    }
}

/// The names of a znode's children, over and over (``ZooKeeperClient/childNames(of:)``); otherwise as ``ZNodeValues``.
public struct ZNodeChildren: AsyncSequence, Sendable {
    public typealias Element = [String]?

    fileprivate let client: ZooKeeperClient
    public let path: String

    public func makeAsyncIterator() -> Iterator {
        Iterator(
            newest: Newest(client: client, path: path) { client, path in
                let (names, stat, watch) = try await client.getChildren(watching: path)
                return (names.sorted(), [stat.czxid, stat.pzxid], watch)
            })
    }

    public struct Iterator: AsyncIteratorProtocol {
        fileprivate var newest: Newest<[String]>

        /// - Throws: As ``ZNodeValues``.
        public mutating func next() async throws -> [String]?? { try await newest.next() }
    }
}

/// Reads something of a znode whenever it has changed.
private struct Newest<Value: Sendable>: Sendable {
    let client: ZooKeeperClient
    let path: String
    /// The value; what tells it from every other; the watch for the next one.
    let read: @Sendable (ZooKeeperClient, String) async throws -> (Value, [ZXID], ZNodeWatch)
    private var watch: ZNodeWatch?
    /// What tells the last value from others: empty for a missing znode, nil before the first.
    private var last: [ZXID]?

    init(
        client: ZooKeeperClient, path: String,
        read: @escaping @Sendable (ZooKeeperClient, String) async throws -> (Value, [ZXID], ZNodeWatch)
    ) {
        self.client = client
        self.path = path
        self.read = read
    }

    /// Nil when the client was closed; a nil value for a missing znode.
    mutating func next() async throws -> Value?? {
        while true {
            do {
                if let watch { _ = try await watch.event() }
                watch = nil
                let (value, identity) = try await readOnce()
                guard identity != last, watch != nil else { continue }
                last = identity
                return .some(value)
            } catch {
                watch = nil
                guard try await client.getsOver(error) else { return nil }
            }
        }
    }

    private mutating func readOnce() async throws -> (Value?, [ZXID]) {
        do {
            let (value, identity, watch) = try await read(client, path)
            self.watch = watch
            return (value, identity)
        } catch ErrorCode.noNode {
            // If it was created in between, there is no watch, and it is read again.
            let (stat, watch) = try await client.exists(watching: path)
            self.watch = stat == nil ? watch : nil
            return (nil, [])
        }
    }
}

extension ZooKeeperClient {
    /// Waits until a read that failed so may be tried again; false once the client was closed. Throws what it cannot get over.
    func getsOver(_ error: any Error) async throws -> Bool {
        switch (error as? ZooKeeperError)?.code {
        case .connectionLoss, .operationTimeout, .requestTimeout, .sessionExpired, .sessionMoved: break
        default: throw error
        }
        let state = await states.first { $0.isConnected || mailbox.ends($0) }
        try Task.checkCancellation()
        if state?.isConnected == true { return true }
        if state == .closed { return false }
        throw error
    }
}
