import ArgumentParser
import Operations
import Planning

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

    @Flag(
        help: ArgumentHelp(
            "Ask the servers of --remote over TLS: the addresses are their secureClientPorts, and those of a file are taken. Without it this is done where a file names no other port."
        ))
    var tls = false

    @Option(
        help: ArgumentHelp(
            "The authorities that may have signed the servers' certificates, in PEM (default: those that this machine trusts; of a zoo.cfg or topology, its ssl.trustStore). Implies --tls.",
            valueName: "file"), completion: .file())
    var ca: String?

    @Option(
        help: ArgumentHelp(
            "Who you are, where the servers ask for it: key and certificate in one file, in PEM, or PKCS12 (.p12, .pfx). Implies --tls.",
            valueName: "file"), completion: .file())
    var certificate: String?

    func validate() throws {
        guard text == nil else { return }
        if answerTimeout != nil || adminPort != nil || tls || ca != nil || certificate != nil {
            throw ValidationError("--answer-timeout, --admin-port, --tls, --ca and --certificate are for --remote.")
        }
    }

    /// Nil: an ensemble of the state directory is meant.
    func ensemble(besides name: String?) throws -> RemoteEnsemble? {
        guard let text else { return nil }
        guard name == nil else { throw OperationError(.badUsage, "--remote and --ensemble cannot be together") }
        for file in [ca, certificate].compactMap({ $0 }) { _ = try InputFile.read(file) }
        var remote = try RemoteEnsemble(
            text, tls: RemoteTLSOptions(isWanted: tls, authorities: ca, certificate: certificate),
            environment: EnsembleStore.processEnvironment())
        if let answerTimeout { remote.timeout = answerTimeout.duration }
        if let adminPort { remote.adminPort = adminPort }
        return remote
    }
}
