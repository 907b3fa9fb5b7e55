import Foundation
import TestSupport
import Testing
import ZooKeeperClient

/// The bundled server on a file system that is full. Mounting one takes root: bin/test runs these apart.
@Suite(.serialized) struct FullDiskTests {
    /// A full disk ends the acknowledging, is said, and costs nothing that was acknowledged.
    @Test
    func fullDisk() async throws {
        let disk = try SmallDisk(mebibytes: 1)
        defer { disk.remove() }
        let settings = ["dataDir": disk.path + "/data", "snapCount": "100000"]
        try await BundledServer.with(build: .release, settings: settings) { server in
            let acknowledged = try #require(Int(try await run("fill.py", server.port).dropLast()))
            #expect(acknowledged > 100)
            try await eventually("the server ends") { !server.isRunning }
            #expect(server.log.contains("the data cannot be written; nothing more will be acknowledged: "))
            #expect(server.log.contains("No space left on device"))

            // With the disk still full it starts, serves reads, and has no more and no less.
            try await server.start()
            let there = try await FourLetterWords.srvr(server.address).nodeCount - 5
            #expect(there == acknowledged || there == acknowledged + 1)
            server.kill()

            try disk.grow(mebibytes: 8)
            try await server.start()
            let again = try await FourLetterWords.srvr(server.address).nodeCount - 5
            #expect(again == there)
            _ = try await run("writes.py", server.port, 5)
            let more = try await FourLetterWords.srvr(server.address).nodeCount - 5
            #expect(more == there + 6)
        }
    }

    private func run(_ script: String, _ arguments: Any...) async throws -> String {
        try await Python.run(
            try BundledServer.script("wire.py") + BundledServer.script(script), arguments: arguments.map { "\($0)" })
    }
}

/// A file system of its own, a few MiB large.
private struct SmallDisk {
    let directory: TemporaryDirectory
    var path: String { directory.path }

    struct MountFailure: Error, CustomStringConvertible {
        var description: String
    }

    init(mebibytes: Int) throws {
        directory = try TemporaryDirectory("small-disk")
        try Self.mount(directory.path, 0, mebibytes)
    }

    func grow(mebibytes: Int) throws { try Self.mount(directory.path, UInt(MS_REMOUNT), mebibytes) }

    func remove() {
        umount2(directory.path, Int32(MNT_DETACH))
        directory.remove()
    }

    private static func mount(_ path: String, _ flags: UInt, _ mebibytes: Int) throws {
        guard Glibc.mount("tmpfs", path, "tmpfs", flags, "size=\(mebibytes)m") == 0 else {
            throw MountFailure(
                description:
                    "cannot mount a tmpfs at \(path): \(String(cString: strerror(errno))); only root may")
        }
    }
}
