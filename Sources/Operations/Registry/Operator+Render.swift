import DurableFiles
import Glibc
import Planning
import ServiceDiscovery

/// A file that follows the registry.
package struct RenderedFile: Sendable {
    /// The template's file, and its text.
    package var template: (file: String, text: String)
    package var path: String
    /// For /bin/sh, whenever the file has changed.
    package var command: String?
    /// Which services it is about; nil for all.
    package var services: [String]?
    package var once: Bool
    /// How long changes are gathered before the file is written.
    package var wait: Duration
    /// The file's, if it is new.
    package var mode: mode_t

    package init(
        template: (file: String, text: String), path: String, command: String?, services: [String]?, once: Bool,
        wait: Duration, mode: mode_t = 0o644
    ) {
        self.template = template
        self.path = path
        self.command = command
        self.services = services
        self.once = once
        self.wait = wait
        self.mode = mode
    }
}

/// What became of a file when it was rendered.
package struct RenderReport: Encodable, Hashable, Sendable {
    package var version = 1
    package var path: String
    package var changed: Bool
    /// The instances in it.
    package var instances: Int
    /// Nil where there is none, or nothing had changed.
    @OrNull package var commandExitCode: Int32?
}

extension Operator {
    /// Writes the file and, unless `once`, again with each change; each time in one step, and only if the text is another. A file that
    /// cannot be written is tried again, unless `once`.
    ///
    /// - Parameter rendered: told of each writing.
    package func render(
        _ file: RenderedFile, from request: RegistryRequest, rendered: @escaping @Sendable (RenderReport) -> Void
    ) async throws {
        let template = try RegistryTemplate(file.template.text, file: file.template.file)
        try await withRegistry(request, isPatient: !file.once) { registry in
            var options = CacheOptions(report: { _ in })
            // Where it is away at first, the file of before stays until it is there.
            options.patience = file.once ? .seconds(10) : .seconds(1 << 30)
            var isFirst = true
            var problem: FileError?
            try await RegistryFollower(registry, names: file.services, options: options).follow { services in
                let isAway = services.contains { $0.snapshot.age == .disconnected }
                if isAway { return .whenChanged }
                let instances = services.map { (name: $0.name, entries: $0.snapshot.entries) }
                let text = template.render(instances)
                let isChanged: Bool
                do throws(FileError) {
                    isChanged = try Self.replace(file.path, with: text, mode: file.mode)
                    problem = nil
                } catch {
                    if file.once { throw OperationError(.failed, error.description) }
                    if error != problem { report(.warning("\(error); trying again")) }
                    problem = error
                    return .after(.seconds(1))
                }
                var result = RenderReport(
                    path: file.path, changed: isChanged,
                    instances: instances.map(\.entries.choosable.count).reduce(0, +))
                if result.changed, let command = file.command {
                    let code = try await ChildCommand(["/bin/sh", "-c", command], environment: environment).run()
                    result.commandExitCode = code
                    if code != 0 {
                        guard !file.once else {
                            throw OperationError(.failed, "'\(command)' ended with \(code); \(file.path) is written")
                        }
                        report(.warning("'\(command)' ended with \(code); \(file.path) is written"))
                    }
                }
                if result.changed || isFirst { rendered(result) }
                isFirst = false
                if file.once { return .never }
                try await Task.sleep(for: file.wait)
                return .whenChanged
            }
        }
    }

    /// What the file would hold now.
    package func rendered(_ file: RenderedFile, from request: RegistryRequest) async throws -> String {
        let template = try RegistryTemplate(file.template.text, file: file.template.file)
        return try await withRegistry(request) { registry in
            var services: [(name: String, entries: [ServiceEntry])] = []
            let names = if let services = file.services { services } else { try await registry.names() }
            for name in names { services.append((name, try await registry.entries(of: name))) }
            return template.render(services)
        }
    }

    /// Whether the file was written. A symbolic link stays: what it points to is replaced. What is written before it is in place has a
    /// name of its own each time, hidden from those who read all files of a directory.
    static func replace(_ path: String, with text: String, mode: mode_t) throws(FileError) -> Bool {
        let target = Self.target(of: path)
        var status = stat()
        let exists = stat(target, &status) == 0
        if exists, status.st_mode & S_IFMT != S_IFREG {
            throw FileError("replace", path, code: status.st_mode & S_IFMT == S_IFDIR ? EISDIR : EINVAL)
        }
        if exists, let bytes = try? DurableFile.read(target), bytes == Array(text.utf8) { return false }
        let directory = Directory.parent(of: target)
        let name = target.split(separator: "/").last ?? ""
        let unique = String(UInt64.random(in: 0 ... .max), radix: 36)
        do throws(FileError) {
            try DurableFile.write(
                Array(text.utf8), to: target, mode: exists ? status.st_mode & 0o7777 : mode, ignoresUmask: exists,
                through: "\(directory)/.\(name).\(unique)")
        } catch {
            throw FileError(error.operation, path, code: error.code)
        }
        return true
    }

    /// What a path stands for, behind symbolic links, also where there is nothing yet.
    private static func target(of path: String) -> String {
        var target = path
        // As many as the system follows.
        for _ in 0..<40 {
            var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
            let count = readlink(target, &buffer, buffer.count)
            guard count > 0 else { break }
            let link = String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
            target = link.hasPrefix("/") ? link : Directory.parent(of: target) + "/" + link
        }
        return target
    }
}
