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
    /// Writes the file and, unless `once`, again with each change; each time in one step, and only if the text is another.
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
            try await RegistryFollower(registry, names: file.services, options: options).follow { services in
                let isAway = services.contains { $0.snapshot.age == .disconnected }
                if isAway { return true }
                let instances = services.map { (name: $0.name, entries: $0.snapshot.entries) }
                let text = template.render(instances)
                var result = RenderReport(
                    path: file.path, changed: try Self.replace(file.path, with: text, mode: file.mode),
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
                if file.once { return false }
                try await Task.sleep(for: file.wait)
                return true
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

    private static func replace(_ path: String, with text: String, mode: mode_t) throws -> Bool {
        if let bytes = try? DurableFile.read(path), bytes == Array(text.utf8) { return false }
        var status = stat()
        let mode = stat(path, &status) == 0 ? status.st_mode & 0o7777 : mode
        try DurableFile.write(Array(text.utf8), to: path, mode: mode)
        return true
    }
}
