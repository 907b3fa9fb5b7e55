import Glibc
import NIOCore
import NIOPosix

/// How connections to a port of this server begin, whatever is spoken on it. What goes wrong is said, and costs one connection.
struct Acceptance: Sendable {
    /// For the log: "the client port".
    let port: String
    let warnings: RecurringLog

    /// A bootstrap of listeners.
    ///
    /// - Parameter prepare: puts the handlers of a new connection into its pipeline. What it throws closes the connection.
    func bootstrap(
        _ group: any EventLoopGroup, backlog: Int = 128,
        _ prepare: @escaping @Sendable (any Channel, ChannelPipeline.SynchronousOperations) throws -> Void
    ) -> ServerBootstrap {
        ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: Int32(clamping: backlog))
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(AcceptGuard(self))
                }
            }
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    do {
                        // Not as an option of the bootstrap: what fails there is never heard of.
                        try channel.syncOptions?.setOption(.tcpOption(.tcp_nodelay), value: 1)
                        try channel.syncOptions?.setOption(.maxMessagesPerRead, value: 4)
                        try prepare(channel, channel.pipeline.syncOperations)
                    } catch {
                        warnings.warn(
                            "configure \(port)", "closing a connection to \(port), which cannot be set up: \(error)")
                        throw error
                    }
                }
            }
    }
}

/// Says why no connection can be accepted, and then waits a second: the reason, mostly that there are no descriptors left, does not
/// go away by trying again at once, and who wants to connect waits in the listener's queue meanwhile.
final class AcceptGuard: ChannelInboundHandler {
    typealias InboundIn = any Channel

    private let acceptance: Acceptance

    init(_ acceptance: Acceptance) { self.acceptance = acceptance }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        acceptance.warnings.warn(
            "accept \(acceptance.port)", "\(acceptance.port) cannot accept a connection: \(error)\(Self.wayOut(error))")
        Self.setReading(context.channel, false)
        let channel = context.channel
        context.eventLoop.scheduleTask(in: .seconds(1)) { Self.setReading(channel, true) }
    }

    private static func setReading(_ channel: any Channel, _ reads: Bool) {
        // A channel that has been closed meanwhile accepts nothing anyway.
        try? channel.syncOptions?.setOption(.autoRead, value: reads)
    }

    private static func wayOut(_ error: any Error) -> String {
        switch (error as? IOError)?.errnoCode {
        case EMFILE: ". All descriptors of this process are in use: raise its limit (ulimit -n, LimitNOFILE=)"
        case ENFILE: ". All descriptors of this system are in use (fs.file-max)"
        default: ""
        }
    }
}
