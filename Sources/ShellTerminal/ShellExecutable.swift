import Dispatch
import DurableFiles
import Glibc
import Synchronization
import ZooKeeperClient
import ZooKeeperShell

/// `zkcli [OPTION…] [COMMAND…]`: ZooKeeper's shell, for one command or many.
package enum ShellExecutable {
    /// Makes what carries a secure connection.
    package typealias Securing = (TLSProperties) throws -> any ClientTransport

    /// - Parameter secure: Nil in a program without TLS.
    package static func run(secure: Securing?) {
        if CommandLine.arguments.dropFirst() == ["--words"] { askWords(secure) }
        let invocation: Invocation
        do { invocation = try Invocation(Array(CommandLine.arguments.dropFirst())) } catch {
            fail("\(error.message)\nTry zkCli.sh --help.")
        }
        if invocation.showsHelp { return print(Invocation.help, terminator: "") }
        for option in invocation.unknown { complain("zkCli.sh: the unknown option \(option) is ignored") }
        let properties: ClientProperties
        let login: SASLLogin
        let transport: (any ClientTransport)?
        do throws(CommandError) {
            properties = try readProperties(invocation.clientConfiguration)
            login = try properties.login(reading: read)
            transport = try self.transport(properties, secure)
        } catch {
            // As Apache's shell does for a file it cannot use.
            fail(error.message, code: 2)
        }

        // Of the threads to come, none is told that the window has changed: the one that edits lines is.
        EditedLines.setHearsOfWindow(false)
        let terminal = Terminal()
        var credentials: SASLCredentials?
        if case .user(let user) = login { credentials = user }
        let shell = Shell(
            invocation, properties: properties, login: credentials, transport: transport, output: terminal)
        if !invocation.printsDocument { terminal.result("Connecting to \(invocation.servers)\n") }
        if case .missing(let problem) = login {
            complain(problem)
            if !invocation.printsDocument { terminal.result(ResultText.event(.authenticationFailed) ?? "") }
        }
        let problem = waiting { () async -> CommandError? in
            do throws(CommandError) { try await shell.connect() } catch { return error }
            return nil
        }
        if let problem { fail(problem.message, code: problem.exitCode) }

        var outcome = Shell.Outcome.goOn
        if invocation.command.isEmpty {
            terminal.result("Welcome to ZooKeeper!\n")
            let reader = lines(terminal, shell)
            while outcome == .goOn, let line = reader.next() {
                outcome = waiting { await shell.execute(line) }
            }
        } else {
            outcome = waiting { await shell.run(invocation.command) }
        }
        if outcome == .goOn { waiting { await shell.finish() } }
        terminal.result("")
        if let reason = lostOutput.withLock({ $0 }) { fail("cannot write to the standard output: \(reason)", code: 1) }
        exit(waiting { await shell.exitCode })
    }

    /// `--words`, which `paddock` calls: a ``WordRequest`` on the standard input.
    private static func askWords(_ secure: Securing?) -> Never {
        var text = ""
        while let line = readLine(strippingNewline: false) { text += line }
        guard let request = WordRequest(text: text) else {
            fail("--words is for paddock, which says on the standard input what to ask", code: 64)
        }
        let transport: (any ClientTransport)?
        do throws(CommandError) {
            var properties = try readProperties(nil)
            for property in request.properties {
                try properties.take(property.key, property.value, from: property.place)
            }
            transport = try self.transport(properties, secure)
        } catch {
            fail(error.message, code: 2)
        }
        let reply = waiting { await request.reply(over: transport) }
        var rest = reply.bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            guard count > 0 else { exit(1) }
            rest = rest.dropFirst(count)
        }
        exit(0)
    }

    /// What carries the connection; nil when no property asks for TLS.
    private static func transport(
        _ properties: ClientProperties, _ secure: Securing?
    ) throws(CommandError) -> (any ClientTransport)? {
        try properties.tls(reading: read).map { tls throws(CommandError) in
            guard let secure else { throw properties.needsTLS }
            do { return try secure(tls) } catch { throw properties.cannotBeSecure(error) }
        }
    }

    private static func lines(_ terminal: Terminal, _ shell: Shell) -> any LineReader {
        guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1 else { return PipedLines() }
        let edited = EditedLines(terminal, prompt: { waiting { await shell.prompt } }) { completion in
            waiting { await shell.complete(completion) }
        }
        return edited ?? PipedLines()
    }

    private static func readProperties(_ file: String?) throws(CommandError) -> ClientProperties {
        var variables: [String: String] = [:]
        for name in ["CLIENT_JVMFLAGS", "JVMFLAGS"] { variables[name] = getenv(name).map { String(cString: $0) } }
        var properties = try ClientProperties(environment: variables)
        guard let file else { return properties }
        let text: String
        do { text = try read(file) } catch { throw CommandError("-client-configuration: \(error)") }
        try properties.read(text, file: file)
        return properties
    }

    private static func read(_ path: String) throws(CommandError) -> String {
        do { return String(decoding: try DurableFile.read(path), as: UTF8.self) } catch {
            throw CommandError("\(error)")
        }
    }

    /// Runs `body` on Swift's threads, and waits for it on this one, which reads lines.
    private static func waiting<Value: Sendable>(_ body: @escaping @Sendable () async -> Value) -> Value {
        let result = Result<Value>()
        Task {
            let value = await body()
            result.value.withLock { $0 = value }
            result.isThere.signal()
        }
        result.isThere.wait()
        guard let value = result.value.withLock({ $0 }) else { preconditionFailure("signalled without a value") }
        return value
    }

    private final class Result<Value: Sendable>: Sendable {
        let value = Mutex<Value?>(nil)
        let isThere = DispatchSemaphore(value: 0)
    }

    private static func complain(_ message: String) {
        var line = message + "\n"
        _ = line.withUTF8 { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }

    private static func fail(_ message: String, code: Int32 = 1) -> Never {
        complain(message)
        exit(code)
    }
}
