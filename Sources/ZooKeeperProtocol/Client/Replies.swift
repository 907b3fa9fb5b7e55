import Jute

/// The reply to create2, createContainer and createTTL.
package struct Create2Response: Hashable, Sendable {
    /// The final path, with the digits of a sequential znode.
    package var path: String
    package var stat: Stat

    package init(path: String, stat: Stat) {
        self.path = path
        self.stat = stat
    }
}

extension Create2Response: JuteRecord {
    package init(from reader: inout JuteReader) throws(JuteError) {
        path = try reader.readString()
        stat = try Stat(from: &reader)
    }

    package func write(to writer: inout JuteWriter) {
        writer.write(path)
        writer.write(stat)
    }
}

/// The reply to getData, and to reconfig, whose data is the configuration in force.
package struct DataResponse: Hashable, Sendable {
    package var data: [UInt8]?
    package var stat: Stat

    package init(data: [UInt8]?, stat: Stat) {
        self.data = data
        self.stat = stat
    }
}

extension DataResponse: JuteRecord {
    package init(from reader: inout JuteReader) throws(JuteError) {
        data = try reader.readBuffer()
        stat = try Stat(from: &reader)
    }

    package func write(to writer: inout JuteWriter) {
        writer.write(data)
        writer.write(stat)
    }
}

/// The reply to getACL.
package struct ACLResponse: Hashable, Sendable {
    package var acl: [ACL]?
    package var stat: Stat

    package init(acl: [ACL]?, stat: Stat) {
        self.acl = acl
        self.stat = stat
    }
}

extension ACLResponse: JuteRecord {
    package init(from reader: inout JuteReader) throws(JuteError) {
        acl = try reader.readVector()
        stat = try Stat(from: &reader)
    }

    package func write(to writer: inout JuteWriter) {
        writer.write(acl)
        writer.write(stat)
    }
}

/// The reply to getChildren (names, in no order) and getEphemerals (paths).
package struct StringsRecord: Hashable, Sendable {
    package var strings: [String]?

    package init(strings: [String]?) {
        self.strings = strings
    }
}

extension StringsRecord: JuteRecord {
    package init(from reader: inout JuteReader) throws(JuteError) {
        strings = try reader.readStrings()
    }

    package func write(to writer: inout JuteWriter) {
        writer.write(strings)
    }
}

/// The reply to getChildren2.
package struct Children2Response: Hashable, Sendable {
    package var children: [String]?
    package var stat: Stat

    package init(children: [String]?, stat: Stat) {
        self.children = children
        self.stat = stat
    }
}

extension Children2Response: JuteRecord {
    package init(from reader: inout JuteReader) throws(JuteError) {
        children = try reader.readStrings()
        stat = try Stat(from: &reader)
    }

    package func write(to writer: inout JuteWriter) {
        writer.write(children)
        writer.write(stat)
    }
}

/// The reply to getAllChildrenNumber.
package struct CountResponse: Hashable, Sendable {
    package var count: Int32

    package init(count: Int32) {
        self.count = count
    }
}

extension CountResponse: JuteRecord {
    package init(from reader: inout JuteReader) throws(JuteError) {
        count = try reader.readInt32()
    }

    package func write(to writer: inout JuteWriter) {
        writer.write(count)
    }
}
