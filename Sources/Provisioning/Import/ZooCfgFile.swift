import Diagnostics
import DurableFiles
import Glibc
import Membership
import ServerConfig

/// A zoo.cfg on disk with what belongs to it.
package struct ZooCfgFile: Sendable {
    /// Which machine a file is for.
    package enum Place: String, Hashable, Sendable {
        case here
        case elsewhere
    }

    /// As the user named it.
    package var path: String
    package var cfg: ZooCfg
    package var surroundings: ZooCfg.Surroundings
    /// Whether this machine's facts say anything about it.
    package var place: Place

    package init(
        path: String, cfg: ZooCfg, surroundings: ZooCfg.Surroundings = ZooCfg.Surroundings(), place: Place = .here
    ) {
        self.path = path
        self.cfg = cfg
        self.surroundings = surroundings
        self.place = place
    }

    /// Reads `path` and looks around it.
    package init(reading path: String) throws(FileError) {
        self.init(path: path, bytes: try DurableFile.read(path), place: .here) { HostFacts.gather(paths: $0) }
    }

    /// The same for bytes that were read already.
    ///
    /// - Parameters:
    ///   - place: nil: the file is for this machine when an address of its server is one of this machine's, or when it names
    ///     none.
    ///   - facts: looks at this machine, and at what stands at the given paths.
    package init(path: String, bytes: [UInt8], place: Place?, facts: ([String]) -> HostFacts) {
        let cfg = ZooCfg(bytes: bytes)
        let directory = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        let host = facts(Self.paths(cfg))

        var dynamic = ZooCfg.Companion.unknown
        if let file = cfg["dynamicConfigFile"] {
            let name = file.split(separator: "/").last.map(String.init) ?? file
            dynamic = Self.companion([file, "\(directory)/\(name)"]) ?? .missing(file: file)
        }
        // Beside the file, and where ``EnsembleLayout`` has it.
        let beside = Self.companion(["\(directory)/myid", "\(directory)/../data/myid"])
        var dataDir = cfg["dataDir"] ?? ""
        let isRelative = !dataDir.hasPrefix("/")
        if !dataDir.isEmpty, isRelative { dataDir = "\(directory)/\(dataDir)" }
        var inDataDir: ZooCfg.Companion?
        if !dataDir.isEmpty, access(dataDir, F_OK) == 0 {
            inDataDir = Self.companion(["\(dataDir)/myid"]) ?? .missing(file: "\(dataDir)/myid")
        }
        var quorum = EnsembleConfiguration.read(cfg.effectiveEntries).config
        if case .text(let text, _) = dynamic {
            quorum = EnsembleConfiguration.read(ZooCfg(text: text).effectiveEntries).config
        }
        self.init(path: path, cfg: cfg)
        self.place = place ?? Self.place(of: quorum, cfg, besides: beside, inDataDir, host)
        switch self.place {
        case .here:
            surroundings = ZooCfg.Surroundings(
                dynamicConfig: dynamic, myid: inDataDir ?? beside ?? .unknown, host: host)
        case .elsewhere:
            // A directory beside the file came with it; what stands at an absolute path is this machine's.
            surroundings = ZooCfg.Surroundings(
                dynamicConfig: dynamic, myid: beside ?? (isRelative ? inDataDir : nil) ?? .unknown)
        }
    }

    /// Everything that the file names and a server must find.
    private static func paths(_ cfg: ZooCfg) -> [String] {
        cfg.effectiveEntries.filter { entry in
            KnownKeys.key(entry.key)?.kind == .path && entry.value.hasPrefix("/")
        }.map(\.value)
    }

    /// The first of the files that is there; nil: none is.
    private static func companion(_ places: [String]) -> ZooCfg.Companion? {
        guard let place = places.first(where: { access($0, F_OK) == 0 }) else { return nil }
        do throws(FileError) {
            return .text(ZooCfg.decoded(try DurableFile.read(place)), file: place)
        } catch {
            return .unreadable("\(error)", file: place)
        }
    }

    private static func place(
        of quorum: EnsembleConfiguration, _ cfg: ZooCfg, besides beside: ZooCfg.Companion?,
        _ inDataDir: ZooCfg.Companion?,
        _ facts: HostFacts
    ) -> Place {
        func id(_ companion: ZooCfg.Companion?) -> ServerID? {
            if case .text(let text, _)? = companion { MyID.parseLeniently(text) } else { nil }
        }
        func isHere(_ hosts: [String]) -> Place { hosts.contains { facts.isOurs($0) } ? .here : .elsewhere }
        if let own = id(beside).flatMap({ quorum.server($0) }), !HostAddress.isWildcard(own.addresses[0].host) {
            return isHere(own.addresses.map(\.host))
        }
        // A server that calls itself 0.0.0.0 in its own file is the one whose data is here.
        if let own = id(inDataDir).flatMap({ quorum.server($0) }), HostAddress.isWildcard(own.addresses[0].host) {
            return .here
        }
        let hosts = quorum.servers.flatMap(\.addresses).map(\.host).filter { !HostAddress.isWildcard($0) }
        if !hosts.isEmpty { return isHere(hosts) }
        guard let address = cfg["clientPortAddress"].map(HostAddress.unbracketed), !address.isEmpty,
            !HostAddress.isWildcard(address)
        else { return .here }
        return isHere([address])
    }

    package func check(engine: ServerEngine? = nil) -> [Diagnostic] {
        cfg.check(file: path, surroundings: surroundings, engine: engine)
    }

    /// The texts that the places of problems are in, by the names the problems give them.
    package var sources: [String: String] {
        var sources = [path: cfg.text]
        for companion in [surroundings.dynamicConfig, surroundings.myid] {
            if case .text(let text, let file) = companion { sources[file] = text }
        }
        return sources
    }

    package var member: EnsembleCheck.Member {
        EnsembleCheck.Member(file: path, cfg: cfg, surroundings: surroundings, id: id)
    }
}
