import Jute

/// The body of auth.
package struct AuthPacket: JuteRecord {
    /// 0.
    package var type: Int32
    package var scheme: String
    /// What the scheme wants: `user:password` for digest.
    package var auth: [UInt8]?

    package init(type: Int32, scheme: String, auth: [UInt8]?) {
        self.type = type
        self.scheme = scheme
        self.auth = auth
    }

    package init(from reader: inout JuteReader) throws(JuteError) {
        type = try reader.readInt32()
        scheme = try reader.readString()
        auth = try reader.readBuffer()
    }

    package func write(to writer: inout JuteWriter) {
        writer.write(type)
        writer.write(scheme)
        writer.write(auth)
    }
}

/// The body of sasl, request and reply.
package struct SASLToken: JuteRecord {
    package var token: [UInt8]?

    package init(token: [UInt8]?) {
        self.token = token
    }

    package init(from reader: inout JuteReader) throws(JuteError) {
        token = try reader.readBuffer()
    }

    package func write(to writer: inout JuteWriter) {
        writer.write(token)
    }
}

/// One identity of a connection, as whoAmI tells it.
package struct ClientInfo: JuteRecord {
    package var scheme: String
    /// The text before ":" for digest, the address for ip.
    package var user: String

    package init(scheme: String, user: String) {
        self.scheme = scheme
        self.user = user
    }

    package init(from reader: inout JuteReader) throws(JuteError) {
        scheme = try reader.readString()
        user = try reader.readString()
    }

    package func write(to writer: inout JuteWriter) {
        writer.write(scheme)
        writer.write(user)
    }
}

/// The reply to whoAmI.
package struct WhoAmIResponse: JuteDecodable {
    package var clientInfo: [ClientInfo]?

    package init(from reader: inout JuteReader) throws(JuteError) {
        clientInfo = try reader.readVector()
    }
}
