import Membership
import Testing
import ZooKeeperProtocol

@testable import Planning

@Suite struct RollingRestartTests {
    private typealias Effect = RollingRestart.Effect

    private static func machine(
        _ ensemble: PaperEnsemble, servers: Set<ServerID>? = nil, pause: Duration = .zero, force: Bool = false,
        ignored: Set<ServerID> = []
    ) -> RollingRestart {
        RollingRestart(
            servers: servers ?? Set(ensemble.observations.map(\.id)), electorate: ensemble.electorate,
            options: RollingRestart.Options(patience: .seconds(60), pause: pause, force: force, ignored: ignored),
            now: 0)
    }

    /// Carries out what the machine orders on paper: a restarted server is away for one look, and when it led, the
    /// first other participant leads afterwards in a new epoch.
    private static func carryOut(_ machine: inout RollingRestart, _ ensemble: inout PaperEnsemble) -> [ServerID] {
        var restarted: [ServerID] = []
        var now: Instant = 0
        while now < 1000 {
            now += .seconds(1)
            switch machine.step(ensemble.sweep, now: now) {
            case .restart(let id):
                restarted.append(id)
                let wasLeader = ensemble.sweep.leader?.id == id
                let isObserver = ensemble.sweep.server(id)?.member.role == .observer
                ensemble.setState(id, .starting)
                _ = machine.step(ensemble.sweep, now: now)
                if wasLeader, let next = ensemble.sweep.voting.sorted().first {
                    ensemble.setRole(next, .leader)
                    for server in ensemble.observations { ensemble.setZXID(server.id, 0x2_0000_0001) }
                }
                let zxid = ensemble.sweep.leader?.serving?.zxid ?? .zero
                ensemble.setState(id, .running)
                ensemble.change(id) { $0.process?.pid? += 100 }
                ensemble.setAnswer(id, .serving(.init(role: isObserver ? .observer : .follower, zxid: zxid)))
            case .finished, .failed: return restarted
            case .wait, .completed: continue
            }
        }
        return restarted
    }

    @Test func observersThenFollowersThenTheLeader() {
        var ensemble = PaperEnsemble(participants: 3, observers: 2, leader: 2)
        var machine = Self.machine(ensemble)
        #expect(machine.plan(ensemble.sweep) == [4, 5, 1, 3, 2])
        #expect(Self.carryOut(&machine, &ensemble) == [4, 5, 1, 3, 2])
        #expect(machine.steps.map(\.id) == [4, 5, 1, 3, 2])
        #expect(machine.steps.map(\.role) == [.observer, .observer, .follower, .follower, .leader])
    }

    @Test func whatWasTakenOutOfTheEnsembleIsLeftAlone() {
        var ensemble = PaperEnsemble(participants: 4, leader: 2)
        ensemble.reconfigure(without: [3])
        ensemble.setState(3, .failed)
        var machine = Self.machine(ensemble, servers: ensemble.sweep.restartable)
        #expect(Self.carryOut(&machine, &ensemble) == [1, 4, 2])
    }

