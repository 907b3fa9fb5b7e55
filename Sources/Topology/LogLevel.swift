/// How much a server writes into its log: `logLevel` of a topology.
package enum LogLevel: String, CaseIterable, Hashable, Sendable {
    case trace, debug, info, warn, error
}
