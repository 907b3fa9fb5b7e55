import ZooKeeperProtocol

/// When each server passed each station on its way to serving. Pure: fed with sweeps and their times.
package struct Timeline: Hashable, Sendable {
    /// The stations of `paddock up --timeline`, in order.
    package enum Station: String, CaseIterable, Codable, Hashable, Comparable, Sendable {
        /// Its process began.
        case spawned
        /// Its client port answers.
        case bound
        /// It says that it has no leader.
        case looking
        /// It has its mode: it leads, follows or observes.
        case elected
        /// It has what the leader has.
        case synced
        /// A session on this server wrote.
        case firstWrite = "first write"

        package static func < (left: Station, right: Station) -> Bool {
            allCases.firstIndex(of: left)! < allCases.firstIndex(of: right)!
        }
    }

    package struct Passage: Hashable, Sendable {
        package var server: ServerID
        package var station: Station
        package var time: Instant
        /// `pid 4711`, `leader`; empty where there is nothing to add.
        package var detail: String
    }

    private var times: [ServerID: [Station: Instant]] = [:]

    package init() {}

    /// How long after the first thing that happened `server` passed `station`. `looking` may have been too short to
    /// be seen.
    package func elapsed(_ server: ServerID, _ station: Station) -> Duration? {
        guard let start = times.values.compactMap({ $0.values.min() }).min() else { return nil }
        return times[server]?[station].map { $0 - start }
    }

    package var servers: [ServerID] { times.keys.sorted() }

    /// Takes in what was seen at `now` and returns what is new.
    package mutating func observe(_ sweep: Sweep, at now: Instant) -> [Passage] {
        var passages: [Passage] = []
        let mark = sweep.leader?.serving?.zxid
        for server in sweep.servers {
            if let pid = server.process?.pid {
                let uptime = server.process?.uptime?.duration ?? .zero
                pass(server.id, .spawned, at: now - uptime, "pid \(pid)", &passages)
            }
            if server.role != .unknown {
                pass(server.id, .bound, at: now, server.member.client, &passages)
            }
            if server.role == .looking, times[server.id]?[.elected] == nil {
                pass(server.id, .looking, at: now, "", &passages)
            }
            guard server.isInItsRole, let zxid = server.serving?.zxid else { continue }
            pass(server.id, .elected, at: now, server.role.rawValue, &passages)
            if let mark, Readiness.hasCaughtUp(zxid, to: mark) {
                pass(server.id, .synced, at: now, "\(zxid)", &passages)
            }
        }
        return passages
    }

    package mutating func wrote(_ server: ServerID, at now: Instant) -> [Passage] {
        var passages: [Passage] = []
        pass(server, .firstWrite, at: now, "", &passages)
        return passages
    }

    private mutating func pass(
        _ server: ServerID, _ station: Station, at time: Instant, _ detail: String, _ passages: inout [Passage]
    ) {
        guard times[server]?[station] == nil else { return }
        times[server, default: [:]][station] = time
        passages.append(Passage(server: server, station: station, time: time, detail: detail))
    }
}
