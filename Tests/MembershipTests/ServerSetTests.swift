import Membership
import TestSupport
import Testing

@Suite struct ServerSetTests {
    @Test func membersComeInRisingOrderWhateverTheirIds() {
        let set: ServerSet = [300, 7, 255, 0, 64, -5, 7, 1000, 63]
        #expect(Array(set) == [-5, 0, 7, 63, 64, 255, 300, 1000])
        #expect(set.count == 8)
        #expect("\(set)" == "{-5,0,7,63,64,255,300,1000}")
    }

    /// Against Swift's own Set, with ids in and out of the bit range.
    @Test func behavesAsASet() {
        var generator = SeededGenerator(seed: 1)
        let ids: [ServerID] = [-9, 0, 1, 2, 63, 64, 127, 128, 200, 255, 256, 90_000]
        var set = ServerSet()
        var other = ServerSet()
        var oracle: Set<ServerID> = []
        var otherOracle: Set<ServerID> = []
        for _ in 0..<2000 {
            let id = ids[Int(generator.next() % UInt64(ids.count))]
            switch generator.next() % 4 {
            case 0:
                set.insert(id)
                oracle.insert(id)
            case 1:
                set.remove(id)
                oracle.remove(id)
            case 2:
                other.insert(id)
                otherOracle.insert(id)
            default:
                other.remove(id)
                otherOracle.remove(id)
            }
            #expect(Array(set) == oracle.sorted())
            #expect(set.count == oracle.count)
            #expect(set.overlap(other) == oracle.intersection(otherOracle).count)
            #expect(Array(set.union(other)) == oracle.union(otherOracle).sorted())
            #expect(set.contains(id) == oracle.contains(id))
            #expect((set == other) == (oracle == otherOracle))
        }
    }
}
