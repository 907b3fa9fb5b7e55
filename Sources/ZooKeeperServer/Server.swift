import Glibc
import Logging
import NIOCore
import NIOPosix
import Storage
import ZooKeeperProtocol

/// A running standalone server: what `zkserver` starts, and tests inside their own process.
package final class Server: Sendable {
    private let group: MultiThreadedEventLoopGroup
    private let core: NIOLoopBound<ServerCore>
    private let listeners: [any Channel]
    private let lock: DirectoryLock
    /// The client port it listens on; differs from the settings' when that was 0.
    package let clientPort: Int?

    /// Why a server did not start. The text says what to do.
    package enum StartError: Error, CustomStringConvertible {
        case storage(StorageError)
        case cannotListen(what: String, ServerSettings.Listen, reason: String)
        case ttlNodesWithoutExtendedTypes
        case noDataDirectory(String)

        package var description: String {
            switch self {
            case .storage(let error): error.description
            case .cannotListen(let what, let address, let reason):
                "cannot listen on \(address.host ?? "0.0.0.0"):\(address.port) for \(what): \(reason). Is another server running there? Change \(what) or stop it"
            case .ttlNodesWithoutExtendedTypes:
                "the data holds znodes with a time to live, but extendedTypesEnabled is not true: add extendedTypesEnabled=true to zoo.cfg"
            case .noDataDirectory(let path):
                "\(path) does not exist and datadir.autocreate is false: create it, or mend dataDir"
            }
        }
    }

    /// Recovers the data, then listens.
    ///
    /// - Parameter onFailure: called, on the event loop, when the log can no longer be written. Nothing is acknowledged
    ///   from then on; the process should end.
    package static func start(
        _ settings: ServerSettings, logger: Logger, onFailure: @escaping @Sendable (StorageError) -> Void = { _ in }
    ) throws -> Server {
        let began = Clock.monotonic
        let directory = DataDirectory(dataDir: settings.dataDir, dataLogDir: settings.dataLogDir)
        let (lock, recovered) = try open(directory, settings)
        for note in recovered.notes { logger.warning("\(note)") }
        let orphans = recovered.tree.removeOrphanedEphemerals()
        if !orphans.isEmpty {
            logger.warning(
                "removed ephemerals of sessions that do not exist: \(orphans.map(\.description).joined(separator: ", "))"
            )
        }
        if recovered.tree.digestMismatches > 0 {
            logger.error(
                "the data differs from its digests \(recovered.tree.digestMismatches) times: this server and the one that wrote them disagree"
            )
        }
        guard settings.extendedTypes || !recovered.tree.hasTTLNodes else {
            throw StartError.ttlNodesWithoutExtendedTypes
        }
        logger.info(
            "loaded \(recovered.tree.nodeCount) znodes up to zxid \(recovered.lastZXID) in \(Clock.monotonic - began) ms",
            metadata: ["snapshot": "\(recovered.snapshot?.path ?? "none")", "replayed": "\(recovered.replayed)"])

        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        let loaded = Loaded(recovered)
        let core = try loop.submit {
            let core = ServerCore(
                settings: settings, directory: directory, recovered: loaded.value, loop: loop, logger: logger)
            core.metrics.loadTime.add(Clock.monotonic - began)
            core.metrics.loadedTxns.add(Int64(loaded.value.replayed))
            core.onFailure = onFailure
            core.snapshotThread.start()
            core.startChores()
            return core.bound
        }.wait()
        do {
            return try Server(group: group, core: core, lock: lock, settings: settings, logger: logger, loop: loop)
        } catch {
            try? group.syncShutdownGracefully()
            throw error
        }
    }

    /// The tree goes from the thread that loaded it to the event loop, once.
    private struct Loaded: @unchecked Sendable {
        let value: Recovered
        init(_ value: Recovered) { self.value = value }
    }

    private static func open(
        _ directory: DataDirectory, _ settings: ServerSettings
    ) throws(StartError) -> (DirectoryLock, Recovered) {
        if !settings.createsDataDirectory {
            for path in [directory.snapshots, directory.logs] where (try? directory.files.list(path)) == nil {
                throw .noDataDirectory(path)
            }
        }
        do throws(StorageError) {
            try directory.prepare()
            let lock = try DirectoryLock(dataDir: settings.dataDir)
            var options = RecoveryOptions()
            options.access = settings.accessControl
            options.seed = UInt64.random(in: .min ... .max)
            options.trustsEmptySnapshot = settings.trustEmptySnapshot
            options.writesDigest = settings.digestEnabled
            return (lock, try directory.recover(options))
        } catch { throw .storage(error) }
    }

    private init(
        group: MultiThreadedEventLoopGroup, core: NIOLoopBound<ServerCore>, lock: DirectoryLock,
        settings: ServerSettings, logger: Logger, loop: any EventLoop
    ) throws {
        self.group = group
        self.core = core
        self.lock = lock
        var listeners: [any Channel] = []
        var port: Int?
        if let client = settings.client {
            let bootstrap = ServerBootstrap(group: group)
                .serverChannelOption(.backlog, value: Int32(settings.backlog > 0 ? settings.backlog : 4096))
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
                .childChannelOption(.maxMessagesPerRead, value: 4)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(
                            ClientConnection(server: core.value, isSecure: false))
                    }
                }
            let channel = try Self.bind(bootstrap, client, "clientPort")
            listeners.append(channel)
            port = channel.localAddress?.port
            logger.info("serving clients on \(client.host ?? "0.0.0.0"):\(port ?? client.port)")
        }
        if let admin = settings.admin {
            let bootstrap = HTTPListener.bootstrap(
                group, idleTimeout: .milliseconds(Int64(admin.idleTimeout)), core: core
            ) { $0.adminPage($1) }
            do { listeners.append(try Self.bind(bootstrap, admin.address, "admin.serverPort")) } catch {
                // As Apache: a server that clients can use is worth more than its admin page.
                logger.warning("no admin server: \(error)")
            }
        }
        if let metrics = settings.metrics {
            let bootstrap = HTTPListener.bootstrap(group, idleTimeout: .seconds(30), core: core) { $0.metricsPage($1) }
            listeners.append(try Self.bind(bootstrap, metrics, "metricsProvider.httpPort"))
        }
        self.listeners = listeners
        clientPort = port
    }

    private static func bind(
        _ bootstrap: ServerBootstrap, _ address: ServerSettings.Listen, _ what: String
    ) throws -> any Channel {
        do {
            // A wildcard listener takes both families where there is IPv6.
            guard let host = address.host else {
                do { return try bootstrap.bind(host: "::", port: address.port).wait() } catch let error as IOError
                    where error.errnoCode == EAFNOSUPPORT || error.errnoCode == EADDRNOTAVAIL
                { return try bootstrap.bind(host: "0.0.0.0", port: address.port).wait() }
            }
            return try bootstrap.bind(host: host, port: address.port).wait()
        } catch {
            throw StartError.cannotListen(what: what, address, reason: "\(error)")
        }
    }

    /// Stops: takes no more connections, finishes the writes under way, answers them, and closes the log.
    package func stop() throws {
        for listener in listeners { try? listener.close().wait() }
        let loop = group.next()
        let core = core
        try loop.flatSubmit {
            let promise = loop.makePromise(of: Void.self)
            core.value.shutDown { promise.succeed() }
            return promise.futureResult
        }.wait()
        try group.syncShutdownGracefully()
        withExtendedLifetime(lock) {}
    }
}

extension ServerCore {
    /// Finishes what is under way, then closes all connections and calls `done`.
    func shutDown(_ done: @escaping () -> Void) {
        isShuttingDown = true
        let finish = { [self] in
            onIdle = nil
            flush()
            for connection in Array(connections.values) { connection.close() }
            if let task = snapshotTask {
                // Its thread is stopped below; a half-written snapshot is only a temporary file.
                snapshotTask = nil
                task.file?.abandon()
            }
            writer.stop()
            try? snapshotThread.syncShutdownGracefully()
            logger.info("stopped at zxid \(lastZXID)")
            done()
        }
        if proposals.isEmpty || failure != nil { finish() } else { onIdle = finish }
    }
}
