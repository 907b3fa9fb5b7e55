import Synchronization
import ZooKeeperClient

/// A session with a ZooKeeper ensemble at the command line: carries out commands and prints what ZooKeeper's own shell would.
package actor Shell {
    /// What follows a command.
    package enum Outcome: Hashable, Sendable {
        case goOn
        case quit
    }

    private let invocation: Invocation
    private let properties: ClientProperties
    private let login: SASLCredentials?
    private let transport: (any ClientTransport)?
    let output: any ShellOutput
    private let events: EventPrinter
    private var client: ZooKeeperClient?
    private var servers = ""
    private var history: [String?] = []
    /// How many lines came in before the present one.
    private var commandCount = 0
    /// Whether znodes live as long as the session.
    private var hasEphemerals = false
    /// What the last command leaves to exit with.
    package private(set) var exitCode: Int32 = 0

    /// - Parameters:
    ///   - login: who the client is by SASL.
    ///   - transport: what carries its connections; plain TCP when nil.
    package init(
        _ invocation: Invocation, properties: ClientProperties = ClientProperties(), login: SASLCredentials? = nil,
        transport: (any ClientTransport)? = nil, output: any ShellOutput
    ) {
        self.invocation = invocation
        self.properties = properties
        self.login = login
        self.transport = transport
        self.output = output
        events = EventPrinter(output, isProved: login != nil)
        events.isOn = !invocation.printsDocument
    }

    /// Begins a session; with `-waitforconnection`, waits until there is one.
    package func connect() async throws(CommandError) {
        try await connect(to: invocation.servers)
    }

    /// `[zk: 127.0.0.1:2181(CONNECTED) 0] `.
    package var prompt: String {
        "[zk: \(servers)(\((client?.state ?? .closed).promptWord)) \(commandCount)] "
    }

    /// Carries out a line that was typed.
    package func execute(_ line: String) async -> Outcome {
        if line.isEmpty { return .goOn }
        remember(line)
        let outcome = await run(LineWords.split(line))
        commandCount += 1
        return outcome
    }

    /// Carries out one command, whose words are known.
    package func run(_ words: [String]) async -> Outcome {
        do {
            let outcome = try await perform(words)
            if outcome == .goOn { exitCode = 0 }
            return outcome
        } catch {
            exitCode = error.exitCode
            output.problem((error.showsUsage ? CommandSyntax.overview : "") + error.message + "\n")
            if login != nil, client?.state == .authenticationFailed, let problem = client?.lastProblem {
                output.problem(problem + "\n")
            }
            return .goOn
        }
    }

    /// Ends the session, unless it has ephemerals: those live on until its timeout, so that one command can leave one for others.
    package func finish() async {
        events.isOn = false
        if !hasEphemerals { await client?.close() }
    }

    /// The children's names that fit, sorted; none when the server does not answer within `patience`.
    package func complete(_ completion: Completion, patience: Duration = .seconds(1)) async -> [String] {
        switch completion {
        case .command(let prefix): return Completion.commands(prefix)
        case .znode(let parent, let prefix):
            guard let client, client.state.isConnected else { return [] }
            let names = try? await withThrowingTaskGroup(of: [String].self) { group in
                group.addTask { try await client.getChildren(parent).names }
                group.addTask {
                    try await Task.sleep(for: patience)
                    return []
                }
                defer { group.cancelAll() }
                return try await group.next() ?? []
            }
            return (names ?? []).filter { $0.hasPrefix(prefix) }.sortedAsJava
        }
    }

    // MARK: Commands

    private func perform(_ words: [String]) async throws(CommandError) -> Outcome {
        if let name = words.first, !Self.ownCommands.contains(name), client?.state.isFinal ?? true, !isRefused,
            CommandSyntax.all.contains(where: { $0.name == name })
        {
            output.result("Not connected\n")
            return .goOn
        }
        let command = try parse(words)
        var outcome = Outcome.goOn
        switch command {
        case .help: output.problem(CommandSyntax.overview)
        case .quit:
            await client?.close()
            return .quit
        case .history:
            for index in max(commandCount - 10, 0)...commandCount {
                output.result("\(index) - \(history.indices.contains(index) ? history[index] ?? "null" : "null")\n")
            }
        case .redo(let number?): outcome = try await redo(number)
        case .redo(nil): break
        case .printWatches(let isOn?): events.isOn = isOn
        case .printWatches(nil): output.result("printwatches is \(events.isOn ? "on" : "off")\n")
        case .connect(let servers): try await connect(to: servers ?? self.servers)
        default:
            if let client { try await SessionCommands(client: client, output: output).carryOut(command) }
            if case .create(_, _, let mode, _, _) = command, mode.isEphemeral { hasEphemerals = true }
            return .goOn
        }
        if outcome == .goOn, client?.state.isFinal ?? true { output.result("Not connected\n") }
        return outcome
    }

    /// Whether the one command fails with AuthFailed: however early the servers refuse the login, it is never just not connected.
    private var isRefused: Bool { !invocation.command.isEmpty && client?.state == .authenticationFailed }

    private func parse(_ words: [String]) throws(CommandError) -> ShellCommand {
        var remarks: [ShellCommand.Remark] = []
        defer {
            for remark in remarks {
                switch remark {
                case .warning(let text): output.problem(text + "\n")
                case .help(let text): output.result(text)
                }
            }
        }
        return try ShellCommand(words, remarks: &remarks)
    }

    /// Those that work without a session.
    private static let ownCommands: Set = ["help", "quit", "history", "redo", "printwatches", "connect", "exit"]

    private func redo(_ number: Int) async throws(CommandError) -> Outcome {
        guard (0..<commandCount).contains(number), let line = history[number] else {
            throw CommandError("Command index out of range")
        }
        let words = LineWords.split(line)
        if words.first == "redo" { throw CommandError("No redoing redos") }
        history[commandCount] = line
        return await run(words)
    }

    private func remember(_ line: String) {
        while history.count <= commandCount { history.append(nil) }
        history[commandCount] = line
    }

    private func connect(to servers: String) async throws(CommandError) {
        let connectString: ConnectString
        do { connectString = try ConnectString(servers) } catch { throw CommandError(error.description) }
        if let client, !client.state.isFinal { await client.close() }
        self.servers = servers
        hasEphemerals = false
        var configuration = ClientConfiguration()
        configuration.sessionTimeout = .milliseconds(invocation.timeout)
        configuration.requestTimeout = properties.requestTimeout.map { .milliseconds($0) } ?? Self.forever
        if let length = properties.maxBuffer {
            configuration.maxRequestLength = length
            configuration.maxReplyLength = max(configuration.maxReplyLength, length)
        }
        configuration.allowsReadOnly = invocation.allowsReadOnly
        configuration.failsWithoutConnection = true
        configuration.retries = .never
        configuration.sasl = login
        configuration.transport = transport
        let client = ZooKeeperClient(connectString, configuration: configuration) { [events] in events.print($0) }
        self.client = client
        if invocation.waitsForConnection { try await waitForConnection(client) }
    }

    /// Java's client does not give up by itself; one that has lost its connection fails what was sent at once.
    private static let forever = Duration.seconds(365 * 86400)

    private func waitForConnection(_ client: ZooKeeperClient) async throws(CommandError) {
        let timeout = Duration.milliseconds(invocation.timeout)
        let isConnected = await withTaskGroup(of: Bool.self) { group in
            group.addTask { await client.states.first { $0.isConnected || $0.isFinal }?.isConnected ?? false }
            group.addTask {
                try? await Task.sleep(for: timeout)
                return false
            }
            defer { group.cancelAll() }
            return await group.next() ?? false
        }
        // A login that is refused is told by the commands, as by Apache's shell.
        if isConnected || client.state == .authenticationFailed { return }
        let problem = client.lastProblem
        await client.close()
        throw CommandError(ErrorCode.connectionLoss.javaMessage + (problem.map { "\n\($0)" } ?? ""))
    }
}

/// Prints watch events while `printwatches` is on.
private final class EventPrinter: Sendable {
    private let output: any ShellOutput
    /// Whether each connection begins with a proof of who the client is.
    private let isProved: Bool
    private let switchedOn = Mutex(true)

    init(_ output: any ShellOutput, isProved: Bool) {
        self.output = output
        self.isProved = isProved
    }

    var isOn: Bool {
        get { switchedOn.withLock { $0 } }
        set { switchedOn.withLock { $0 = newValue } }
    }

    func print(_ notification: ClientNotification) {
        guard isOn else { return }
        switch notification {
        case .event(let event): output.event(ResultText.event(event))
        case .state(let state):
            ResultText.event(state).map(output.event)
            if isProved, state.isConnected { output.event(ResultText.saslAuthenticated) }
        }
    }
}

extension [String] {
    /// As Java sorts strings that are znode names.
    var sortedAsJava: [String] { sorted { $0.utf16.lexicographicallyPrecedes($1.utf16) } }
}
