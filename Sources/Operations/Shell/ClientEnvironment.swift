import ZooKeeperProtocol

/// The variables by which programs are told where the ensemble is: `paddock env` prints them, `paddock run` sets them.
package struct ClientEnvironment: Hashable, Sendable {
    package enum Shell: String, CaseIterable, Sendable {
        case sh, fish
    }

    package struct Variable: Hashable, Sendable {
        package var name: String
        package var value: String
    }

    package var variables: [Variable]

    /// - Parameter clients: where clients connect, `host` and `port` of each server, ascending by id.
    package init(ensemble: String, clients: [(host: String, port: Int)]) {
        let connect = clients.map { "\($0.host.contains(":") ? "[\($0.host)]" : $0.host):\($0.port)" }
            .joined(separator: ",")
        variables = [
            Variable(name: "PADDOCK_ENSEMBLE", value: ensemble),
            Variable(name: "ZK_CONNECT", value: connect),
            Variable(name: "ZOOKEEPER_CONNECT", value: connect),
            Variable(name: "ZOOKEEPER_HOSTS", value: connect),
            Variable(name: "ZOOKEEPER_HOST", value: clients.first?.host ?? ""),
            Variable(name: "ZOOKEEPER_PORT", value: clients.first.map { "\($0.port)" } ?? ""),
        ]
    }

    /// Lines for `eval`.
    package func text(_ shell: Shell) -> String {
        variables.map { variable in
            // Neither shell expands anything between single quotes; values hold none.
            switch shell {
            case .sh: "export \(variable.name)='\(variable.value)'\n"
            case .fish: "set -gx \(variable.name) '\(variable.value)'\n"
            }
        }.joined()
    }
}
