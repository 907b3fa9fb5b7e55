import ZooKeeperClient

/// What a server says of itself on its client port, through `srvr` and, when it leads, `mntr`.
enum ServerAnswer {
    static func ask(host: String, port: Int, timeout: Duration) async -> ServerObservation.Answer {
        let address = ServerAddress(host: host, port: port)
        do {
            let statistics = try await FourLetterWords.srvr(address, timeout: timeout)
            var serving = ServerObservation.Serving(statistics)
            if serving.role == .leader, let values = try? await FourLetterWords.mntr(address, timeout: timeout) {
                serving.syncedFollowers = values.integer("zk_synced_followers")
                serving.syncedObservers = values.integer("zk_synced_observers")
            }
            return .serving(serving)
        } catch let error as FourLetterWordError {
            return error.reason == .notServing ? .notServing : .silent("\(error.reason)")
        } catch {
            return .silent("\(error)")
        }
    }

    /// What a server answers to any word; nil when it answers nothing.
    static func text(of word: FourLetterWord, from member: Member) async -> String? {
        let address = ServerAddress(host: member.clientHost, port: member.clientPort)
        return try? await FourLetterWords.send(word, to: address, timeout: .seconds(2))
    }
}

extension ServerObservation.Serving {
    init(_ statistics: ServerStatistics) {
        let role: RoleWord =
            switch statistics.mode {
            case .leader: .leader
            case .follower: .follower
            case .observer: .observer
            case .standalone: .standalone
            // A read-only server serves for want of a leader.
            case .readOnly, .other: .looking
            }
        self.init(
            role: role, zxid: statistics.zxid, connections: statistics.connections, latency: statistics.latency.average)
    }
}
