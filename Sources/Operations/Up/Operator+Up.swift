import Diagnostics
import DurableFiles
import Glibc
import Planning
import Provisioning
import ServerConfig
import Supervision
import Topology
import ZooKeeperProtocol

extension Operator {
    /// Generates the files, starts the supervisor and the servers and waits until the ensemble is ready. On a running ensemble it applies
    /// what changed: only servers whose files changed are restarted, one after the other.
    ///
    /// Everything it does can be repeated: what an interrupted call has done is found done by the next one.
    package func up(_ source: TopologySource, options: UpOptions = UpOptions()) async throws -> UpReport {
        let name = try ensembleName(source)
        if let expected = options.name, expected != name {
            throw OperationError(
                .badUsage, "the topology is of the ensemble \(name), and not of \(expected)",
                mend: "leave --ensemble out, or name the topology's own")
        }
        if options.dryRun { return try await prepare(source, name, options).report(wasDryRun: true) }
        return try await store.changing(name, command: command) { change in
            let preparation = try await prepare(source, name, options)
            try await carryOut(preparation, change)
            let ensemble = preparation.ensemble
            let control = try await control(ensemble.home)
            let timeline = try await waitUntilReady(ensemble, control)
            var report = preparation.report(wasDryRun: false)
            report.timeline = timeline
            report.status = await status(of: ensemble, control)
            return report
        }
    }

    private func ensembleName(_ source: TopologySource) throws -> String {
        switch source {
        case .stored(let name): return try store.choose(name)
        case .text(let text, let file):
            // Only the name is wanted yet; what else is wrong comes up when the checks have all they need.
            let (topology, problems) = Topology.load(text: text, file: file, freePorts: FreePorts.find)
            guard let topology else { throw InvalidTopology(problems, file: file, text: text) }
            return topology.ensemble
        }
    }

    /// Looks at everything and changes nothing.
    private func prepare(_ source: TopologySource, _ name: String, _ options: UpOptions) async throws -> UpPreparation {
        let directory = store.root(of: name)
        let before = store.exists(name) ? try? store.open(name) : nil
        let home = SupervisorHome(ensembleDirectory: directory)
        let control = options.dryRun ? try await controlIfRunning(home) : try await controlIfUp(home)
        let status = try? await control?.status()
        let text: String
        let file: String
        switch source {
        case .text(let given, let path): (text, file) = (given, path)
        case .stored:
            file = EnsembleLayout(root: directory).topology
            text = String(decoding: try DurableFile.read(file), as: UTF8.self)
        }
        let own = Set(status?.servers.compactMap(\.pid) ?? [])
        var (topology, problems) = Topology.load(
            text: text, file: file, assignments: try store.assignments(of: name),
            facts: HostFacts.gather().ignoring(pids: own), freePorts: FreePorts.find)
        if let topology {
            try HostsElsewhere.check(topology, file: file)
            if before == nil { problems += try await namesakes(of: topology, file: file) }
        }
        // A check may pass with a port that is taken now; a server could not start with it.
        let taken = problems.filter { $0.rule == TopologyRule.portTaken.rawValue }
        guard let topology else { throw InvalidTopology(problems, file: file, text: text) }
        guard taken.isEmpty else {
            throw OperationError(
                .taken, "nothing was started: ports that \(name) needs are taken",
                mend: "stop what holds them, or write other ports, or `ports: auto`, into \(file)",
                details: taken.map(\.message))
        }
        let ensemble = Ensemble(topology: topology, directory: directory)
        let specifications = try specifications(ensemble)
        let files = try Provisioning.plan(topology, layout: ensemble.layout)
        let sweep: Sweep? = if let before { await before.sweeper(control).sweep() } else { nil }
        let situation = situation(ensemble, before, files, specifications, sweep)
        problems += try strangers(ensemble, before, sweep, situation)
        let plan = UpPlan(situation)
        if !options.force { try refuse(plan, situation) }
        return UpPreparation(
            ensemble: ensemble, before: before, text: text, problems: problems, files: files,
            specifications: specifications, situation: situation, plan: plan)
    }

    /// What only the user may decide.
    private func refuse(_ plan: UpPlan, _ situation: UpPlan.Situation) throws(OperationError) {
        let steps = ["what would be done:"] + plan.actions.map { "  \($0.text)" }
        if let loss = plan.loss {
            throw OperationError(
                .failed, loss,
                mend:
                    "bring the version-2 directories of those servers back if you have them, or give --force to go on without",
                details: steps)
        }
        if let outage = plan.outage, situation.votersBefore.count > 2 {
            throw OperationError(
                .failed, outage,
                mend: situation.relocated.isEmpty
                    ? "change one voter at a time, or give --force to accept that the service stops meanwhile"
                    : "keep the quorum and election ports, or give --force to accept that the service stops meanwhile",
                details: steps)
        }
    }

