import Foundation
import Testing
import ZooKeeperClient

@testable import ZooKeeperClient

struct ServerStatisticsTests {
    static func answer(_ server: String, _ word: String) -> String {
        let path = Bundle.module.resourcePath! + "/Fixtures/fourletter/\(server)/\(word).txt"
        return String(decoding: FileManager.default.contents(atPath: path)!, as: UTF8.self)
    }

    @Test(arguments: [
        ("leader", ServerMode.leader), ("follower", .follower), ("observer", .observer), ("read-only", .readOnly),
        ("standalone", .standalone),
    ])
    func srvrOfEveryRoleIsUnderstood(server: String, mode: ServerMode) throws {
        let statistics = try #require(ServerStatistics(parsing: Self.answer(server, "srvr")))
        #expect(statistics.mode == mode)
        #expect(statistics.mode.description == server)
        #expect((statistics.proposalSizes != nil) == (mode == .leader))
    }

    @Test func everyLineOfSrvrIsRead() throws {
        let statistics = try #require(ServerStatistics(parsing: Self.answer("leader", "srvr")))
        #expect(statistics.version.hasPrefix("3.8.0-"))
        #expect(statistics.latency == .init(min: 2, average: 2.0, max: 2))
        #expect(statistics.received == 12)
        #expect(statistics.sent == 13)
        #expect(statistics.connections == 2)
        #expect(statistics.outstanding == 0)
        #expect(statistics.zxid.description == "0x10000009f")
        #expect(statistics.nodeCount == 89)
        #expect(statistics.proposalSizes == .init(last: 125, min: 36, max: 6094))
    }

    @Test(arguments: ["", "imok", "Zookeeper version: 3.8.0\n", "<html>\n"])
    func whatIsNoSrvrIsRefused(text: String) {
        #expect(ServerStatistics(parsing: text) == nil)
    }

    @Test(arguments: ["leader", "follower", "observer", "read-only", "standalone"])
    func noLineOfMntrIsLost(server: String) {
        let text = Self.answer(server, "mntr")
        let values = ServerValues(parsing: text, separator: "\t")
        #expect(values.map { "\($0.name)\t\($0.value)\n" }.joined() == text)
        #expect(values["zk_server_state"] == server)
        #expect(values.integer("zk_znode_count") != nil)
        #expect(values.number("zk_avg_latency") != nil)
        #expect(values["zk_nothing"] == nil)
    }

    @Test func confHasSettingsAndMembers() {
        let values = ServerValues(parsing: Self.answer("leader", "conf"), separator: "=")
        #expect(values["clientPort"] == "21102")
        #expect(values["server.4"] == "127.0.0.1:21204:21304:observer")
        #expect(values["version"] == "0")
    }
}
