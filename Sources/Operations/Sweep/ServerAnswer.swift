import Membership
import Planning
import Supervision
import ZooKeeperClient

/// What a server says of itself on its client port, through `srvr` and, when it leads, `mntr`.
enum ServerAnswer {
    static func ask(
        host: String, port: Int, timeout: Duration
    ) async -> (answer: ServerObservation.Answer, configuration: EnsembleConfiguration?) {
        let address = ServerAddress(host: host, port: port)
        do {
            let statistics = try await FourLetterWords.srvr(address, timeout: timeout)
            var serving = ServerObservation.Serving(statistics)
            let role = serving.role
            guard serving.role != .looking else { return (.serving(serving), nil) }
            async let configuration = role == .standalone ? nil : configuration(address, timeout)
            if let values = try? await FourLetterWords.mntr(address, timeout: timeout) {
                serving.digestMismatches = values.integer("zk_digest_mismatches_count")
                let ends = ["zk_ssl_certificate_end", "zk_ssl_quorum_certificate_end"].compactMap { values.integer($0) }
                serving.certificateDays = ends.min().map {
                    Int(((Double($0) - Timestamp.now().seconds) / 86400).rounded(.down))
                }
                if serving.role == .leader {
                    serving.syncedFollowers = values.integer("zk_synced_followers")
                    serving.syncedObservers = values.integer("zk_synced_observers")
                }
            }
            return (.serving(serving), await configuration)
        } catch let error as FourLetterWordError {
            return (error.reason == .notServing ? .notServing : .silent("\(error.reason)"), nil)
        } catch {
            return (.silent("\(error)"), nil)
        }
    }

    /// Who is in the ensemble, as this server says in `conf`; nil when it stands alone, or the word is not allowed.
    private static func configuration(_ address: ServerAddress, _ timeout: Duration) async -> EnsembleConfiguration? {
        guard let values = try? await FourLetterWords.conf(address, timeout: timeout) else { return nil }
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
    }
}
