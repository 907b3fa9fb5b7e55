import DataTree
import RequestPipeline
import ZooKeeperProtocol

extension ServerReport {
    /// All that the server tells of itself, with the names and kinds of Apache's `ServerMetrics`: what `mntr`,
    /// `/commands/monitor` and the metrics endpoint print.
    func monitor() -> [Metric] {
        var all: [Metric] = [.text("version", ServerVersion.text), .text("server_state", modeName)]
        all += surroundings.certificates.map(\.metric)
        all += ensembleGauges() + gauges() + quotaGauges() + counters() + summaries() + histograms()
        for learner in ensemble?.leading?.learners ?? [] {
            let key = "\(learner.id)"
            all.append(Metric("learner_handler_qp_size", key: key, .summary(Summary())))
            all.append(Metric("learner_handler_qp_time_ms", key: key, .histogram(Histogram())))
        }
        for entry in traffic {
            if let reads = entry.reads { all.append(Metric("read_per_namespace", key: entry.name, .summary(reads))) }
        }
        for entry in traffic {
            if let writes = entry.writes {
                all.append(Metric("write_per_namespace", key: entry.name, .summary(writes)))
            }
        }
        return all
    }

    private func ensembleGauges() -> [Metric] {
        guard let ensemble else { return [] }
        var all: [Metric] = []
        if let state = ensemble.peerState { all.append(.text("peer_state", state)) }
        switch ensemble.role {
        case .observer(let master): all.append(.gauge("observer_master_id", master.rawValue))
        case .leader(let report):
            let synced = report.synced(ensemble.configuration)
            all += [
                .gauge("learners", report.learners.count), .gauge("synced_followers", synced.followers),
                .gauge("synced_non_voting_followers", synced.nonVoting),
                .gauge("synced_observers", synced.observers), .gauge("pending_syncs", report.pendingSyncs),
                .gauge("leader_uptime", report.uptime),
                .gauge("last_proposal_size", report.proposalSizes.last),
                .gauge("min_proposal_size", report.proposalSizes.min),
                .gauge("max_proposal_size", report.proposalSizes.max),
            ]
        case .readOnly: return all
        case .follower, .looking: break
        }
        return all + [.gauge("quorum_size", ensemble.quorumSize)]
    }

    private func gauges() -> [Metric] {
        let files = ServerEnvironment.openFiles
        return [
            .gauge("ephemerals_count", ephemeralCount), .gauge("num_alive_connections", connectionCount),
            .decimal("avg_latency", statistics.latency.roundedAverage), .gauge("outstanding_requests", outstanding),
            .gauge("znode_count", nodeCount), .gauge("global_sessions", sessionCount),
            .gauge("non_mtls_remote_conn_count", 0),
            .gauge("last_client_response_size", statistics.responseSizes.last),
            .gauge("packets_sent", statistics.packetsSent), .gauge("packets_received", statistics.packetsReceived),
            .gauge("max_client_response_size", statistics.responseSizes.max),
            .decimal("connection_drop_probability", 0), .gauge("watch_count", watchCount),
            .gauge("auth_failed_count", statistics.authFailures), .gauge("min_latency", statistics.latency.min),
            .gauge("max_file_descriptor_count", files.limit),
            .gauge("approximate_data_size", approximateDataSize),
            .gauge("open_file_descriptor_count", files.open), .gauge("local_sessions", localSessionCount),
            .gauge("uptime", uptime),
            .gauge("max_latency", statistics.latency.max), .gauge("outstanding_tls_handshake", 0),
            .gauge("min_client_response_size", statistics.responseSizes.min), .gauge("non_mtls_local_conn_count", 0),
        ]
    }

    /// Of each namespace with a quota. A hard limit comes before a soft one.
    private func quotaGauges() -> [Metric] {
        let quotas = self.quotas.map { (namespace: String($0.path.split(separator: "/")[0]), quota: $0) }
        func gauges(_ name: String, _ value: (_ limits: QuotaText, _ used: QuotaText) -> Int64) -> [Metric] {
            quotas.map { Metric(name, key: $0.namespace, .gauge(value($0.quota.limits, $0.quota.used))) }
        }
        return gauges("quota_bytes_limit_per_namespace") { limits, _ in
            limits.byteHardLimit > -1 ? limits.byteHardLimit : limits.bytes
        } + gauges("quota_count_usage_per_namespace") { $1.count }
            + gauges("quota_count_limit_per_namespace") { limits, _ in
                limits.countHardLimit > -1 ? limits.countHardLimit : limits.count
            } + gauges("quota_bytes_usage_per_namespace") { $1.bytes }
    }

