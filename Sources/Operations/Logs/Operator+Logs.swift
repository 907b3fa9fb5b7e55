import Planning
import Supervision
import ZooKeeperProtocol

extension Operator {
    /// The logs of these servers (of all when no word is given) as one, in the order of time.
    ///
    /// - Parameters:
    ///   - count: how many lines at most, the last ones; nil for all that is kept in the current files
    ///   - since: lines before that are left out, and those without a time
    package func logs(
        _ words: [String], ensemble name: String?, last count: Int? = nil, since: Timestamp? = nil
    ) async throws -> [LogLine] {
        let members = try await logMembers(words, name)
        let logs = members.map { member -> [LogLine] in
            var tail = FileTail(member.logFile, last: 16 << 20)
            var lines: [LogLine] = []
            while true {
                let text = tail.read()
                if text.isEmpty { return lines }
                lines += ServerLog.lines(text, server: member.id, after: lines.last?.time)
            }
        }
        var merged = ServerLog.merge(logs)
        if let since { merged.removeAll { $0.time.map { $0 < since } ?? true } }
        return count.map { merged.suffix($0) } ?? merged
    }

    /// New lines as they come, each batch in the order of time, until the task is cancelled.
    package func followLogs(
        _ words: [String], ensemble name: String?
    ) async throws -> AsyncStream<[LogLine]> {
        let members = try await logMembers(words, name)
        return AsyncStream { continuation in
            let task = Task {
                var tails = members.map { FileTail($0.logFile, last: 0) }
                var times = [Timestamp?](repeating: nil, count: members.count)
                while !Task.isCancelled {
                    var logs: [[LogLine]] = []
                    for index in members.indices {
                        let lines = ServerLog.lines(tails[index].read(), server: members[index].id, after: times[index])
                        times[index] = lines.last?.time ?? times[index]
                        logs.append(lines)
                    }
                    let merged = ServerLog.merge(logs)
                    if !merged.isEmpty { continuation.yield(merged) }
                    try? await Task.sleep(for: .milliseconds(200))
                }
                continuation.finish()
            }
            continuation.onTermination = { _ in task.cancel() }
        }
    }

    private func logMembers(_ words: [String], _ name: String?) async throws -> [Member] {
        let ensemble = try store.open(name)
        guard !words.isEmpty else { return ensemble.members }
        var sweep: Sweep?
        if ServerSelection.needsRoles(words) {
            sweep = await ensemble.sweeper(try await controlIfRunning(ensemble.home)).sweep()
        }
        let chosen = try ensemble.selection(sweep).resolve(words)
        return ensemble.members.filter { chosen.contains($0.id) }
    }
}
