import Jute

/// The first frame of a client's connection: asks for a session, or for an old one back.
package struct ConnectRequest: JuteRecord {
    /// 0; servers ignore it.
    package var protocolVersion: Int32
    /// The highest zxid the client has seen. A server that lags behind it must refuse by closing.
    package var lastZXIDSeen: ZXID
    /// The session timeout wished for, in milliseconds.
    package var timeout: Int32
    /// `SessionID.none` asks for a new session.
    package var session: SessionID
    package var password: [UInt8]?
    /// Whether a read-only server will do. Nil: the byte was not there at all (clients older than 3.4).
    package var readOnly: Bool?

    package init(
        protocolVersion: Int32 = 0, lastZXIDSeen: ZXID, timeout: Int32, session: SessionID, password: [UInt8]?,
        readOnly: Bool?
    ) {
        self.protocolVersion = protocolVersion
        self.lastZXIDSeen = lastZXIDSeen
        self.timeout = timeout
        self.session = session
        self.password = password
        self.readOnly = readOnly
    }

    package init(from reader: inout JuteReader) throws(JuteError) {
        protocolVersion = try reader.readInt32()
        lastZXIDSeen = try reader.readZXID()
        timeout = try reader.readInt32()
        session = try reader.readSessionID()
        password = try reader.readBuffer()
        readOnly = reader.isAtEnd ? nil : try reader.readBool()
    }

    package func write(to writer: inout JuteWriter) {
        writer.write(protocolVersion)
        writer.write(lastZXIDSeen)
        writer.write(timeout)
        writer.write(session)
        writer.write(password)
        if let readOnly { writer.write(readOnly) }
    }
}

/// The answer to a ConnectRequest.
package struct ConnectResponse: JuteRecord {
    package var protocolVersion: Int32
    /// The session timeout in force, in milliseconds; 0 when the session is not valid.
    package var timeout: Int32
    /// `SessionID.none` when the session is not valid.
    package var session: SessionID
    package var password: [UInt8]?
    /// True from a read-only server. Nil (no byte) if and only if the request had none.
    package var readOnly: Bool?

    package init(
        protocolVersion: Int32 = 0, timeout: Int32, session: SessionID, password: [UInt8]?, readOnly: Bool?
    ) {
        self.protocolVersion = protocolVersion
        self.timeout = timeout
        self.session = session
        self.password = password
        self.readOnly = readOnly
    }

    /// The refusal of a session that is expired, closed or unknown, or whose password was wrong.
    package static func invalidSession(readOnly: Bool?) -> ConnectResponse {
        ConnectResponse(timeout: 0, session: .none, password: [UInt8](repeating: 0, count: 16), readOnly: readOnly)
    }

    /// Java clients go by the timeout alone.
    package var isValid: Bool { timeout > 0 }

    package init(from reader: inout JuteReader) throws(JuteError) {
        protocolVersion = try reader.readInt32()
        timeout = try reader.readInt32()
        session = try reader.readSessionID()
        password = try reader.readBuffer()
        readOnly = reader.isAtEnd ? nil : try reader.readBool()
    }

    package func write(to writer: inout JuteWriter) {
        writer.write(protocolVersion)
        writer.write(timeout)
        writer.write(session)
        writer.write(password)
        if let readOnly { writer.write(readOnly) }
    }
}
