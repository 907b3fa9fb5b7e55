import NIOCore
import NIOPosix
import NIOSSL
import NIOTLS
import ZooKeeperServer

/// Stands behind the TLS handler of a connection: when the handshake is done it checks that the certificate is for the right
/// host, and tells the connection who is at the other end. Until then nothing passes.
///
/// Can become: waiting → checking → passing; or from each of the first two → failed.
final class PeerAuthenticationHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer

    /// For which host the other end's certificate must be.
    enum Host {
        case any
        /// Where this server dialled to.
        case dialled(String)
        /// Where it calls from.
        case calling
    }

    private enum State {
        /// For the end of the handshake.
        case waiting
        /// The name of an address is being looked up.
        case checking
        case passing
        case failed
    }

    private let settings: TLSSettings
    private let host: Host
    private let names: HostNames
    /// Whether this server dialled. Then the handshake is over for it before the other end has looked at this server's
    /// certificate (TLS 1.3), and it stays to put that into words.
    private let isDialled: Bool
    private var state = State.waiting
    private var deadline: Scheduled<Void>?
    private var heldReads: [ByteBuffer] = []
    private var heldBytes = 0
    private var heldWrites: [(NIOAny, EventLoopPromise<Void>?)] = []

    /// What an end may send before its host is known to be right.
    private static let heldLimit = 1 << 16

    init(_ settings: TLSSettings, host: Host, names: HostNames, isDialled: Bool) {
        self.settings = settings
        self.host = host
        self.names = names
        self.isDialled = isDialled
    }

    // MARK: The handshake

    func handlerAdded(context: ChannelHandlerContext) {
        // A connection that is being dialled is given its time when it stands.
        if context.channel.isActive { setDeadline(context) }
    }

    func channelActive(context: ChannelHandlerContext) {
        setDeadline(context)
        context.fireChannelActive()
    }

    private func setDeadline(_ context: ChannelHandlerContext) {
        guard deadline == nil, let timeout = settings.handshakeTimeout else { return }
        let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        deadline = context.eventLoop.scheduleTask(in: .milliseconds(Int64(timeout))) {
            let (handler, context) = bound.value
            guard handler.state == .waiting || handler.state == .checking else { return }
            handler.fail(context, HandshakeFailure("no TLS handshake within \(timeout) ms"))
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case .handshakeCompleted? = event as? TLSUserEvent, case .waiting = state else {
            return context.fireUserInboundEventTriggered(event)
        }
        let certificate = try? context.pipeline.syncOperations.nioSSL_peerCertificate()?.toDERBytes()
        switch host {
        case .any: pass(context, certificate)
        case .dialled(let name): check(context, certificate, names: [name])
        case .calling: check(context, certificate, names: [])
        }
    }

    /// The address first, then the name, as Apache's `ZKTrustManager`.
    private func check(_ context: ChannelHandlerContext, _ certificate: [UInt8]?, names: [String]) {
        // Who need not show a certificate (clientAuth) need not have the right one.
        guard let certificate else { return pass(context, nil) }
        guard let hosts = CertificateHosts(certificate: certificate) else {
            return fail(context, HandshakeFailure("its certificate cannot be read"))
        }
        let address = context.remoteAddress?.plainHost
        let known = [address].compactMap { $0 } + names
        if known.contains(where: hosts.covers) { return pass(context, certificate) }
        let isNamed = names.contains { CertificateHosts.address($0) == nil }
        guard !isNamed, settings.allowsReverseLookup, let socket = context.remoteAddress else {
            return fail(context, mismatch(certificate, hosts, known))
        }
        let figures = socket.plainHost
        if let name = self.names.known(figures) { return decide(context, certificate, hosts, known, name) }
        state = .checking
        let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        NIOThreadPool.singleton.runIfActive(eventLoop: context.eventLoop) { ReverseLookup.name(of: socket) }
            .whenComplete { result in
                let (handler, context) = bound.value
                let name = (try? result.get()) ?? nil
                handler.names.keep(name, of: figures)
                guard case .checking = handler.state else { return }
                handler.decide(context, certificate, hosts, known, name)
            }
    }

    /// - Parameters:
    ///   - known: what the other end is called without the DNS
    ///   - name: what the DNS calls it
    private func decide(
        _ context: ChannelHandlerContext, _ certificate: [UInt8], _ hosts: CertificateHosts, _ known: [String],
        _ name: String?
    ) {
        if let name, hosts.covers(name) { return pass(context, certificate) }
        fail(context, mismatch(certificate, hosts, known + [name].compactMap { $0 }))
    }

    private func mismatch(_ certificate: [UInt8], _ hosts: CertificateHosts, _ wanted: [String]) -> HandshakeFailure {
        let subject = DistinguishedName.ofSubject(certificate: certificate) ?? "unknown"
        return HandshakeFailure(
            "the certificate of \(subject) is for \(hosts.text), and not for \(wanted.joined(separator: " or ")): give the server one with its name or address as subjectAltName, or set \(settings.prefix)hostnameVerification=false"
        )
    }

    private func pass(_ context: ChannelHandlerContext, _ certificate: [UInt8]?) {
        state = .passing
        deadline?.cancel()
        let subject = certificate.flatMap { DistinguishedName.ofSubject(certificate: $0) }
        context.fireUserInboundEventTriggered(PeerAuthenticated(subject: subject))
        for (data, promise) in heldWrites { context.write(data, promise: promise) }
        if !heldWrites.isEmpty { context.flush() }
        heldWrites = []
        for buffer in heldReads { context.fireChannelRead(Self.wrapInboundOut(buffer)) }
        if !heldReads.isEmpty { context.fireChannelReadComplete() }
        heldReads = []
        if !isDialled { context.pipeline.syncOperations.removeHandler(context: context, promise: nil) }
    }

    private func fail(_ context: ChannelHandlerContext, _ failure: HandshakeFailure) {
        guard state != .failed else { return }
        state = .failed
        deadline?.cancel()
        heldReads = []
        dropWrites(failure)
        context.fireErrorCaught(failure)
        context.close(promise: nil)
    }

    private func dropWrites(_ error: any Error) {
        let writes = heldWrites
        heldWrites = []
        for (_, promise) in writes { promise?.fail(error) }
    }

    // MARK: What has to wait

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch state {
        case .passing: return context.fireChannelRead(data)
        case .failed: return
        case .waiting, .checking: break
        }
        let buffer = Self.unwrapInboundIn(data)
        heldBytes += buffer.readableBytes
        guard heldBytes <= Self.heldLimit else {
            return fail(context, HandshakeFailure("it sends before its name is known"))
        }
        heldReads.append(buffer)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if case .passing = state { context.fireChannelReadComplete() }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch state {
        case .passing: context.write(data, promise: promise)
        case .failed: promise?.fail(ChannelError.ioOnClosedChannel)
        case .waiting, .checking: heldWrites.append((data, promise))
        }
    }

    func flush(context: ChannelHandlerContext) {
        if case .passing = state { context.flush() }
    }

    // MARK: The end

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch state {
        case .waiting, .checking:
            let certificate = try? context.pipeline.syncOperations.nioSSL_peerCertificate()
            fail(context, HandshakeFailure(error, settings, certificate: certificate))
        case .passing where isDialled && HandshakeFailure.isAlert(error):
            state = .failed
            context.fireErrorCaught(HandshakeFailure(error, settings, certificate: nil))
        case .passing, .failed: context.fireErrorCaught(error)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        if state != .passing { state = .failed }
        deadline?.cancel()
        heldReads = []
        dropWrites(ChannelError.ioOnClosedChannel)
        context.fireChannelInactive()
    }
}
