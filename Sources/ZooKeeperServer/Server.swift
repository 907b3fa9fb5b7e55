import CLinux
import DataTree
import DurableFiles
import Glibc
import Logging
import NIOCore
import NIOPosix
import Quorum
import Storage
import ZooKeeperProtocol

/// A running server, alone or a member of an ensemble: what `zkserver` starts, and tests inside their own process.
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
        case cannotListen(String)
        case ttlNodesWithoutExtendedTypes
        case noDataDirectory(String)
        case noTLS(key: String)
        case noSessionSecret(path: String, why: String)

        package var description: String {
            switch self {
            case .storage(let error): error.description
            case .cannotListen(let text): text
            case .ttlNodesWithoutExtendedTypes:
                "the data holds znodes with a time to live, but extendedTypesEnabled is not true: add extendedTypesEnabled=true to zoo.cfg"
            case .noDataDirectory(let path):
                "\(path) does not exist and datadir.autocreate is false: create it, or mend dataDir"
            case .noSessionSecret(let path, let why):
                "the key for session passwords in \(path) (session.secretPath) cannot be used: \(why). Make one with `openssl rand -hex 16`, and give every server of the ensemble the same"
            case .noTLS(let key):
                "zoo.cfg sets \(key), and this is the server without TLS: run zkserver-tls with the same zoo.cfg (bin/zkServer.sh does so by itself), or remove \(key)"
            }
        }
    }

    /// Recovers the data, then listens.
    ///
    /// - Parameters:
    ///   - security: TLS, when this executable has it.
    ///   - onFailure: called, on the event loop, when the log can no longer be written. Nothing is acknowledged
    ///     from then on; the process should end.
    package static func start(
        _ settings: ServerSettings, security: TransportSecurityProvider? = nil, logger: Logger,
        onFailure: @escaping @Sendable (StorageError) -> Void = { _ in }
    ) throws -> Server {
        var transports = try Transports(settings, security)
        if settings.ensemble != nil { transports.peers.sasl = try settings.sasl.peers(logger) }
        let sasl = try settings.sasl.clients(logger)
        let passwords = try sessionPasswords(settings, logger)
        let began = Clock.monotonic
        let directory = DataDirectory(dataDir: settings.dataDir, dataLogDir: settings.dataLogDir)
        let (lock, opened) = try open(directory, settings, transports.peers)
        let (recovered, ensemble) = opened.value
        for note in recovered.notes + (ensemble?.epochs.notes ?? []) { logger.warning("\(note)") }
        guard settings.pipeline.preparer.allowsTTL || !recovered.tree.hasTTLNodes else {
            throw StartError.ttlNodesWithoutExtendedTypes
        }
        logger.info(
            "loaded \(recovered.tree.nodeCount) znodes up to zxid \(recovered.lastZXID) in \(Clock.monotonic - began) ms",
            metadata: ["snapshot": "\(recovered.snapshot?.path ?? "none")", "replayed": "\(recovered.replayed)"])

        let warnings = RecurringLog(logger)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        let certificates = transports.certificates
        let core = try loop.submit {
            let (recovered, ensemble) = opened.value
            let core = ServerCore(
                settings: settings, directory: directory, recovered: recovered, membership: ensemble,
                passwords: passwords, sasl: sasl, loop: loop, logger: logger, warnings: warnings)
            core.surroundings.statistics.loadTime.add(Clock.monotonic - began)
            core.surroundings.statistics.loadedTxns.add(Int64(recovered.replayed))
            core.onFailure = onFailure
            core.surroundings.certificates = certificates
            core.snapshotThread.start()
            core.snapshotThread.submit { _ in clinux_lower_priority() }
            if recovered.tree.digestMismatches > 0 {
                logger.error(
                    "the data differs from the digests of its txns, or did when it was last loaded. \(core.mismatchAdvice)"
                )
            }
            core.startChores()
            return core.bound
        }.wait()
        do {
            let server = try Server(
                group: group, core: core, lock: lock, settings: settings, transports: transports, logger: logger,
                warnings: warnings, loop: loop)
            // The ports are open before anybody hears of this server.
            loop.execute { core.value.start() }
            return server
        } catch {
            try? group.syncShutdownGracefully()
            throw error
        }
    }

    private static func sessionPasswords(
        _ settings: ServerSettings, _ logger: Logger
    ) throws(StartError) -> SessionPasswords {
        guard let path = settings.sessionSecretPath else { return .derived }
        let text: [UInt8]
        do throws(FileError) { text = try DurableFile.read(path, limit: 4096) } catch {
            throw .noSessionSecret(path: path, why: error.description)
        }
        guard let passwords = SessionPasswords(key: String(decoding: text, as: UTF8.self)) else {
            throw .noSessionSecret(path: path, why: "it does not hold 32 hexadecimal digits")
        }
        var status = stat()
        if stat(path, &status) == 0, status.st_mode & 0o077 != 0 {
            logger.warning("\(path) (session.secretPath) may be read by others than its owner: chmod 600 \(path)")
        }
        return passwords
    }

    /// The data, and what a member of an ensemble has besides; nil when the server stands alone.
    private static func open(
        _ directory: DataDirectory, _ settings: ServerSettings, _ transport: PeerTransport
    ) throws(StartError) -> (DirectoryLock, Handed<(Recovered, ServerCore.Ensemble?)>) {
        if !settings.createsDataDirectory {
            for path in [directory.snapshots, directory.logs] where (try? directory.files.list(path)) == nil {
                throw .noDataDirectory(path)
            }
        }
        do throws(StorageError) {
            try directory.makeDirectories()
            let lock = try DirectoryLock(dataDir: settings.dataDir, dataLogDir: settings.dataLogDir)
            if let other = ApacheServer.using([settings.dataDir, settings.dataLogDir]) {
                throw StorageError.locked(
                    directory: other.directory, key: other.directory == settings.dataDir ? "dataDir" : "dataLogDir",
                    holder: "Apache's server, process \(other.pid)")
            }
            guard let ensemble = settings.ensemble else {
                return (lock, Handed((try directory.recover(settings.recoveryOptions), nil)))
            }
            var tail = LogTail(options: ensemble.options)
            let recovered = try directory.recover(settings.recoveryOptions) { tail.append($0, $1) }
            let epochs = try Epochs(directory, lastZXID: recovered.lastZXID)
            var proposed: String?
            do throws(FileError) {
                if ensemble.isStatic { try ensemble.files?.backUp() }
                proposed = try ensemble.files?.proposed()
            } catch { throw StorageError.file(error) }
            let state = RecoveredState(
                acceptedEpoch: epochs.accepted, currentEpoch: epochs.current,
                transactions: Array(tail.history?.entries ?? []),
                base: tail.history?.base ?? recovered.lastZXID,
                floor: try directory.snapshotFiles().last?.zxid ?? .zero,
                differs: recovered.tree.digestMismatches > 0)
            let member = ServerCore.Ensemble(
                settings: ensemble, transport: transport, recovered: state, proposed: proposed, epochs: epochs)
            return (lock, Handed((recovered, member)))
        } catch { throw .storage(error) }
    }

    private init(
        group: MultiThreadedEventLoopGroup, core: NIOLoopBound<ServerCore>, lock: DirectoryLock,
        settings: ServerSettings, transports: Transports, logger: Logger, warnings: RecurringLog,
        loop: any EventLoop
    ) throws {
        self.group = group
        self.core = core
        self.lock = lock
        var listeners: [any Channel] = []
        var port: Int?
        if let ensemble = settings.ensemble {
            for address in ensemble.line.addresses {
                func listen(
                    _ kind: PeerConnectionKind, _ name: String, _ port: Int, _ handler: @escaping PeerHandler
                ) throws {
                    let bootstrap = ServerBootstrap.peers(
                        group, kind, name, transports.peers, warnings: warnings, core: core, handler)
                    let place = ServerSettings.Listen(
                        host: ensemble.listensOnAllAddresses ? nil : address.host, port: port)
                    let what = "\(name) of server.\(ensemble.id)"
                    listeners.append(
                        try Self.bind(bootstrap, place, what, attempts: ensemble.bindAttempts, logger))
                }
                try listen(.election, "the election port", address.electionPort) {
                    ElectionConnection(mesh: $0.mesh, isDialled: false)
                }
                try listen(.quorum, "the quorum port", address.quorumPort) { $0.makeLink(isDialled: false) }
            }
        }
        @Sendable func clients(_ name: String, _ transport: PortTransport) -> ServerBootstrap {
            .clients(group, name, transport, settings, warnings: warnings, core: core)
        }
        if let client = settings.client {
            let transport = transports.plainClientPort(settings)
            let channel = try Self.bind(clients("the client port", transport), client, "clientPort", logger)
            listeners.append(channel)
            port = channel.localAddress?.port
            loop.execute {
                core.value.clientPort = MovableClientPort(channel, at: client) { address in
                    clients("the client port", transport)
                        .bind(host: address.host ?? "0.0.0.0", port: address.port)
                }
            }
            logger.info("serving clients on \(client.host ?? "0.0.0.0"):\(port ?? client.port)")
        }
        if let secure = settings.secureClient, let security = transports.client {
            let bootstrap = clients("the secure client port", .secure(security))
            let channel = try Self.bind(bootstrap, secure, "secureClientPort", logger)
            listeners.append(channel)
            let port = channel.localAddress?.port
            logger.info("serving TLS clients on \(secure.host ?? "0.0.0.0"):\(port ?? secure.port)")
        }
        if let admin = settings.admin {
            let bootstrap = ServerBootstrap.pages(group, "the admin port", warnings: warnings) { core.value.adminPort }
            do { listeners.append(try Self.bind(bootstrap, admin.address, "admin.serverPort", logger)) } catch {
                // As Apache: a server that clients can use is worth more than its admin page.
                logger.warning("no admin server: \(error)")
            }
        }
        if let metrics = settings.metrics {
            let bootstrap = ServerBootstrap.pages(group, "the metrics port", warnings: warnings) {
                core.value.metricsPort
            }
            listeners.append(try Self.bind(bootstrap, metrics, "metricsProvider.httpPort", logger))
        }
        self.listeners = listeners
        clientPort = port
    }

    /// Opens a port; tries again each second while the host's name does not resolve.
    ///
    /// - Parameter attempts: how often in all; 0: until the process is told to end.
    private static func bind(
        _ bootstrap: ServerBootstrap, _ address: ServerSettings.Listen, _ what: String, attempts: Int = 1,
        _ logger: Logger
    ) throws -> any Channel {
        var attempt = 1
        while true {
            do { return try open(bootstrap, address) } catch {
                let failure = ListenFailure(error)
                let text = failure.text(address, what)
                guard failure.mayPass, attempts == 0 || attempt < attempts, !isToldToEnd else {
                    throw StartError.cannotListen(text)
                }
                logger.warning(
                    "\(text); trying again, attempt \(attempt) of \(attempts == 0 ? "any number" : "\(attempts)") (electionPortBindRetry)"
                )
                sleep(1)
                attempt += 1
            }
        }
    }

    private static func open(_ bootstrap: ServerBootstrap, _ address: ServerSettings.Listen) throws -> any Channel {
        // A wildcard listener takes both families where there is IPv6.
        guard let host = address.host else {
            do { return try bootstrap.bind(host: "::", port: address.port).wait() } catch let error as IOError
                where error.errnoCode == EAFNOSUPPORT || error.errnoCode == EADDRNOTAVAIL
            { return try bootstrap.bind(host: "0.0.0.0", port: address.port).wait() }
        }
        return try bootstrap.bind(host: host, port: address.port).wait()
    }

    /// The signals that end the process are blocked until it serves, and wait.
    private static var isToldToEnd: Bool {
        var pending = sigset_t()
        sigemptyset(&pending)
        sigpending(&pending)
        return sigismember(&pending, SIGTERM) == 1 || sigismember(&pending, SIGINT) == 1
    }

    /// Runs `body` on the thread that serves, as soon as it gets to it.
    package func whenResponsive(_ body: @escaping @Sendable () -> Void) { group.next().execute(body) }

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
