import Jute

/// The body of exists, getData, getChildren and getChildren2.
package struct ReadRequest: JuteEncodable {
    package var path: String
    /// Whether to leave a one-shot watch.
    package var watch: Bool

    package init(path: String, watch: Bool) {
        self.path = path
        self.watch = watch
    }

    package func write(to writer: inout JuteWriter) {
        writer.write(path)
        writer.write(watch)
    }
}

/// A body that is a path only: the requests getACL, sync and getAllChildrenNumber, the replies of create and sync.
package struct PathRecord: JuteRecord {
    package var path: String

    package init(path: String) {
        self.path = path
    }

    package init(from reader: inout JuteReader) throws(JuteError) {
        path = try reader.readString()
    }

    package func write(to writer: inout JuteWriter) {
        writer.write(path)
    }
}

/// The body of getEphemerals.
package struct EphemeralsRequest: JuteEncodable {
    /// Plain text in front of the paths wanted; null, blank and "/" mean all.
    package var prefix: String?

    package init(prefix: String?) {
        self.prefix = prefix
    }

    package func write(to writer: inout JuteWriter) {
        writer.write(prefix)
    }
}
