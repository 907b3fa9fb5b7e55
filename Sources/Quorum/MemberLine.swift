import ZooKeeperProtocol

/// What stands to the right of `server.N=`, taken apart (reference 5.4):
///
///     host:quorumPort:electionPort[:role] ['|' …] [';' [clientHost:]clientPort]
///
/// The strict form that servers write to each other and that a reconfig takes. The reader for people, with its diagnostics, is
/// `ServerConfig`'s.
struct MemberLine: Hashable, Sendable {
    /// Host and port; an IPv6 address stands in brackets.
    struct Endpoint: Hashable, Sendable {
        var host: String
        var port: UInt16

        /// Every interface, or this machine only: several servers may say the same and mean different things.
        var isSpecial: Bool {
            host == "0.0.0.0" || host == "[::]" || host == "[::1]" || host == "localhost" || host.hasPrefix("127.")
        }
    }

    struct Address: Hashable, Sendable {
        var quorum: Endpoint
        var election: Endpoint
    }

    var addresses: [Address]
    var isVoter: Bool
    var client: Endpoint?

    /// `host:quorumPort` of the first address.
    var quorumAddress: String { "\(addresses[0].quorum.host):\(addresses[0].quorum.port)" }

    /// All of them, for the search for doubles.
    var endpoints: [Endpoint] { addresses.flatMap { [$0.quorum, $0.election] } + (client.map { [$0] } ?? []) }

    var text: String {
        let servers = addresses.map { "\($0.quorum.host):\($0.quorum.port):\($0.election.port)" }
        let role = isVoter ? "participant" : "observer"
        return servers.joined(separator: "|") + ":" + role + (client.map { ";\($0.host):\($0.port)" } ?? "")
    }

    init?(_ text: some StringProtocol) {
        let halves = text.split(separator: ";", omittingEmptySubsequences: false)
        guard halves.count <= 2 else { return nil }
        addresses = []
        var role: Bool?
        for part in halves[0].split(separator: "|", omittingEmptySubsequences: false) {
            guard let (host, rest) = Self.splitHost(part), (2...3).contains(rest.count), let quorum = UInt16(rest[0]),
                let election = UInt16(rest[1]), quorum != election
            else { return nil }
            if rest.count == 3 {
                guard let isVoter = Self.role(rest[2]), role ?? isVoter == isVoter else { return nil }
                role = isVoter
            }
            addresses.append(
                Address(quorum: .init(host: host, port: quorum), election: .init(host: host, port: election)))
        }
        isVoter = role ?? true
        guard halves.count == 2 else { return }
        if let port = UInt16(halves[1]) {
            client = Endpoint(host: "0.0.0.0", port: port)
        } else {
            guard let (host, rest) = Self.splitHost(halves[1]), rest.count == 1, let port = UInt16(rest[0]) else {
                return nil
            }
            client = Endpoint(host: host, port: port)
        }
    }

    private static func role(_ word: some StringProtocol) -> Bool? {
        switch word.lowercased() {
        case "participant": true
        case "observer": false
        default: nil
        }
    }

    /// The host, and what follows it between colons.
    private static func splitHost<Text: StringProtocol>(
        _ text: Text
    ) -> (host: String, rest: [Text.SubSequence])? {
        var end = text.firstIndex(of: ":")
        if text.hasPrefix("[") {
            guard let bracket = text.firstIndex(of: "]") else { return nil }
            end = text.index(after: bracket)
        }
        guard let end, end > text.startIndex, end < text.endIndex, text[end] == ":" else { return nil }
        let rest = text[text.index(after: end)...].split(separator: ":", omittingEmptySubsequences: false)
        return (String(text[..<end]), rest.map { $0[...] })
    }
}
