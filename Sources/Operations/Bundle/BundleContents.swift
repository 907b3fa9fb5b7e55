import DurableFiles
import Glibc

/// The files of a bundle while it is put together. Nothing gets in with the secrets that were learnt.
struct BundleContents {
    let directory: String
    private var missing: [String] = []
    private var failure: (any Error)?
    private var secrets = Secrets()

    init(directory: String) { self.directory = directory }

    mutating func learn(_ path: String, _ format: Secrets.Format) {
        guard let bytes = try? DurableFile.read(path, limit: 4 << 20) else { return }
        secrets.learn(String(decoding: bytes, as: UTF8.self), format)
    }

    mutating func add(_ original: String, as name: String, _ format: Secrets.Format = .text) {
        let text = secrets.redacted(original, format)
        let path = "\(directory)/\(name)"
        do {
            try makeDirectories(String(path[..<path.lastIndex(of: "/")!]))
            try DurableFile.write(text.utf8, to: path)
        } catch {
            failure = failure ?? error
        }
    }

    mutating func copy(_ path: String, as name: String, _ format: Secrets.Format = .text) {
        guard let bytes = try? DurableFile.read(path, limit: 4 << 20) else { return miss(name) }
        add(String(decoding: bytes, as: UTF8.self), as: name, format)
    }

    mutating func copyTail(_ path: String, as name: String, bytes: Int) {
        guard access(path, R_OK) == 0 else { return miss(name) }
        var tail = FileTail(path, last: bytes)
        add(tail.read(), as: name)
    }

    mutating func miss(_ name: String) { missing.append(name) }

    mutating func finish() throws {
        if !missing.isEmpty { add(missing.joined(separator: "\n") + "\n", as: "missing.txt") }
        if let failure { throw failure }
    }
}
