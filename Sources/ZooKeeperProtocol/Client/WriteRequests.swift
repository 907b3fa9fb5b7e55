import Jute

/// The body of create, create2 and createContainer.
package struct CreateRequest: JuteEncodable {
    package var path: String
    /// Null data is kept apart from empty data.
    package var data: [UInt8]?
    package var acl: [ACL]?
    /// A `CreateMode`'s raw value, as sent: an unknown one is answered with BadArguments, not dropped.
    package var flags: Int32

    package init(path: String, data: [UInt8]?, acl: [ACL]?, flags: Int32) {
        self.path = path
        self.data = data
        self.acl = acl
        self.flags = flags
    }

    package func write(to writer: inout JuteWriter) {
        writer.write(path)
        writer.write(data)
        writer.write(acl)
        writer.write(flags)
    }
}

/// The body of createTTL.
package struct CreateTTLRequest: JuteEncodable {
    package var path: String
    package var data: [UInt8]?
    package var acl: [ACL]?
    package var flags: Int32
    /// The time to live in milliseconds, 1…2^40 - 1 to be valid.
    package var ttl: Int64

    package init(path: String, data: [UInt8]?, acl: [ACL]?, flags: Int32, ttl: Int64) {
        self.path = path
        self.data = data
        self.acl = acl
        self.flags = flags
        self.ttl = ttl
    }

    package func write(to writer: inout JuteWriter) {
        writer.write(path)
        writer.write(data)
        writer.write(acl)
        writer.write(flags)
        writer.write(ttl)
    }
}

/// The body of delete.
package struct DeleteRequest: JuteEncodable {
    package var path: String
    /// The version the znode must have; -1 for any.
    package var version: Int32

    package init(path: String, version: Int32) {
        self.path = path
        self.version = version
    }

    package func write(to writer: inout JuteWriter) {
        writer.write(path)
        writer.write(version)
    }
}

/// The body of setData.
package struct SetDataRequest: JuteRecord {
    package var path: String
    package var data: [UInt8]?
    /// The version the znode must have; -1 for any.
    package var version: Int32

    package init(path: String, data: [UInt8]?, version: Int32) {
        self.path = path
        self.data = data
        self.version = version
    }

    package init(from reader: inout JuteReader) throws(JuteError) {
        path = try reader.readString()
        data = try reader.readBuffer()
        version = try reader.readInt32()
    }

    package func write(to writer: inout JuteWriter) {
        writer.write(path)
        writer.write(data)
        writer.write(version)
    }
}

/// The body of setACL.
package struct SetACLRequest: JuteEncodable {
    package var path: String
    package var acl: [ACL]?
    /// The **aversion** the znode must have; -1 for any.
    package var version: Int32

    package init(path: String, acl: [ACL]?, version: Int32) {
        self.path = path
        self.acl = acl
        self.version = version
    }

    package func write(to writer: inout JuteWriter) {
        writer.write(path)
        writer.write(acl)
        writer.write(version)
    }
}

/// The body of check, which lives inside a multi.
package typealias CheckVersionRequest = DeleteRequest

/// The body of reconfig: either joining and leaving servers, or the new members as a whole.
package struct ReconfigRequest: JuteRecord {
    /// Server lines, separated by commas.
    package var joiningServers: String?
    /// Server ids, separated by commas.
    package var leavingServers: String?
    /// The complete new configuration, lines separated by commas.
    package var newMembers: String?
    /// The version of the configuration that must be in force; -1 for any.
    package var currentConfigID: Int64

    package init(joiningServers: String?, leavingServers: String?, newMembers: String?, currentConfigID: Int64) {
        self.joiningServers = joiningServers
        self.leavingServers = leavingServers
        self.newMembers = newMembers
        self.currentConfigID = currentConfigID
    }

    package init(from reader: inout JuteReader) throws(JuteError) {
        joiningServers = try reader.readOptionalString()
        leavingServers = try reader.readOptionalString()
        newMembers = try reader.readOptionalString()
        currentConfigID = try reader.readInt64()
    }

    package func write(to writer: inout JuteWriter) {
        writer.write(joiningServers)
        writer.write(leavingServers)
        writer.write(newMembers)
        writer.write(currentConfigID)
    }
}
