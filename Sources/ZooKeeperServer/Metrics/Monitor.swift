import ZooKeeperProtocol

/// One value of `mntr`, of `/commands/monitor` or of the metrics endpoint.
enum MetricValue {
    case integer(Int64)
    case decimal(Double)
    case text(String)
}

extension MetricValue: CustomStringConvertible {
    /// As Java prints it.
    var description: String {
        switch self {
        case .integer(let value): String(value)
        case .decimal(let value): String(value)
        case .text(let value): value
        }
    }
}

extension ServerCore {
    /// What the server knows of itself, under the names that Apache's `mntr` gives (without `zk_`).
    func monitorEntries() -> [(key: String, value: MetricValue)] {
        [("version", .text(ServerVersion.text)), ("server_state", .text(modeName))] + gauges() + counters()
            + summaries()
    }

    func gauges() -> [(key: String, value: MetricValue)] {
        let files = ServerEnvironment.openFiles
        return [
            ("ephemerals_count", .integer(Int64(tree.ephemeralCount))),
            ("num_alive_connections", .integer(Int64(connections.count))),
            ("avg_latency", .decimal(statistics.latency.roundedAverage)),
            ("outstanding_requests", .integer(Int64(outstanding))),
            ("znode_count", .integer(Int64(tree.nodeCount))),
            ("global_sessions", .integer(Int64(sessions.count))),
            ("non_mtls_remote_conn_count", .integer(0)),
            ("last_client_response_size", .integer(statistics.lastResponseSize)),
            ("packets_sent", .integer(statistics.packetsSent)),
            ("packets_received", .integer(statistics.packetsReceived)),
            ("max_client_response_size", .integer(statistics.maxResponseSize)),
            ("connection_drop_probability", .decimal(0)),
            ("watch_count", .integer(Int64(tree.watches.count))),
            ("auth_failed_count", .integer(statistics.authFailures)),
            ("min_latency", .integer(statistics.latency.min)),
            ("max_file_descriptor_count", .integer(files.limit)),
            ("approximate_data_size", .integer(Int64(tree.approximateDataSize))),
            ("open_file_descriptor_count", .integer(files.open)),
            ("local_sessions", .integer(0)),
            ("uptime", .integer(uptime)),
            ("max_latency", .integer(statistics.latency.max)),
            ("outstanding_tls_handshake", .integer(0)),
            ("min_client_response_size", .integer(statistics.minResponseSize)),
            ("non_mtls_local_conn_count", .integer(0)),
        ]
    }

    func counters() -> [(key: String, value: MetricValue)] {
        [
            ("connection_request_count", .integer(metrics.connectionRequests)),
            ("connection_rejected", .integer(metrics.connectionsRejected)),
            ("connection_drop_count", .integer(metrics.connectionDrops)),
            ("connection_revalidate_count", .integer(metrics.connectionRevalidations)),
            ("stale_sessions_expired", .integer(metrics.sessionsExpired)),
            ("sessionless_connections_expired", .integer(metrics.sessionlessExpired)),
            ("bytes_received_count", .integer(bytesReceived)),
            ("digest_mismatches_count", .integer(Int64(tree.digestMismatches))),
            ("large_requests_rejected", .integer(metrics.largeRequestsRejected)),
            ("unrecoverable_error_count", .integer(failure == nil ? 0 : 1)),
        ]
    }

    var basicSummaries: [(name: String, summary: Summary)] {
        [
            ("fsynctime", metrics.fsync), ("sync_processor_batch_size", metrics.syncBatchSize),
            ("snapshottime", metrics.snapshots), ("dbinittime", metrics.loadTime),
            ("startup_snap_load_time", metrics.loadTime), ("startup_txns_loaded", metrics.loadedTxns),
        ]
    }

    /// Those of which quantiles are known, too.
    var advancedSummaries: [(name: String, histogram: Histogram)] {
        [("readlatency", statistics.readLatency), ("updatelatency", statistics.updateLatency)]
    }

    private func summaries() -> [(key: String, value: MetricValue)] {
        basicSummaries.flatMap { Self.entries($0.name, $0.summary) }
            + advancedSummaries.flatMap { name, histogram in
                Self.entries(name, histogram.summary)
                    + [("p50", 0.5), ("p95", 0.95), ("p99", 0.99), ("p999", 0.999)].map {
                        ("\($0.0)_\(name)", .integer(histogram.quantile($0.1)))
                    }
            }
    }

    private static func entries(_ name: String, _ summary: Summary) -> [(key: String, value: MetricValue)] {
        [
            ("avg_\(name)", .decimal(summary.roundedAverage)), ("min_\(name)", .integer(summary.min)),
            ("max_\(name)", .integer(summary.max)), ("cnt_\(name)", .integer(summary.count)),
            ("sum_\(name)", .integer(summary.sum)),
        ]
    }
}
