import Membership

/// How a server's zoo.cfg changes with a reconfig (reference 5.6; Apache's `QuorumPeerConfig.editStaticConfig`).
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
