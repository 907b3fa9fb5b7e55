import Diagnostics
import Testing

@testable import Topology

/// A topology and everything that is said about it, word for word.
struct Case: Sendable, CustomTestStringConvertible {
    var name: String
    var topology: String
    var expected: String

    init(_ name: String, _ topology: String, expects expected: String) {
        self.name = name
        self.topology = topology
        self.expected = expected
    }

    var testDescription: String { name }

    static let all = fileCases + serverCases + hostCases + portCases + quorumCases + settingCases + goodCases
}

@Suite struct CaseTests {
    @Test(arguments: Case.all)
    func says(_ example: Case) {
        let (topology, problems) = Topology.load(text: example.topology, file: "t.yaml")
        let rendered = problems.map { $0.rendered(source: example.topology) }.joined(separator: "\n")
        #expect(rendered == example.expected)
        #expect((topology == nil) == problems.hasErrors)
    }

    /// Those of this room, but `portTaken` and `retiredID`, which depend on more than the file and have tests of their own.
    private static let rules: [Rule] = [
        .missingKey, .unknownKey, .wrongType, .leadingZero, .ensembleName, .twoForms, .serverID, .duplicateServer,
        .tooMany, .engineHome, .engineHeap, .jvmFlag, .hostUnknown, .placeholder, .lookAlike, .hostAddress,
        .wildcardAddress, .loopbackAddress, .hostTwice, .hostUnused, .serverPort, .portPrivileged, .portEphemeral,
        .portConflict, .electionPort, .portsExhausted, .noParticipants, .evenParticipants, .manyParticipants,
        .observersWithoutQuorum, .hostHoldsQuorum, .group, .weight, .groupsEven, .ownedSetting, .settingDiffers,
        .dataDirRelative, .dataDirShared, .whitelistNarrow,
    ]

    @Test func everyRuleHasACase() {
        let said = Case.all.map(\.expected).joined()
        let untested = Self.rules.filter { !said.contains("[\($0.rawValue)]\n") }
        #expect(untested == [])
    }
}
