import Planning
import Testing

@testable import Supervision

/// Every edge of the state machine, without a process.
@Suite struct ServerLifecycleTests {
    typealias Effect = ServerLifecycle.Effect
    let start = Instant.now()
    let process = ProcessIdentity(pid: 42, startTicks: 7, bootID: "boot")
    let next = ProcessIdentity(pid: 43, startTicks: 8, bootID: "boot")

    func at(_ seconds: Double) -> Instant { start + .seconds(seconds) }

    func stopped() -> ServerLifecycle { ServerLifecycle(grace: .seconds(10)) }

    func starting() -> ServerLifecycle {
        var lifecycle = stopped()
        _ = lifecycle.start(by: "up", now: start)
        _ = lifecycle.spawned(process, now: start)
        return lifecycle
    }

    func running() -> ServerLifecycle {
        var lifecycle = starting()
        _ = lifecycle.probed(.serving(mode: .follower), of: process, now: start)
        return lifecycle
    }

    func backingOff() -> ServerLifecycle {
        var lifecycle = starting()
        _ = lifecycle.exited(.code(1), now: start)
        return lifecycle
    }

    /// Dies at once, and again after each delay.
    func crashLooping(_ status: Planning.ExitStatus, lives: Int) -> (ServerLifecycle, delays: [Duration]) {
        var lifecycle = starting()
        var (now, delays) = (start, [Duration]())
        for _ in 0..<lives {
            _ = lifecycle.exited(status, now: now)
            guard let due = lifecycle.nextDeadline else { break }
            delays.append(due - now)
            now = due
            #expect(lifecycle.tick(now: now) == [.spawn])
            _ = lifecycle.spawned(process, now: now)
        }
        return (lifecycle, delays)
    }

    // MARK: - Start

    @Test func startSpawns() {
        var lifecycle = stopped()
        #expect(lifecycle.start(by: "up", now: start) == [.record(.startRequested, cause: "up"), .spawn])
        #expect(lifecycle.shownState == .starting)
        #expect(lifecycle.start(by: "up", now: start) == [])
        #expect(lifecycle.spawned(process, now: start) == [.record(.spawned, cause: "start")])
        #expect(lifecycle.process == process)
        #expect(lifecycle.start(by: "up", now: start) == [])
        #expect(lifecycle.restarts == 0)
    }

    @Test func startDuringTheBackOffDoesNotWait() {
        var lifecycle = backingOff()
        #expect(lifecycle.start(by: "start", now: at(0.01)) == [.record(.startRequested, cause: "start"), .spawn])
    }