    private func counters() -> [Metric] {
        let quorum = quorumMetrics
        let requests = statistics.readLatency.summary.count + statistics.updateLatency.summary.count
        return [
            .counter("proposal_count", quorum.proposals), .counter("watch_bytes", statistics.watchBytes),
            .counter("outstanding_changes_removed", changesApplied),
            .counter("outstanding_changes_queued", changesQueued),
            .counter("large_requests_rejected", statistics.largeRequestsRejected),
            .counter("connection_rejected", statistics.connectionsRejected),
            .counter("sessionless_connections_expired", statistics.sessionlessExpired),
            .counter("looking_count", quorum.elections), .counter("connection_drop_count", statistics.connectionDrops),
            .counter("learner_proposal_received_count", 0),
            .counter("digest_mismatches_count", Int64(digestMismatches)),
            .counter("bytes_received_count", statistics.bytesReceived),
            .counter("prep_processor_request_queued", requests),
            .counter("sync_processor_request_queued", requests),
            .counter("learner_commit_received_count", 0),
            .counter("connection_request_count", statistics.connectionRequests),
            .counter("response_bytes", statistics.responseBytes), .counter("diff_count", 0),
            .counter("connection_revalidate_count", statistics.connectionRevalidations),
            .counter("quit_leading_due_to_disloyal_voter", 0),
            .counter("snap_count", 0), .counter("unrecoverable_error_count", hasFailed ? 1 : 0),
            .counter("commit_count", 0), .counter("stale_sessions_expired", statistics.sessionsExpired),
            .counter("revalidate_count", 0),
            .counter("unsuccessful_handshake", surroundings.statistics.handshakesFailed),
        ] + JVMStages.counters.map { .counter($0, 0) }
    }

    private func summaries() -> [Metric] {
        let (quorum, watches, shell) = (quorumMetrics, watchStatistics, surroundings.statistics)
        return [
            .summary("leader_unavailable_time", quorum.leaderUnavailable),
            .summary("unavailable_time", quorum.unavailable), .summary("election_time", quorum.electionTime),
            .summary("follower_sync_time", Summary()), .summary("observer_sync_time", Summary()),
            .summary("inflight_snap_count", Summary()),
            .summary("inflight_diff_count", Summary()),
            .summary("node_created_watch_count", watches.created),
            .summary("node_deleted_watch_count", watches.deleted),
            .summary("node_changed_watch_count", watches.changed),
            .summary("node_children_watch_count", watches.children), .summary("fsynctime", shell.fsync),
            .summary("snapshottime", shell.snapshots), .summary("dbinittime", shell.loadTime),
            .summary("startup_snap_load_time", shell.loadTime),
            .summary("startup_txns_loaded", shell.loadedTxns),
            .summary("sync_processor_batch_size", shell.syncBatchSize),
        ] + JVMStages.summaries.map { .summary($0, Summary()) }
    }

    private func histograms() -> [Metric] {
        [
            .histogram("updatelatency", statistics.updateLatency), .histogram("readlatency", statistics.readLatency),
            .histogram("propagation_latency", statistics.propagation),
        ] + JVMStages.histograms.map { .histogram($0, Histogram()) }
    }
}

extension Metric {
    /// Names of metrics that are told as nothing.
    static var placeholders: [String] { JVMStages.counters + JVMStages.summaries + JVMStages.histograms }
}

/// The metrics of stages that Apache's server passes requests through, thread by thread, and this one has not (queues,
/// caches, cleaners, the JVM), and of what this one does not count. Tools look for the names; the values are nothing.
private enum JVMStages {
    static let counters = [
        "throttled_ops", "stale_requests_dropped", "insecure_admin_count", "cnxn_closed_without_zk_server_running",
        "dead_watchers_queued", "stale_requests", "dead_watchers_cleared", "response_packet_cache_hits",
        "add_dead_watcher_stall_time", "request_throttle_wait_count", "requests_not_forwarded_to_commit_processor",
        "response_packet_cache_misses", "ensemble_auth_success", "stale_replies", "ensemble_auth_fail",
        "response_packet_get_children_cache_misses", "response_packet_get_children_cache_hits",
        "request_commit_queued", "ensemble_auth_skip", "skip_learner_request_to_next_processor_count",
        "tls_handshake_exceeded",
    ]
    static let summaries = [
        "socket_closing_time", "proposal_process_time", "session_queues_drained", "write_commit_proc_req_queued",
        "connection_token_deficit", "read_commit_proc_req_queued", "startup_txns_load_time",
        "sync_processor_queue_size", "prep_processor_queue_size", "reads_issued_from_session_queue",
        "learner_request_processor_queue_size", "reads_after_write_in_session_queue", "requests_in_session_queue",
        "write_commit_proc_issued", "prep_process_time", "pending_session_queue_size",
        "time_waiting_empty_pool_in_commit_processor_read_ms", "commit_process_time", "netty_queued_buffer_capacity",
        "commit_commit_proc_req_queued", "write_batch_time_in_commit_processor", "read_commit_proc_issued",
        "concurrent_request_processing_in_commit_processor", "sync_process_time",
    ]
    static let histograms = [
        "quorum_ack_latency", "commit_propagation_latency", "proposal_ack_creation_latency", "proposal_latency",
        "prep_processor_queue_time_ms", "jvm_pause_time_ms", "close_session_prep_time", "read_commitproc_time_ms",
        "local_write_committed_time_ms", "request_throttle_queue_time_ms", "om_commit_process_time_ms",
        "read_final_proc_time_ms", "dead_watchers_cleaner_latency", "write_final_proc_time_ms",
        "om_proposal_process_time_ms", "sync_processor_queue_and_flush_time_ms", "server_write_committed_time_ms",
        "sync_processor_queue_time_ms", "sync_processor_queue_flush_time_ms", "write_commitproc_time_ms",
    ]
}
