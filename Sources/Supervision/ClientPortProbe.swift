import ZooKeeperClient

/// Looks at a server's client port; see ``ServerLifecycle/Probe``. Comes back within a few seconds, whatever the server does.
package typealias ReadinessProbe = @Sendable (ServerSpec) async -> ServerLifecycle.Probe

/// The probe of real servers: `srvr`, the one word that every configuration allows, and that only a serving server answers with a mode.
enum ClientPortProbe {
    @Sendable static func srvr(_ spec: ServerSpec) async -> ServerLifecycle.Probe {
        do {
            let server = ServerAddress(host: spec.clientHost, port: spec.clientPort)
            return .serving(mode: try await FourLetterWords.srvr(server, timeout: .seconds(2)).mode)
        } catch let error as FourLetterWordError {
            switch error.reason {
            case .unreachable, .timedOut: return .unreachable
            case .connectionLost, .answerTooLong, .notInWhitelist, .notServing, .unexpectedAnswer: return .bound
            }
        } catch {
            return .unreachable
        }
    }
}
