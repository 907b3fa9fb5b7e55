import Glibc

// The floor of a write in an ensemble of three: processes that exchange what a client, a leader and two followers exchange for it,
// message by message and as long, that sync what would be logged, and do nothing else. A server that is one thread a process over TCP
// can take no less; what the bundled one takes beyond it is its own work.
//
// usage: WriteFloor DIRECTORY WINDOW COUNT
//
// Keeps WINDOW writes in flight (1: a lone write) until COUNT are answered; prints latencies, and the CPU time of the three.

/// The messages. The first byte of each is its length: those of a setData of 100 B.
enum Message: UInt8 {
    case request = 144
    case proposal = 216
    case acknowledgement = 40
    case commit = 41
    case reply = 88

    var length: Int { Int(rawValue) }
}

let bufferSize = 1 << 18

func check(_ what: String, _ result: Int) -> Int {
    guard result >= 0 else {
        print("WriteFloor: \(what): \(String(cString: strerror(errno)))")
        exit(1)
    }
    return result
}

/// One end of a connection.
final class Peer {
    let descriptor: Int32
    private let input = UnsafeMutableRawPointer.allocate(byteCount: bufferSize, alignment: 16)
    private let output = UnsafeMutableRawPointer.allocate(byteCount: bufferSize, alignment: 16)
    private var filled = 0

    init(_ descriptor: Int32) {
        self.descriptor = descriptor
        var on: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, 4)
        output.initializeMemory(as: UInt8.self, repeating: 0, count: bufferSize)
    }

    /// How many of a message came; others are passed over.
    func receive(_ wanted: Message) -> Int {
        let count = read(descriptor, input + filled, bufferSize - filled)
        // The client is done, and one after the other ends.
        if count <= 0 { exit(0) }
        filled += count
        var (offset, found) = (0, 0)
        while offset < filled {
            let first = input.load(fromByteOffset: offset, as: UInt8.self)
            guard offset + Int(first) <= filled else { break }
            offset += Int(first)
            if first == wanted.rawValue { found += 1 }
        }
        filled -= offset
        memmove(input, input + offset, filled)
        return found
    }

    func send(_ count: Int, _ message: Message) {
        guard count > 0 else { return }
        for place in 0..<count {
            output.storeBytes(of: message.rawValue, toByteOffset: place * message.length, as: UInt8.self)
        }
        var sent = 0
        let end = count * message.length
        while sent < end { sent += check("write", write(descriptor, output + sent, end - sent)) }
        for place in 0..<count { output.storeBytes(of: 0, toByteOffset: place * message.length, as: UInt8.self) }
    }
}

/// A log that was written before, so that a sync is one of data alone.
final class Log {
    private static let size = 16 << 20
    private let descriptor: Int32
    private var end = 0
    private let bytes = UnsafeMutableRawPointer.allocate(byteCount: bufferSize, alignment: 16)

    init(_ path: String) {
        descriptor = Int32(check("create \(path)", Int(open(path, O_RDWR | O_CREAT, 0o600))))
        bytes.initializeMemory(as: UInt8.self, repeating: 1, count: bufferSize)
    }

    func fill() {
        for offset in stride(from: 0, to: Self.size, by: bufferSize) {
            _ = check("write", pwrite(descriptor, bytes, bufferSize, offset))
        }
        _ = check("fsync", Int(fsync(descriptor)))
    }

    func append(_ records: Int) {
        guard records > 0 else { return }
        let length = records * Message.proposal.length
        if end + length > Self.size { end = 0 }
        end += check("write", pwrite(descriptor, bytes, length, end))
        _ = check("fdatasync", Int(fdatasync(descriptor)))
    }
}

/// Waits until some of the peers have sent something, and tells which.
func wait(for peers: [Peer]) -> [Int] {
    var polled = peers.map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
    _ = poll(&polled, nfds_t(polled.count), -1)
    return polled.indices.filter { polled[$0].revents != 0 }
}

func lead(_ log: Log, client: Peer, followers: [Peer]) -> Never {
    let peers = [client] + followers
    // How many writes are durable here, and at each follower.
    var durable = [0, 0, 0]
    var committed = 0
    while true {
        for ready in wait(for: peers) {
            guard ready == 0 else {
                durable[ready] += followers[ready - 1].receive(.acknowledgement)
                continue
            }
            let count = client.receive(.request)
            for follower in followers { follower.send(count, .proposal) }
            log.append(count)
            durable[0] += count
        }
        let new = durable.sorted()[1] - committed
        committed += new
        for follower in followers { follower.send(new, .commit) }
        client.send(new, .reply)
    }
}

