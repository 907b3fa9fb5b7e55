import DurableFiles
import Planning
import ServerConfig

/// What servers left in their files when the ensemble was reconfigured: the members as long as nobody answers.
enum RewrittenFiles {
    /// The youngest configuration in the dynamic files of these servers; nil when no server has rewritten its own.
    static func configuration(_ members: [Member]) -> QuorumConfig? {
        members.compactMap { member -> QuorumConfig? in
            guard let zooCfg = text("\(member.directory)/conf/zoo.cfg"),
                let file = ZooCfg(text: zooCfg)["dynamicConfigFile"],
                let text = text(file)
            else { return nil }
            var configuration = QuorumConfig.parse(text).config
            configuration?.version = QuorumConfig.version(ofFileNamed: file)
            return configuration?.version == 0 ? nil : configuration
        }.max { $0.version < $1.version }
    }

    private static func text(_ path: String) -> String? {
        (try? DurableFile.read(path, limit: 1 << 20)).map { String(decoding: $0, as: UTF8.self) }
    }
}
