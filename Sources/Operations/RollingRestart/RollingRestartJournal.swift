import DurableFiles
import FoundationEssentials
import Glibc
import Planning
import ZooKeeperProtocol

/// What ran when the rolling restart began that is not finished: `rolling-restart.json` in the ensemble's directory. A server that has
/// another process by now has had its turn.
struct RollingRestartJournal: Codable, Hashable, Sendable {
    var pids: [Int32]

    init(_ sweep: Sweep) { pids = sweep.servers.compactMap { $0.process?.pid } }

    static func read(_ ensemble: Ensemble, startsOver: Bool) -> RollingRestartJournal? {
        guard !startsOver, let bytes = try? DurableFile.read(path(ensemble), limit: 4096) else { return nil }
        return try? JSONDecoder().decode(RollingRestartJournal.self, from: Data(bytes))
    }

    func write(_ ensemble: Ensemble) throws {
        try DurableFile.write(Array(JSONEncoder().encode(self)), to: Self.path(ensemble))
    }

    static func remove(_ ensemble: Ensemble) { unlink(path(ensemble)) }

    func done(_ sweep: Sweep) -> [ServerID] {
        sweep.servers.filter { server in
            server.isInItsRole && server.process?.pid.map { !pids.contains($0) } ?? false
        }.map(\.id)
    }

    private static func path(_ ensemble: Ensemble) -> String { "\(ensemble.directory)/rolling-restart.json" }
}
