import ServerConfig

/// What a server does to its own zoo.cfg when the ensemble is reconfigured: the members move to `zoo.cfg.dynamic.VERSION`,
/// a line names that file, all other keys stay, comments and order are lost.
///
/// Source: Apache's `QuorumPeerConfig.editStaticConfig`.
enum ServerRewrite {
    /// The dynamic file, when `text` is what a server makes of a zoo.cfg with the keys of `generated`.
    static func dynamicFile(_ text: String, of generated: String?) -> String? {
        let entries = keys(text)
        guard let file = entries["dynamicConfigFile"], let generated else { return nil }
        let name = file.split(separator: "/").last ?? ""
        let parts = name.split(separator: ".dynamic.")
        guard parts.count == 2, UInt64(parts[1], radix: 16) != nil else { return nil }
        return stripped(entries) == stripped(keys(generated)) ? file : nil
    }

    static func meanSame(_ left: String, _ right: String) -> Bool { keys(left) == keys(right) }

    private static func keys(_ text: String) -> [String: String] {
        Dictionary(ZooCfg(text: text).effectiveEntries.map { ($0.key, $0.value) }) { _, last in last }
    }

    /// Without the keys that a server moves or drops.
    private static func stripped(_ keys: [String: String]) -> [String: String] {
        keys.filter { key, _ in
            !["server.", "group", "weight", "dynamicConfigFile", "peerType", "clientPort"].contains {
                key.hasPrefix($0)
            }
        }
    }
}
