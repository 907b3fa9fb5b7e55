import DurableFiles
import Glibc
import Planning
import Supervision

extension Operator {
    /// Whether the programs that are here, those that are found and those that run belong together. Starts nothing.
    ///
    /// - Parameter version: of the program that asks.
    package func examineSelf(version: String) async -> [Doctor.Finding] {
        var facts = SelfDoctor.Facts()
        let program = resolved("/proc/self/exe") ?? "/proc/self/exe"
        facts.program = SelfDoctor.Program(path: program, version: version)
        facts.oldBuilds = Checkout(program: program)?.oldBuilds
        facts.found = await programsOnPath(besides: facts.program)
        for name in store.names() {
            if let running = await running(name) { facts.ensembles.append(running) }
        }
        facts.remains = store.remains
        facts.units = unitsOfNothing()
        return SelfDoctor.findings(facts)
    }

    private func running(_ name: String) async -> SelfDoctor.Running? {
        let home = SupervisorHome(ensembleDirectory: store.root(of: name))
        var running = SelfDoctor.Running(name: name)
        let told: [ServerProcess]
        if let control = try? await controlIfRunning(home), let status = try? await control.status() {
            running.supervisor = status.pid
            running.isSupervisorReplaced = ProcessTable.programIsGone(status.pid)
            told = status.servers
        } else {
            told = home.recordedServers
        }
        running.servers = told.filter { $0.pid != nil }
        return running.supervisor == nil && running.servers.isEmpty ? nil : running
    }

    /// Each `paddock` of the search path. A checkout's launcher leads to what it has built.
    private func programsOnPath(besides own: SelfDoctor.Program) async -> [SelfDoctor.Program] {
        var found: [SelfDoctor.Program] = []
        for directory in (environment["PATH"] ?? "").split(separator: ":") where directory.hasPrefix("/") {
            guard let path = resolved("\(directory)/paddock"), access(path, X_OK) == 0 else { continue }
            let root = Directory.parent(of: Directory.parent(of: path))
            let isLauncher = access("\(root)/bin/build-release", X_OK) == 0
            let program =
                isLauncher
                ? resolved("\(root)/.build-release/release/paddock") ?? path
                : isCommandOfWheel(path, below: root, own: own.path) ? own.path : path
            guard !found.contains(where: { $0.path == program }) else { continue }
            found.append(
                program == own.path
                    ? own
                    : SelfDoctor.Program(
                        path: program, version: isLauncher && program == path ? nil : await version(of: program)))
        }
        return found
    }

    /// Whether a script is what pip makes of the command that the wheel with this very program names.
    private func isCommandOfWheel(_ script: String, below root: String, own: String) -> Bool {
        guard Installation(of: own) == .wheel, own.hasPrefix(root + "/"),
            let text = try? DurableFile.read(script, limit: 4096)
        else { return false }
        return text.starts(with: "#!".utf8)
    }

    /// What `PROGRAM --version` prints, when it does so within two seconds.
    private func version(of program: String) async -> String? {
        guard
            let output = popen("exec timeout 2 \(Wording.shellWord(program)) --version 2>/dev/null", "re")
        else { return nil }
        var line = [CChar](repeating: 0, count: 64)
        let hasLine = fgets(&line, CInt(line.count), output) != nil
        guard pclose(output) == 0, hasLine else { return nil }
        let text = String(decoding: line.prefix { $0 != 0 && $0 != 10 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return text.isEmpty || text.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F } ? nil : text
    }

    /// Units that `enable` wrote, for ensembles of this state directory that are gone.
    private func unitsOfNothing() -> [String] {
        guard let directory = try? unitDirectory() else { return [] }
        let names = ((try? Directory.names(in: directory)) ?? []).sorted()
        return names.filter { $0.hasPrefix("paddock-") && $0.hasSuffix(".service") }.filter { name in
            let text = String(
                decoding: (try? DurableFile.read("\(directory)/\(name)", limit: 64 << 10)) ?? [], as: UTF8.self)
            let ensemble = String(name.dropFirst("paddock-".count).dropLast(".service".count))
            return SystemdUnit.isOurs(text, stateDirectory: store.directory) && !store.exists(ensemble)
        }.map { "\(directory)/\($0)" }
    }
}

extension EnsembleStore {
    /// Directories that are no ensemble's: a removal that was interrupted, or something of somebody else's.
    var remains: [String] {
        ((try? Directory.names(in: directory)) ?? []).sorted().filter { name in
            var status = stat()
            return !name.hasPrefix(".") && !exists(name) && name != "logs"
                && lstat("\(directory)/\(name)", &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
        }.map { "\(directory)/\($0)" }
    }
}

/// The checkout in which a program was built by bin/build-release.
struct Checkout {
    var root: String

    init?(program: String) {
        guard let range = program.ranges(of: "/.build-release/").last else { return nil }
        root = String(program[..<range.lowerBound])
        guard access("\(root)/Package.swift", R_OK) == 0, access("\(root)/bin/build-release", X_OK) == 0 else {
            return nil
        }
    }

    /// Programs that are older than a source, as bin/products.sh compares them.
    var oldBuilds: [SelfDoctor.OldBuild] {
        guard let newest = ["Package.swift", "Sources", "templates"].compactMap(newest).max(by: { $0.time < $1.time })
        else { return [] }
        return ["paddock", "zkserver", "zkcli", "zkserver-tls", "zkcli-tls"].compactMap { name in
            guard let built = Self.time(of: "\(root)/.build-release/release/\(name)", following: true),
                built < newest.time
            else { return nil }
            return SelfDoctor.OldBuild(program: name, source: newest.path)
        }
    }

    private func newest(_ path: String) -> (path: String, time: Double)? {
        guard let time = Self.time(of: "\(root)/\(path)", following: false) else { return nil }
        let below = ((try? Directory.names(in: "\(root)/\(path)")) ?? []).compactMap { newest("\(path)/\($0)") }
        return ([(path, time)] + below).max { $0.time < $1.time }
    }

    private static func time(of path: String, following: Bool) -> Double? {
        var status = stat()
        guard (following ? stat(path, &status) : lstat(path, &status)) == 0 else { return nil }
        return Double(status.st_mtim.tv_sec) + Double(status.st_mtim.tv_nsec) / 1e9
    }
}

private func resolved(_ path: String) -> String? {
    guard let pointer = realpath(path, nil) else { return nil }
    defer { free(pointer) }
    return String(cString: pointer)
}
