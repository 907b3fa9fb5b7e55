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

    /// Kernels before 4.14 have no smaps_rollup, and a process of somebody else shows none: the memory is not known, and that is all.
    @Test func whereTheKernelDoesNotSayHowMuchMemoryItIsNotKnown() {
        #expect(ProcessMemory.proportional(pid: -1) == nil)
        #expect(ProcessMemory.proportional(smapsRollup: "") == nil)
        #expect(ProcessMemory.proportional(smapsRollup: "Rss:  100 kB\nPss:    9216 kB\n") == 9_437_184)
    }
}
