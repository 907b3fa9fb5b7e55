import Planning
import ZooKeeperProtocol

/// The life of one supervised server, as a state machine without processes, files or clocks: each input returns what to do.
///
/// ```
///             start                 spawned               exited, unexpected
///   stopped ────────► (spawning) ────────────► alive ───────────────────────► backing off ──► (spawning)
///      ▲                  │ spawn failed         │                                 │    delay over
///      │                  └──────► as a death ───┼── too many deaths ─► failed ──────► (spawning)
///      └───────── exited, as asked ──────────────┘                           delay over
/// ```
/// `start` leads out of every state without a process, `stop` back to stopped. A server that has failed is tried again too, as rarely
/// as the delays have become: a full disk or a taken port may be over by then. It has failed until it has served for a while.
package struct ServerLifecycle: Sendable {
    package struct Policy: Hashable, Sendable {
        /// The delay before the first restart after a stable life; it doubles with each further death.
        package var firstDelay: Duration = .milliseconds(250)
        package var longestDelay: Duration = .seconds(30)
        /// A server that served this long begins again with the first delay when it dies.
        package var stableAfter: Duration = .seconds(10)
        /// So many deaths within the window are a crash loop. SIGKILL is not counted: it comes from outside (a person, a drill, the kernel out
        /// of memory) and says nothing against starting again.
        package var crashLoopDeaths = 5
        package var crashLoopWindow: Duration = .seconds(120)
        /// Between probes of a server that does not serve yet, at first: it becomes a quarter of the time that it has been waited for, so that
        /// hundreds that start together are not kept from it by being asked. And of one that does.
        package var probeWhileStarting: Duration = .milliseconds(150)
        package var probeWhileServing: Duration = .seconds(3)

        package init() {}
    }

    package enum Effect: Hashable, Sendable {
        /// Answered with ``spawned(_:now:)`` or ``spawnFailed(_:now:)``.
        case spawn
        /// To the process that lives.
        case signal(Int32)
        /// Answered with ``probed(_:of:now:)``.
        case probe
        case record(SupervisorEvent.What, cause: String)
    }

    /// What a look at the client port showed.
    package enum Probe: Hashable, Sendable {
        /// Nobody accepts connections.
        case unreachable
        /// Somebody does, but `srvr` brings no mode.
        case bound
        case serving(mode: ServerMode)
    }

    private enum State: Hashable, Sendable {
        case stopped
        /// The effect is out, its answer not yet in.
        case spawning
        case alive(Life)
        case backingOff(until: Instant)
        /// Nil: not tried again by itself.
        case failed(until: Instant?)
    }

    private struct Life: Hashable, Sendable {
        var process: ProcessIdentity
        var paused: Bool
        var ending: Ending?
        var probe: Probe = .unreachable
        /// Nil until it served for the first time.
        var servingSince: Instant?
        /// Since when it is waited for that it serves, again or for the first time.
        var awaitedSince: Instant
        /// Nil while a probe is out.
        var nextProbe: Instant?
    }

    /// SIGTERM has been sent.
    private struct Ending: Hashable, Sendable {
        /// Nil once SIGKILL has been sent too.
        var killAt: Instant?
        var then: Next
        enum Next: Hashable, Sendable { case rest, start }
    }

    package let policy: Policy
    package var grace: Duration
    package private(set) var desired: ServerProcess.Desired
    package private(set) var restarts: Int
    package private(set) var lastExit: ExitStatus?
    package private(set) var lastError: String?
    private var state: State
    /// Since the last stable life.
    private var deathsInRow = 0
    /// Those that count towards a crash loop.
    private var deaths: [Instant] = []
    /// There was one, and it is not over: the server has not served long enough since.
    private var isInCrashLoop = false

    /// A server without a process.
    package init(
        policy: Policy = Policy(), grace: Duration, desired: ServerProcess.Desired = .stopped, failed: Bool = false,
        restarts: Int = 0, lastExit: ExitStatus? = nil, lastError: String? = nil
    ) {
        self.policy = policy
        self.grace = grace
        self.desired = desired
        self.restarts = restarts
        self.lastExit = lastExit
        self.lastError = lastError
        state = failed ? .failed(until: nil) : .stopped
        isInCrashLoop = failed
    }

    // MARK: - What it looks like

    package var process: ProcessIdentity? {
        if case .alive(let life) = state { life.process } else { nil }
    }

    package var isFailed: Bool { if case .failed = state { true } else { false } }

    /// When the next start is due, of one that died or failed.
    package var nextStart: Instant? {
        switch state {
        case .backingOff(let until): until
        case .failed(let until): until
        case .stopped, .spawning, .alive: nil
        }
    }

    /// Stopped on request; an outsider's SIGSTOP is not seen here.
    package var isPaused: Bool {
        if case .alive(let life) = state { life.paused } else { false }
    }

    /// No process, and none is about to be: a shutdown may go on.
    package var isAtRest: Bool {
        switch state {
        case .stopped, .failed: true
        case .spawning, .alive, .backingOff: false
        }
    }

    /// SIGTERM has been sent, and its process is still there.
    package var isEnding: Bool {
        if case .alive(let life) = state { life.ending != nil } else { false }
    }

    package var mode: ServerMode? {
        if case .alive(let life) = state, case .serving(let mode) = life.probe { mode } else { nil }
    }

    package var shownState: ServerProcess.State {
        switch state {
        case .stopped: .stopped
        case .spawning: .starting
        case .alive(let life): life.paused ? .paused : life.servingSince == nil ? .starting : .running
        case .backingOff: .backingOff
        case .failed: .failed
        }
    }

    /// When ``tick(now:)`` has something to do.
    package var nextDeadline: Instant? {
        switch state {
        case .stopped, .spawning: nil
        case .backingOff(let until): until
        case .failed(let until): until
        case .alive(let life): [life.nextProbe, life.ending?.killAt].compactMap(\.self).min()
        }
    }

    // MARK: - Requests

    package mutating func start(by cause: String, now: Instant) -> [Effect] {
        let wasDesired = desired
        desired = .running
        switch state {
        case .spawning: return []
        case .stopped, .failed, .backingOff:
            forgetDeaths()
            return [.record(.startRequested, cause: cause)] + spawn()
        case .alive(var life):
            guard life.ending != nil else { return [] }
            life.ending?.then = .start
            state = .alive(life)
            return wasDesired == .running ? [] : [.record(.startRequested, cause: cause)]
        }
    }

    package mutating func stop(by cause: String, now: Instant) -> [Effect] {
        let wasDesired = desired
        desired = .stopped
        let requested = Effect.record(.stopRequested, cause: cause)
        switch state {
        case .stopped, .spawning: return wasDesired == .stopped ? [] : [requested]
        case .backingOff, .failed:
            state = .stopped
            return [requested]
        case .alive:
            return (wasDesired == .stopped ? [] : [requested]) + end(then: .rest, cause: cause, now: now)
        }
    }

    package mutating func restart(by cause: String, now: Instant) -> [Effect] {
        desired = .running
        let requested = Effect.record(.restartRequested, cause: cause)
        switch state {
        case .spawning: return []
        case .stopped, .failed, .backingOff:
            forgetDeaths()
            return [requested] + spawn()
        case .alive: return [requested] + end(then: .start, cause: cause, now: now)
        }
    }

    /// The supervisor ends: the process is ended and stays wanted, so that the next supervisor starts it again.
    package mutating func shutDown(by cause: String, now: Instant) -> [Effect] {
        switch state {
        case .stopped, .spawning: return []
        case .backingOff:
            state = .stopped
            return []
        case .failed:
            state = .failed(until: nil)
            return []
        case .alive: return end(then: .rest, cause: cause, now: now)
        }
    }

    /// Nil when there is no process.
    package mutating func kill(by cause: String) -> [Effect]? {
        guard case .alive = state else { return nil }
        return [.record(.killed, cause: cause), .signal(Signal.kill)]
    }

    /// Nil when there is no process, or one that is being ended.
    package mutating func pause(by cause: String) -> [Effect]? {
        guard case .alive(var life) = state, life.ending == nil else { return nil }
        guard !life.paused else { return [] }
        life.paused = true
        state = .alive(life)
        return [.record(.paused, cause: cause), .signal(Signal.stop)]
    }

    /// Nil when there is no process. One that was stopped by somebody else is continued too.
    package mutating func resume(by cause: String, now: Instant) -> [Effect]? {
        guard case .alive(var life) = state else { return nil }
        let wasPaused = life.paused
        life.paused = false
        if life.nextProbe != nil { life.nextProbe = now }
        state = .alive(life)
        return (wasPaused ? [.record(.resumed, cause: cause)] : []) + [.signal(Signal.resume)]
    }

    // MARK: - What happens

    package mutating func spawned(_ process: ProcessIdentity, now: Instant) -> [Effect] {
        lastError = nil
        state = .alive(
            Life(process: process, paused: false, awaitedSince: now, nextProbe: now + policy.probeWhileStarting))
        return [.record(.spawned, cause: restartCause)] + endUnwanted(now: now)
    }

    package mutating func spawnFailed(_ reason: String, now: Instant) -> [Effect] {
        lastError = reason
        return [.record(.spawnFailed, cause: reason)] + died(counts: true, why: reason, now: now)
    }

    /// A process of an earlier supervisor was found alive.
    /// - Parameter paused: as it was recorded; a process that is stopped without that was left so by accident and goes on.
    package mutating func adopted(
        _ process: ProcessIdentity, desired: ServerProcess.Desired, paused: Bool, cause: String, now: Instant
    ) -> [Effect] {
        self.desired = desired
        state = .alive(Life(process: process, paused: paused, awaitedSince: now, nextProbe: now))
        return [.record(.adopted, cause: cause)] + (paused ? [] : [.signal(Signal.resume)]) + endUnwanted(now: now)
    }

    /// It should run, but did not live to see this supervisor.
    package mutating func foundDead(now: Instant) -> [Effect] {
        guard desired == .running else { return [] }
        switch state {
        case .stopped:
            restarts += 1
            return [.record(.exited, cause: "it ended while no supervisor ran")] + spawn()
        case .failed:
            state = .failed(until: now + policy.longestDelay)
            return []
        case .spawning, .alive, .backingOff: return []
        }
    }

    /// - Parameter lastLine: what it wrote last into its log; nil when it wrote nothing that explains its end.
    package mutating func exited(_ status: ExitStatus, lastLine: String? = nil, now: Instant) -> [Effect] {
        guard case .alive(let life) = state else { return [] }
        lastExit = status
        if let ending = life.ending {
            // It was asked to: what it wrote last explains nothing.
            let record = Effect.record(.exited, cause: status.description)
            switch ending.then {
            case .rest:
                state = .stopped
                return [record]
            case .start: return [record] + spawn()
            }
        }
        if let since = life.servingSince, now - since >= policy.stableAfter {
            deathsInRow = 0
            isInCrashLoop = false
        }
        let why = status.description + (lastLine.map { ": \($0)" } ?? "")
        lastError = lastLine ?? status.description
        let fromOutside = status == .signal(Signal.kill) || status == .unknown
        return [.record(.exited, cause: why)] + died(counts: !fromOutside, why: why, now: now)
    }

    /// - Parameter process: the one that was probed; the answer of an earlier one is dropped.
    package mutating func probed(_ probe: Probe, of process: ProcessIdentity, now: Instant) -> [Effect] {
        guard case .alive(var life) = state, life.process == process else { return [] }
        let before = life.probe
        life.probe = probe
        if case .serving = probe {
            life.nextProbe = now + policy.probeWhileServing
            if life.servingSince == nil { life.servingSince = now }
        } else {
            if case .serving = before { life.awaitedSince = now }
            let interval = max(policy.probeWhileStarting, (now - life.awaitedSince) / 4)
            life.nextProbe = now + min(interval, policy.probeWhileServing)
        }
        let quiet = life.paused || life.ending != nil
        state = .alive(life)
        switch (before, probe) {
        case (.unreachable, .bound): return [.record(.bound, cause: "the client port accepts connections")]
        case (.unreachable, .serving(let mode)):
            return [
                .record(.bound, cause: "the client port accepts connections"),
                .record(.serving, cause: "srvr answers with mode \(mode)"),
            ]
        case (.bound, .serving(let mode)): return [.record(.serving, cause: "srvr answers with mode \(mode)")]
        case (.serving(let old), .serving(let new)):
            return old == new ? [] : [.record(.serving, cause: "mode \(old) became \(new)")]
        case (.serving(let mode), .bound):
            return quiet ? [] : [.record(.notServing, cause: "srvr brings no mode any more, it was \(mode)")]
        case (.serving(let mode), .unreachable):
            return quiet ? [] : [.record(.notServing, cause: "the client port does not answer, mode was \(mode)")]
        case (.unreachable, .unreachable), (.bound, .bound), (.bound, .unreachable): return []
        }
    }

    package mutating func tick(now: Instant) -> [Effect] {
        switch state {
        case .stopped, .spawning: return []
        case .backingOff, .failed:
            guard let due = nextStart, due <= now else { return [] }
            restarts += 1
            return spawn()
        case .alive(var life):
            var effects: [Effect] = []
            if let killAt = life.ending?.killAt, killAt <= now {
                life.ending?.killAt = nil
                effects += [
                    .record(.killed, cause: "still there \(grace.components.seconds) s after SIGTERM"),
                    .signal(Signal.kill),
                ]
            }
            if let next = life.nextProbe, next <= now {
                if life.paused {
                    life.nextProbe = now + policy.probeWhileServing
                } else {
                    life.nextProbe = nil
                    effects.append(.probe)
                }
            }
            state = .alive(life)
            return effects
        }
    }

    // MARK: - Steps

    private mutating func spawn() -> [Effect] {
        state = .spawning
        return [.spawn]
    }

    private mutating func end(then next: Ending.Next, cause: String, now: Instant) -> [Effect] {
        guard case .alive(var life) = state else { return [] }
        if life.ending != nil {
            life.ending?.then = next
            state = .alive(life)
            return []
        }
        life.ending = Ending(killAt: now + grace, then: next)
        let wasPaused = life.paused
        life.paused = false
        state = .alive(life)
        // A stopped process takes SIGTERM only when it goes on.
        return [.record(.terminated, cause: cause), .signal(Signal.terminate)]
            + (wasPaused ? [.signal(Signal.resume)] : [])
    }

    /// A stop may have been asked for before the process was there.
    private mutating func endUnwanted(now: Instant) -> [Effect] {
        desired == .stopped ? end(then: .rest, cause: "it is to be stopped", now: now) : []
    }

    private mutating func died(counts: Bool, why: String, now: Instant) -> [Effect] {
        guard desired == .running else {
            state = .stopped
            return []
        }
        deathsInRow += 1
        let window = policy.crashLoopWindow
        deaths.removeAll { now - $0 > window }
        if counts { deaths.append(now) }
        let doublings = min(deathsInRow - 1, 20)
        let delay = min(policy.firstDelay * (1 << doublings), policy.longestDelay)
        if deaths.count >= policy.crashLoopDeaths { isInCrashLoop = true }
        if isInCrashLoop {
            state = .failed(until: now + delay)
            let count = "\(deathsInRow) times in a row"
            return [
                .record(.crashLoop, cause: "it failed \(count), restart in \(Self.seconds(delay)) s: \(why)")
            ]
        }
        state = .backingOff(until: now + delay)
        return [.record(.backingOff, cause: "restart in \(Self.seconds(delay)) s: \(why)")]
    }

    private mutating func forgetDeaths() {
        deaths = []
        deathsInRow = 0
        isInCrashLoop = false
    }

    private var restartCause: String {
        deathsInRow > 0 ? "restart \(restarts)" : "start"
    }

    /// `0.25`, `30`.
    private static func seconds(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        let hundredths = attoseconds / 10_000_000_000_000_000
        guard hundredths > 0 else { return "\(seconds)" }
        return "\(seconds).\(hundredths < 10 ? "0" : "")\(hundredths)"
    }
}

/// The numbers of the signals that supervision sends (Linux, every architecture Swift runs on).
enum Signal {
    static let kill: Int32 = 9
    static let terminate: Int32 = 15
    static let resume: Int32 = 18
    static let stop: Int32 = 19
}
