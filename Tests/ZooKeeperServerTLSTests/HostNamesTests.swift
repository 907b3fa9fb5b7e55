import NIOCore
import Testing

@testable import ZooKeeperServerTLS

struct HostNamesTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000)

    @Test func anAnswerIsGoodForAWhile() {
        let names = HostNames()
        #expect(names.known("10.0.0.1", now: start) == nil)
        names.keep("zk1.example", of: "10.0.0.1", now: start)
        names.keep(nil, of: "10.0.0.2", now: start)
        #expect(names.known("10.0.0.1", now: start + .seconds(59)) == .some("zk1.example"))
        #expect(names.known("10.0.0.2", now: start + .seconds(59)) == .some(nil))
        #expect(names.known("10.0.0.1", now: start + .seconds(60)) == nil)
    }

    @Test func manyAddressesDoNotStay() {
        let names = HostNames()
        for number in 0..<HostNames.limit { names.keep("a", of: "\(number)", now: start) }
        #expect(names.known("0", now: start) == .some("a"))
        names.keep("b", of: "new", now: start)
        #expect(names.known("0", now: start) == nil)
        #expect(names.known("new", now: start) == .some("b"))
    }
}
