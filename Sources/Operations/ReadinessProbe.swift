import Supervision

extension Operator {
    /// How a supervisor looks at its servers: through `srvr`.
    package static let probe: ReadinessProbe = { specification in
        let answer = await ServerAnswer.ask(
            host: specification.clientHost, port: specification.clientPort, timeout: .seconds(2))
        switch answer {
        case .silent: return .unreachable
        case .notServing: return .bound
        case .serving(let serving):
            return serving.role == .looking ? .bound : .serving(mode: serving.role.rawValue)
        }
    }
}
