import DataTree
import Jute
import ZooKeeperProtocol

/// From bytes to requests, and which of them have to wait.
extension RequestPipeline {
    /// What became of bytes that came from a client.
    package enum Taken: Hashable, Sendable {
        /// The first so many are dealt with.
        case used(Int)
        /// There is no whole frame yet.
        case incomplete
        /// Not now, and the client sends no more meanwhile: `Effect.resume` follows.
        case later
    }

    /// Takes the next frame of a client.
    ///
    /// - Parameter bytes: everything that came from it and is not used yet; borrowed for the call.
    package mutating func take(_ bytes: UnsafeRawBufferPointer, from id: ClientID) -> Taken {
        switch clients[id.place].state {
        case .closing, .free: return .used(bytes.count)
        case .connecting: return wait(id)
        case .fresh: break
        case .open:
            guard clients[id.place].canAnswer else {
                clients[id.place].isHeldBack = true
                return .later
            }
        }
        var reader = JuteReader(bytes)
        guard let length = (try? reader.readInt32()).map({ Int($0) }) else { return .incomplete }
        guard length >= 0, length <= options.maxFrame else {
            log(
                .warning, kind: "frame length",
                "closing a connection: frame length \(length) is not in 0…\(options.maxFrame) (jute.maxbuffer)",
                client: id)
            close(id)
            return .used(bytes.count)
        }
        guard isOpen(id) else {
            guard bytes.count >= 4 + length else { return .incomplete }
            statistics.bytesReceived += Int64(4 + length)
            connect(UnsafeRawBufferPointer(rebasing: bytes[4..<4 + length]), from: id)
            return .used(4 + length)
        }
        let hasWaiting = !clients[id.place].waiting.isEmpty
        switch admits(length, hasWaiting: hasWaiting) {
        case .now: break
        case .later: return wait(id)
        case .never:
            log(
                .warning,
                "closing a connection: with its request of \(length) bytes there would be more large ones than largeRequestMaxBytes=\(options.largeRequestMaxBytes) allows",
                client: id)
            close(id)
            return .used(bytes.count)
        }
        guard bytes.count >= 4 + length else { return .incomplete }
        let frame = UnsafeRawBufferPointer(rebasing: bytes[4..<4 + length])
        if hasWaiting, clients[id.place].waiting.hasNoRoom(for: frame) { return wait(id) }
        statistics.bytesReceived += Int64(4 + length)
        receive(frame, from: id)
        return .used(4 + length)
    }

    /// Bytes came from a client, whether they are taken or not.
    package mutating func heard(_ id: ClientID) { clients[id.place].statistics.lastHeard = now }

    // MARK: Throttling

    private enum Admission { case now, later, never }

    /// Whether a client's request of this length is taken. Who has requests under way lets them finish first, when
    /// all clients together have more than `globalOutstandingLimit` or `heldLimit` bytes; a long one waits for the
    /// latter in any case. `largeRequestMaxBytes` refuses, as in Apache's server.
    private mutating func admits(_ length: Int, hasWaiting: Bool) -> Admission {
        if hasFailed { return .later }
        // A leader that takes nothing more is about to let its clients go: what comes behind a write that it dropped
        // must not be answered.
        if service == .leading, replication.nextZXID == nil { return .later }
        if isOverloaded, hasWaiting || length > Self.largeBuffer && held >= Self.heldLimit { return .later }
        guard isLarge(length),
            proposals.largeBytes + syncs.largeBytes + largeReads + length > options.largeRequestMaxBytes
        else { return .now }
        statistics.largeRequestsRejected += 1
        return .never
    }

    /// Bytes held for writes and syncs of this server's clients.
    private var held: Int { proposals.bytes + syncs.bytes }
    private var isOverloaded: Bool {
        proposals.count + syncs.count >= options.globalOutstandingLimit || held >= Self.heldLimit
    }

    /// Bytes of writes under way above which their clients wait. In an ensemble a write is held several times: for
    /// the log, for the commit, and for each follower that does not read.
    static let heldLimit = 32 << 20
    /// What counts as a large buffer.
    static let largeBuffer = 32 << 10

    private func isLarge(_ length: Int) -> Bool {
        options.largeRequestThreshold >= 0 && length > options.largeRequestThreshold
    }

    /// Among those that go on after the load has fallen.
    private mutating func wait(_ id: ClientID) -> Taken {
        if !clients[id.place].isThrottled {
            clients[id.place].isThrottled = true
            throttled.append(id)
        }
        return .later
    }

    /// A read from the disk's thread or from another server is dealt with: clients that were held back go on if the
    /// load has fallen.
    package mutating func resumeThrottled() {
        guard !throttled.isEmpty, !isOverloaded else { return }
        for id in throttled {
            clients[id.place].isThrottled = false
            effects.append(.resume(id))
        }
        throttled.removeAll(keepingCapacity: true)
    }

    /// A large buffer was used.
    mutating func addToBurst(_ bytes: Int) {
        burst += bytes
        planChores()
    }

    /// Gives memory back to the system when a burst is over; the allocator alone would keep it for the next.
    mutating func returnMemory() {
        guard burst >= Self.heldLimit, held < Self.heldLimit / 8, now - memoryReturned >= 5000 else { return }
        burst = 0
        memoryReturned = now
        effects.append(.returnMemory)
    }

    // MARK: Reads that wait

    /// - Parameter answer: about how many bytes its answer will have.
    mutating func wait(for frame: UnsafeRawBufferPointer, xid: Int32, answer: Int, _ id: ClientID) {
        clients[id.place].waiting.append(
            xid: xid, WaitingRequests.Read(frame: [UInt8](frame), received: now, answer: answer))
        if isLarge(frame.count) { largeReads += frame.count }
    }

    /// The oldest request that waits has been answered, or will not be.
    @discardableResult
    mutating func forgetFirst(_ id: ClientID) -> WaitingRequests.Read? {
        guard let read = clients[id.place].waiting.removeFirst() else { return nil }
        if isLarge(read.frame.count) { largeReads -= read.frame.count }
        return read
    }

    /// Answers what had to wait behind a write, up to the next write, as far as the client takes the answers.
    ///
    /// - Parameter force: all of it: the next write has been applied, and nobody may see it before.
    mutating func drainWaiting(_ id: ClientID, force: Bool = false) {
        while isOpen(id), clients[id.place].waiting.isReadFirst {
            guard force || clients[id.place].canAnswer else {
                clients[id.place].isHeldBack = true
                return
            }
            guard let read = forgetFirst(id) else { return }
            read.frame.withUnsafeBytes { bytes in
                var reader = JuteReader(bytes, maxFieldLength: options.maxFrame)
                guard let header = try? RequestHeader(from: &reader) else { return }
                answerRead(header, reader.readRest(), from: id, received: read.received)
            }
        }
    }
}
