import Diagnostics

/// Votes: how many there are, what they tolerate, and how groups and weights share them.
enum QuorumChecks {
    static func check(_ servers: [PlacedServer], _ draft: Draft, into problems: inout Problems) {
        let participants = servers.filter { $0.server.role == .participant }
        let observers = servers.filter { $0.server.role == .observer }
        let isWeighted = servers.contains { $0.server.group != nil || $0.server.weight != nil }
        if let counts = Counts(draft, servers) {
            checkNumbers(participants, observers, counts, isWeighted: isWeighted, into: &problems)
        }
        if isWeighted { checkGroups(participants, observers, into: &problems) }
    }

    /// Where the numbers stand in the file; nil when some server could not be read.
    private struct Counts {
        var participants: SourceLocation
        var observers: SourceLocation

        init?(_ draft: Draft, _ servers: [PlacedServer]) {
            switch draft.servers {
            case nil: return nil
            case .shorthand(let participants, let observers):
                self.participants = participants.location
                self.observers = observers?.location ?? participants.location
                guard servers.count == participants.value + (observers?.value ?? 0) else { return nil }
            case .named(let list, let isComplete):
                guard isComplete else { return nil }
                participants = list.location
                observers = servers.first { $0.server.role == .observer }?.location ?? list.location
            }
        }
    }

    // MARK: Numbers

    private static func checkNumbers(
        _ participants: [PlacedServer], _ observers: [PlacedServer], _ places: Counts, isWeighted: Bool,
        into problems: inout Problems
    ) {
        let count = participants.count
        let quorum = count / 2 + 1
        switch count {
        case 0:
            problems.error(
                .noParticipants, at: places.participants,
                observers.isEmpty
                    ? "the ensemble has no participant"
                    : "the ensemble has no participant: observers cannot elect a leader",
                mend: "use one participant, or three to tolerate a failure")
        case 1 where !observers.isEmpty && !isQuorumOfOne(participants[0]):
            problems.error(
                .observersWithoutQuorum, at: places.observers,
                "one participant runs standalone, and ZooKeeper refuses observers beside a standalone server",
                mend: "use 3 participants, or put standaloneEnabled: false under 'settings'")
        case 2 where !isWeighted:
            problems.warn(
                .evenParticipants, at: places.participants,
                "2 participants tolerate no failure: both are needed for a quorum, so this is less reliable than 1",
                mend: "use 3 participants to tolerate one failure")
        case _ where count.isMultiple(of: 2) && !isWeighted:
            problems.warn(
                .evenParticipants, at: places.participants,
                "\(count) participants tolerate \(failures(count - quorum)), no more than \(count - 1) do",
                mend: "use \(count - 1) or \(count + 1) participants, or make one an observer")
        case 8...:
            problems.warn(
                .manyParticipants, at: places.participants,
                "\(count) participants: every write waits for \(quorum) of them",
                mend: "use 5 or 7 participants and make the others observers, which serve reads without a vote")
        default: break
        }
    }

    private static func failures(_ count: Int) -> String { count == 1 ? "one failure" : "\(count) failures" }

    private static func isQuorumOfOne(_ server: PlacedServer) -> Bool {
        server.setting("standaloneEnabled")?.value.value.lowercased() == "false"
    }

    // MARK: Groups and weights

    /// A hierarchical quorum is more than half of the groups that have a weight, each by more than half of its weight
    /// (`QuorumHierarchical`). One group or weight makes the whole quorum hierarchical.
    private static func checkGroups(
        _ participants: [PlacedServer], _ observers: [PlacedServer], into problems: inout Problems
    ) {
        for server in observers {
            guard let place = server.weightLocation ?? server.groupLocation else { continue }
            let hasWeight = server.server.weight != nil
            problems.error(
                hasWeight ? .weight : .group, at: place,
                "server \(server.id) is an observer: it has no vote, so a \(hasWeight ? "weight" : "group") means nothing",
                mend: "remove it, or make the server a participant")
        }
        let hasGroups = participants.contains { $0.server.group != nil }
        for server in participants where server.server.group == nil {
            if hasGroups {
                problems.error(
                    .group, at: server.location,
                    "server \(server.id) has no group, but others have: ZooKeeper wants every participant in one",
                    mend: "give it a group, e.g. group: \(participants.compactMap(\.server.group).first ?? 1)")
            } else if let place = server.weightLocation {
                problems.error(
                    .group, at: place,
                    "server \(server.id) has a weight, but there are no groups: votes are weighed inside groups only",
                    mend: "give every participant a group, e.g. group: 1")
            }
        }
        for server in participants {
            guard let weight = server.server.weight, let place = server.weightLocation, !(0...1000).contains(weight)
            else { continue }
            problems.error(
                .weight, at: place, "the weight of server \(server.id) is \(weight), outside 0…1000",
                mend: "write a weight from 0 (no vote) to 1000")
        }
        checkWeights(participants, into: &problems)
    }

    private static func checkWeights(_ participants: [PlacedServer], into problems: inout Problems) {
        let grouped = participants.filter { $0.server.group != nil }
        let groups = Dictionary(grouping: grouped) { $0.server.group! }.sorted { $0.key < $1.key }
        let voting = groups.filter { $0.value.contains { ($0.server.weight ?? 1) > 0 } }
        for group in groups where !voting.contains(where: { $0.key == group.key }) {
            guard let place = group.value[0].weightLocation else { continue }
            problems.report(
                voting.isEmpty ? .error : .warning, .weight, at: place,
                voting.isEmpty
                    ? "no server has a weight above 0: there is no quorum"
                    : "no server of group \(group.key) has a weight above 0: the group has no vote",
                mend: "give one of its servers a weight of 1 or more")
            if voting.isEmpty { return }
        }
        guard voting.count >= 2, voting.count.isMultiple(of: 2), let place = voting[1].value[0].groupLocation else {
            return
        }
        let tolerated = voting.count - (voting.count / 2 + 1)
        problems.warn(
            .groupsEven, at: place,
            tolerated == 0
                ? "2 groups tolerate the loss of none: both are needed for a quorum"
                : "\(voting.count) groups tolerate the loss of \(tolerated), no more than \(voting.count - 1) do",
            mend: "use \(voting.count + 1) groups, or \(voting.count - 1)")
    }
}
