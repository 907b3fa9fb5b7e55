import CLinux
import DurableFiles
import Glibc
import Planning
import Provisioning
import ServerConfig
import Supervision

extension Doctor {
    /// Looks at this machine.
    package static func examine(_ store: EnsembleStore, environment: [String: String]) -> [Finding] {
        findings(facts(store, environment: environment))
    }

    static func facts(_ store: EnsembleStore, environment: [String: String]) -> Facts {
        var facts = Facts()
        func named(_ path: String, _ version: String?) -> String { "\(path) (\(version ?? "version unknown"))" }
        do {
            let engine = try BundledEngine.find(environment: environment)
            facts.bundled = .found(named(engine.executable, engine.version))
        } catch {
            facts.bundled = .unusable(error.description)
        }
        facts.apache = ApacheDistribution.all(environment: environment).map { named($0.home, $0.version) }
        facts.java = (try? Java.find(environment: environment)).map { named($0.executable, $0.version) }
        var limit = rlimit()
        if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
            facts.openFiles = UInt64(limit.rlim_cur)
        }
        let host = HostFacts.gather()
        var own: Set<Int32> = []
        for name in store.names() {
            let home = SupervisorHome(ensembleDirectory: store.root(of: name))
            let pids = Set(home.recordedServers.compactMap(\.pid))
            if takenPorts(host.ignoring(pids: pids)) != takenPorts(host) { facts.ownHolders.append(name) }
            own.formUnion(pids)
        }
        facts.takenPorts = takenPorts(host.ignoring(pids: own))
        facts.stateDirectory = store.directory
        let place = existingParent(store.directory)
        facts.isStateDirectoryWritable = access(place, W_OK | X_OK) == 0
        var disk = statvfs()
        if statvfs(place, &disk) == 0 { facts.freeDisk = UInt64(disk.f_bavail) * UInt64(disk.f_frsize) }
        facts.availableMemory = availableMemory()
        facts.cores = sysconf(Int32(_SC_NPROCESSORS_ONLN))
        let synchronised = clinux_is_clock_synchronised()
        facts.isClockSynchronised = synchronised < 0 ? nil : synchronised == 1
        return facts
    }

    /// Of the ports that three participants and an observer take.
    private static func takenPorts(_ facts: HostFacts) -> [String] {
        [2181, 2888, 3888, 8080].flatMap { base in (base..<base + 4) }.compactMap { port in
            facts.listener(on: "127.0.0.1", port: port).map { "\(port) by \($0.holder)" }
        }
    }

    private static func existingParent(_ path: String) -> String {
        var path = path[...]
        while access(String(path), F_OK) != 0, let slash = path.lastIndex(of: "/"), slash != path.startIndex {
            path = path[..<slash]
        }
        return access(String(path), F_OK) == 0 ? String(path) : "/"
    }

    private static func availableMemory() -> UInt64 {
        let text = String(decoding: (try? DurableFile.read("/proc/meminfo", limit: 64 << 10)) ?? [], as: UTF8.self)
        for line in text.split(separator: "\n") where line.hasPrefix("MemAvailable:") {
            return line.split(separator: " ").dropFirst().first.flatMap { UInt64($0) }.map { $0 << 10 } ?? 0
        }
        return 0
    }
}
