import Membership
import ZooKeeperProtocol

/// When an ensemble is ready, and what it still lacks. Pure: it judges a sweep.
package struct Readiness: Hashable, Sendable {
    package var electorate: QuorumVerifier

    package init(electorate: QuorumVerifier) { self.electorate = electorate }

    /// Something that keeps the ensemble from being ready.
    package struct Lack: Hashable, Sendable {
        /// Nil: the ensemble as a whole.
        package var server: ServerID?
        package var text: String
        /// Waiting cannot mend it: the supervisor has given the server up.
        package var isFinal: Bool

        package init(_ server: ServerID?, _ text: String, isFinal: Bool = false) {
            self.server = server
            self.text = text
            self.isFinal = isFinal
        }

        /// `server 3 is stopped`, `no server leads`.
        package var sentence: String { server.map { "server \($0) \(text)" } ?? text }
    }

    /// What is missing, by server and then for the whole; empty when every server answers with the mode of its role,
    /// exactly one leads, it counts every other participant as synced, and every observer has caught up.
    package func lacks(_ sweep: Sweep) -> [Lack] {
        // What the topology does not have is not ours to wait for.
        var lacks = sweep.servers.filter(\.member.isInTopology).compactMap { Self.lack(of: $0) }
        let leaders = sweep.servers.filter { $0.role == .leader || $0.role == .standalone }
        guard leaders.count == 1, let leader = leaders.first else {
            if leaders.isEmpty {
                lacks.append(Lack(nil, "no server leads"))
            } else {
                lacks.append(Lack(nil, "\(Wording.servers(leaders.map(\.id))) all say that they lead"))
            }
            return lacks
        }
        for server in sweep.servers where !server.isMember {
            lacks.append(Lack(server.id, "is not in the ensemble's configuration"))
        }
        guard let serving = leader.serving, serving.role == .leader else { return lacks }
        let others = sweep.electorate(planned: electorate).voters.count - 1
        // A leader counts its followers only; where mntr is not allowed, the followers' own word must do.
        if let synced = serving.syncedFollowers, synced < others {
            lacks.append(
                Lack(nil, "the leader, server \(leader.id), counts \(synced) of \(others) other participants as synced")
            )
        }
        for server in sweep.servers where server.isInItsRole && server.id != leader.id {
            if let own = server.serving?.zxid, !Self.hasCaughtUp(own, to: serving.zxid) {
                lacks.append(Lack(server.id, "has zxid \(own), the leader has \(serving.zxid)"))
            }
        }
        return lacks.sorted { ($0.server ?? ServerID(.max)) < ($1.server ?? ServerID(.max)) }
    }

    /// Whether a server that serves has all that the leader had at `mark`. Zxids compare across epochs. Until the
    /// first txn of an epoch a synced server still shows the last zxid of the epoch before, so the start of one says
    /// nothing.
    package static func hasCaughtUp(_ zxid: ZXID, to mark: ZXID) -> Bool {
        zxid >= mark || mark.isStartOfEpoch
    }

    private static func lack(of server: ServerObservation) -> Lack? {
        if let process = server.process {
            switch process.state {
            case .stopped: return Lack(server.id, "is stopped")
            case .paused: return Lack(server.id, "is paused")
            case .failed:
                return Lack(server.id, "failed\(process.reason)\(process.nextStartInWords)", isFinal: true)
            case .backingOff:
                return Lack(server.id, "died\(process.reason)\(process.nextStartInWords)")
            case .starting, .running: break
            }
        }
        switch server.answer {
        case .silent(let why): return Lack(server.id, "does not answer at \(server.member.client): \(why)")
        case .notServing: return Lack(server.id, "has found no leader yet")
        case .serving(let serving):
            guard !server.isInItsRole else { return nil }
            if serving.role == .looking { return Lack(server.id, "serves reads only, for want of a leader") }
            return Lack(server.id, "is \(serving.role.rawValue) and should be \(server.member.role.rawValue)")
        }
    }

    /// How long an ensemble may take to become ready: connecting and syncing may each take initLimit ticks, and
    /// every server must be launched first (a JVM needs seconds of processor time before it listens).
    package static func patience(tickTime: Duration, initLimit: Int, servers: Int) -> Duration {
        .seconds(20 + 3 * servers) + tickTime * initLimit * 2
    }
}
