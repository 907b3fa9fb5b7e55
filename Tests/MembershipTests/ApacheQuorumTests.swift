import Membership
import Testing

/// What Apache 3.8.0 makes of groups and weights: `QuorumPeerConfig.parseDynamicConfig` was given each of these configurations, and its verifier's
/// `containsQuorum` every set of the voters.
@Suite struct ApacheQuorumTests {
    struct Example: CustomTestStringConvertible, Sendable {
        /// 1 to this.
        var voters: Int
        /// Besides them.
        var observer: Int?
        var lines: [String]
        /// Bit s is set when the voters whose bits are set in s (bit 0: server 1) are a quorum; nil: Apache refuses the configuration.
        var quorums: UInt32?

        var testDescription: String { "\(voters) voters \(lines.joined(separator: " "))" }

        var text: String {
            let servers = (1...voters).map { "server.\($0)=a\($0):2888:3888:participant" }
            return (servers + (observer.map { ["server.\($0)=a\($0):2888:3888:observer"] } ?? []) + lines)
                .joined(separator: "\n")
        }
    }

    static let examples: [Example] = [
        Example(voters: 5, lines: [], quorums: 0xfee8_e880),
        Example(voters: 4, observer: 5, lines: [], quorums: 0xe880),
        Example(voters: 5, lines: ["group.1=1:2:3", "group.2=4:5"], quorums: 0xe800_0000),
        Example(
            voters: 5, lines: ["group.1=1:2:3", "group.2=4:5", "weight.4=0", "weight.5=0"], quorums: 0xe8e8_e8e8),
        Example(voters: 5, lines: ["group.1=1", "group.2=2:3", "group.3=4:5", "weight.1=3"], quorums: 0xea80_8080),
        Example(voters: 5, lines: ["group.1=1:2:3:4:5", "weight.1=3"], quorums: 0xeaaa_aaa8),
        Example(voters: 4, lines: ["group.1=1:2:3:4", "weight.4=0"], quorums: 0xe8e8),
        Example(voters: 3, lines: ["group.1=1:2:3:"], quorums: 0xe8),
        // Weights without groups leave every voter in none.
        Example(voters: 3, lines: ["weight.1=1"], quorums: nil),
        Example(voters: 3, lines: ["weight.1=0", "weight.2=0", "weight.3=0"], quorums: nil),
        Example(voters: 4, lines: ["group.1=1:2:3"], quorums: nil),
        Example(voters: 4, lines: ["group.1=1:2:3", "group.2=3:4"], quorums: nil),
        Example(voters: 4, lines: ["group.1=1:2:3", "group.2=4:4"], quorums: nil),
        // An observer, or nobody, in a group: without a weight Apache crashes, with one it makes the group's majority harder to reach.
        Example(voters: 3, observer: 4, lines: ["group.1=1:2:3:4"], quorums: nil),
        Example(voters: 3, observer: 4, lines: ["group.1=1:2:3:4", "weight.4=1"], quorums: 0x80),
        Example(voters: 3, observer: 4, lines: ["group.1=1:2:3:4", "weight.4=3"], quorums: 0),
        Example(voters: 3, observer: 4, lines: ["group.1=1:2:3"], quorums: 0xe8),
        Example(voters: 3, observer: 4, lines: ["group.1=1:2:3", "weight.4=1"], quorums: 0xe8),
        Example(voters: 3, lines: ["group.1=1:2:3:9"], quorums: nil),
        Example(voters: 3, lines: ["group.1=1:2:3:9", "weight.9=2"], quorums: 0x80),
        Example(voters: 3, lines: ["group.1=1:2:3", "weight.9=2"], quorums: 0xe8),
        Example(voters: 3, lines: ["group.1=1::2:3"], quorums: nil),
        Example(voters: 3, lines: ["group.1=1:2: 3"], quorums: nil),
        Example(voters: 3, lines: ["group.1="], quorums: nil),
        Example(voters: 3, lines: ["group.7=1:2:3", "group.8="], quorums: nil),
        Example(voters: 3, lines: ["group=1:2:3"], quorums: nil),
        Example(voters: 3, lines: ["weights=1"], quorums: nil),
        Example(voters: 3, lines: ["group.1=1:2:3", "weight.1=2", "weight.2=x"], quorums: nil),
        Example(
            voters: 2,
            lines: ["group.1=1", "group.2=2", "weight.1=9223372036854775807", "weight.2=9223372036854775807"],
            quorums: 0x8),
    ]

    @Test(arguments: examples) func countsAsApacheDoes(_ example: Example) throws {
        let configuration = EnsembleConfiguration(text: example.text)
        #expect((configuration == nil) == (example.quorums == nil))
        guard let configuration, let quorums = example.quorums else { return }
        var observed = ServerSet()
        if let observer = example.observer { observed.insert(ServerID(Int64(observer))) }
        for set in 0..<(1 << example.voters) {
            let servers = ServerSet((0..<example.voters).filter { set >> $0 & 1 == 1 }.map { ServerID(Int64($0 + 1)) })
            let isQuorum = quorums >> UInt32(set) & 1 == 1
            #expect(configuration.verifier.isQuorum(servers) == isQuorum, "\(servers)")
            // Who observes, and who is no member, has no vote.
            #expect(configuration.verifier.isQuorum(servers.union(observed).union([99])) == isQuorum, "\(servers)")
        }
    }

    /// Apache takes these and counts wrongly: a sum that wraps around, and a weight below nothing.
    @Test(arguments: [["group.1=1:2:3", "weight.1=9223372036854775807"], ["group.1=1:2:3", "weight.1=-1"]])
    func refusesWhatCannotBeCounted(lines: [String]) {
        #expect(EnsembleConfiguration(text: Example(voters: 3, lines: lines).text) == nil)
    }

    /// Nobody could decide anything.
    @Test func refusesAnEnsembleWithoutAnyWeight() {
        let lines = ["group.1=1:2", "weight.1=0", "weight.2=0"]
        #expect(EnsembleConfiguration(text: Example(voters: 2, lines: lines).text) == nil)
    }
}
