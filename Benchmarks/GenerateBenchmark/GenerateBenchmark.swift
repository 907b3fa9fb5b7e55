import Glibc
import Provisioning
import ServerConfig
import Topology

/// How long it takes to generate the files of 255 servers: from the text of a topology to synced files, then a second run
/// that finds everything up to date.
///
///     swift run -c release GenerateBenchmark [DIRECTORY]
///
/// DIRECTORY is where to write, /tmp by default: what a run costs is mostly the disk's syncs.
@main struct GenerateBenchmark {
    static func main() throws {
        let base = CommandLine.arguments.dropFirst().first ?? "/tmp"
        var template = Array("\(base)/paddock-benchmark-XXXXXX".utf8CString)
        guard let made = template.withUnsafeMutableBufferPointer({ mkdtemp($0.baseAddress!) }) else {
            print("cannot create a directory in \(base): \(String(cString: strerror(errno)))")
            exit(1)
        }
        let directory = String(cString: made)
        defer { remove(directory) }

        let text = "ensemble: wide\nparticipants: 5\nobservers: 250\n"
        let clock = ContinuousClock()
        var topology: Topology?
        let loading = clock.measure { topology = Topology.load(text: text).topology }
        guard let topology else {
            print("the topology has errors")
            exit(1)
        }
        let layout = EnsembleLayout(root: "\(directory)/wide")
        var first: Plan?
        let planning = try clock.measure { first = try Provisioning.plan(topology, layout: layout, topologyText: text) }
        let applying = try clock.measure { try first?.apply() }
        var second: Plan?
        let again = try clock.measure { second = try Provisioning.plan(topology, layout: layout, topologyText: text) }
        guard let first, let second, !second.hasChanges, first.files.map(\.content) == second.files.map(\.content)
        else {
            print("the second run found other bytes")
            exit(1)
        }
        let size = first.files.reduce(0) { $0 + $1.content.utf8.count }
        print("\(topology.servers.count) servers, \(first.files.count) files, \(size / 1024) KiB")
        print("load \(loading), plan \(planning), apply \(applying), plan again \(again)")
        print("generate: \(loading + planning + applying)")
    }

    private static func remove(_ path: String) {
        if let entries = opendir(path) {
            while let entry = readdir(entries) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                if name != ".", name != ".." { remove("\(path)/\(name)") }
            }
            closedir(entries)
            rmdir(path)
        } else {
            unlink(path)
        }
    }
}
