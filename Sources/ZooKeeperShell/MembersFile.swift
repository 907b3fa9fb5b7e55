import Diagnostics
import DurableFiles
import Membership
import ServerConfig

/// The file of `reconfig -file`: lines `server.N=…`, as in a dynamic configuration file.
enum MembersFile {
    /// The members as the servers want them.
    static func read(_ file: String) throws(CommandError) -> String {
        let bytes: [UInt8]
        do { bytes = try DurableFile.read(file) } catch { throw CommandError("Error processing \(error)") }
        let (config, problems) = EnsembleConfiguration.parse(ZooCfg(bytes: bytes).text, file: file)
        guard let config, !config.servers.isEmpty else {
            let reasons =
                problems.isEmpty ? "there is no server.N line in it" : problems.map(\.message).joined(separator: "; ")
            throw CommandError("Error processing \(file): \(reasons)")
        }
        return config.lines(.modern).joined(separator: "\n")
    }
}
