import DataTree
import RequestPipeline
import ZooKeeperProtocol

/// The commands of the admin server, `/commands/NAME` (Apache's `Commands`).
enum AdminCommand: String, CaseIterable {
    case configuration
    case connectionStatReset = "connection_stat_reset"
    case connections
    case dirs
    case dump
    case environment
    case getTraceMask = "get_trace_mask"
    case hash
    case initialConfiguration = "initial_configuration"
    case isReadOnly = "is_read_only"
    case lastSnapshot = "last_snapshot"
    case leader
    case monitor
    case observerConnectionStatReset = "observer_connection_stat_reset"
    case observers
    case ruok
    case serverStats = "server_stats"
    case setTraceMask = "set_trace_mask"
    case statReset = "stat_reset"
    case stats
    case systemProperties = "system_properties"
    case votingView = "voting_view"
    case watchSummary = "watch_summary"
    case watches
    case watchesByPath = "watches_by_path"
    case zabstate

    /// Answered also while the server serves nobody.
    var needsNoService: Bool {
        switch self {
        case .configuration, .environment, .getTraceMask, .initialConfiguration, .ruok, .setTraceMask,
            .systemProperties:
            true
        default: false
        }
    }

    /// By primary name or alias.
    init?(name: String) {
        guard let command = AdminCommand(rawValue: name) ?? Self.aliases[name] else { return nil }
        self = command
    }

    private static let aliases: [String: AdminCommand] = [
        "conf": .configuration, "config": .configuration, "crst": .connectionStatReset, "cons": .connections,
        "env": .environment, "envi": .environment, "gtmk": .getTraceMask, "icfg": .initialConfiguration,
        "isro": .isReadOnly, "lsnp": .lastSnapshot, "lead": .leader, "mntr": .monitor,
        "orst": .observerConnectionStatReset, "obsr": .observers, "srvr": .serverStats, "stmk": .setTraceMask,
        "srst": .statReset, "stat": .stats, "sysp": .systemProperties, "wchs": .watchSummary, "wchc": .watches,
        "wchp": .watchesByPath,
    ]
}

extension AdminCommand {
    /// What its answer tells.
    var parts: ServerReport.Parts {
        switch self {
        case .connections: .clients
        case .dirs, .serverStats: .directorySizes
        case .dump: .sessions
        case .monitor: .monitor
        case .stats: [.clients, .directorySizes]
        case .watchSummary, .watches, .watchesByPath: .watches
        case .configuration, .connectionStatReset, .environment, .getTraceMask, .hash, .initialConfiguration,
            .isReadOnly, .lastSnapshot, .leader, .observerConnectionStatReset, .observers, .ruok, .setTraceMask,
            .statReset, .systemProperties, .votingView, .zabstate:
            []
        }
    }
}

extension ServerReport {
    /// The whole answer to `/commands/NAME`, after it has been carried out.
    ///
    /// - Parameter complaint: why it could not be.
    func answer(to command: AdminCommand, complaint: String? = nil) -> JSONText {
        if let ensemble, ensemble.isLooking, !command.needsNoService {
            return .object([
                ("command", .string(command.rawValue)),
                ("error", .string("This ZooKeeper instance is not currently serving requests")),
            ])
        }
        var members = complaint.map { [("error", .string($0))] } ?? payload(of: command)
        members.append(("command", .string(command.rawValue)))
        if !members.contains(where: { $0.key == "error" }) { members.append(("error", .null)) }
        return .object(members)
    }

    private func payload(of command: AdminCommand) -> [(key: String, value: JSONText)] {
        switch command {
        case .configuration: return configurationMembers
        case .connectionStatReset, .statReset, .observerConnectionStatReset, .ruok: return []
        case .connections:
            return [
                ("connections", connectionList(isSecure: false, brief: false)),
                ("secure_connections", connectionList(isSecure: true, brief: false)),
            ]
        case .dirs:
            return [
                ("datadir_size", .integer(Int64(directorySizes.data))),
                ("logdir_size", .integer(Int64(directorySizes.log))),
            ]
        case .dump: return dumpMembers
        case .environment: return ServerEnvironment.entries.map { ($0.key, .string($0.value)) }
        case .getTraceMask, .setTraceMask: return [("tracemask", .integer(surroundings.traceMask))]
        case .hash:
            return [
                (
                    "digests",
                    .array(
                        digests.entries.map {
                            .object([
                                ("zxid", .integer($0.zxid.rawValue)),
                                ("digest", .integer(Int64(bitPattern: $0.digest))),
                                ("digest_version", .integer(2)),
                            ])
                        })
                )
            ]
        case .initialConfiguration: return [("initial_configuration", .string(settings.text))]
        case .isReadOnly: return [("read_only", .bool(isReadOnly))]
        case .lastSnapshot:
            let snapshot = surroundings.lastSnapshot
            return [("zxid", .string(snapshot.zxid.hex)), ("timestamp", .integer(snapshot.seconds))]
        case .leader: return leaderMembers
        case .monitor: return monitor().flatMap(\.lines).map { ($0.key, $0.value.json) }
        case .observers: return observerMembers
        case .serverStats: return statsMembers
        case .stats:
            return statsMembers + [
                ("connections", connectionList(isSecure: false, brief: true)),
                ("secure_connections", connectionList(isSecure: true, brief: true)),
            ]
        case .systemProperties:
            return ServerEnvironment.entries.filter { !$0.key.hasPrefix("zookeeper.") }.map {
                ($0.key, .string($0.value))
            }
        case .votingView: return [("current_config", .object(votingView))]
        case .watchSummary:
            let summary = watchSummary
            return [
                ("num_connections", .integer(Int64(summary.connections))),
                ("num_paths", .integer(Int64(summary.paths))),
                ("num_total_watches", .integer(Int64(summary.total))),
            ]
        case .watches:
            let watches = watchesBySession.map { session, paths in
                (key: String(session.rawValue), value: JSONText.array(paths.map { .string($0) }))
            }
            return [("session_id_to_watched_paths", .object(watches))]
        case .watchesByPath:
            let watches = watches.map { path, sessions in
                (key: path, value: JSONText.array(sessions.map { .integer($0.rawValue) }))
            }
            return [("path_to_session_ids", .object(watches))]
        case .zabstate: return zabStateMembers
        }
    }

