import ServerConfig

/// A zoo.cfg as a server leaves it when the ensemble is reconfigured: the members are in `zoo.cfg.dynamic.VERSION`, a line
/// names that file, the other keys stay, comments and order are lost.
///
/// Source: Apache's `QuorumPeerConfig.editStaticConfig`.
struct ServerRewrite {
    let dynamicFile: String
    private let keys: [String: String]

    /// Nil when `text` names no dynamic file with a version.
    init?(_ text: String) {
        keys = Self.keys(text)
        guard let file = keys["dynamicConfigFile"] else { return nil }
        let name = file.split(separator: "/").last ?? ""
        let parts = name.split(separator: ".dynamic.")
        guard parts.count == 2, UInt64(parts[1], radix: 16) != nil else { return nil }
        dynamicFile = file
    }

    /// The client port stays in zoo.cfg when the server's line had none.
    var membership: ServerFiles.Membership {
        .dynamic(file: dynamicFile, hasClientPort: keys["clientPort"] != nil)
    }

    /// Nothing but what a server moves or drops is different from the file that was generated.
    func keepsKeys(of generated: String?) -> Bool {
        generated.map { Self.kept(keys) == Self.kept(Self.keys($0)) } ?? false
    }

    /// A server would read the same from `text`.
    func means(_ text: String) -> Bool { keys == Self.keys(text) }

    private static func keys(_ text: String) -> [String: String] {
        Dictionary(ZooCfg(text: text).effectiveEntries.map { ($0.key, $0.value) }) { _, last in last }
    }

    private static func kept(_ keys: [String: String]) -> [String: String] {
        keys.filter { key, _ in
            !["server.", "group", "weight", "dynamicConfigFile", "peerType", "clientPort"].contains {
                key.hasPrefix($0)
            }
        }
    }
}
