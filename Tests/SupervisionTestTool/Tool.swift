import Glibc
import Supervision

/// What the tests of Supervision run as processes of their own: a supervisor (`supervise DIRECTORY [OWNER]`) and a server that behaves badly in
/// the ways its words say (`serve PORT [WORD…]`).
@main
struct Tool {
    static func main() async {
        let words = CommandLine.arguments.dropFirst()
        switch words.first {
        case "supervise":
            var policy = ServerLifecycle.Policy()
            policy.firstDelay = .milliseconds(50)
            policy.probeWhileStarting = .milliseconds(50)
            policy.probeWhileServing = .milliseconds(100)
            do {
                try await SupervisorMain.run(
                    ensembleDirectory: words.dropFirst().first ?? "",
                    owner: words.dropFirst(2).first.flatMap { Int32($0) },
                    policy: policy)
            } catch {
                complain("\(error)")
                exit(75)
            }
        case "serve": FakeServer(Array(words.dropFirst())).run()
        default:
            complain(
                "supervise DIRECTORY [OWNER] | serve PORT [ignore-term] [exit CODE] [mute] [mode MODE] [chat LINES]")
            exit(64)
        }
    }

    private static func complain(_ text: String) {
        let line = Array((text + "\n").utf8)
        _ = write(STDERR_FILENO, line, line.count)
    }
}
