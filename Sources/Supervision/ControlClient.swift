import Dispatch
import DurableFiles
import FoundationEssentials
import Glibc
import Planning
import Synchronization
import ZooKeeperProtocol

/// Speaks to the supervisor of one ensemble directory. A value: every request has a connection of its own.
package struct ControlClient: Sendable {
    package let home: SupervisorHome
    /// The command that asks, e.g. `paddock up`: the cause in events.
    package let by: String

    /// Throws ``ControlError/notRunning(directory:)`` when no supervisor answers.
    package static func connect(ensembleDirectory: String, by: String) async throws(ControlError) -> ControlClient {
        let client = ControlClient(home: SupervisorHome(ensembleDirectory: ensembleDirectory), by: by)
        _ = try await client.status()
        return client
    }

    package func status() async throws(ControlError) -> SupervisorStatus {
        let response = try await ask(.status)
        guard case .status(let status) = response else { throw Self.unexpected(response) }
        return status
    }

    /// Returns when each is spawned, which says nothing of readiness.
    package func start(_ ids: [ServerID]) async throws(ControlError) { try await order(.start(ids)) }

    /// Returns when no process is left; SIGTERM first, SIGKILL after each server's grace time.
    package func stop(_ ids: [ServerID]) async throws(ControlError) { try await order(.stop(ids)) }

    /// Returns when the new processes are spawned.
    package func restart(_ ids: [ServerID]) async throws(ControlError) { try await order(.restart(ids)) }

    package func kill(_ ids: [ServerID]) async throws(ControlError) { try await order(.kill(ids)) }
    package func pause(_ ids: [ServerID]) async throws(ControlError) { try await order(.pause(ids)) }
    package func resume(_ ids: [ServerID]) async throws(ControlError) { try await order(.resume(ids)) }

    /// Hands over the servers as they are to be from now on; see ``ControlRequest/Action/reload(_:)``.
    package func reload(_ specs: [ServerSpec]) async throws(ControlError) { try await order(.reload(specs)) }

    /// Ends the supervisor; returns when it is gone.
    package func shutdown(stoppingServers: Bool) async throws(ControlError) {
        try await order(.shutdown(stoppingServers: stoppingServers))
        let deadline = Instant.now() + .seconds(10)
        while home.holder != nil {
            guard Instant.now() < deadline else { throw .timedOut(.seconds(10)) }
            try? await Task.sleep(for: .milliseconds(2))
        }
    }

    /// Events after `since`, then new ones as they happen. Ends with an error when the supervisor goes.
    package func events(since: UInt64 = .max) -> AsyncThrowingStream<SupervisorEvent, any Error> {
        let request = ControlRequest(.events(since: since), by: by)
        let home = home
        return AsyncThrowingStream { continuation in
            do {
                let connection = try ControlConnection(to: home)
                continuation.onTermination = { _ in connection.hangUp() }
                // A thread of its own: it blocks in read(2) for as long as somebody listens.
                DispatchQueue(label: "control events").async {
                    do {
                        try connection.send(request)
                        while true {
                            let response = try connection.receive()
                            guard case .event(let event) = response else { throw Self.unexpected(response) }
                            continuation.yield(event)
                        }
                    } catch {
                        continuation.finish(throwing: error)
                    }
                }
            } catch {
                continuation.finish(throwing: error)
            }
        }
    }

    private func order(_ action: ControlRequest.Action) async throws(ControlError) {
        let response = try await ask(action)
        switch response {
        case .done: return
        case .failed(let failures): throw .failed(failures)
        case .refused(let why): throw .refused(why)
        case .status, .event: throw Self.unexpected(response)
        }
    }

    private func ask(_ action: ControlRequest.Action) async throws(ControlError) -> ControlResponse {
        // It would be connected to, and never answer.
        if let pid = home.holder?.pid, ProcessTable.isStopped(pid) { throw .stopped(pid) }
        let connection = try ControlConnection(to: home)
        connection.limitWait(Self.patience(for: action))
        let request = ControlRequest(action, by: by)
        let result: Result<ControlResponse, ControlError> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                DispatchQueue.global().async {
                    continuation.resume(
                        returning: Result { () throws(ControlError) in
                            try connection.send(request)
                            return try connection.receive()
                        })
                }
            }
        } onCancel: {
            connection.hangUp()
        }
        return try result.get()
    }

    /// What waits for a process to end waits for its grace time too.
    private static func patience(for action: ControlRequest.Action) -> Duration {
        switch action {
        case .status, .kill, .pause, .resume, .events: .seconds(30)
        case .start, .stop, .restart, .reload, .shutdown: .seconds(300)
        }
    }

    private static func unexpected(_ response: ControlResponse) -> ControlError {
        if case .refused(let why) = response { return .refused(why) }
        return .connectionLost("unexpected answer")
    }
}

/// A connection to a supervisor: lines of JSON, blocking.
final class ControlConnection: Sendable {
    private let descriptor: Int32
    private let received = Mutex<[UInt8]>([])
    private let waitLimit = Mutex(Duration.zero)

    /// A status line of 255 servers has about 200 KB.
    static let longestLine = 16 << 20

    init(to home: SupervisorHome) throws(ControlError) {
        do {
            descriptor = try ControlSocket.connect(in: home.directory)
        } catch {
            if [ENOENT, ECONNREFUSED, ENOTDIR].contains(error.code) {
                throw .notRunning(directory: home.ensembleDirectory)
            }
            throw .connectionLost(error.description)
        }
    }

    deinit { close(descriptor) }

    /// Ends a blocked `receive` from another thread.
    func hangUp() { Glibc.shutdown(descriptor, Int32(SHUT_RDWR)) }

    /// An answer that takes longer, in whole seconds, is ``ControlError/timedOut(_:)``.
    func limitWait(_ limit: Duration) {
        var time = timeval(tv_sec: Int(limit.wholeSeconds), tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
        waitLimit.withLock { $0 = limit }
    }

    func send(_ request: ControlRequest) throws(ControlError) {
        var bytes: [UInt8]
        do { bytes = try Array(JSONEncoder().encode(request)) } catch { throw .refused("cannot encode: \(error)") }
        bytes.append(UInt8(ascii: "\n"))
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress! + sent, $0.count - sent, Int32(MSG_NOSIGNAL))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw .connectionLost(String(cString: strerror(errno))) }
            sent += count
        }
    }

    func receive() throws(ControlError) -> ControlResponse {
        let line = try receiveLine()
        do {
            return try JSONDecoder().decode(ControlResponse.self, from: Data(line))
        } catch {
            throw .connectionLost("its answer is not understood; is it of another version?")
        }
    }

    private func receiveLine() throws(ControlError) -> [UInt8] {
        var buffer = received.withLock { taken in
            defer { taken = [] }
            return taken
        }
        var scanned = 0
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            if let end = buffer[scanned...].firstIndex(of: UInt8(ascii: "\n")) {
                let rest = Array(buffer[(end + 1)...])
                received.withLock { $0 = rest }
                return Array(buffer[..<end])
            }
            scanned = buffer.count
            let count = read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN { throw .timedOut(waitLimit.withLock { $0 }) }
            guard count > 0 else {
                throw .connectionLost(count == 0 ? "it closed the connection" : String(cString: strerror(errno)))
            }
            buffer.append(contentsOf: chunk[..<count])
            guard buffer.count <= Self.longestLine else { throw .connectionLost("its answer is too long") }
        }
    }
}