    private func situation(
        _ ensemble: Ensemble, _ before: Ensemble?, _ files: Plan, _ specifications: [ServerSpec], _ sweep: Sweep?
    ) -> UpPlan.Situation {
        let topology = ensemble.topology
        let old = before?.topology
        let processes = sweep?.servers.compactMap(\.process) ?? []
        let running = Set(processes.filter { $0.pid != nil }.map { ServerID(Int64($0.id)) })
        let outdated = topology.servers.filter { server in
            guard old?[server.id] != nil else { return false }
            let zooCfg = files.files.first { $0.path == ensemble.layout.server(server.id).zooCfg }
            if zooCfg?.isWritten == true { return true }
            guard let process = processes.first(where: { $0.id == Int(server.id.rawValue) }) else { return false }
            let next = specifications.first { $0.id == process.id }
            if process.isReplaced == true { return true }
            return process.launchedAs.map { $0 != next?.fingerprint } ?? process.outdated
        }
        let agreed = sweep?.configuration.flatMap { $0.version > 0 ? $0 : nil }
        return UpPlan.Situation(
            votersBefore: Set(old?.participants.map(\.id) ?? []), serversBefore: Set(old?.servers.map(\.id) ?? []),
            voters: Set(topology.participants.map(\.id)), servers: Set(topology.servers.map(\.id)), running: running,
            outdated: Set(outdated.map(\.id)), withData: Set(topology.servers.filter(ensemble.hasData).map(\.id)),
            leader: sweep?.leader?.id, isStandalone: topology.isStandalone || old?.isStandalone == true,
            relocated: relocated(ensemble, before, sweep), agreed: agreed, lines: topology.serverLines,
            electorate: ensemble.electorate,
            isClosed: topology.servers.contains { $0.engine == .bundled && $0.setting("quorum.membersOnly") == "true" })
    }

    /// Servers whose quorum or election address is not the one at which the running servers know them.
    private func relocated(_ ensemble: Ensemble, _ before: Ensemble?, _ sweep: Sweep?) -> Set<ServerID> {
        func addresses(_ members: [Member]) -> [ServerID: [String?]] {
            Dictionary(uniqueKeysWithValues: members.map { ($0.id, [$0.quorum, $0.election]) })
        }
        // What the sweep has comes from the servers themselves, where they said something.
        let known = addresses(sweep?.servers.map(\.member) ?? before?.members ?? [])
        let next = addresses(ensemble.members)
        return Set(next.filter { id, addresses in known[id].map { $0 != addresses } ?? false }.keys)
    }

    /// What the ensemble's own configuration says otherwise, where it does not follow the topology: warnings, or an error when the
    /// change asked for cannot be made from here.
    private func strangers(
        _ ensemble: Ensemble, _ before: Ensemble?, _ sweep: Sweep?, _ situation: UpPlan.Situation
    ) throws(OperationError) -> [Diagnostic] {
        guard let agreed = situation.agreed else { return [] }
        let drift = Drift.between(ensemble.members, and: agreed)
        let moved = drift.filter { if case .address = $0.difference { true } else { false } }
        if let first = moved.first {
            throw OperationError(
                .failed, "the servers of \(ensemble.name) keep their members themselves: \(first.sentence)",
                mend: "nothing was touched", details: moved.dropFirst().map(\.sentence))
        }
        return drift.filter { $0.difference == .onlyInEnsemble && before?.topology[$0.server] == nil }.map {
            Diagnostic(.warning, rule: "drift", file: ensemble.layout.topology, $0.sentence)
        }
    }

    /// Ensembles of other names with the servers of this topology, which is new: it may be one of them that was renamed.
    private func namesakes(of topology: Topology, file: String) async throws -> [Diagnostic] {
        func clients(_ topology: Topology) -> Set<String> { Set(topology.servers.map(\.clientAddress)) }
        var warnings: [Diagnostic] = []
        for name in store.names() where name != topology.ensemble {
            guard let other = try? store.open(name), !clients(other.topology).isDisjoint(with: clients(topology)) else {
                continue
            }
            let control = try await controlIfRunning(other.home)
            let processes = (try? await control?.status())?.servers ?? other.home.recordedServers
            if processes.contains(where: { $0.pid != nil }) {
                throw OperationError(
                    .taken,
                    "\(topology.ensemble) would be a new ensemble, but its client ports are those of \(name), which runs; nothing was started",
                    mend:
                        "an ensemble keeps its name: write 'ensemble: \(name)' to change that one, or stop it first (`paddock down -e \(name)`), or give \(topology.ensemble) ports of its own"
                )
            }
            let isSame = other.topology.servers.map(\.id) == topology.servers.map(\.id)
            if isSame, clients(other.topology) == clients(topology),
                other.topology.servers.contains(where: other.hasData)
            {
                warnings.append(
                    Diagnostic(
                        .warning, rule: "ensemble-renamed", file: file,
                        "\(topology.ensemble) is new and begins empty; \(name), which has the same servers, keeps its data in \(other.directory)",
                        mend: "if you meant to rename it, write 'ensemble: \(name)': an ensemble keeps its name"))
            }
        }
        return warnings
    }

