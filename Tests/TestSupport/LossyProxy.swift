import Foundation
import Glibc

/// What a client reaches a server through, to lose a connection in the very moment that a test names: before a request reaches the
/// server, or before its answer reaches the client.
package final class LossyProxy: @unchecked Sendable {
    package enum Loss: Sendable {
        case request
        case answer
    }

    package let port: Int
    private let target: Int
    /// Guards all that follows.
    private let lock = NSLock()
    private var next: (op: Int32, loss: Loss)?
    private var sockets: Set<CInt> = []
    private var isClosed = false

    package init(to target: Int) throws {
        self.target = target
        port = FreePorts.take(1)[0]
        let listener = try TestNetwork.socket(port) { bind($0, $1, $2) }
        Glibc.listen(listener, 64)
        keep(listener)
        Thread.detachNewThread { [self] in
            while case let near = accept(listener, nil, nil), near >= 0 {
                keep(near)
                Thread.detachNewThread { [self] in serve(near) }
            }
            discard(listener)
        }
    }

    /// Loses the connection with the next request of this opcode.
    package func loseNext(_ op: Int32, _ loss: Loss) {
        lock.withLock { next = (op, loss) }
    }

    /// Whether a loss is still to come.
    package var isArmed: Bool { lock.withLock { next != nil } }

    package func close() {
        lock.withLock {
            isClosed = true
            for socket in sockets { shutdown(socket, CInt(SHUT_RDWR)) }
        }
    }

    private func serve(_ near: CInt) {
        guard let far = try? TestNetwork.socket(target, { connect($0, $1, $2) }) else { return discard(near) }
        keep(far)
        let swallowsAnswer = Flag()
        let answered = DispatchSemaphore(value: 0)
        Thread.detachNewThread {
            var buffer = [UInt8](repeating: 0, count: 64 << 10)
            while case let count = read(far, &buffer, buffer.count), count > 0, !swallowsAnswer.isSet,
                Self.send(buffer[..<count], to: near)
            {}
            Self.end(near, far)
            answered.signal()
        }
        while let frame = Self.frame(from: near) {
            // Its length, its xid, its opcode; in the first frame of a connection there is no opcode.
            let op = frame.count >= 12 ? frame[8..<12].reduce(Int32(0)) { $0 << 8 | Int32($1) } : 0
            let loss = lock.withLock { () -> Loss? in
                guard let loss = next, loss.op == op else { return nil }
                next = nil
                return loss.loss
            }
            if loss == .request { break }
            if loss == .answer { swallowsAnswer.set() }
            if !Self.send(frame[...], to: far) { break }
        }
        if !swallowsAnswer.isSet { Self.end(near, far) }
        answered.wait()
        discard(near)
        discard(far)
    }

    private final class Flag: @unchecked Sendable {
        private let lock = NSLock()
        private var value = false
        var isSet: Bool { lock.withLock { value } }
        func set() { lock.withLock { value = true } }
    }

    private static func frame(from socket: CInt) -> [UInt8]? {
        guard let length = bytes(4, from: socket) else { return nil }
        return bytes(length.reduce(0) { $0 << 8 | Int($1) }, from: socket).map { length + $0 }
    }

    private static func bytes(_ count: Int, from socket: CInt) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let more = bytes.withUnsafeMutableBytes { read(socket, $0.baseAddress! + filled, count - filled) }
            if more <= 0 { return nil }
            filled += more
        }
        return bytes
    }

    private static func send(_ bytes: ArraySlice<UInt8>, to socket: CInt) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let more = bytes.withUnsafeBytes {
                Glibc.send(socket, $0.baseAddress! + sent, bytes.count - sent, CInt(MSG_NOSIGNAL))
            }
            if more <= 0 { return false }
            sent += more
        }
        return true
    }

    private static func end(_ near: CInt, _ far: CInt) {
        shutdown(near, CInt(SHUT_RDWR))
        shutdown(far, CInt(SHUT_RDWR))
    }

    private func keep(_ socket: CInt) {
        lock.withLock {
            sockets.insert(socket)
            if isClosed { shutdown(socket, CInt(SHUT_RDWR)) }
        }
    }

    private func discard(_ socket: CInt) {
        lock.withLock {
            sockets.remove(socket)
            Glibc.close(socket)
        }
    }
}
