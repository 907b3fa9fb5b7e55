import DurableFiles
import Glibc
import Membership
import ServerConfig

/// The files in which a server keeps its ensemble's configuration when that may change (`reconfigEnabled`; reference 5.6): zoo.cfg itself,
/// `zoo.cfg.bak`, `zoo.cfg.dynamic.<version>` and `zoo.cfg.dynamic.next`. Each is replaced whole and durably.
struct ConfigurationFiles: Sendable {
    /// The absolute path of zoo.cfg.
    let zooCfg: String
    let id: ServerID

    private var next: String { zooCfg + ".dynamic.next" }

    /// What may be done with zoo.cfg, which may hold passwords, may be done with the files made of it, and no more.
    private var mode: mode_t {
        var status = stat()
        return stat(zooCfg, &status) == 0 ? status.st_mode & 0o777 : 0o600
    }

    /// At start, when zoo.cfg still holds the server lines: it will be rewritten, so the original is kept.
    func backUp() throws(FileError) {
        try DurableFile.write(try ConfigFile.read(zooCfg), to: zooCfg + ".bak", mode: mode)
    }

    /// The configuration that was proposed when the server stopped, with its version; nil when there was none.
    func proposed() throws(FileError) -> String? {
        guard access(next, F_OK) == 0 else { return nil }
        return String(decoding: try ConfigFile.read(next), as: UTF8.self)
    }

    /// - Parameter text: with its version; nil: it has come to nothing.
    func setProposed(_ text: String?) throws(FileError) {
        if let text { return try DurableFile.write(Array(text.utf8), to: next, mode: mode) }
        guard unlink(next) == 0 || errno == ENOENT else { throw FileError("remove", next) }
    }

    /// A configuration is in force: the dynamic file first, then the zoo.cfg that points to it, so that a crash in between
    /// leaves a zoo.cfg that is whole.
    func activate(_ config: EnsembleConfiguration) throws(FileError) {
        let dynamic = config.dynamicFileName(besides: zooCfg)
        try DurableFile.write(Array(config.dynamicFileText.utf8), to: dynamic, mode: mode)
        let cfg = ZooCfg(bytes: try ConfigFile.read(zooCfg))
        let hasClientAddress = config.server(id)?.client != nil
        let pointing = cfg.pointing(toDynamicFile: dynamic, hasClientAddress: hasClientAddress)
        try DurableFile.write(pointing.bytes, to: zooCfg, mode: mode)
        let pending = try proposed().flatMap { EnsembleConfiguration(text: $0) }
        if let pending, pending.version <= config.version { try setProposed(nil) }
    }
}
