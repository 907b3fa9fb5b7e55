import CLinux
import DurableFiles
import Glibc
import Synchronization

/// Waits for many descriptors at once (epoll, level-triggered).
struct Poller: ~Copyable {
    struct Ready {
        var descriptor: Int32
        /// Also true for an error or a hang-up: reading shows which.
        var canRead: Bool
        var canWrite: Bool
    }

    private let descriptor: Int32

    init() throws(FileError) {
        descriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard descriptor >= 0 else { throw FileError("make", "an epoll descriptor") }
    }

    deinit { close(descriptor) }

    func add(_ watched: Int32) throws(FileError) {
        var event = Self.event(watched, writing: false)
        guard epoll_ctl(descriptor, EPOLL_CTL_ADD, watched, &event) == 0 else {
            throw FileError("watch", "descriptor \(watched)")
        }
    }

    /// Whether to tell also when `watched` can be written.
    func watch(_ watched: Int32, writing: Bool) {
        var event = Self.event(watched, writing: writing)
        epoll_ctl(descriptor, EPOLL_CTL_MOD, watched, &event)
    }

    /// Before `watched` is closed.
    func remove(_ watched: Int32) { epoll_ctl(descriptor, EPOLL_CTL_DEL, watched, nil) }

    /// - Parameter timeout: nil waits for ever.
    func wait(timeout: Duration?) -> [Ready] {
        var events = [epoll_event](repeating: epoll_event(), count: 64)
        var milliseconds: Int32 = -1
        if let timeout {
            // Rounded up: a timer must be due when we wake for it.
            let (seconds, attoseconds) = max(timeout, .zero).components
            milliseconds = Int32(clamping: seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
        }
        let count = epoll_wait(descriptor, &events, Int32(events.count), milliseconds)
        return events.prefix(Int(max(0, count))).map { event in
            let writable = event.events & EPOLLOUT.rawValue != 0
            return Ready(
                descriptor: event.data.fd, canRead: event.events & ~EPOLLOUT.rawValue != 0, canWrite: writable)
        }
    }

    private static func event(_ descriptor: Int32, writing: Bool) -> epoll_event {
        var event = epoll_event()
        event.events = EPOLLIN.rawValue | (writing ? EPOLLOUT.rawValue : 0)
        event.data.fd = descriptor
        return event
    }
}

/// Messages of other threads and of signal handlers for the loop, which each of them wakes.
final class Mailbox<Message: Sendable>: Sendable {
    /// An eventfd.
    let descriptor: Int32
    private let messages = Mutex<[Message]>([])

    init() throws(FileError) {
        descriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard descriptor >= 0 else { throw FileError("make", "an eventfd") }
    }

    deinit { close(descriptor) }

    func post(_ message: Message) {
        messages.withLock { $0.append(message) }
        eventfd_write(descriptor, 1)
    }

    /// All there is; the descriptor is quiet afterwards.
    func take() -> [Message] {
        var count: eventfd_t = 0
        eventfd_read(descriptor, &count)
        return messages.withLock { messages in
            defer { messages = [] }
            return messages
        }
    }
}
