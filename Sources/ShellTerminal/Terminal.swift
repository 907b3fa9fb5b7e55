import Glibc
import Synchronization
import ZooKeeperShell

/// Standard output and standard error, shared by results and by events that come at any time.
///
/// Events are printed at once, or before the next result; while a line is edited, the editor shows them in between.
final class Terminal: ShellOutput {
    private struct Waiting {
        var events = ""
        /// Somebody edits a line, and is told of events through the pipe.
        var isEditing = false
    }

    private let waiting = Mutex(Waiting())
    /// Held while something is printed.
    private let printing = Mutex(())
    private let pipeEnds: (reading: Int32, writing: Int32)

    init() {
        var ends: [Int32] = [-1, -1]
        pipe(&ends)
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        pipeEnds = (ends[0], ends[1])
    }

    func result(_ text: String) { print(text, to: STDOUT_FILENO) }
    func problem(_ text: String) { print(text, to: STDERR_FILENO) }

    func event(_ text: String) {
        let isEditing = waiting.withLock { waiting in
            waiting.events += text
            return waiting.isEditing
        }
        if isEditing {
            wakeEditor()
        } else {
            // Not here: a reader of our output that is slow must not stop the client.
            Task { self.print("", to: STDOUT_FILENO) }
        }
    }

    // MARK: For who edits a line

    /// Readable when there are events to show.
    var wakeUp: Int32 { pipeEnds.reading }

    func setEditing(_ isEditing: Bool) {
        print("", to: STDOUT_FILENO)
        let hasEvents = waiting.withLock { waiting in
            waiting.isEditing = isEditing
            return !waiting.events.isEmpty
        }
        if hasEvents, isEditing { wakeEditor() } else { print("", to: STDOUT_FILENO) }
    }

    /// Prints the events that wait, in place of what is below the cursor; false if there are none.
    func showEvents() -> Bool {
        var bytes = [UInt8](repeating: 0, count: 64)
        while read(pipeEnds.reading, &bytes, bytes.count) > 0 {}
        return printing.withLock { _ in
            let events = takeEvents(whileEditing: true)
            if events.isEmpty { return false }
            writeAll("\u{1b}[J" + events, to: STDOUT_FILENO)
            return true
        }
    }

    /// Prints between the rows of the line that is edited.
    func showInBetween(_ text: String) {
        printing.withLock { _ in writeAll(text, to: STDOUT_FILENO) }
    }

    // MARK: Helpers

    private func wakeEditor() {
        var byte: UInt8 = 0
        write(pipeEnds.writing, &byte, 1)
    }

    private func print(_ text: String, to descriptor: Int32) {
        printing.withLock { _ in
            let events = takeEvents(whileEditing: false)
            if !events.isEmpty { writeAll(events, to: STDOUT_FILENO) }
            if !text.isEmpty { writeAll(text, to: descriptor) }
        }
    }

    private func takeEvents(whileEditing: Bool) -> String {
        waiting.withLock { waiting in
            if waiting.isEditing != whileEditing { return "" }
            defer { waiting.events = "" }
            return waiting.events
        }
    }
}

/// Why results could not be printed: the disk is full, say.
let lostOutput = Mutex<String?>(nil)

/// Writes all of it. When nobody reads it any more, there is nothing left to do.
private func writeAll(_ text: String, to descriptor: Int32) {
    var text = text
    text.withUTF8 { bytes in
        var rest = UnsafeRawBufferPointer(bytes)
        while !rest.isEmpty {
            let count = write(descriptor, rest.baseAddress, rest.count)
            if count >= 0 {
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            } else if errno == EPIPE {
                exit(0)
            } else if errno != EINTR {
                let reason = errno
                // Closed, nobody wants it.
                if descriptor == STDOUT_FILENO, reason != EBADF {
                    lostOutput.withLock { $0 = String(cString: strerror(reason)) }
                }
                return
            }
        }
    }
}