    /// Of three by the topology the ensemble has two, and both are needed.
    @Test func votesAreCountedAsTheServersCountThem() {
        var ensemble = PaperEnsemble(participants: 3, leader: 2)
        ensemble.reconfigure(without: [3])
        var machine = Self.machine(ensemble, servers: ensemble.sweep.restartable)
        #expect(
            machine.step(ensemble.sweep, now: 1)
                == .failed(
                    "restarting server 1 would take the quorum away: one vote of two would be left, two are needed",
                    server: 1))
    }

    /// The leader still counts three, the next one will count four.
    @Test func aVoterThatJoinsIsCountedByWhoComesNext() {
        var ensemble = PaperEnsemble(participants: 4, leader: 2)
        ensemble.configuration = EnsembleConfiguration(servers: [1, 2, 3].map { PaperEnsemble.line($0, .participant) })
        var machine = RollingRestart(
            servers: [1], electorate: ensemble.electorate,
            options: RollingRestart.Options(patience: .seconds(60), coming: ensemble.electorate), now: 0)
        #expect(machine.step(ensemble.sweep, now: 1) == .restart(1))
        ensemble.setState(4, .starting)
        machine = RollingRestart(
            servers: [1], electorate: ensemble.electorate,
            options: RollingRestart.Options(patience: .seconds(60), coming: ensemble.electorate), now: 0)
        #expect(
            machine.step(ensemble.sweep, now: 1)
                == .wait(
                    "restarting server 1 would take the quorum away: two votes of four would be left, three are needed")
        )
    }

    @Test func aServerWhoseTreeDiffersStopsEverything() {
        var ensemble = PaperEnsemble(participants: 3, leader: 2)
        ensemble.setMismatches(3, 1)
        var machine = Self.machine(ensemble)
        guard case .failed(let why, let server) = machine.step(ensemble.sweep, now: 1) else {
            Issue.record("it went on")
            return
        }
        #expect(server == 3)
        #expect(why.hasPrefix("server 3 found one time that its data is not what the leader has"))
    }

    @Test func aServerThatIsNotReadyComesFirst() {
        var ensemble = PaperEnsemble(participants: 3, observers: 1, leader: 2)
        ensemble.setState(3, .stopped)
        var machine = Self.machine(ensemble)
        #expect(Self.carryOut(&machine, &ensemble) == [3, 4, 1, 2])
    }

    @Test func theLeaderIsLookedUpAgainBeforeEachStep() {
        var ensemble = PaperEnsemble(participants: 3, leader: 3)
        var machine = Self.machine(ensemble)
        #expect(machine.plan(ensemble.sweep) == [1, 2, 3])
        #expect(machine.step(ensemble.sweep, now: 1) == .restart(1))
        ensemble.change(1) { $0.process?.pid = 5000 }
        #expect(
            machine.step(ensemble.sweep, now: 2)
                == .completed(.init(id: 1, role: .follower, seconds: Seconds(.seconds(1)))))
        ensemble.setRole(3, .follower)
        ensemble.setRole(2, .leader)
        #expect(machine.plan(ensemble.sweep) == [3, 2])
        #expect(machine.step(ensemble.sweep, now: 3) == .restart(3))
    }

    @Test func everyOtherServerMustServeBeforeAStep() {
        var ensemble = PaperEnsemble(participants: 3, observers: 1, leader: 2)
        ensemble.setAnswer(4, .notServing)
        var machine = Self.machine(ensemble, servers: [1])
        let waiting = Effect.wait("server 4 must serve before server 1 is stopped")
        #expect(machine.step(ensemble.sweep, now: 1) == waiting)
        #expect(machine.step(ensemble.sweep, now: 60) == waiting)
        #expect(
            machine.step(ensemble.sweep, now: 61)
                == .failed("server 4 must serve before server 1 is stopped", server: 1))
        // It stays failed, whatever is seen then.
        ensemble.setAnswer(4, .serving(.init(role: .observer, zxid: ZXID(rawValue: 0x1_0000_0005))))
        #expect(
            machine.step(ensemble.sweep, now: 62)
                == .failed("server 4 must serve before server 1 is stopped", server: 1))
    }

    @Test func aServerJustAddedNeedNotServe() {
        var ensemble = PaperEnsemble(participants: 3, observers: 1, leader: 2)
        ensemble.setAnswer(4, .notServing)
        var machine = Self.machine(ensemble, servers: [1], ignored: [4])
        #expect(machine.step(ensemble.sweep, now: 1) == .restart(1))
    }

    @Test func aQuorumMustRemain() {
        let two = PaperEnsemble(participants: 2, leader: 2)
        var machine = Self.machine(two)
        let refusal = Effect.failed(
            "restarting server 1 would take the quorum away: one vote of two would be left, two are needed", server: 1)
        #expect(machine.step(two.sweep, now: 1) == refusal)
        var forced = Self.machine(two, force: true)
        #expect(forced.step(two.sweep, now: 1) == .restart(1))

        let one = PaperEnsemble(participants: 1)
        var alone = Self.machine(one)
        #expect(
            alone.step(one.sweep, now: 1)
                == .failed(
                    "restarting server 1 would take the quorum away: zero votes of one would be left, one is needed",
                    server: 1))
    }

    /// Of three participants and an observer the ensemble has two and the observer since a reconfig: nobody is restarted, not even that.
    @Test func whatCannotEndWellDoesNotBegin() {
        var ensemble = PaperEnsemble(participants: 3, observers: 1, leader: 2)
        let three = Self.machine(ensemble)
        #expect(three.refusal(ensemble.sweep) == nil)
        ensemble.reconfigure(without: [3])
        let two = Self.machine(ensemble, servers: ensemble.sweep.restartable)
        #expect(two.plan(ensemble.sweep) == [4, 1, 2])
        #expect(
            two.refusal(ensemble.sweep)?.message
                == "restarting server 1 would take the quorum away: one vote of two would be left, two are needed")
        #expect(Self.machine(ensemble, force: true).refusal(ensemble.sweep) == nil)
        #expect(Self.machine(ensemble, servers: [4]).refusal(ensemble.sweep) == nil)
        // One that is down now can be started, but the other one not restarted.
        ensemble.setState(1, .stopped)
        #expect(Self.machine(ensemble, servers: [1, 2]).refusal(ensemble.sweep) != nil)
    }

    @Test func aStepEndsOnlyWhenTheServerIsBackAndHasCaughtUp() {
        var ensemble = PaperEnsemble(participants: 3, leader: 2)
        var machine = Self.machine(ensemble, servers: [1])
        #expect(machine.step(ensemble.sweep, now: 1) == .restart(1))
        // The old process still answers.
        #expect(machine.step(ensemble.sweep, now: 2) == .wait("server 1 has not been started again"))
        ensemble.setState(1, .starting)
        ensemble.change(1) { $0.process?.pid = 5000 }
        #expect(machine.step(ensemble.sweep, now: 3) == .wait("server 1 is not back in its role"))
        ensemble.setAnswer(1, .notServing)
        #expect(machine.step(ensemble.sweep, now: 4) == .wait("server 1 is not back in its role"))
        ensemble.setAnswer(1, .serving(.init(role: .follower, zxid: ZXID(rawValue: 0x1_0000_0004))))
        #expect(
            machine.step(ensemble.sweep, now: 5)
                == .wait("server 1 has zxid 0x100000004, the leader had 0x100000005 when the step began"))
        // The leader has gone on meanwhile; what counts is where it was.
        ensemble.setZXID(2, 0x1_0000_0100)
        ensemble.setZXID(1, 0x1_0000_0005)
        #expect(
            machine.step(ensemble.sweep, now: 6)
                == .completed(.init(id: 1, role: .follower, seconds: Seconds(.seconds(5)))))
        #expect(machine.step(ensemble.sweep, now: 7) == .finished)
        #expect(machine.step(ensemble.sweep, now: 8) == .finished)
    }

    @Test func aServerThatDoesNotComeBackStopsTheProcedure() {
        var ensemble = PaperEnsemble(participants: 3, leader: 2)
        var machine = Self.machine(ensemble)
        #expect(machine.step(ensemble.sweep, now: 1) == .restart(1))
        ensemble.setState(1, .starting)
        ensemble.change(1) { $0.process?.pid = 5000 }
        #expect(machine.step(ensemble.sweep, now: 61) == .wait("server 1 is not back in its role"))
        #expect(
            machine.step(ensemble.sweep, now: 61.5)
                == .failed("server 1 is not back in its role (waited 60 s)", server: 1))
        #expect(machine.steps == [])
    }

    @Test func aCrashLoopIsNotWaitedFor() {
        var ensemble = PaperEnsemble(participants: 3, leader: 2)
        var machine = Self.machine(ensemble)
        #expect(machine.step(ensemble.sweep, now: 1) == .restart(1))
        ensemble.setState(1, .failed)
        ensemble.change(1) { $0.process?.lastError = "5 deaths in 60 s" }
        #expect(machine.step(ensemble.sweep, now: 2) == .failed("server 1 failed: 5 deaths in 60 s", server: 1))
    }

    @Test func anOrderThatIsRefusedStopsIt() {
        let ensemble = PaperEnsemble(participants: 3, leader: 2)
        var machine = Self.machine(ensemble)
        _ = machine.step(ensemble.sweep, now: 1)
        #expect(machine.orderFailed("no java") == .failed("server 1 could not be restarted: no java", server: 1))
    }

    @Test func thereIsAPauseBetweenStepsAndNoneAfterTheLast() {
        var ensemble = PaperEnsemble(participants: 3, leader: 2)
        var machine = Self.machine(ensemble, servers: [1, 3], pause: .seconds(10))
        #expect(machine.step(ensemble.sweep, now: 1) == .restart(1))
        ensemble.change(1) { $0.process?.pid = 5000 }
        _ = machine.step(ensemble.sweep, now: 2)
        #expect(machine.step(ensemble.sweep, now: 3) == .wait("pausing"))
        #expect(machine.step(ensemble.sweep, now: 12) == .restart(3))
        ensemble.change(3) { $0.process?.pid = 5001 }
        _ = machine.step(ensemble.sweep, now: 13)
        #expect(machine.step(ensemble.sweep, now: 13) == .finished)
    }

    @Test func theEndIsWhenAllServeAgain() {
        var ensemble = PaperEnsemble(participants: 3, observers: 1, leader: 2)
        var machine = Self.machine(ensemble, servers: [4, 2], force: true)
        #expect(machine.step(ensemble.sweep, now: 1) == .restart(4))
        ensemble.change(4) { $0.process?.pid = 5000 }
        _ = machine.step(ensemble.sweep, now: 2)
        #expect(machine.step(ensemble.sweep, now: 3) == .restart(2))
        ensemble.change(2) { $0.process?.pid = 5001 }
        _ = machine.step(ensemble.sweep, now: 4)
        // The observer lost its leader with that step.
        let serving = ensemble.sweep.server(4)!.answer
        ensemble.setAnswer(4, .notServing)
        #expect(machine.step(ensemble.sweep, now: 5) == .wait("server 4 must serve again"))
        var impatient = machine
        #expect(
            impatient.step(ensemble.sweep, now: 65) == .failed("server 4 must serve again (waited 60 s)", server: 4))
        ensemble.setAnswer(4, serving)
        #expect(machine.step(ensemble.sweep, now: 6) == .finished)
    }

    @Test func nothingToDoIsDone() {
        let ensemble = PaperEnsemble(participants: 3, leader: 2)
        var machine = Self.machine(ensemble, servers: [])
        #expect(machine.step(ensemble.sweep, now: 1) == .finished)
    }
}
