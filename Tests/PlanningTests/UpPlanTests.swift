import Membership
import Testing
import ZooKeeperProtocol

@testable import Planning

@Suite struct UpPlanTests {
    /// Servers 1… `voters` vote, 9 observes.
    private static func situation(
        before: Set<ServerID>, after: Set<ServerID>, running: Set<ServerID>, outdated: Set<ServerID> = [],
        withData: Set<ServerID> = [], leader: ServerID? = nil, observersBefore: Set<ServerID> = [9],
        observers: Set<ServerID> = [9], relocated: Set<ServerID> = [], agreed: Set<ServerID>? = nil
    ) -> UpPlan.Situation {
        func lines(_ voters: Set<ServerID>, _ observers: Set<ServerID>) -> [ServerLine] {
            voters.sorted().map { PaperEnsemble.line($0, .participant) }
                + observers.sorted().map { PaperEnsemble.line($0, .observer) }
        }
        return situation(
            before: before, after: after, running: running, outdated: outdated, withData: withData, leader: leader,
            observersBefore: observersBefore, observers: observers, relocated: relocated,
            agreed: agreed.map { EnsembleConfiguration(servers: lines($0, observersBefore), version: 1) },
            lines: lines(after, observers))
    }

    private static func situation(
        before: Set<ServerID>, after: Set<ServerID>, running: Set<ServerID>, outdated: Set<ServerID>,
        withData: Set<ServerID>, leader: ServerID?, observersBefore: Set<ServerID>, observers: Set<ServerID>,
        relocated: Set<ServerID>, agreed: EnsembleConfiguration?, lines: [ServerLine]
    ) -> UpPlan.Situation {
        UpPlan.Situation(
            votersBefore: before, serversBefore: before.isEmpty ? [] : before.union(observersBefore), voters: after,
            servers: after.union(observers), running: running, outdated: outdated, withData: withData, leader: leader,
            isStandalone: (before.count == 1 && observersBefore.isEmpty) || (after.count == 1 && observers.isEmpty),
            relocated: relocated, agreed: agreed, lines: lines,
            electorate: .majority(voters: ServerSet(after)))
    }

    @Test func theFirstStartIsAllAtOnce() {
        let plan = UpPlan(Self.situation(before: [], after: [1, 2, 3], running: []))
        #expect(plan.actions == [.start([1, 2, 3, 9])])
        #expect(plan.outage == nil)
    }

    @Test func aLaterStartIsAllAtOnce() {
        let plan = UpPlan(
            Self.situation(before: [1, 2, 3], after: [1, 2, 3], running: [], withData: [1, 2, 3, 9]))
        #expect(plan.actions == [.start([1, 2, 3, 9])])
    }

    @Test func emptyVotersMustNotOutvoteThoseWithData() {
        let plan = UpPlan(
            Self.situation(before: [1], after: [1, 2, 3], running: [], withData: [1], observersBefore: []))
        #expect(plan.actions == [.start([1, 9]), .start([2]), .start([3])])
    }

    @Test func whatRunsUnchangedIsLeftAlone() {
        let plan = UpPlan(Self.situation(before: [1, 2, 3], after: [1, 2, 3], running: [1, 2, 3, 9]))
        #expect(plan.actions == [])
    }

    @Test func whatIsDownIsStartedBeforeOthersAreRolled() {
        let plan = UpPlan(
            Self.situation(before: [1, 2, 3], after: [1, 2, 3], running: [1, 2, 9], outdated: [1, 2, 9], leader: 1))
        #expect(plan.actions == [.start([3]), .roll([1, 2, 9])])
    }

    @Test func aVoterJoins() {
        let plan = UpPlan(
            Self.situation(
                before: [1, 2, 3], after: [1, 2, 3, 4], running: [1, 2, 3, 9], outdated: [1, 2, 3, 9], leader: 2))
        #expect(plan.actions == [.start([4]), .roll([1, 2, 3, 9])])
    }

    @Test func observersComeAndGoTogether() {
        let plan = UpPlan(
            Self.situation(
                before: [1, 2, 3], after: [1, 2, 3], running: [1, 2, 3, 9], outdated: [1, 2, 3], leader: 2,
                observers: [7, 8]))
        #expect(plan.actions == [.start([7, 8]), .roll([1, 2, 3]), .remove([9])])
    }

