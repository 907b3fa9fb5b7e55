import Glibc
import ServerConfig
import Testing

@testable import Provisioning

@Suite struct HostFactsTests {
    /// Lines of /proc/net/tcp and tcp6 as Linux writes them on a little-endian machine.
    @Test func readsTheKernelsTable() {
        let table = """
              sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
               0: 0100007F:0885 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4242 1 0 100 0 0 10 0
               1: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 17 1 0 100 0 0 10 0
               2: 0100007F:0885 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 99 1 0 100 0 0 10 0
               3: 0000000000000000FFFF00000100007F:0F30 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 5 1 0 100 0 0 10 0
               4: 00000000000000000000000000000000:1F90 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 6 1 0 100 0 0 10 0
               5: broken
            """
        #expect(
            SocketTable.parse(table) == [
                .init(address: "127.0.0.1", port: 2181, inode: 4242), .init(address: "0.0.0.0", port: 22, inode: 17),
                .init(address: "127.0.0.1", port: 3888, inode: 5), .init(address: "::", port: 8080, inode: 6),
            ])
    }

    @Test func namesTheHolderOfAPort() throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                #expect(bind(descriptor, $0, length) == 0)
                #expect(listen(descriptor, 1) == 0)
                #expect(getsockname(descriptor, $0, &length) == 0)
            }
        }
        let port = Int(UInt16(bigEndian: address.sin_port))
        let facts = HostFacts.gather()
        let listener = try #require(facts.listener(on: "127.0.0.1", port: port))
        #expect(listener.pid == getpid())
        #expect(listener.program != nil)
        #expect(facts.listener(on: "127.0.0.2", port: port) == nil)
        #expect(facts.listener(on: "0.0.0.0", port: port) == listener)
        #expect(facts.ignoring(pids: [getpid()]).listener(on: "127.0.0.1", port: port) == nil)
        #expect(try #require(facts.ephemeralPorts).contains(port))
    }

    @Test func seesWhatStandsAtAPath() throws {
        try TemporaryDirectory.use { directory in
            symlink(directory, "\(directory)/link")
            let facts = HostFacts.gather(paths: [
                directory, "\(directory)/link", "\(directory)/none", "/etc/passwd", "/etc/passwd/x",
            ])
            #expect(facts.paths[directory] == .directory(canonical: directory, isWritable: true))
            #expect(facts.paths["\(directory)/link"] == .directory(canonical: directory, isWritable: true))
            #expect(facts.paths["\(directory)/none"] == .missing)
            #expect(facts.paths["/etc/passwd"] == .file(isReadable: true))
            #expect(facts.paths["/etc/passwd/x"] == .notADirectory)
        }
    }
}
