import NIOCore
import NIOPosix

/// Makes the handler of a connection to a port for other servers.
typealias PeerHandler = @Sendable (EnsembleMember) -> any ChannelHandler

extension ServerBootstrap {
    /// Accepts other servers of the ensemble.
    ///
    /// - Parameter name: of the port, for the log.
    static func peers(
        _ group: any EventLoopGroup, _ kind: PeerConnectionKind, _ name: String, _ transport: PeerTransport,
        warnings: RecurringLog, core: NIOLoopBound<ServerCore>, _ handler: @escaping PeerHandler
    ) -> ServerBootstrap {
        Acceptance(port: name, warnings: warnings).bootstrap(group, backlog: 1024) { _, pipeline in
            guard let member = core.value.member else { throw NotAMember() }
            try transport.addAcceptingHandlers(kind, to: pipeline)
            try pipeline.addHandler(handler(member))
        }
    }
}

private struct NotAMember: Error {}
