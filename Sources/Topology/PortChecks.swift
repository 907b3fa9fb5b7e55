import Diagnostics
import Membership
import ServerConfig

/// Ports: in range, not the kernel's, free, and one server's only.
struct PortChecks {
    /// One port that one server wants on its machine.
    private struct Claim {
        var server: PlacedServer
        /// `client port`
        var name: String
        /// Nil for the ports that a setting gives.
        var kind: PortKind?
        var port: Int
        var origin: PlacedServer.PortOrigin

        var place: SourceLocation { origin.location }
        var text: String { "the \(name) of server \(server.id)" }
    }

    private struct Socket: Hashable {
        var machine: String
        var port: Int
    }

    private let claims: [Claim]
    private let bySocket: [Socket: [Int]]
    private let offset: Int
    private let facts: HostFacts

    /// What the kernel of a Linux host hands out unless told otherwise.
    private static let usualEphemeralPorts = 32768...60999

    static func check(
        _ servers: [PlacedServer], _ draft: Draft, facts: HostFacts, into problems: inout Problems
    ) {
        let checks = PortChecks(servers, draft, facts)
        checks.checkRanges(into: &problems)
        checks.checkConflicts(into: &problems)
        checks.checkTaken(into: &problems)
    }

    private init(_ servers: [PlacedServer], _ draft: Draft, _ facts: HostFacts) {
        let claims = servers.flatMap { Self.claims(of: $0) }
        self.claims = claims
        bySocket = Dictionary(grouping: claims.indices) { index in
            Socket(machine: claims[index].server.machine, port: claims[index].port)
        }
        if case .planned(let plan) = draft.ports { offset = plan.offset } else { offset = 1 }
        self.facts = facts
    }

    private static func claims(of server: PlacedServer) -> [Claim] {
        var claims: [Claim] = []
        for kind in PortKind.allCases {
            if kind == .admin, server.setting("admin.enableServer")?.value.value.lowercased() == "false" { continue }
            claims.append(
                Claim(
                    server: server, name: "\(kind.rawValue) port", kind: kind, port: server.server.ports[kind],
                    origin: server.portOrigins[kind] ?? .implicit(server.location)))
        }
        for key in ["secureClientPort", "observerMasterPort", "metricsProvider.httpPort"] {
            guard let setting = server.setting(key), let port = Int(setting.value.value), port > 0 else { continue }
            claims.append(
                Claim(server: server, name: key, kind: nil, port: port, origin: .own(setting.value.location)))
        }
        return claims
    }

    // MARK: Ranges

    private func checkRanges(into problems: inout Problems) {
        let ephemeral = facts.ephemeralPorts ?? Self.usualEphemeralPorts
        // A base is reported for the first server that it takes out of bounds.
        var reported: [SourceLocation: Set<Rule>] = [:]
        for claim in claims {
            let rule: Rule
            switch claim.port {
            case ..<1024: rule = .portPrivileged
            case 65536...: rule = .serverPort
            case ephemeral: rule = .portEphemeral
            default: continue
            }
            guard reported[claim.place, default: []].insert(rule).inserted else { continue }
            switch rule {
            case .portPrivileged:
                problems.warn(
                    rule, at: claim.place, "\(claim.text) is \(claim.port): ports below 1024 are for root",
                    mend: "use a port from 1024 to \(ephemeral.lowerBound - 1)")
            case .serverPort:
                problems.error(
                    rule, at: claim.place, "\(claim.text) would be \(claim.port), above 65535",
                    mend: "begin with a lower port, or make 'offset' smaller")
            default:
                problems.warn(
                    rule, at: claim.place,
                    "\(claim.text) is \(claim.port), in the ephemeral range \(ephemeral.lowerBound)…\(ephemeral.upperBound): an outgoing connection may hold it",
                    mend: "use a port below \(ephemeral.lowerBound)")
            }
        }
    }

    // MARK: Conflicts

