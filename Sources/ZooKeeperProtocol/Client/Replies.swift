import Jute

/// The reply to create2, createContainer and createTTL.
package struct Create2Response: JuteDecodable {
    /// The final path, with the digits of a sequential znode.
    package var path: String
    package var stat: Stat

    package init(from reader: inout JuteReader) throws(JuteError) {
        path = try reader.readString()
        stat = try Stat(from: &reader)
    }
}

/// The reply to getData, and to reconfig, whose data is the configuration in force.
package struct DataResponse: JuteDecodable {
    package var data: [UInt8]?
    package var stat: Stat

    package init(from reader: inout JuteReader) throws(JuteError) {
        data = try reader.readBuffer()
        stat = try Stat(from: &reader)
    }
}

/// The reply to getACL.
package struct ACLResponse: JuteDecodable {
    package var acl: [ACL]?
    package var stat: Stat

    package init(from reader: inout JuteReader) throws(JuteError) {
        acl = try reader.readVector()
        stat = try Stat(from: &reader)
    }
}

/// The reply to getChildren (names, in no order) and getEphemerals (paths).
package struct StringsRecord: JuteDecodable {
    package var strings: [String]?

    package init(from reader: inout JuteReader) throws(JuteError) {
        strings = try reader.readStrings()
    }
}

/// The reply to getChildren2.
package struct Children2Response: JuteDecodable {
    package var children: [String]?
    package var stat: Stat

    package init(from reader: inout JuteReader) throws(JuteError) {
        children = try reader.readStrings()
        stat = try Stat(from: &reader)
    }
}

/// The reply to getAllChildrenNumber.
package struct CountResponse: JuteDecodable {
    package var count: Int32

    package init(from reader: inout JuteReader) throws(JuteError) {
        count = try reader.readInt32()
    }
}
