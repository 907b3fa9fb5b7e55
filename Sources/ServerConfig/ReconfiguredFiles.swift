/// How a server's configuration files change with a reconfig (reference 5.6; Apache's `QuorumPeerConfig.editStaticConfig` and
/// `writeDynamicConfig`).
extension QuorumConfig {
    /// What `<zoo.cfg>.dynamic.<version>` holds: the lines in order, without a version, and without a final line end.
    package var dynamicFileText: String { lines(.modern).sorted().joined(separator: "\n") }

    /// The name of that file, beside zoo.cfg.
    package func dynamicFileName(besides zooCfg: String) -> String {
        "\(zooCfg).dynamic.\(String(version, radix: 16))"
    }
}

extension ZooCfg {
    /// This zoo.cfg with its server lines moved to `dynamicFile`: what the dynamic file says goes, all else stays, comments
    /// included.
    ///
    /// - Parameter hasClientAddress: whether this server's own line says where clients connect, so that zoo.cfg must not.
    package func pointing(toDynamicFile path: String, hasClientAddress: Bool) -> ZooCfg {
        var result = self
        var doomed = ["server.", "group", "weight", "dynamicConfigFile", "peerType"]
        if hasClientAddress { doomed.append("clientPort") }
        for key in Set(entries.map(\.key)).sorted() where doomed.contains(where: key.hasPrefix) { result[key] = nil }
        result["dynamicConfigFile"] = path
        return result
    }
}