func follow(_ log: Log, leader: Peer) -> Never {
    while true {
        _ = wait(for: [leader])
        let count = leader.receive(.proposal)
        log.append(count)
        leader.send(count, .acknowledgement)
    }
}

// MARK: Processes and connections

/// The two ends of a new TCP connection.
func connection() -> (Int32, Int32) {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let ends = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address -> (Int32, Int32) in
            _ = check("bind", Int(bind(listener, address, length)))
            _ = check("listen", Int(listen(listener, 1)))
            getsockname(listener, address, &length)
            let dialled = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            _ = check("connect", Int(connect(dialled, address, length)))
            return (dialled, accept(listener, nil, nil))
        }
    }
    close(listener)
    return ends
}

/// Starts this program again, with these descriptors of ours open in it and no others.
func spawn(_ arguments: [String], _ descriptors: [Int32]) -> pid_t {
    for descriptor in descriptors { _ = fcntl(descriptor, F_SETFD, 0) }
    defer { for descriptor in descriptors { close(descriptor) } }
    var pointers = (["WriteFloor"] + arguments + descriptors.map(String.init)).map { strdup($0) } + [nil]
    var pid: pid_t = 0
    _ = check("spawn", -Int(posix_spawn(&pid, "/proc/self/exe", nil, nil, &pointers, environ)))
    return pid
}

func nanoseconds() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}

func run(_ directory: String, window: Int, count: Int) {
    let links = [connection(), connection(), connection()]
    for (near, far) in links {
        _ = fcntl(near, F_SETFD, FD_CLOEXEC)
        _ = fcntl(far, F_SETFD, FD_CLOEXEC)
    }
    for number in 1...3 { Log(directory + "/log.\(number)").fill() }
    var servers = [spawn(["lead", directory + "/log.1"], [links[0].1, links[1].0, links[2].0])]
    servers += [1, 2].map { spawn(["follow", directory + "/log.\($0 + 1)"], [links[$0].1]) }
    let leader = Peer(links[0].0)
    // Until all are warm.
    for _ in 0..<50 {
        leader.send(1, .request)
        while leader.receive(.reply) == 0 {}
    }
    var (sent, answered, latencies) = ([UInt64](), 0, [UInt64]())
    let began = nanoseconds()
    func send(_ count: Int) {
        sent += [UInt64](repeating: nanoseconds(), count: count)
        leader.send(count, .request)
    }
    send(window)
    while answered < count {
        let replies = leader.receive(.reply)
        let now = nanoseconds()
        for number in answered..<answered + replies { latencies.append(now - sent[number]) }
        answered += replies
        send(min(replies, max(0, count - sent.count)))
    }
    let seconds = Double(nanoseconds() - began) / 1e9
    shutdown(leader.descriptor, Int32(SHUT_RDWR))
    var cpu = 0.0
    for server in servers {
        var usage = rusage()
        wait4(server, nil, 0, &usage)
        for time in [usage.ru_utime, usage.ru_stime] { cpu += Double(time.tv_sec) * 1e6 + Double(time.tv_usec) }
    }
    latencies.sort()
    func milliseconds(_ part: Double) -> Double { Double(latencies[Int(Double(latencies.count - 1) * part)]) / 1e6 }
    print(
        """
        {"per second": \(Double(count) / seconds), "p50 ms": \(milliseconds(0.5)), "p99 ms": \(milliseconds(0.99)), \
        "CPU us": \(cpu / Double(count))}
        """)
}

let arguments = CommandLine.arguments
switch arguments.dropFirst().first {
case "lead":
    let peers = arguments[3...].map { Peer(Int32($0)!) }
    lead(Log(arguments[2]), client: peers[0], followers: Array(peers[1...]))
case "follow": follow(Log(arguments[2]), leader: Peer(Int32(arguments[3])!))
case .some where arguments.count == 4: run(arguments[1], window: Int(arguments[2])!, count: Int(arguments[3])!)
default:
    print("usage: WriteFloor DIRECTORY WINDOW COUNT")
    exit(64)
}
