import Planning
import Testing

@testable import Operations

@Suite struct MachineTests {
    @Test func thisMachineIsExamined() {
        let facts = Doctor.facts(EnsembleStore(directory: "/tmp/none/such"), environment: ["PATH": "/usr/bin:/bin"])
        #expect(facts.isStateDirectoryWritable)
        #expect(facts.freeDisk > 0)
        #expect(facts.availableMemory > 0)
        #expect(facts.cores > 0)
        #expect(facts.openFiles > 0)
        #expect(facts.java != nil)
        #expect(facts.apache.first?.hasPrefix("/usr/share/zookeeper (3.") == true)
    }
}
