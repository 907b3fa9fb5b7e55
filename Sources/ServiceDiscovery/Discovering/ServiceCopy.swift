import DurableFiles
import Glibc
import Synchronization
import ZooKeeperClient

/// The copy of a service on disk, for a consumer that starts while the registry is away.
struct ServiceCopy: Sendable {
    let path: String
    let layout: RegistryLayout
    let service: String

    /// How many writes this process has begun.
    private static let writes = Atomic(0)

    /// Each registry has its files in a directory of its own: `directory` is the caller's.
    init(directory: String, layout: RegistryLayout, service: String) {
        path = "\(directory)/\(PercentEncoding.encode("\(layout.name) \(layout.base) \(service)")).json"
        self.layout = layout
        self.service = service
    }

    /// Nil when there is none.
    func read() throws -> (entries: [ServiceEntry], written: Int64)? {
        let bytes: [UInt8]
        do {
            // Ten thousand instances take 3 MB.
            bytes = try DurableFile.read(path, limit: 256 << 20)
        } catch {
            if error.isMissing { return nil }
            throw error
        }
        return try Self.parse(bytes, service: service)
    }

    func write(_ entries: [ServiceEntry], written: Int64) throws {
        let directory = Directory.parent(of: path)
        if mkdir(directory, 0o700) != 0, errno != EEXIST { throw FileError("create", directory) }
        // Several processes, and several caches of one, may write it at a time; each has a file of its own until it is complete.
        let write = Self.writes.add(1, ordering: .relaxed).newValue
        let own = "\(path).\(getpid()).\(write)"
        try DurableFile.write(Self.text(entries, layout: layout, service: service, written: written), to: own)
        guard rename(own, path) == 0 else { throw FileError("replace", path) }
    }

    static func text(_ entries: [ServiceEntry], layout: RegistryLayout, service: String, written: Int64) -> [UInt8] {
        let document: JSONValue = [
            "version": 1, "layout": .string(layout.name), "base": .string(layout.base), "service": .string(service),
            "written": .number(String(written)),
            "entries": .array(
                entries.map { entry in
                    ["node": .string(entry.node), "instance": CuratorLayout.json(entry.instance)]
                }),
        ]
        return document.utf8
    }

    static func parse(_ bytes: [UInt8], service: String) throws -> (entries: [ServiceEntry], written: Int64) {
        let document = try JSONValue(parsing: bytes)
        guard document["version"] == 1, case .array(let values) = document["entries"],
            let written = document["written"]?.integer
        else { throw Unreadable("it is no copy of a service") }
        let entries = try values.map { value in
            guard let node = value["node"]?.string, let instance = value["instance"] else {
                throw Unreadable("an entry has no node and instance")
            }
            return ServiceEntry(
                node: node, instance: try CuratorLayout.instance(instance, service: service, node: node))
        }
        return (entries, Int64(written))
    }
}
