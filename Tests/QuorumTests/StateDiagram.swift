import Foundation
import Testing
import ZooKeeperProtocol

@testable import Quorum

/// The state diagrams of Docs/quorum.md. `Bench` and `Ensemble` hold each step of every test against them.
struct StateDiagram {
    enum Machine: String, CaseIterable {
        case role, leader, intake, sending, learner
    }

    struct Arrow: Hashable, CustomStringConvertible {
        var machine: Machine
        var from: String
        var to: String

        var description: String { "\(machine): \(from) --> \(to)" }
    }

    /// Where a machine begins; it may end anywhere.
    static let start = "[*]"
    static let documented = StateDiagram()

    private(set) var arrows: Set<Arrow> = []

    /// Reads the arrows behind each line `%% MACHINE`.
    private init() {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let text = (try? String(contentsOf: root.appending(path: "Docs/quorum.md"), encoding: .utf8)) ?? ""
        var machine: Machine?
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ").map(String.init)
            if words.first == "```" { machine = nil }
            if words.count == 2, words[0] == "%%" { machine = Machine(rawValue: words[1]) }
            guard let machine, words.count >= 3, words[1] == "-->" else { continue }
            arrows.insert(Arrow(machine: machine, from: words[0], to: words[2]))
        }
    }

    /// Whether a machine can come from the one state to the other, over others if need be.
    func leads(_ machine: Machine, from: String, to: String) -> Bool {
        var reached: Set = [from]
        var added = reached
        while !added.isEmpty, !reached.contains(to) {
            added = Set(arrows.filter { $0.machine == machine && added.contains($0.from) }.map(\.to))
                .subtracting(reached)
            reached.formUnion(added)
        }
        return reached.contains(to)
    }

    /// Holds one step against the diagrams, and gives the states that it changed.
    ///
    /// - Parameters:
    ///   - beganAnew: whether the server began to look for a leader in it.
    ///   - isSingle: the disk did nothing meanwhile, so intake, sending and learner go along one arrow at most.
    @discardableResult
    func check(
        _ before: [Machine: String], _ after: [Machine: String], beganAnew: Bool, isSingle: Bool
    ) -> [Arrow] {
        Machine.allCases.compactMap { machine in
            let from = machine != .role && beganAnew ? Self.start : before[machine] ?? Self.start
            guard let to = after[machine], to != from else { return nil }
            let arrow = Arrow(machine: machine, from: from, to: to)
            let isDrawn =
                switch machine {
                case .intake where isSingle, .sending where isSingle, .learner where isSingle: arrows.contains(arrow)
                case .role, .leader, .intake, .sending, .learner: leads(machine, from: from, to: to)
                }
            #expect(isDrawn, "Docs/quorum.md has no way for \(arrow)")
            return arrow
        }
    }
}

extension Quorum {
    /// What state each machine is in that exists now.
    var states: [StateDiagram.Machine: String] {
        switch role {
        case .idle: return [.role: "idle"]
        case .looking: return [.role: "looking"]
        case .stopped: return [.role: "stopped"]
        case .moved: return [:]
        case .leading(let leader):
            var states = leader.phase.states
            states[.role] = "leading"
            return states
        case .learning(let learner):
            return [.role: "learning", .learner: learner.state.name].compactMapValues { $0 }
        }
    }
}

extension Leader.Phase {
    fileprivate var states: [StateDiagram.Machine: String] {
        switch self {
        case .discovering: [.leader: "discovering"]
        case .storing: [.leader: "storing"]
        case .agreeing: [.leader: "agreeing"]
        case .entering: [.leader: "entering"]
        case .gathering: [.leader: "gathering"]
        case .serving(let broadcast):
            [.leader: "serving", .intake: broadcast.intake.name, .sending: broadcast.sending.name]
        }
    }
}

extension Broadcast.Intake {
    fileprivate var name: String {
        switch self {
        case .open: "open"
        case .draining: "draining"
        case .handingOver: "handingOver"
        }
    }
}

extension Broadcast.Sending {
    fileprivate var name: String {
        switch self {
        case .atOnce: "atOnce"
        case .awaitsCommit: "awaitsCommit"
        case .awaitsDisk: "awaitsDisk"
        }
    }
}

extension Learner.State {
    fileprivate var name: String? {
        switch self {
        case .connecting: "connecting"
        case .connected(_, .discovering): "discovering"
        case .connected(_, .promising): "promising"
        case .connected(_, .receivingSnapshot): "receivingSnapshot"
        case .connected(_, .synchronising): "synchronising"
        case .connected(_, .entering): "entering"
        case .connected(_, .entered): "entered"
        case .connected(_, .serving): "serving"
        // The role ends in the same step.
        case .disconnected: nil
        }
    }
}
