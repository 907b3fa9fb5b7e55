import NIOCore

/// The plain client port of a server in an ensemble whose configuration may move it.
final class MovableClientPort {
    private var channel: any Channel
    private var address: ServerSettings.Listen
    private let bind: (ServerSettings.Listen) -> EventLoopFuture<any Channel>

    /// - Parameter bind: opens the port anew; both on the event loop.
    init(
        _ channel: any Channel, at address: ServerSettings.Listen,
        bind: @escaping (ServerSettings.Listen) -> EventLoopFuture<any Channel>
    ) {
        self.channel = channel
        self.address = address
        self.bind = bind
    }

    /// Moves to another address; connections that stand stay. `done` is told what came of it, unless nothing changed.
    func move(to newAddress: ServerSettings.Listen, _ done: @escaping (Result<Void, any Error>) -> Void) {
        guard newAddress != address else { return }
        let bound = NIOLoopBound((self, done), eventLoop: channel.eventLoop)
        bind(newAddress).whenComplete { result in
            let (port, done) = bound.value
            if case .success(let channel) = result {
                port.channel.close(promise: nil)
                port.channel = channel
                port.address = newAddress
            }
            done(result.map { _ in })
        }
    }

    func close() { channel.close(promise: nil) }
}