    private func checkConflicts(into problems: inout Problems) {
        // One line for each place: a base that runs into another one does so for many servers at once.
        var messages: [(place: SourceLocation, rule: Rule, message: String, mend: String)] = []
        var more: [SourceLocation: Int] = [:]
        for (index, claim) in claims.enumerated() {
            let holders = bySocket[Socket(machine: claim.server.machine, port: claim.port)]!
            guard holders.count > 1, holders.last == index else { continue }
            let (first, second) = pair(holders)
            if let count = more[second.place] {
                more[second.place] = count + 1
                continue
            }
            more[second.place] = 0
            if first.server.location == second.server.location, first.kind == .quorum, second.kind == .election {
                messages.append(
                    (
                        second.place, .electionPort,
                        "server \(second.server.id) has \(second.port) as its quorum port and as its election port",
                        mend(second)
                    ))
            } else {
                messages.append(
                    (
                        second.place, .portConflict,
                        "\(second.text) is \(second.port) on \(second.server.server.host), which is \(first.text) already",
                        mend(second)
                    ))
            }
        }
        for (place, rule, message, mend) in messages {
            let count = more[place] ?? 0
            let others = count == 0 ? "" : count == 1 ? " (and one more like it)" : " (and \(count) more like it)"
            problems.error(rule, at: place, message + others, mend: mend)
        }
    }

    /// The two claims to name, the one to be changed last: a port that the file gives rather than one of a default.
    private func pair(_ holders: [Int]) -> (Claim, Claim) {
        let (first, last) = (claims[holders[0]], claims[holders[holders.count - 1]])
        if case .implicit = last.origin, case .implicit = first.origin { return (first, last) }
        if case .implicit = last.origin { return (last, first) }
        return (first, last)
    }

    private func mend(_ claim: Claim) -> String {
        guard case .base = claim.origin, let kind = claim.kind else {
            return "give server \(claim.server.id) another \(claim.name), e.g. \(free(near: claim))"
        }
        return "begin the \(kind.rawValue) ports elsewhere, e.g. \(kind.rawValue): \(base(of: claim, kind))"
    }

    /// The next port that no server of the machine wants and nobody holds.
    private func free(near claim: Claim) -> Int {
        let above = (claim.port + 1)..<65536
        let below = (1024..<max(1024, claim.port)).reversed()
        return above.first { isFree($0, for: claim) } ?? below.first { isFree($0, for: claim) } ?? claim.port
    }

    /// A base in steps of 100 with which the whole plan of this kind fits.
    private func base(of claim: Claim, _ kind: PortKind) -> Int {
        let planned = claims.filter { other in other.kind == kind && other.place == claim.place }
        let first = planned.map(\.port).min() ?? claim.port
        for step in 1...600 {
            let shift = step * 100
            guard planned.allSatisfy({ $0.port + shift < 65536 }) else { break }
            let fits = planned.allSatisfy { other in
                let holders = bySocket[Socket(machine: other.server.machine, port: other.port + shift)] ?? []
                return holders.allSatisfy { claims[$0].kind == kind && claims[$0].place == claim.place }
            }
            if fits { return first + shift }
        }
        return free(near: claim)
    }

    private func isFree(_ port: Int, for claim: Claim) -> Bool {
        bySocket[Socket(machine: claim.server.machine, port: port)] == nil && holder(of: port, for: claim) == nil
    }

    // MARK: Taken now

    /// One line for each process that holds ports: another ensemble on the same ports would be a screen full.
    private func checkTaken(into problems: inout Problems) {
        var holders: [String] = []
        var taken: [String: [Claim]] = [:]
        for claim in claims {
            guard let listener = holder(of: claim.port, for: claim) else { continue }
            if taken[listener.holder] == nil { holders.append(listener.holder) }
            taken[listener.holder, default: []].append(claim)
        }
        for holder in holders {
            let claims = taken[holder]!
            guard claims.count > 1 else {
                let claim = claims[0]
                problems.warn(
                    .portTaken, at: claim.place, "\(claim.text), \(claim.port), is taken by \(holder)",
                    mend:
                        "stop that process, or give server \(claim.server.id) another \(claim.name), e.g. \(free(near: claim))"
                )
                continue
            }
            let ports = claims.map { claim in
                "\(claim.port) (\(claim.kind.map { "\($0.rawValue) port" } ?? claim.name) of server \(claim.server.id))"
            }
            problems.warn(
                .portTaken, at: claims[0].place, "\(ports.joined(separator: ", ")) are taken by \(holder)",
                mend: "stop that process, or begin the ports elsewhere, e.g. client: \(free(near: claims[0]))")
        }
    }

    /// Who holds a port of a server that would run on this host: at a loopback address, or one that somebody listens on.
    private func holder(of port: Int, for claim: Claim) -> HostFacts.Listener? {
        let host = claim.server.server.host
        guard HostAddress.isLoopback(host) || facts.listeners.contains(where: { $0.address == host }) else {
            return nil
        }
        return facts.listener(on: host, port: port)
    }
}
