import ZooKeeperProtocol

/// What `isro` answers.
public enum ServerAccess: String, Hashable, Sendable {
    case readWrite = "rw"
    case readOnly = "ro"
    /// The server runs, but is not serving.
    case notServing = "null"
}

/// What `srvr` answers: a server's role, its last transaction and its counters.
public struct ServerStatistics: Hashable, Sendable {
    /// The smallest, average and largest latency since the start, in milliseconds.
    public struct Latency: Hashable, Sendable {
        public var min: Int
        public var average: Double
        public var max: Int
    }

    /// Bytes of the last, smallest and largest proposal; -1 before the first.
    public struct ProposalSizes: Hashable, Sendable {
        public var last: Int
        public var min: Int
        public var max: Int
    }

    /// As the server says it: `3.8.0-…, built on …`. Debian's holds a placeholder where a commit should be.
    public var version: String
    public var latency: Latency
    /// Packets since the start.
    public var received: Int
    public var sent: Int
    /// Open client connections, the one that asked included.
    public var connections: Int
    /// Requests queued in the server.
    public var outstanding: Int
    /// The last transaction that the server has processed.
    public var zxid: ZXID
    public var mode: ServerMode
    /// Znodes; the root counts twice.
    public var nodeCount: Int
    /// Only from leaders.
    public var proposalSizes: ProposalSizes?

    /// Reads the text of a `srvr` answer; nil if a line is missing or not understood. Lines that are new are skipped.
    public init?(parsing text: String) {
        let values = ServerValues(parsing: text, separator: ": ")
        guard
            let version = values["Zookeeper version"],
            let latency = values["Latency min/avg/max"].flatMap(Latency.init(parsing:)),
            let received = values.integer("Received"), let sent = values.integer("Sent"),
            let connections = values.integer("Connections"), let outstanding = values.integer("Outstanding"),
            let zxid = values["Zxid"].flatMap(ZXID.init(parsing:)),
            let mode = values["Mode"], let nodeCount = values.integer("Node count")
        else { return nil }
        self.version = version
        self.latency = latency
        self.received = received
        self.sent = sent
        self.connections = connections
        self.outstanding = outstanding
        self.zxid = zxid
        self.mode = ServerMode(mode)
        self.nodeCount = nodeCount
        proposalSizes = values["Proposal sizes last/min/max"].flatMap(ProposalSizes.init(parsing:))
    }
}

extension ServerStatistics.Latency {
    fileprivate init?(parsing text: String) {
        let parts = text.split(separator: "/")
        guard parts.count == 3, let min = Int(parts[0]), let average = Double(parts[1]), let max = Int(parts[2]) else {
            return nil
        }
        self.init(min: min, average: average, max: max)
    }
}

extension ServerStatistics.ProposalSizes {
    fileprivate init?(parsing text: String) {
        let numbers = text.split(separator: "/").compactMap { Int($0) }
        guard numbers.count == 3 else { return nil }
        self.init(last: numbers[0], min: numbers[1], max: numbers[2])
    }
}

extension ZXID {
    /// Reads `0x1000000a0`, as servers print it.
    fileprivate init?(parsing text: String) {
        guard text.hasPrefix("0x"), let value = UInt64(text.dropFirst(2), radix: 16) else { return nil }
        self.init(rawValue: Int64(bitPattern: value))
    }
}

/// The names and values of a server's answer, in its order.
public struct ServerValues: Hashable, Sendable {
    public struct Entry: Hashable, Sendable {
        public var name: String
        public var value: String
    }

    public var entries: [Entry]

    /// Reads a line for each entry; lines without the separator are skipped.
    init(parsing text: String, separator: String) {
        // By bytes: `mntr` has a hundred lines, and is asked of every server again and again.
        let separator = Array(separator.utf8)
        entries = text.utf8.split(separator: UInt8(ascii: "\n")).compactMap { line in
            var start = line.startIndex
            while let found = line[start...].firstIndex(of: separator[0]) {
                let rest = line[found...]
                if rest.starts(with: separator) {
                    return Entry(
                        name: String(Substring(line[..<found])),
                        value: String(Substring(rest.dropFirst(separator.count))))
                }
                start = line.index(after: found)
            }
            return nil
        }
    }

    public subscript(name: String) -> String? {
        entries.first { $0.name == name }?.value
    }

    /// The value as an integer, if it is one.
    public func integer(_ name: String) -> Int? {
        self[name].flatMap { Int($0) }
    }

    /// The value as a number, if it is one.
    public func number(_ name: String) -> Double? {
        self[name].flatMap { Double($0) }
    }
}

extension ServerValues: RandomAccessCollection {
    public var startIndex: Int { entries.startIndex }
    public var endIndex: Int { entries.endIndex }
    public subscript(position: Int) -> Entry { entries[position] }
}