    /// Files, the stored topology and what the supervisor is told have their places among the actions.
    @Test func everyStepHasItsPlace() {
        let three: Set<ServerID> = [1, 2, 3]
        let first = UpPlan(Self.situation(before: [], after: three, running: [], observers: []))
        #expect(first.steps == [.storeTopology, .writeFiles, .reload(keeping: []), .act(.start([1, 2, 3]))])
        let joins = UpPlan(
            Self.situation(
                before: three, after: [1, 2, 3, 4], running: [1, 2, 3, 9], outdated: three, withData: three, leader: 2))
        #expect(
            joins.steps == [
                .writeFiles, .storeTopology, .reload(keeping: []), .act(.start([4])), .act(.roll([1, 2, 3])),
            ])
        let leaves = UpPlan(
            Self.situation(before: [1, 2, 3, 4], after: three, running: [1, 2, 3, 4, 9], outdated: three, leader: 2))
        #expect(
            leaves.steps == [
                .writeFiles, .storeTopology, .reload(keeping: [4]), .act(.roll([1, 2, 3])), .act(.remove([4])),
                .reload(keeping: []),
            ])
        // The old topology is the stored one until nothing of it runs, and those with data answer before the others start.
        let outage = UpPlan(
            Self.situation(
                before: [1, 2, 4], after: three, running: [1, 2, 4, 9], withData: [1, 2, 4, 9], leader: 2))
        #expect(
            outage.steps == [
                .writeFiles, .act(.remove([4])), .act(.stop([1, 2, 9])), .storeTopology, .reload(keeping: [4]),
                .act(.start([1, 2, 9])), .awaitAnswers([1, 2, 9]), .act(.start([3])), .reload(keeping: []),
            ])
    }

    @Test func aLeaderLeaves() {
        let plan = UpPlan(
            Self.situation(
                before: [1, 2, 3, 4], after: [1, 2, 3], running: [1, 2, 3, 4, 9], outdated: [1, 2, 3, 9], leader: 4))
        #expect(plan.actions == [.passOnLead(4), .roll([1, 2, 3, 9]), .remove([4])])
    }

    @Test func severalVotersAtOnceNeedAnOutage() {
        let plan = UpPlan(
            Self.situation(
                before: [1, 2, 3], after: [1, 2, 4], running: [1, 2, 3, 9], outdated: [1, 2, 9],
                withData: [1, 2, 3, 9],
                leader: 2))
        #expect(plan.actions == [.remove([3]), .stop([1, 2, 9]), .start([1, 2, 9]), .start([4])])
        #expect(
            plan.outage == """
                servers 3 and 4 would join, leave or change their vote at once, and the old and the new voters could \
                decide without each other; all servers have to be stopped together
                """)
    }

    @Test func oneServerBecomesThree() {
        let plan = UpPlan(
            Self.situation(
                before: [1], after: [1, 2, 3], running: [1], outdated: [1], withData: [1], leader: 1,
                observersBefore: [], observers: []))
        #expect(plan.actions == [.stop([1]), .start([1]), .start([2]), .start([3])])
        #expect(plan.outage == "one voter cannot become three while running; all servers are stopped and started")
    }

    /// Servers with the old quorum ports and servers with the new ones do not find each other.
    @Test func newQuorumPortsAreAnOutage() {
        let plan = UpPlan(
            Self.situation(
                before: [1, 2, 3], after: [1, 2, 3], running: [1, 2, 3, 9], outdated: [1, 2, 3, 9],
                withData: [1, 2, 3, 9], leader: 2, relocated: [1, 2, 3, 9]))
        #expect(plan.actions == [.stop([1, 2, 3, 9]), .start([1, 2, 3, 9])])
        #expect(
            plan.outage == """
                the quorum or election address of servers 1, 2, 3 and 9 changes, and servers that know the old one and servers \
                that know the new one do not find each other; all servers have to be stopped together
                """)
        let atRest = UpPlan(
            Self.situation(
                before: [1, 2, 3], after: [1, 2, 3], running: [], withData: [1, 2, 3, 9], relocated: [1, 2, 3, 9]))
        #expect(atRest.actions == [.start([1, 2, 3, 9])])
        #expect(atRest.outage == nil)
    }

    /// A voter cannot join from files where leaders take in only whom their own file names.
    @Test func aVoterIsLockedOutOfAClosedEnsemble() {
        var situation = Self.situation(
            before: [1, 2, 3], after: [1, 2, 3, 4], running: [1, 2, 3, 9], outdated: [1, 2, 3, 9],
            withData: [1, 2, 3, 9], leader: 2)
        situation.isClosed = true
        let plan = UpPlan(situation)
        #expect(plan.actions == [.stop([1, 2, 3, 9]), .start([1, 2, 3, 9]), .start([4])])
        #expect(plan.outage?.hasPrefix("with quorum.membersOnly the servers would turn server 4 away") == true)
        situation.agreed = EnsembleConfiguration(
            servers: [1, 2, 3].map { PaperEnsemble.line($0, .participant) } + [PaperEnsemble.line(9, .observer)],
            version: 1)
        #expect(UpPlan(situation).outage == nil)
    }

    @Test func aMajorityOfEmptyDisksIsSaid() {
        let five: Set<ServerID> = [1, 2, 3, 4, 5]
        let plan = UpPlan(
            Self.situation(
                before: five, after: five, running: [], withData: [1, 2], observersBefore: [], observers: []))
        #expect(plan.actions == [.start([1, 2]), .start([3]), .start([4]), .start([5])])
        #expect(
            plan.loss == """
                servers 3, 4 and 5, three of five voters, have no data: what they acknowledged without servers 1 and 2 would be \
                gone, and the ensemble would go on with what those have
                """)
    }

    struct EmptyDisks: Sendable {
        var before: Set<ServerID> = [1, 2, 3, 4, 5]
        var withData: Set<ServerID>
        var leader: ServerID? = nil
    }

    /// A minority; all of them; a first start; new voters never had any; somebody leads.
    @Test(arguments: [
        EmptyDisks(withData: [1, 2, 3]), EmptyDisks(withData: []), EmptyDisks(before: [], withData: []),
        EmptyDisks(before: [1, 2], withData: [1]), EmptyDisks(withData: [1, 2], leader: 1),
    ])
    func emptyDisksThatLoseNothing(_ example: EmptyDisks) {
        let plan = UpPlan(
            Self.situation(
                before: example.before, after: [1, 2, 3, 4, 5], running: example.leader.map { [$0] } ?? [],
                withData: example.withData, leader: example.leader, observers: []))
        #expect(plan.loss == nil)
    }

    /// Members that servers keep themselves are changed by asking them.
    @Test func whereServersAgreedOnTheirMembersTheyAreAsked() {
        let joins = UpPlan(
            Self.situation(
                before: [1, 2, 3], after: [1, 2, 3, 4], running: [1, 2, 3, 9], leader: 2, agreed: [1, 2, 3]))
        #expect(joins.actions == [.name(PaperEnsemble.line(4, .participant)), .start([4])])
        let leaves = UpPlan(
            Self.situation(
                before: [1, 2, 3, 4], after: [1, 2, 3], running: [1, 2, 3, 4, 9], leader: 4, agreed: [1, 2, 3, 4]))
        #expect(leaves.actions == [.forget(4), .remove([4])])
        // Taken out with reconfig before, running or not.
        let back = UpPlan(
            Self.situation(
                before: [1, 2, 3], after: [1, 2, 3], running: [1, 2, 9], leader: 2, agreed: [1, 2]))
        #expect(back.actions == [.name(PaperEnsemble.line(3, .participant)), .start([3])])
        let running = UpPlan(
            Self.situation(
                before: [1, 2, 3], after: [1, 2, 3], running: [1, 2, 3, 9], outdated: [3], leader: 2, agreed: [1, 2]))
        #expect(running.actions == [.name(PaperEnsemble.line(3, .participant)), .roll([3])])
        // No step is too large: each is agreed on.
        let many = UpPlan(
            Self.situation(
                before: [1, 2, 3], after: [1, 2, 4], running: [1, 2, 3, 9], leader: 3, agreed: [1, 2, 3]))
        #expect(many.actions == [.name(PaperEnsemble.line(4, .participant)), .start([4]), .forget(3), .remove([3])])
        #expect(many.outage == nil)
        let unchanged = UpPlan(
            Self.situation(before: [1, 2, 3], after: [1, 2, 3], running: [1, 2, 3, 9], leader: 3, agreed: [1, 2, 3]))
        #expect(unchanged.actions == [])
    }

    @Test func plansAreOrders() {
        #expect(
            UpPlan.Action.name(PaperEnsemble.line(4, .observer)).text
                == "reconfigure the ensemble: server.4=127.0.0.1:2891:3891:observer;127.0.0.1:2184")
        // A single restart is told when it is due, with the server's role.
        #expect(UpPlan.Action.roll([3]).announcement == nil)
        #expect(UpPlan.Action.roll([2, 3]).announcement == UpPlan.Action.roll([2, 3]).text)
        #expect(UpPlan.Action.forget(3).text == "reconfigure the ensemble: without server 3")
        #expect(UpPlan.Action.start([1, 2]).text == "start servers 1 and 2")
        #expect(UpPlan.Action.roll([3]).text == "restart server 3")
        #expect(UpPlan.Action.roll([2, 3]).text == "restart servers 2 and 3, one after the other, the leader last")
    }
}
