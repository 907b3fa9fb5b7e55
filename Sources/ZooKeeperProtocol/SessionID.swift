import Jute

/// A session's id: the id of the server that made it in the top byte, then a clock and a counter.
public struct SessionID: RawRepresentable, Hashable, Comparable, Sendable {
    public var rawValue: Int64

    @inlinable
    public init(rawValue: Int64) {
        self.rawValue = rawValue
    }

    /// No session: asks for a new one in a ConnectRequest, says "not valid" in a ConnectResponse.
    @inlinable public static var none: SessionID { SessionID(rawValue: 0) }

    /// The first id a server hands out; the following ones count up from it.
    ///
    /// Apache's `SessionTrackerImpl.initializeNextSessionId`: the low 40 bits of a clock in milliseconds above 16 bits
    /// of counter. Any clock is compatible; the wall clock keeps ids apart across reboots, which Apache's does not.
    package static func first(serverID: UInt8, milliseconds: Int64) -> SessionID {
        let clock = (UInt64(bitPattern: milliseconds) << 24) >> 8
        let id = Int64(bitPattern: clock | UInt64(serverID) << 56)
        // The value that marks containers as ephemeral owner.
        return SessionID(rawValue: id == .min ? id + 1 : id)
    }

    @inlinable package var next: SessionID { SessionID(rawValue: rawValue &+ 1) }

    /// The password that Apache's servers give this session, 16 bytes: every server derives it alike, so that a session can move.
    ///
    /// Apache's `ZooKeeperServer.generatePasswd`: java.util.Random, seeded with the id XOR 0xB3415C00, filling bytes.
    package var password: [UInt8] {
        let mask: UInt64 = (1 << 48) - 1
        var state = (UInt64(bitPattern: rawValue) ^ 0xB341_5C00 ^ 0x5_DEEC_E66D) & mask
        var bytes: [UInt8] = []
        bytes.reserveCapacity(16)
        for _ in 0..<4 {
            state = (state &* 0x5_DEEC_E66D &+ 0xB) & mask
            let output = UInt32(truncatingIfNeeded: state >> 16)
            for shift in stride(from: UInt32(0), to: 32, by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: output >> shift))
            }
        }
        return bytes
    }

    @inlinable
    public static func < (left: SessionID, right: SessionID) -> Bool {
        left.rawValue < right.rawValue
    }
}

extension SessionID: CustomStringConvertible {
    /// Hex, as servers log it and as `dump` and `cons` print it.
    public var description: String { "0x" + String(UInt64(bitPattern: rawValue), radix: 16) }
}

extension JuteReader {
    @inlinable
    package mutating func readSessionID() throws(JuteError) -> SessionID {
        SessionID(rawValue: try readInt64())
    }
}

extension JuteWriter {
    @inlinable
    package mutating func write(_ session: SessionID) {
        write(session.rawValue)
    }
}
