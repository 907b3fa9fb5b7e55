import Jute

/// A session and its timeout in milliseconds: the data of a REVALIDATE from a learner, and one entry of its answer to a PING.
package struct SessionTimeout: JuteRecord {
    package var session: SessionID
    package var timeout: Int32

    package init(session: SessionID, timeout: Int32) {
        self.session = session
        self.timeout = timeout
    }

    package init(from reader: inout JuteReader) throws(JuteError) {
        session = try reader.readSessionID()
        timeout = try reader.readInt32()
    }

    package func write(to writer: inout JuteWriter) {
        writer.write(session)
        writer.write(timeout)
    }
}

/// The data of a REVALIDATE from the leader.
package struct RevalidateReply: JuteRecord {
    package var session: SessionID
    package var isValid: Bool

    package init(session: SessionID, isValid: Bool) {
        self.session = session
        self.isValid = isValid
    }

    package init(from reader: inout JuteReader) throws(JuteError) {
        session = try reader.readSessionID()
        isValid = try reader.readBool()
    }

    package func write(to writer: inout JuteWriter) {
        writer.write(session)
        writer.write(isValid)
    }
}

/// The data of REQUEST: what a learner forwards to the leader, a client's write or sync or a change of a session.
package struct ForwardedRequest: JuteRecord {
    package var session: SessionID
    /// The client's xid, which comes back in the txn's header.
    package var cxid: Int32
    package var op: OpCode
    /// The request's body without its header: an Int32 timeout for createSession, nothing for closeSession.
    package var body: [UInt8]

    package init(session: SessionID, cxid: Int32, op: OpCode, body: [UInt8]) {
        self.session = session
        self.cxid = cxid
        self.op = op
        self.body = body
    }

    /// The body goes to the end of the input.
    package init(from reader: inout JuteReader) throws(JuteError) {
        session = try reader.readSessionID()
        cxid = try reader.readInt32()
        op = OpCode(rawValue: try reader.readInt32())
        body = [UInt8](reader.readRest())
    }

    package func write(to writer: inout JuteWriter) {
        writer.write(session)
        writer.write(cxid)
        writer.write(op.rawValue)
        writer.write(raw: body)
    }
}

/// The data of a learner's answer to PING: the sessions that were active since the last one.
///
/// Without sessions it is an empty buffer, which is not null: Apache's leader reads it unasked.
package struct SessionTouches: JuteRecord {
    package var sessions: [SessionTimeout]

    package init(sessions: [SessionTimeout]) {
        self.sessions = sessions
    }

    package init(from reader: inout JuteReader) throws(JuteError) {
        sessions = []
        while !reader.isAtEnd { sessions.append(try SessionTimeout(from: &reader)) }
    }

    package func write(to writer: inout JuteWriter) {
        for session in sessions { session.write(to: &writer) }
    }
}

/// The data of FOLLOWERINFO and OBSERVERINFO.
package struct LearnerInfo: JuteRecord {
    package var server: ServerID
    package var protocolVersion: Int32
    /// The version (a zxid) of the configuration the learner knows.
    package var configVersion: Int64

    package init(server: ServerID, protocolVersion: Int32 = QuorumProtocol.version, configVersion: Int64) {
        self.server = server
        self.protocolVersion = protocolVersion
        self.configVersion = configVersion
    }

    /// Old learners leave out the configuration's version, or everything behind the id.
    package init(from reader: inout JuteReader) throws(JuteError) {
        server = ServerID(rawValue: try reader.readInt64())
        protocolVersion = reader.isAtEnd ? 0 : try reader.readInt32()
        configVersion = reader.isAtEnd ? 0 : try reader.readInt64()
    }

    package func write(to writer: inout JuteWriter) {
        writer.write(server.rawValue)
        writer.write(protocolVersion)
        writer.write(configVersion)
    }
}
