import DurableFiles
import FoundationEssentials
import Glibc
import Planning
import ZooKeeperProtocol

/// When the rolling restart that is not finished began: `rolling-restart.json` in the ensemble's directory. A server whose process
/// is younger has had its turn.
struct RollingRestartJournal: Codable, Hashable, Sendable {
    /// Seconds of the Unix epoch.
    var began: Double

    static func read(_ ensemble: Ensemble, startsOver: Bool) -> RollingRestartJournal? {
        guard !startsOver, let bytes = try? DurableFile.read(path(ensemble), limit: 4096) else { return nil }
        return try? JSONDecoder().decode(RollingRestartJournal.self, from: Data(bytes))
    }

    func write(_ ensemble: Ensemble) throws {
        try DurableFile.write(Array(JSONEncoder().encode(self)), to: Self.path(ensemble))
    }

    static func remove(_ ensemble: Ensemble) { unlink(path(ensemble)) }

    func done(_ sweep: Sweep) -> [ServerID] {
        sweep.servers.filter { $0.isInItsRole && ($0.process?.started ?? 0) > began }.map(\.id)
    }

    private static func path(_ ensemble: Ensemble) -> String { "\(ensemble.directory)/rolling-restart.json" }
}
