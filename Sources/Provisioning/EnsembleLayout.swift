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
    private let templates: DirectoryTemplates

    package init(root: String, templates: DirectoryTemplates = DirectoryTemplates()) {
        self.root = root
        self.templates = templates
    }

    package var topology: String { "\(root)/topology.yaml" }
    package var assignments: String { "\(root)/assignments" }
    package var connect: String { "\(root)/connect" }

    package func server(_ id: ServerID) -> Server {
        let directory = "\(root)/server.\(id)"
        return Server(
            directory: directory, data: templates.data.map { DirectoryTemplates.filled($0, id) } ?? "\(directory)/data",
            dataLog: templates.dataLog.map { DirectoryTemplates.filled($0, id) })
    }

    package struct Server: Hashable, Sendable {
        package let directory: String
        package let data: String
        /// Where the txn logs are, when not in ``data``.
        package let dataLog: String?

        package var conf: String { "\(directory)/conf" }
        package var zooCfg: String { "\(conf)/zoo.cfg" }
        /// What was generated last, so that an edit by hand can be told from a change of the topology.
        package var generatedZooCfg: String { "\(conf)/.zoo.cfg.generated" }
        package var myid: String { "\(data)/myid" }
        package var logs: String { "\(directory)/logs" }
        package var log: String { "\(logs)/server.log" }
    }
}

/// Where the servers' data are, when not below the ensemble's own directory: paths in which `{id}` stands for the server.
package struct DirectoryTemplates: Hashable, Sendable {
    package var data: String?
    package var dataLog: String?

    package init(data: String? = nil, dataLog: String? = nil) {
        self.data = data
        self.dataLog = dataLog
    }

    static func filled(_ template: String, _ id: ServerID) -> String { template.replacing("{id}", with: "\(id)") }
}
