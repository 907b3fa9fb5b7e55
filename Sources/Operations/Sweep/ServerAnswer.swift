import Membership
import Planning
import Supervision
import ZooKeeperClient

/// What a server says of itself on its client port, through `srvr` and `mntr`.
enum ServerAnswer {
    /// - Parameter isBrief: only whether it serves, and whom it counts when it leads: one word less to ask each follower.
    static func ask(_ address: ServerAddress, timeout: Duration, isBrief: Bool) async -> ServerObservation.Answer {
        do {
            let statistics = try await FourLetterWords.srvr(address, timeout: timeout)
            var serving = ServerObservation.Serving(statistics)
            let role = serving.role
            guard role != .looking, role == .leader || !isBrief else { return .serving(serving) }
            if let values = try? await FourLetterWords.mntr(address, timeout: timeout) {
                serving.take(values)
            }
            return .serving(serving)
        } catch let error as FourLetterWordError {
            return error.reason == .notServing ? .notServing : .silent("\(error.reason)")
        } catch {
            return .silent("\(error)")
        }
    }

    /// Who is in the ensemble, as this server says in `conf`; nil when the word is not allowed.
    static func configuration(_ address: ServerAddress, timeout: Duration) async -> EnsembleConfiguration? {
        (try? await FourLetterWords.conf(address, timeout: timeout)).flatMap { configuration($0) }
    }

    /// Who is in the ensemble by what a server says in `conf`; nil when it stands alone.
    static func configuration(_ values: ServerValues) -> EnsembleConfiguration? {
        let lines = values.filter { EnsembleConfiguration.isKey($0.name) || $0.name == "version" }
        let configuration = EnsembleConfiguration(text: lines.map { "\($0.name)=\($0.value)" }.joined(separator: "\n"))
        return configuration?.servers.isEmpty == false ? configuration : nil
    }

    /// What a server answers to any word; nil when it answers nothing.
    static func text(of word: FourLetterWord, from member: Member) async -> String? {
        let address = ServerAddress(host: member.clientHost, port: member.clientPort)
        return try? await FourLetterWords.send(word, to: address, timeout: .seconds(2))
    }
}

extension ServerObservation.Serving {
    init(_ statistics: ServerStatistics) {
        self.init(
            role: RoleWord(statistics.mode), zxid: statistics.zxid, connections: statistics.connections,
            latency: statistics.latency.average)
        version = statistics.version
    }

    /// What `mntr` adds.
    mutating func take(_ values: ServerValues) {
        digestMismatches = values.integer("zk_digest_mismatches_count")
        let ends = ["zk_ssl_certificate_end", "zk_ssl_quorum_certificate_end"].compactMap { values.integer($0) }
        certificateDays = ends.min().map {
            Int(((Double($0) - Timestamp.now().seconds) / 86400).rounded(.down))
        }
        uptime = values.integer("zk_uptime").map { .milliseconds($0) }
        if role == .leader {
            syncedFollowers = values.integer("zk_synced_followers")
            syncedObservers = values.integer("zk_synced_observers")
        }
    }
}
