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
        let (name, read) = try read(source)
        if let expected = options.name, expected != name {
            throw OperationError(
                .badUsage, "the topology is of the ensemble \(name), and not of \(expected)",
                mend: "leave --ensemble out, or name the topology's own")
        }
        if options.dryRun { return try await prepare(name, read, options).report(wasDryRun: true) }
        return try await store.changing(name, command: command) { change in
            let preparation = try await prepare(name, read, options)
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

    /// Writes the files of a topology and stores it as `up` does, and starts nothing: for `restore`.
    func lay(_ source: TopologySource) async throws -> Ensemble {
        let preparation = try await prepareLaying(source)
        try preparation.files.check()
        for problem in preparation.problems { report(.warning(problem.rendered())) }
        try preparation.files.apply()
        try store(preparation)
        return preparation.ensemble
    }

    /// What `lay` would write. Changes nothing.
    func prepareLaying(_ source: TopologySource) async throws -> UpPreparation {
        let (name, read) = try read(source)
        var options = UpOptions()
        (options.dryRun, options.force) = (true, true)
        return try await prepare(name, read, options)
    }

    /// A topology's text and what it says, not yet resolved.
    private typealias ReadTopology = (text: String, file: String, document: TopologyDocument)

    /// The ensemble's name, and its topology when a user wrote it. The stored one is read when nobody else can change it.
    private func read(_ source: TopologySource) throws -> (name: String, topology: ReadTopology?) {
        switch source {
        case .stored(let name): return (try store.choose(name), nil)
        case .text(let text, let file):
            let read = try read(text, file: file)
            guard !read.document.ensemble.isEmpty else {
                throw InvalidTopology(
                    read.document.resolved(freePorts: FreePorts.find).diagnostics, file: file, text: text)
            }
            return (read.document.ensemble, read)
        }
    }

    private func read(_ text: String, file: String) throws -> ReadTopology {
        let (document, problems) = TopologyDocument.read(text.utf8, file: file)
        guard let document else { throw InvalidTopology(problems, file: file, text: text) }
        return (text, file, document)
    }

    /// Looks at everything and changes nothing.
    private func prepare(_ name: String, _ topology: ReadTopology?, _ options: UpOptions) async throws -> UpPreparation
    {
        let directory = store.root(of: name)
        let before = store.exists(name) ? try? store.open(name) : nil
        let home = SupervisorHome(ensembleDirectory: directory)
        let control = options.dryRun ? try await controlIfRunning(home) : try await controlIfUp(home)
        let status = try? await control?.status()
        let stored = EnsembleLayout(root: directory).topology
        let (text, file, document) =
            try topology ?? read(String(decoding: try DurableFile.read(stored), as: UTF8.self), file: stored)
        let own = Set(status?.servers.compactMap(\.pid) ?? [])
        var (topology, problems) = document.resolved(
            assignments: try store.assignments(of: name), facts: HostFacts.gather().ignoring(pids: own),
            freePorts: FreePorts.find)
        if let topology {
            try HostsElsewhere.check(topology, file: file)
            if before == nil { problems += try await namesakes(of: topology, file: file) }
        }
        // A check may pass with a port that is taken now; a server could not start with it.
        let taken = problems.filter { $0.rule == .portTaken }
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
        let situation = UpPlan.Situation(
            topology, members: ensemble.members, electorate: ensemble.electorate,
            before: before.map { ($0.topology, $0.members) }, sweep: sweep,
            rewritten: Set(
                topology.servers.map(\.id).filter { id in
                    files.files.contains { $0.path == ensemble.layout.server(id).zooCfg && $0.isWritten }
                }),
            fingerprints: Dictionary(
                uniqueKeysWithValues: specifications.map { ($0.id, $0.fingerprint) }),
            withData: Set(topology.servers.filter(ensemble.hasData).map(\.id)))
        problems += try strangers(ensemble, before, sweep, situation)
        let plan = UpPlan(situation)
        if !options.force, let refusal = plan.refusal(situation) { throw refusal }
        return UpPreparation(
            ensemble: ensemble, before: before, text: text, problems: problems, files: files,
            specifications: specifications, situation: situation, plan: plan)
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
            Diagnostic(
                .warning, rule: .drift, file: ensemble.layout.topology, $0.advice.seen, mend: $0.advice.mend)
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
                        .warning, rule: .ensembleRenamed, file: file,
                        "\(topology.ensemble) is new and begins empty; \(name), which has the same servers, keeps its data in \(other.directory)",
                        mend: "if you meant to rename it, write 'ensemble: \(name)': an ensemble keeps its name"))
            }
        }
        return warnings
    }

    /// Does what the plan says, step by step.
    private func carryOut(_ preparation: UpPreparation, _ change: Change) async throws {
        try preparation.files.check()
        for problem in preparation.problems { report(.warning(problem.rendered())) }
        for risk in [preparation.plan.loss, preparation.plan.outage].compactMap({ $0 }) { report(.warning(risk)) }
        let (ensemble, before) = (preparation.ensemble, preparation.before)
        for step in preparation.plan.steps {
            try Task.checkCancellation()
            switch step {
            case .writeFiles: try preparation.files.apply()
            case .storeTopology: try store(preparation)
            case .reload(let leaving):
                let kept = try leaving.isEmpty ? [] : before.map(specifications) ?? []
                let all = preparation.specifications + kept.filter { leaving.contains($0.id) }
                let control = try await control(ensemble.home)
                try await order { try await control.reload(all) }
            case .awaitAnswers(let ids): try await waitUntilBound(ids, ensemble, try await control(ensemble.home))
            case .act(let action):
                if let text = action.announcement {
                    report(.step(text))
                    try change.did(text)
                }
                try await carryOut(action, preparation, try await control(ensemble.home), change)
            }
        }
    }

    private func carryOut(
        _ action: UpPlan.Action, _ preparation: UpPreparation, _ control: ControlClient, _ change: Change
    ) async throws {
        let ensemble = preparation.ensemble
        switch action {
        case .start(let ids): try await order { try await control.start(ensemble.launchOrder(ids)) }
        case .name(let line): try await reconfigure(ensemble, control, joining: line, leaving: nil)
        case .forget(let id): try await reconfigure(ensemble, control, joining: nil, leaving: id)
        case .passOnLead(let id):
            try await order { try await control.restart([id]) }
            try await waitUntilLed(ensemble, control)
        case .roll(let ids):
            let voters = preparation.situation.voters
            let machine = RollingRestart(
                servers: Set(ids), electorate: ensemble.electorate,
                options: RollingRestart.Options(
                    patience: ensemble.patience, force: voters.count <= 2,
                    ignored: preparation.situation.servers.subtracting(preparation.situation.running),
                    coming: ensemble.electorate),
                now: .now())
            _ = try await roll(ensemble, control, machine, .restart(self, control), change)
        case .remove(let ids), .stop(let ids):
            for id in ids { try await order { try await control.stop([id]) } }
        }
    }

    /// Waits until one of the ensemble's servers leads.
    func waitUntilLed(_ ensemble: Ensemble, _ control: ControlClient) async throws {
        try await watch(ensemble, control) { sweep, waited in
            if sweep.leader != nil { return true }
            guard waited < ensemble.patience else {
                throw OperationError(
                    .failed, "no server of \(ensemble.name) leads", mend: "see `paddock status`")
            }
            return false
        }
    }

    private func store(_ preparation: UpPreparation) throws {
        let layout = preparation.ensemble.layout
        try makeDirectories(layout.root)
        try DurableFile.write(preparation.ensemble.topology.assignments.text.utf8, to: layout.assignments)
        try DurableFile.write(preparation.text.utf8, to: layout.topology)
    }
}
