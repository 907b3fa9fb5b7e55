import Jute
import NIOCore

extension ByteBuffer {
    /// Takes a record off the front; nil, and nothing taken, when its end has not arrived.
    mutating func readRecord<Record: JuteDecodable>(
        _ type: Record.Type = Record.self, maxFieldLength: Int = JuteLimits.standard.maxFieldLength
    ) throws(JuteError) -> Record? {
        let (outcome, used) = withUnsafeReadableBytes { bytes -> (Result<Record?, JuteError>, Int) in
            var reader = JuteReader(bytes, maxFieldLength: maxFieldLength)
            do throws(JuteError) {
                let record = try reader.readIfComplete(Record.self)
                return (.success(record), reader.offset)
            } catch { return (.failure(error), 0) }
        }
        moveReaderIndex(forwardBy: used)
        return try outcome.get()
    }
}

extension Channel {
    /// What a writer holds, to be sent.
    func buffer(_ writer: JuteWriter) -> ByteBuffer {
        writer.withUnsafeBytes { bytes in
            var buffer = allocator.buffer(capacity: bytes.count)
            buffer.writeBytes(bytes)
            return buffer
        }
    }
}

/// Whether a channel reads what comes, or leaves it to the system: then the other end has to wait.
struct ReadingSwitch {
    private var isOff = false

    mutating func set(_ reads: Bool, on channel: any Channel) {
        guard reads == isOff else { return }
        isOff = !reads
        try? channel.syncOptions?.setOption(.autoRead, value: reads)
    }
}
