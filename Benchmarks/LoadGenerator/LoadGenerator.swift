import ArgumentParser
import Glibc
import ZooKeeperProtocol

/// Loads servers on this machine and prints what it saw as JSON. One thread; `compare.py` runs it and reads the servers'
/// own CPU time around it.
@main struct LoadGenerator: ParsableCommand {
    @Argument(help: "What to ask for.") var operation: Operation
    @Option(parsing: .upToNextOption, help: "The servers' client ports; connections are spread over them.")
    var ports: [UInt16]
    @Option(help: "Connections, all of this process.") var connections = 4
    @Option(help: "Requests that each connection keeps in flight.") var window = 64
    @Option(help: "Bytes of data of a znode.") var size = 100
    @Option(help: "How long to go on.") var seconds = 5.0
    @Option(help: "Stop after so many operations instead.") var count: Int?
    @Option(help: "Create below this znode, which should not be there yet.") var root = "/bench/created"
    @Option(help: "The number of parents of what is created, up to 1000.") var directories = 16
    @Option(help: "The number of the first znode to create.") var first = 0
    @Option(help: "Sets and gets go to so many znodes, which one connection has created before, and not to 64.")
    var nodes: Int?
    @Option(help: "Tell also how it went in each so many seconds.") var every: Double?

    func run() throws {
        do {
            if operation == .clear { return try clear() }
            try prepare()
            try load()
        } catch {
            print("LoadGenerator: \(error)")
            throw ExitCode.failure
        }
    }

    private func clear() throws(LoadError) {
        var connection = try Connection(port: ports[0])
        try connection.open()
        for number in 0..<directories {
            let directory = Requests.directory(root, number)
            try connection.delete(try connection.children(of: directory).map { directory + "/" + $0 })
        }
    }

    /// Makes the znodes that the load goes to.
    private func prepare() throws(LoadError) {
        var connection = try Connection(port: ports[0])
        try connection.open()
        let data = [UInt8](repeating: 0, count: size)
        func create(_ path: String) throws(LoadError) {
            try connection.call(
                .create, CreateRequest(path: path, data: data, acl: [ACL].open, flags: 0), allowing: .nodeExists)
        }
        try create("/bench")
        if operation == .create {
            try create(root)
            for number in 0..<directories { try create(Requests.directory(root, number)) }
        } else if nodes == nil {
            for path in Requests.targets {
                try create(path)
                try connection.call(.setData, SetDataRequest(path: path, data: data, version: -1))
            }
        }
        // A server that is behind shows them, too, from here on.
        for port in ports.dropFirst() {
            var other = try Connection(port: port)
            try other.open()
            try other.call(.sync, PathRecord(path: "/bench"))
        }
    }

    private func load() throws(LoadError) {
        var clients: [Connection] = []
        var requests: [Requests] = []
        for number in 0..<connections {
            clients.append(try Connection(port: ports[number % ports.count]))
            requests.append(
                Requests(
                    operation, size: size, connection: number, root: root, directories: directories, nodes: nodes,
                    first: first))
        }
        for number in clients.indices { try clients[number].open() }
        var polls = clients.map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
        var latencies = LatencyHistogram()
        var curve = Curve(every: every)
        var unsent = count ?? .max
        let start: UInt64 = nanoseconds()
        let deadline: UInt64 = count == nil ? start + UInt64(seconds * 1e9) : .max
        for number in clients.indices {
            let first = min(window, unsent)
            try clients[number].send(first, of: &requests[number])
            unsent -= first
        }
        var inTime = 0
        while clients.contains(where: { $0.inFlight > 0 }) {
            guard poll(&polls, nfds_t(polls.count), 30_000) > 0 else { throw LoadError("no reply for 30 seconds") }
            for number in clients.indices where polls[number].revents != 0 {
                let replies = try clients[number].receive { microseconds, times in
                    latencies.add(microseconds: microseconds, times: times)
                    curve?.add(microseconds: microseconds, times: times)
                }
                guard nanoseconds() < deadline else { continue }
                inTime += replies
                let more = min(replies, unsent)
                try clients[number].send(more, of: &requests[number])
                unsent -= more
            }
        }
        let end: UInt64 = min(nanoseconds(), deadline)
        var own = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &own)
        let cpu = Double(own.tv_sec) + Double(own.tv_nsec) / 1e9
        let elapsed = Double(end - start) / 1e9
        print(
            """
            {"operations": \(latencies.count), "per second": \(Double(inTime) / elapsed), \
            "p50 ms": \(latencies.quantile(0.5)), "p99 ms": \(latencies.quantile(0.99)), \
            "p99.9 ms": \(latencies.quantile(0.999)), "curve": [\(curve?.points.joined(separator: ", ") ?? "")], \
            "max ms": \(Double(latencies.longest) / 1000), "generator CPU s": \(cpu)}
            """)
    }
}