    private func carryOut(_ preparation: UpPreparation, _ change: Change) async throws {
        let (ensemble, before) = (preparation.ensemble, preparation.before)
        for problem in preparation.problems { report(.warning(problem.rendered())) }
        for risk in [preparation.plan.loss, preparation.plan.outage].compactMap({ $0 }) { report(.warning(risk)) }
        let isFirst = before == nil && !preparation.files.problems.hasErrors
        // What can be seen can be taken down: an ensemble is known from its first file on.
        if isFirst { try store(preparation) }
        try preparation.files.apply()
        var actions = preparation.plan.actions[...]
        if preparation.plan.outage != nil, let before {
            // The new topology is stored when nothing of the old one runs: an `up` after an interruption in between must still see
            // that voters change.
            let control = try await control(before.home)
            while let action = actions.first, !action.isStart {
                report(.step(action.text))
                for id in action.servers {
                    try await order { try await control.stop([Int(id.rawValue)]) }
                    try change.did("stop server \(id)")
                }
                actions.removeFirst()
            }
        }
        if !isFirst { try store(preparation) }
        let control = try await control(ensemble.home)
        let leaving = preparation.situation.serversBefore.subtracting(preparation.situation.servers)
        let kept = try before.map { try specifications($0) }?.filter { leaving.contains(ServerID(Int64($0.id))) } ?? []
        try await order { try await control.reload(preparation.specifications + kept) }
        while let action = actions.popFirst() {
            try Task.checkCancellation()
            report(.step(action.text))
            try change.did(action.text)
            try await carryOut(
                action, isFollowedByStart: actions.first?.isStart == true, preparation, control, leaving: leaving,
                change)
        }
        if !leaving.isEmpty { try await order { try await control.reload(preparation.specifications) } }
    }

    private func carryOut(
        _ action: UpPlan.Action, isFollowedByStart: Bool, _ preparation: UpPreparation, _ control: ControlClient,
        leaving: Set<ServerID>, _ change: Change
    ) async throws {
        let ensemble = preparation.ensemble
        switch action {
        case .start(let ids):
            try await order { try await control.start(ids.numbers) }
            if isFollowedByStart { try await waitUntilBound(ids, ensemble, control) }
        case .name(let line): try await reconfigure(ensemble, control, joining: line, leaving: nil)
        case .forget(let id): try await reconfigure(ensemble, control, joining: nil, leaving: id)
        case .passOnLead(let id):
            try await order { try await control.restart([Int(id.rawValue)]) }
            try await waitUntilLed(ensemble, control)
        case .roll(let ids):
            let voters = preparation.situation.voters
            let machine = RollingRestart(
                servers: Set(ids), electorate: ensemble.electorate,
                options: RollingRestart.Options(
                    patience: ensemble.patience, force: voters.count <= 2,
                    ignored: preparation.situation.servers.subtracting(preparation.situation.running),
                    coming: ensemble.electorate),
                now: Moment.steady())
            _ = try await roll(ensemble, control, machine, .restart(self, control), change)
        case .remove(let ids), .stop(let ids):
            for id in ids { try await order { try await control.stop([Int(id.rawValue)]) } }
        }
    }

    /// Waits until one of the ensemble's servers leads.
    func waitUntilLed(_ ensemble: Ensemble, _ control: ControlClient) async throws {
        let clock = ContinuousClock()
        let start = clock.now
        while await ensemble.sweeper(control).sweep().leader == nil {
            guard (clock.now - start).seconds < ensemble.patience else {
                throw OperationError(
                    .failed, "no server of \(ensemble.name) leads", mend: "see `paddock status`")
            }
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    private func store(_ preparation: UpPreparation) throws {
        let layout = preparation.ensemble.layout
        try makeDirectories(layout.root)
        try DurableFile.write(preparation.ensemble.topology.assignments.text.utf8, to: layout.assignments)
        try DurableFile.write(preparation.text.utf8, to: layout.topology)
    }
}
