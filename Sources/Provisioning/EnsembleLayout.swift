import Membership

/// Where everything of one ensemble is, below its root directory:
///
///     topology.yaml                the topology applied last
///     assignments                  the ids and ports it keeps for life
///     connect                      the connect string, one line
///     server.1/conf/zoo.cfg
///     server.1/data/myid
///     server.1/logs/server.log
package struct EnsembleLayout: Hashable, Sendable {
    /// Absolute, without a slash at its end.
    package let root: String

    package init(root: String) { self.root = root }

    package var topology: String { "\(root)/topology.yaml" }
    package var assignments: String { "\(root)/assignments" }
    package var connect: String { "\(root)/connect" }

    package func server(_ id: ServerID) -> Server { Server(directory: "\(root)/server.\(id)") }

    package struct Server: Hashable, Sendable {
        package let directory: String

        package var conf: String { "\(directory)/conf" }
        package var zooCfg: String { "\(conf)/zoo.cfg" }
        /// What was generated last, so that an edit by hand can be told from a change of the topology.
        package var generatedZooCfg: String { "\(conf)/.zoo.cfg.generated" }
        package var data: String { "\(directory)/data" }
        package var myid: String { "\(data)/myid" }
        package var logs: String { "\(directory)/logs" }
        package var log: String { "\(logs)/server.log" }
    }
}
