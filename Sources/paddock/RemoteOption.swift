import ArgumentParser
import Operations

/// Names an ensemble that somebody else may have started.
struct RemoteOption: ParsableArguments {
    @Option(
        name: .customLong("remote"),
        help: ArgumentHelp(
            "An ensemble that Paddock did not start: the client addresses of its servers, or a topology or a zoo.cfg that names them.",
            valueName: "host:port,…|file"),
        completion: .file())
    var text: String?

    @Option(help: ArgumentHelp("How long one server of --remote may take for an answer.", valueName: "duration"))
    var answerTimeout: DurationArgument?

    @Option(
        help: ArgumentHelp(
            "Where the servers of --remote have their admin servers (default: 8080): asked for what four-letter words may not say.",
            valueName: "port"))
    var adminPort: Int?

    /// Nil: an ensemble of the state directory is meant.
    func ensemble(besides name: String?) throws -> RemoteEnsemble? {
        guard let text else {
            if answerTimeout != nil || adminPort != nil {
                throw ValidationError("--answer-timeout and --admin-port are for --remote.")
            }
            return nil
        }
        guard name == nil else { throw ValidationError("--remote and --ensemble cannot be together.") }
        var remote = try RemoteEnsemble(text)
        if let answerTimeout { remote.timeout = answerTimeout.duration }
        if let adminPort { remote.adminPort = adminPort }
        return remote
    }
}
