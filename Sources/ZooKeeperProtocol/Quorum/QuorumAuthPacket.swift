import Jute

/// What servers send each other to prove who they are, before anything else on a quorum connection and behind the greeting on an
/// election connection (reference 9.3; Apache's `QuorumAuthPacket`).
package struct QuorumAuthPacket: Hashable, Sendable {
    package enum Status: Int32, Sendable {
        case inProgress = 0
        case success = 1
        case failure = -1
    }

    package var status: Status
    package var token: [UInt8]?

    package init(_ status: Status, token: [UInt8]?) {
        self.status = status
        self.token = token
    }

    /// What each begins with, and nothing else that a server sends: Java's `-0xa0dbcafecafe1234L`.
    package static let magic: Int64 = 0x5f24_3501_3501_edcc
}

extension QuorumAuthPacket: JuteRecord {
    package init(from reader: inout JuteReader) throws(JuteError) {
        let start = reader.offset
        let magic = try reader.readInt64()
        guard magic == Self.magic else { throw .unknownValue(magic, at: start) }
        let number = try reader.readInt32()
        guard let status = Status(rawValue: number) else { throw .unknownValue(Int64(number), at: start + 8) }
        self.status = status
        token = try reader.readBuffer()
    }

    package func write(to writer: inout JuteWriter) {
        writer.write(Self.magic)
        writer.write(status.rawValue)
        writer.write(token)
    }
}
