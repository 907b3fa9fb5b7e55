import DurableFiles
import Membership
import Planning
import ServerConfig

/// What servers left in their files when the ensemble was reconfigured: the members as long as nobody answers.
enum RewrittenFiles {
    /// The youngest configuration in the dynamic files of these servers; nil when no server has rewritten its own.
    static func configuration(_ members: [Member]) -> EnsembleConfiguration? {
        members.compactMap { member -> EnsembleConfiguration? in
            guard let zooCfg = text("\(member.directory)/conf/zoo.cfg"),
                let file = ZooCfg(text: zooCfg)["dynamicConfigFile"],
                let text = text(file)
            else { return nil }
            let version = EnsembleConfiguration.version(ofFileNamed: file)
            return version == 0 ? nil : EnsembleConfiguration.parse(text).config?.withVersion(version)
        }.max { $0.version < $1.version }
    }

    private static func text(_ path: String) -> String? {
        (try? DurableFile.read(path, limit: 1 << 20)).map { String(decoding: $0, as: UTF8.self) }
    }
}
