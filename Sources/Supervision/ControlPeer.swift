import DurableFiles
import FoundationEssentials
import Glibc

/// One accepted control connection: lines in, lines out, never blocking.
final class ControlPeer {
    let descriptor: Int32
    var wantsEvents = false
    /// A request was taken; what else comes is not read as one.
    var hasAsked = false
    /// Close when all is written.
    var isDone = false
    private var input: [UInt8] = []
    private var output: [UInt8] = []

    /// An events listener that does not read is let go when so much waits for it.
    private static let longestBacklog = 32 << 20

    enum Received {
        case nothing, line([UInt8]), closed
    }

    init(descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    var hasOutput: Bool { !output.isEmpty }

    func receive() -> Received {
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN { return .nothing }
            guard count > 0 else { return .closed }
            if hasAsked { continue }
            let searched = input.count
            input.append(contentsOf: chunk[..<count])
            if let end = input[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                defer { input = [] }
                hasAsked = true
                return .line(Array(input[..<end]))
            }
            if input.count > ControlConnection.longestLine { return .closed }
        }
    }

    func queue(_ response: ControlResponse) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let line = try? encoder.encode(response) else { return }
        output += Array(line) + [UInt8(ascii: "\n")]
    }

    /// - Returns: false when the connection is of no more use
    @discardableResult
    func flush() -> Bool {
        var written = 0
        defer { output.removeFirst(written) }
        while written < output.count {
            let count = output.withUnsafeBytes {
                send(descriptor, $0.baseAddress! + written, $0.count - written, Int32(MSG_NOSIGNAL))
            }
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN { return output.count - written <= Self.longestBacklog }
            guard count > 0 else { return false }
            written += count
        }
        return !isDone
    }
}
