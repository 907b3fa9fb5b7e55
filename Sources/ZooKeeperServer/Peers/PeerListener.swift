import NIOCore
import NIOPosix

/// How connections to the ports for other servers begin.
enum PeerListener {
    static func election(
        _ group: any EventLoopGroup, _ transport: PortTransport, warnings: RecurringLog,
        _ core: NIOLoopBound<ServerCore>
    ) -> ServerBootstrap {
        Acceptance(port: "the election port", warnings: warnings).bootstrap(group, backlog: 1024) { _, pipeline in
            guard let mesh = core.value.member?.mesh else { throw NotAMember() }
            try transport.addHandlers(to: pipeline)
            try pipeline.addHandler(ElectionConnection(mesh: mesh, isDialled: false))
        }
    }

    static func quorum(
        _ group: any EventLoopGroup, _ transport: PortTransport, warnings: RecurringLog,
        _ core: NIOLoopBound<ServerCore>
    ) -> ServerBootstrap {
        Acceptance(port: "the quorum port", warnings: warnings).bootstrap(group, backlog: 1024) { _, pipeline in
            guard let link = core.value.member?.makeLink(isDialled: false) else { throw NotAMember() }
            try transport.addHandlers(to: pipeline)
            try pipeline.addHandler(link)
        }
    }

    private struct NotAMember: Error {}
}
