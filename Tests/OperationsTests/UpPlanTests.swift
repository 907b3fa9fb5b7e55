import Testing
import ZooKeeperProtocol

@testable import Operations

@Suite struct UpPlanTests {
    /// Servers 1… `voters` vote, 9 observes.
    private static func situation(
        before: Set<ServerID>, after: Set<ServerID>, running: Set<ServerID>, outdated: Set<ServerID> = [],
        withData: Set<ServerID> = [], leader: ServerID? = nil, observersBefore: Set<ServerID> = [9],
        observers: Set<ServerID> = [9]
    ) -> UpPlan.Situation {
        UpPlan.Situation(
            votersBefore: before, serversBefore: before.isEmpty ? [] : before.union(observersBefore), voters: after,
            servers: after.union(observers), running: running, outdated: outdated, withData: withData, leader: leader,
            isStandalone: (before.count == 1 && observersBefore.isEmpty) || (after.count == 1 && observers.isEmpty))
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

    @Test func plansAreOrders() {
        #expect(UpPlan.Action.start([1, 2]).text == "start servers 1 and 2")
        #expect(UpPlan.Action.roll([3]).text == "restart server 3")
        #expect(UpPlan.Action.roll([2, 3]).text == "restart servers 2 and 3, one after the other, the leader last")
    }
}

@Suite struct ClientEnvironmentTests {
    @Test func shells() {
        let environment = ClientEnvironment(
            ensemble: "demo", clients: [(host: "127.0.0.1", port: 2181), (host: "::1", port: 2182)])
        #expect(
            environment.text(.sh) == """
                export PADDOCK_ENSEMBLE='demo'
                export ZK_CONNECT='127.0.0.1:2181,[::1]:2182'
                export ZOOKEEPER_CONNECT='127.0.0.1:2181,[::1]:2182'
                export ZOOKEEPER_HOSTS='127.0.0.1:2181,[::1]:2182'
                export ZOOKEEPER_HOST='127.0.0.1'
                export ZOOKEEPER_PORT='2181'

                """)
        #expect(environment.text(.fish).hasPrefix("set -gx PADDOCK_ENSEMBLE 'demo'\nset -gx ZK_CONNECT '127.0.0.1"))
    }
}
