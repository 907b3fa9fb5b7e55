import Diagnostics
import DurableFiles
import Glibc
import ServerConfig

/// A zoo.cfg on disk with what belongs to it.
package struct ZooCfgFile: Sendable {
    /// As the user named it.
    package var path: String
    package var cfg: ZooCfg
    package var surroundings: ZooCfg.Surroundings

    package init(path: String, cfg: ZooCfg, surroundings: ZooCfg.Surroundings = ZooCfg.Surroundings()) {
        self.path = path
        self.cfg = cfg
        self.surroundings = surroundings
    }

    /// Reads `path` and looks around it. What is there of the host is judged only when dataDir is: else the file was
    /// copied from another one.
    package init(reading path: String) throws(FileError) {
        self.init(path: path, bytes: try DurableFile.read(path)) { HostFacts.gather(paths: $0) }
    }

    /// The same for bytes that were read already. The myid is looked for in dataDir, and when that does not exist, beside
    /// the file and where ``EnsembleLayout`` has it; the dynamic file at its path, then beside the file.
    package init(path: String, bytes: [UInt8], facts: ([String]) -> HostFacts) {
        let cfg = ZooCfg(bytes: bytes)
        let directory = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        let dataDir = cfg["dataDir"] ?? ""
        let isHere = !dataDir.isEmpty && access(dataDir, F_OK) == 0
        var host = facts(["dataDir", "dataLogDir"].compactMap { cfg[$0] })
        if !isHere { host.listeners = [] }

        var myid = ZooCfg.Companion.unknown
        let places = isHere ? ["\(dataDir)/myid"] : ["\(directory)/myid", "\(directory)/../data/myid"]
        if let place = places.first(where: { access($0, F_OK) == 0 }), let text = SystemFile.text(place) {
            myid = .text(text, file: place)
        } else if isHere {
            myid = .missing(file: places[0])
        }

        var dynamic = ZooCfg.Companion.unknown
        if let file = cfg["dynamicConfigFile"] {
            let name = file.split(separator: "/").last.map(String.init) ?? file
            let places = [file, "\(directory)/\(name)"]
            dynamic = .missing(file: file)
            if let place = places.first(where: { access($0, F_OK) == 0 }), let text = SystemFile.text(place) {
                dynamic = .text(text, file: place)
            }
        }
        self.init(
            path: path, cfg: cfg,
            surroundings: ZooCfg.Surroundings(dynamicConfig: dynamic, myid: myid, host: host))
    }

    package func check() -> [Diagnostic] { cfg.check(file: path, surroundings: surroundings) }
}
