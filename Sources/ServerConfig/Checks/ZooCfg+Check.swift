import Diagnostics
import Membership

extension ZooCfg {
    /// What a zoo.cfg needs beside itself to be judged, read beforehand by someone who may. What is unknown is not
    /// checked.
    package struct Surroundings: Hashable, Sendable {
        /// The file that `dynamicConfigFile` names.
        package var dynamicConfig: Companion
        /// `dataDir`/myid.
        package var myid: Companion
        package var host: HostFacts?

        package init(dynamicConfig: Companion = .unknown, myid: Companion = .unknown, host: HostFacts? = nil) {
            self.dynamicConfig = dynamicConfig
            self.myid = myid
            self.host = host
        }
    }

    /// A file that belongs to a zoo.cfg.
    package enum Companion: Hashable, Sendable {
        case unknown
        case missing(file: String)
        /// It is there, and cannot be read for this reason.
        case unreadable(String, file: String)
        case text(String, file: String)
    }

    /// Every problem of this configuration in one run, in the order of the file. What the engine would refuse, or crash on,
    /// is an error.
    ///
    /// - Parameter engine: what will run the server; nil: nobody says, so that each engine's word counts.
    package func check(
        file: String? = nil, surroundings: Surroundings = Surroundings(), engine: ServerEngine? = nil
    ) -> [Diagnostic] {
        var checker = ConfigChecker(cfg: self, file: file, surroundings: surroundings, engine: engine)
        return checker.run()
    }

    /// The problems of a dynamic file by itself.
    package static func checkDynamicFile(_ text: String, file: String? = nil) -> [Diagnostic] {
        var checker = ConfigChecker(cfg: ZooCfg(), file: file, surroundings: Surroundings())
        return checker.runOnMembers(text)
    }

    /// What the bundled server itself says when it is to start with this configuration; an error stops it. The part of
    /// ``check(file:surroundings:engine:)`` that is about this server and not about what would be wiser.
    package func judgement(file: String?, surroundings: Surroundings) -> [Diagnostic] {
        var checker = ConfigChecker(cfg: self, file: file, surroundings: surroundings, engine: .bundled)
        return checker.judge()
    }

    /// Whether ZooKeeper would form a quorum with these servers, or run alone. Source: `QuorumPeerConfig.isDistributed`.
    package func isDistributed(_ quorum: EnsembleConfiguration) -> Bool {
        quorum.participants.count > 1 || self["standaloneEnabled"]?.lowercased() == "false"
    }
}
