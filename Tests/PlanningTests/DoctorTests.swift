import Testing

@testable import Planning

@Suite struct DoctorTests {
    private static var well: Doctor.Facts {
        var facts = Doctor.Facts()
        facts.bundled = .found("/opt/paddock/zkserver (1.0)")
        facts.apache = ["/usr/share/zookeeper (3.8.0)"]
        facts.java = "/usr/bin/java (17.0.15)"
        facts.openFiles = 20_000
        facts.stateDirectory = "/state"
        facts.isStateDirectoryWritable = true
        facts.freeDisk = 10 << 30
        facts.availableMemory = 8 << 30
        facts.cores = 2
        facts.isClockSynchronised = true
        return facts
    }

    @Test func allIsWell() {
        #expect(Doctor.findings(Self.well).allSatisfy { $0.state == .good && $0.mend == nil })
    }

    /// Who has an ensemble need not stop it.
    @Test func portsOfAnEnsembleThatRunsHereAreNoFault() {
        var facts = Self.well
        facts.ownHolders = ["demo"]
        let ports = Doctor.findings(facts).first { $0.subject == "ports" }
        #expect(ports?.state == .good && ports?.text == "those of a first ensemble are held by demo, which runs here")
    }

    @Test func nothingIsLackingWithoutApachesServers() {
        var facts = Self.well
        (facts.apache, facts.java) = ([], nil)
        #expect(Doctor.findings(facts).allSatisfy { $0.state == .good && $0.mend == nil })
    }

    struct Case: Sendable {
        var subject: String
        var state: Doctor.Finding.State
        var text: String
        var change: @Sendable (inout Doctor.Facts) -> Void
    }

    @Test(arguments: [
        Case(
            subject: "bundled", state: .missing,
            text: "the bundled server cannot be used: PADDOCK_ZKSERVER is /x, where no program is"
        ) { $0.bundled = .unusable("PADDOCK_ZKSERVER is /x, where no program is") },
        Case(
            subject: "java", state: .warning, text: "none is installed, and `engine: apache` needs it"
        ) { $0.java = nil },
        Case(
            subject: "open files", state: .warning,
            text: "only 256 may be open in one process; each client connection is one"
        ) { $0.openFiles = 256 },
        Case(subject: "ports", state: .warning, text: "taken: 2181 by java (pid 7)") {
            $0.takenPorts = ["2181 by java (pid 7)"]
        },
        Case(subject: "state directory", state: .missing, text: "/state cannot be written to") {
            $0.isStateDirectoryWritable = false
        },
        Case(subject: "disk", state: .warning, text: "only 100 MB free") { $0.freeDisk = 100 << 20 },
        Case(subject: "memory", state: .warning, text: "only 100 MB available") { $0.availableMemory = 100 << 20 },
        Case(subject: "clock", state: .warning, text: "the kernel says that it is not synchronised") {
            $0.isClockSynchronised = false
        },
    ])
    func findings(_ example: Case) {
        var facts = Self.well
        example.change(&facts)
        let odd = Doctor.findings(facts).filter { $0.state != .good }
        #expect(odd.map(\.subject) == [example.subject])
        #expect(odd.map(\.state) == [example.state])
        #expect(odd.map(\.text) == [example.text])
        #expect(odd.allSatisfy { $0.mend != nil })
    }
}
