import Diagnostics

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
        case text(String, file: String)
    }

    /// Every problem of this configuration in one run, in the order of the file. What ZooKeeper 3.8 would refuse, or
    /// crash on, is an error.
    package func check(file: String? = nil, surroundings: Surroundings = Surroundings()) -> [Diagnostic] {
        var checker = ConfigChecker(cfg: self, file: file, surroundings: surroundings)
        return checker.run()
    }

    /// Whether ZooKeeper would form a quorum with these servers, or run alone. Source: `QuorumPeerConfig.isDistributed`.
    package func isDistributed(_ quorum: QuorumConfig) -> Bool {
        quorum.participants.count > 1 || self["standaloneEnabled"]?.lowercased() == "false"
    }
}

/// Reads a myid as ZooKeeper does: the first line, all of it, as a decimal long. A blank is fatal.
package enum MyID {
    package static func parse(_ text: String) -> ServerID? {
        let firstLine = text.unicodeScalars.prefix { $0 != "\n" && $0 != "\r" }
        return ServerID(String(firstLine))
    }

    /// The content of the file for `id`.
    package static func text(_ id: ServerID) -> String { "\(id)\n" }
}