    private func connectionList(isSecure: Bool, brief: Bool) -> JSONText {
        .array(clients.filter { $0.isSecure == isSecure }.map { $0.json(brief: brief) })
    }

    private var configurationMembers: [(key: String, value: JSONText)] {
        [
            ("client_port", .integer(Int64(settings.client?.port ?? -1))), ("data_dir", .string(directory.snapshots)),
            ("data_log_dir", .string(directory.logs)), ("tick_time", .integer(Int64(settings.pipeline.tickTime))),
            ("max_client_cnxns", .integer(Int64(settings.pipeline.maxClientConnections))),
            ("min_session_timeout", .integer(Int64(settings.pipeline.minSessionTimeout))),
            ("max_session_timeout", .integer(Int64(settings.pipeline.maxSessionTimeout))),
            ("server_id", .integer(settings.myid.rawValue)),
            ("client_port_listen_backlog", .integer(Int64(settings.backlog))),
        ]
    }

    private var dumpMembers: [(key: String, value: JSONText)] {
        let expiries = expiries.map { bucket in
            (key: String(bucket.time), value: JSONText.array(bucket.sessions.map { .integer($0.rawValue) }))
        }
        let ephemerals = ephemerals.map { session, paths in
            (key: String(session.rawValue), value: JSONText.array(paths.map { .string($0) }))
        }
        return [
            ("expiry_time_to_session_ids", .object(expiries)), ("session_id_to_ephemeral_paths", .object(ephemerals)),
        ]
    }

    private var statsMembers: [(key: String, value: JSONText)] {
        let responses = statistics.responseSizes.json
        let numbers: [(key: String, value: JSONText)] = [
            ("packets_sent", .integer(statistics.packetsSent)),
            ("packets_received", .integer(statistics.packetsReceived)),
            ("fsync_threshold_exceed_count", .integer(surroundings.statistics.slowSyncs)),
            ("client_response_stats", responses),
            ("data_dir_size", .integer(Int64(directorySizes.data))),
            ("log_dir_size", .integer(Int64(directorySizes.log))),
            ("provider_null", .bool(false)), ("server_state", .string(modeName)),
            ("last_processed_zxid", .integer(lastZXID.rawValue)),
            ("outstanding_requests", .integer(Int64(outstanding))),
            ("avg_latency", .decimal(statistics.latency.roundedAverage)),
            ("max_latency", .integer(statistics.latency.max)),
            ("min_latency", .integer(statistics.latency.min)),
            ("num_alive_client_connections", .integer(Int64(connectionCount))),
            ("auth_failed_count", .integer(statistics.authFailures)), ("non_mtlsremote_conn_count", .integer(0)),
            ("non_mtlslocal_conn_count", .integer(0)), ("uptime", .integer(uptime)),
        ]
        return [
            ("version", .string(ServerVersion.text)), ("read_only", .bool(isReadOnly)),
            ("server_stats", .object(numbers)), ("client_response", responses),
        ] + proposalMembers + [("node_count", .integer(Int64(nodeCount)))]
    }
}

extension RequestPipeline.ClientReport {
    fileprivate func json(brief: Bool) -> JSONText {
        var members: [(key: String, value: JSONText)] = [
            ("remote_socket_address", .string(remote)), ("interest_ops", .integer(Int64(interestOps) ?? 0)),
            ("outstanding_requests", .integer(Int64(outstanding))),
            ("packets_received", .integer(statistics.received)), ("packets_sent", .integer(statistics.sent)),
        ]
        if brief { return .object(members) }
        members += [
            ("session_id", .integer(session.rawValue)), ("last_operation", .string(statistics.operationName)),
            ("established", .integer(statistics.established)), ("session_timeout", .integer(Int64(timeout))),
            ("last_cxid", .integer(Int64(statistics.lastXID))), ("last_zxid", .integer(statistics.lastZXID.rawValue)),
            ("last_response_time", .integer(statistics.lastResponseTime)),
            ("last_latency", .integer(statistics.lastLatency)), ("min_latency", .integer(statistics.latency.min)),
            ("avg_latency", .integer(Int64(statistics.latency.average))),
            ("max_latency", .integer(statistics.latency.max)),
        ]
        return .object(members)
    }
}