    @Test func startOfOneThatIsEndingStartsItAfterwards() {
        var lifecycle = running()
        _ = lifecycle.stop(by: "stop", now: start)
        #expect(lifecycle.start(by: "start", now: start) == [.record(.startRequested, cause: "start")])
        #expect(
            lifecycle.exited(.signal(15), now: start) == [.record(.exited, cause: "killed by SIGTERM (15)"), .spawn])
        #expect(lifecycle.desired == .running)
    }

    @Test func spawnThatFailsIsTriedAgain() {
        var lifecycle = stopped()
        _ = lifecycle.start(by: "up", now: start)
        #expect(
            lifecycle.spawnFailed("no java", now: start) == [
                .record(.spawnFailed, cause: "no java"),
                .record(.backingOff, cause: "restart in 0.25 s: no java"),
            ])
        #expect(lifecycle.lastError == "no java")
        #expect(lifecycle.shownState == .backingOff)
        #expect(lifecycle.tick(now: at(0.2)) == [])
        #expect(lifecycle.tick(now: at(0.25)) == [.spawn])
        #expect(lifecycle.spawned(process, now: at(0.25)) == [.record(.spawned, cause: "restart 1")])
        #expect(lifecycle.lastError == nil)
    }

    // MARK: - Stop

    @Test func stopTerminatesThenKills() {
        var lifecycle = running()
        #expect(
            lifecycle.stop(by: "stop", now: start) == [
                .record(.stopRequested, cause: "stop"), .record(.terminated, cause: "stop"), .signal(15),
            ])
        #expect(lifecycle.isEnding)
        #expect(lifecycle.shownState == .running)
        #expect(lifecycle.stop(by: "stop", now: at(1)) == [])
        #expect(lifecycle.tick(now: at(9.9)).contains(.signal(9)) == false)
        #expect(
            lifecycle.tick(now: at(10)).filter { $0 != .probe } == [
                .record(.killed, cause: "still there 10 s after SIGTERM"), .signal(9),
            ])
        #expect(lifecycle.tick(now: at(11)).contains(.signal(9)) == false)
        #expect(lifecycle.exited(.signal(9), now: at(12)) == [.record(.exited, cause: "killed by SIGKILL (9)")])
        #expect(lifecycle.shownState == .stopped)
        #expect(lifecycle.nextDeadline == nil)
        #expect(lifecycle.stop(by: "stop", now: at(13)) == [])
    }

    @Test(arguments: [true, false]) func stopWithoutAProcess(failed: Bool) {
        var lifecycle = backingOff()
        if failed {
            lifecycle = crashLooping(.code(1), lives: 9).0
            _ = lifecycle.exited(.code(1), now: at(50))
        }
        #expect(lifecycle.stop(by: "stop", now: at(60)) == [.record(.stopRequested, cause: "stop")])
        #expect(lifecycle.shownState == .stopped)
        #expect(lifecycle.nextDeadline == nil)
    }

    @Test func stopAfterRestartWasAskedFor() {
        var lifecycle = running()
        _ = lifecycle.restart(by: "restart", now: start)
        #expect(lifecycle.stop(by: "stop", now: start) == [.record(.stopRequested, cause: "stop")])
        #expect(lifecycle.exited(.code(0), now: start) == [.record(.exited, cause: "exit code 0")])
        #expect(lifecycle.shownState == .stopped)
    }

    @Test func shutDownKeepsTheWish() {
        var lifecycle = running()
        #expect(
            lifecycle.shutDown(by: "SIGTERM", now: start) == [.record(.terminated, cause: "SIGTERM"), .signal(15)])
        #expect(lifecycle.isAtRest == false)
        _ = lifecycle.exited(.code(143), now: start)
        #expect(lifecycle.isAtRest)
        #expect(lifecycle.desired == .running)

        var waiting = backingOff()
        #expect(waiting.shutDown(by: "SIGTERM", now: start) == [])
        #expect(waiting.isAtRest)
    }

    // MARK: - Restart, kill, pause

    @Test func restartEndsAndStarts() {
        var lifecycle = running()
        #expect(
            lifecycle.restart(by: "rolling-restart", now: start) == [
                .record(.restartRequested, cause: "rolling-restart"), .record(.terminated, cause: "rolling-restart"),
                .signal(15),
            ])
        #expect(lifecycle.exited(.code(143), now: start) == [.record(.exited, cause: "exit code 143"), .spawn])
        #expect(lifecycle.spawned(next, now: start) == [.record(.spawned, cause: "start")])
        #expect(lifecycle.restarts == 0)
    }

    @Test func restartWithoutAProcessStarts() {
        var lifecycle = stopped()
        #expect(lifecycle.restart(by: "restart", now: start) == [.record(.restartRequested, cause: "restart"), .spawn])
    }

    @Test func killIsADeathLikeAnyOther() {
        var lifecycle = running()
        #expect(lifecycle.kill(by: "kill") == [.record(.killed, cause: "kill"), .signal(9)])
        #expect(
            lifecycle.exited(.signal(9), now: at(1)) == [
                .record(.exited, cause: "killed by SIGKILL (9)"),
                .record(.backingOff, cause: "restart in 0.25 s: killed by SIGKILL (9)"),
            ])
    }

    @Test func pausedServerIsStoppedByBothSignals() {
        var lifecycle = running()
        #expect(lifecycle.pause(by: "pause") == [.record(.paused, cause: "pause"), .signal(19)])
        #expect(lifecycle.shownState == .paused)
        #expect(lifecycle.pause(by: "pause") == [])
        #expect(lifecycle.tick(now: at(60)).contains(.probe) == false)
        #expect(
            lifecycle.stop(by: "stop", now: start) == [
                .record(.stopRequested, cause: "stop"), .record(.terminated, cause: "stop"), .signal(15), .signal(18),
            ])
        #expect(lifecycle.pause(by: "pause") == nil)
    }

    @Test func resumeContinues() {
        var lifecycle = running()
        _ = lifecycle.pause(by: "pause")
        #expect(lifecycle.resume(by: "resume", now: at(5)) == [.record(.resumed, cause: "resume"), .signal(18)])
        #expect(lifecycle.shownState == .running)
        #expect(lifecycle.tick(now: at(5)) == [.probe])
        // Somebody else may have stopped it.
        #expect(lifecycle.resume(by: "resume", now: at(5)) == [.signal(18)])
    }

    @Test func noProcessNoSignal() {
        var lifecycle = stopped()
        #expect(lifecycle.kill(by: "kill") == nil)
        #expect(lifecycle.pause(by: "pause") == nil)
        #expect(lifecycle.resume(by: "resume", now: start) == nil)
    }

    // MARK: - Deaths

    @Test func delaysDouble() {
        // SIGKILL never makes a crash loop, so all delays can be seen.
        let (lifecycle, delays) = crashLooping(.signal(9), lives: 9)
        #expect(delays == [0.25, 0.5, 1, 2, 4, 8, 16, 30, 30].map { .seconds($0) })
        #expect(lifecycle.restarts == 9)
        #expect(lifecycle.isFailed == false)
    }

    @Test func fiveDeathsAreACrashLoopThatIsTriedAgain() {
        var (lifecycle, delays) = crashLooping(.code(2), lives: 9)
        #expect(delays == [0.25, 0.5, 1, 2, 4, 8, 16, 30, 30].map { .seconds($0) })
        let cause = "it failed 10 times in a row, restart in 30 s: exit code 2: the disk is full"
        let effects = lifecycle.exited(.code(2), lastLine: "the disk is full", now: at(500))
        #expect(
            effects == [.record(.exited, cause: "exit code 2: the disk is full"), .record(.crashLoop, cause: cause)])
        #expect(lifecycle.shownState == .failed)
        #expect(lifecycle.lastError == "the disk is full")
        #expect(lifecycle.nextStart == at(530))
        #expect(lifecycle.tick(now: at(529)) == [])
        #expect(lifecycle.tick(now: at(530)) == [.spawn])
        // The disk has room again: it has failed until it has served for a while.
        _ = lifecycle.spawned(next, now: at(530))
        _ = lifecycle.probed(.serving(mode: .follower), of: next, now: at(531))
        #expect(lifecycle.shownState == .running)
        var soon = lifecycle
        _ = soon.exited(.code(2), now: at(535))
        #expect(soon.shownState == .failed)
        _ = lifecycle.exited(.code(2), now: at(700))
        #expect(lifecycle.shownState == .backingOff)
        #expect(lifecycle.nextStart == at(700.25))
    }

    @Test func aFailedServerRestsWhenItsSupervisorEndsAndHasAllItsLivesWhenItIsStarted() {
        var (lifecycle, _) = crashLooping(.code(2), lives: 9)
        _ = lifecycle.exited(.code(2), now: at(1000))
        #expect(lifecycle.shutDown(by: "SIGTERM", now: at(1000)) == [])
        #expect(lifecycle.isFailed)
        #expect(lifecycle.isAtRest)
        #expect(lifecycle.nextDeadline == nil)
        #expect(lifecycle.start(by: "start", now: at(1000)) == [.record(.startRequested, cause: "start"), .spawn])
        _ = lifecycle.spawned(next, now: at(1000))
        _ = lifecycle.exited(.code(2), now: at(1001))
        #expect(lifecycle.shownState == .backingOff)
    }

    @Test func deathsFarApartAreNoCrashLoop() {
        var lifecycle = starting()
        var now = start
        for _ in 0..<20 {
            _ = lifecycle.probed(.serving(mode: .leader), of: process, now: now)
            now += .seconds(60)
            let effects = lifecycle.exited(.code(1), now: now)
            #expect(effects.last == .record(.backingOff, cause: "restart in 0.25 s: exit code 1"))
            now += .seconds(1)
            _ = lifecycle.tick(now: now)
            _ = lifecycle.spawned(process, now: now)
        }
        #expect(lifecycle.restarts == 20)
    }

    @Test func deathWhileItIsToBeStoppedIsTheEnd() {
        var lifecycle = running()
        _ = lifecycle.stop(by: "stop", now: start)
        _ = lifecycle.exited(.signal(11), now: start)
        #expect(lifecycle.shownState == .stopped)
        #expect(lifecycle.lastExit == .signal(11))
        #expect(lifecycle.lastError == nil)
    }

    // MARK: - Probes

    @Test func readinessIsToldOnce() {
        var lifecycle = starting()
        #expect(lifecycle.tick(now: at(0.15)) == [.probe])
        #expect(lifecycle.nextDeadline == nil)
        #expect(lifecycle.probed(.unreachable, of: process, now: at(0.2)) == [])
        #expect(lifecycle.nextDeadline == at(0.2) + .milliseconds(150))
        #expect(
            lifecycle.probed(.bound, of: process, now: at(0.4)) == [
                .record(.bound, cause: "the client port accepts connections")
            ])
        #expect(lifecycle.probed(.bound, of: process, now: at(0.6)) == [])
        #expect(lifecycle.shownState == .starting)
        #expect(
            lifecycle.probed(.serving(mode: .leader), of: process, now: at(0.8)) == [
                .record(.serving, cause: "srvr answers with mode leader")
            ])
        #expect(lifecycle.shownState == .running)
        #expect(lifecycle.mode == .leader)
        #expect(lifecycle.nextDeadline == at(0.8) + .seconds(3))
        #expect(lifecycle.probed(.serving(mode: .leader), of: process, now: at(3.8)) == [])
        #expect(
            lifecycle.probed(.serving(mode: .follower), of: process, now: at(7)) == [
                .record(.serving, cause: "mode leader became follower")
            ])
        #expect(
            lifecycle.probed(.bound, of: process, now: at(8)) == [
                .record(.notServing, cause: "srvr brings no mode any more, it was follower")
            ])
        #expect(lifecycle.mode == nil)
        // It has served: it is not starting again.
        #expect(lifecycle.shownState == .running)
    }

    /// Hundreds that start together would keep each other from it.
    @Test func aServerThatTakesLongIsProbedLessOften() {
        func interval(_ lifecycle: ServerLifecycle, from now: Instant) -> Duration { lifecycle.nextDeadline! - now }
        var lifecycle = starting()
        for (seconds, expected) in [(0.2, 150), (0.6, 150), (2, 500), (8, 2000), (12, 3000), (600, 3000)] {
            _ = lifecycle.probed(.unreachable, of: process, now: at(seconds))
            #expect(interval(lifecycle, from: at(seconds)) == .milliseconds(expected))
        }
        _ = lifecycle.probed(.serving(mode: .leader), of: process, now: at(700))
        #expect(interval(lifecycle, from: at(700)) == .seconds(3))
        // It is waited for anew.
        _ = lifecycle.probed(.bound, of: process, now: at(703))
        #expect(interval(lifecycle, from: at(703)) == .milliseconds(150))
    }

    @Test func answerOfAnEarlierProcessIsDropped() {
        var lifecycle = backingOff()
        _ = lifecycle.tick(now: at(1))
        _ = lifecycle.spawned(next, now: at(1))
        #expect(lifecycle.probed(.serving(mode: .leader), of: process, now: at(2)) == [])
        #expect(lifecycle.shownState == .starting)
    }

    @Test func endingServerIsNotSaidToFail() {
        var lifecycle = running()
        _ = lifecycle.stop(by: "stop", now: start)
        #expect(lifecycle.probed(.unreachable, of: process, now: at(1)) == [])
    }

    // MARK: - Under the next supervisor

    @Test func adoptedServerGoesOn() {
        var lifecycle = stopped()
        // The continue is for one that its last supervisor stopped for a moment, and was killed.
        #expect(
            lifecycle.adopted(process, desired: .running, paused: false, cause: "it ran on", now: start) == [
                .record(.adopted, cause: "it ran on"), .signal(18),
            ])
        #expect(lifecycle.process == process)
        #expect(lifecycle.tick(now: start) == [.probe])
    }

    @Test func adoptedPausedServerStaysSo() {
        var lifecycle = stopped()
        #expect(
            lifecycle.adopted(process, desired: .running, paused: true, cause: "it ran on", now: start) == [
                .record(.adopted, cause: "it ran on")
            ])
        #expect(lifecycle.shownState == .paused)
    }

    @Test func stopIsFinishedByTheNextSupervisor() {
        var lifecycle = stopped()
        #expect(
            lifecycle.adopted(process, desired: .stopped, paused: false, cause: "it ran on", now: start) == [
                .record(.adopted, cause: "it ran on"), .signal(18),
                .record(.terminated, cause: "it is to be stopped"), .signal(15),
            ])
        #expect(lifecycle.nextDeadline == start)
        _ = lifecycle.exited(.unknown, now: start)
        #expect(lifecycle.shownState == .stopped)
    }

    @Test func oneThatDiedUnseenIsStarted() {
        var wanted = ServerLifecycle(grace: .seconds(10), desired: .running, restarts: 3)
        #expect(
            wanted.foundDead(now: start) == [.record(.exited, cause: "it ended while no supervisor ran"), .spawn])
        #expect(wanted.restarts == 4)
        var unwanted = stopped()
        #expect(unwanted.foundDead(now: start) == [])
        var failed = ServerLifecycle(grace: .seconds(10), desired: .running, failed: true)
        #expect(failed.foundDead(now: start) == [])
        #expect(failed.isFailed)
        #expect(failed.nextStart == at(30), "the next supervisor tries it again, in its time")
        var alive = running()
        #expect(alive.foundDead(now: start) == [])
    }
}
