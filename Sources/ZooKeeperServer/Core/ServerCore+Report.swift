import DataTree
import RequestPipeline
import ZooKeeperProtocol

/// Four-letter words, admin commands and metrics: carries out what they ask for, and answers from a `ServerReport`.
extension ServerCore {
    func report(_ parts: ServerReport.Parts) -> ServerReport {
        ServerReport(
            parts, of: pipeline, settings: settings, directory: directory, surroundings: surroundings,
            ensemble: member?.report(), quorumMetrics: member?.replication.metrics ?? QuorumMetrics())
    }

    /// Answers a four-letter word, and closes.
    func answer(_ word: ServerWord, argument: UnsafeRawBufferPointer, to id: ClientID) {
        pipeline.heardWord(id)
        pipeline.say(text(of: word, argument: argument), to: id)
        carryOut()
    }

    private func text(of word: ServerWord, argument: UnsafeRawBufferPointer) -> String {
        if word == .telnetClose { return "" }
        guard settings.words.allows(word.rawValue) else {
            return "\(word.rawValue) is not executed because it is not in the whitelist.\n"
        }
        guard pipeline.service != .none || word.needsNoService else { return word.refusal }
        switch word {
        case .stmk: surroundings.traceMask = Int64(bigEndian: argument.loadUnaligned(as: Int64.self))
        case .crst: pipeline.resetClientStatistics()
        case .srst: resetStatistics()
        default: break
        }
        return report(word.parts).text(of: word)
    }

    private func resetStatistics() {
        pipeline.resetStatistics()
        surroundings.statistics = ShellStatistics()
    }

    /// The whole answer to `/commands/NAME?parameters`.
    func adminAnswer(_ name: String, parameters: [String: String]) -> JSONText {
        guard let command = AdminCommand(name: name) else {
            return .object([("command", .string(name)), ("error", .string("Unknown command: \(name)"))])
        }
        refreshClock()
        var complaint: String?
        let isRefused = member?.report().isLooking == true
        switch command {
        case .setTraceMask:
            let text = parameters["traceMask"]
            if let mask = text.flatMap({ Int64($0) }) {
                surroundings.traceMask = mask
            } else {
                complaint = "setTraceMask requires long traceMask argument" + (text.map { ", got \($0)" } ?? "")
            }
        case .connectionStatReset where !isRefused: pipeline.resetClientStatistics()
        case .statReset where !isRefused: resetStatistics()
        default: break
        }
        return report(command.parts).answer(to: command, complaint: complaint)
    }
}
