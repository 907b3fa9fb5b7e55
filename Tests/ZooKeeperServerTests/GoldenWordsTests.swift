import DataTree
import Foundation
import Membership
import RequestPipeline
import ServerConfig
import Storage
import Testing
import ZooKeeperProtocol

@testable import ZooKeeperServer

/// The four-letter words in every role, beside what Apache 3.8.0 answered in it (`Fixtures/fourletter`).
@Suite struct GoldenWordsTests {
    enum Role: String, CaseIterable {
        case standalone, leader, follower, observer
        case leaderWithReconfig = "leader-reconfig-enabled"
        case readOnly = "read-only"
    }

    /// srvr and conf read as Apache's, numbers apart.
    @Test(arguments: Role.allCases)
    func words(role: Role) throws {
        for word in [ServerWord.srvr, .conf] {
            let ours = try answer(word, as: role)
            #expect(shape(ours) == shape(try captured(role, word)), "\(word)")
        }
    }

    /// conf of an ensemble's server tells the membership to the letter.
    @Test(arguments: [Role.leader, .observer])
    func membership(role: Role) throws {
        func ensemblePart(_ text: String) -> Substring { text[text.range(of: "serverId=")!.lowerBound...] }
        #expect(ensemblePart(try answer(.conf, as: role)) == ensemblePart(try captured(role, .conf)))
    }

    /// mntr has all of Apache's keys, with values of the same kind.
    @Test(arguments: [Role.standalone, .leader, .follower, .observer, .readOnly])
    func monitor(role: Role) throws {
        let ours = entries(try answer(.mntr, as: role))
        let theirs = entries(try captured(role, .mntr))
        #expect(ours.map(\.key).prefix(2) == theirs.map(\.key).prefix(2))
        let kinds = Dictionary(ours.map { ($0.key, kind($0.value)) }, uniquingKeysWith: { first, _ in first })
        #expect(kinds.count == ours.count, "no key comes twice")
        #expect(
            Set(kinds.keys).subtracting(theirs.map(\.key)).filter { !$0.hasSuffix("_per_namespace") } == [],
            "keys that Apache does not have")
        for (key, value) in theirs where !key.hasSuffix("_per_namespace") {
            #expect(kinds[key] == kind(value), "\(key)")
        }
        let state = theirs.first { $0.key == "zk_peer_state" }?.value
        #expect(ours.first { $0.key == "zk_peer_state" }?.value == state)
    }

    /// The reference knows every metric, once.
    @Test func everyMetricHasAMeaning() throws {
        let known = MetricMeanings.lines.map { String($0.prefix { $0 != "\t" }) }
        #expect(Set(known).count == known.count, "no metric comes twice")
        var told: Set<String> = [
            "ssl_certificate_end", "ssl_quorum_certificate_end", "quota_bytes_limit_per_namespace",
            "quota_bytes_usage_per_namespace", "quota_count_limit_per_namespace", "quota_count_usage_per_namespace",
            "read_per_namespace", "write_per_namespace",
        ]
        for role in Role.allCases { told.formUnion(try server(report(role)).monitor().map(\.name)) }
        #expect(told.subtracting(known) == [], "write what they are into MetricMeanings")
        #expect(Set(known).subtracting(told) == [], "nobody tells them any more")
    }

    /// Between two reigns a member of an ensemble refuses, in Apache's words.
    @Test func looking() throws {
        #expect(ServerWord.srvr.refusal == "This ZooKeeper instance is not currently serving requests\n")
        #expect(ServerWord.hash.refusal == "This ZooKeeper instance is not currently serving requests")
        #expect(ServerWord.isro.refusal == "null")
        #expect(ServerWord.allCases.filter(\.needsNoService) == [.envi, .gtmk, .ruok, .stmk, .telnetClose])
        let report = EnsembleReport(
            id: ServerID(rawValue: 1), role: .looking, phase: .election, configuration: try configuration(.leader),
            initLimit: 10, syncLimit: 5)
        let refused = try server(report)
        #expect(
            refused.answer(to: .serverStats).text
                == """
                {
                  "command" : "server_stats",
                  "error" : "This ZooKeeper instance is not currently serving requests"
                }
                """)
        #expect(refused.answer(to: .ruok).text.contains("\"error\" : null"))
    }

    /// A read-only server says so.
    @Test func readOnly() throws { #expect(try answer(.isro, as: .readOnly) == "ro") }

    /// A follower's dump lists the sessions it knows.
    @Test func followerDump() throws {
        #expect(
            try answer(.dump, as: .follower).hasPrefix("SessionTracker dump:\nGlobal Sessions(0):\nephemeral nodes"))
        #expect(
            try answer(.dump, as: .leader).hasPrefix("SessionTracker dump:\nSession Sets (0)/(0):\nephemeral nodes"))
    }

    /// The metrics endpoint prints what Prometheus reads.
    @Test func prometheus() throws {
        let page = try server(nil).prometheusText
        #expect(page.contains("# TYPE znode_count gauge\nznode_count 5\n"))
        #expect(page.contains("# TYPE fsynctime summary\nfsynctime_count 0\nfsynctime_sum 0\n"))
        #expect(page.contains("# TYPE readlatency summary\nreadlatency{quantile=\"0.5\"} 0\n"))
        var types: Set<Substring> = []
        for line in page.split(separator: "\n") where line.hasPrefix("# TYPE ") {
            #expect(types.insert(line.split(separator: " ")[2]).inserted, "\(line) comes twice")
        }
        #expect(
            Metric("quota_count_usage_per_namespace", key: "a\"b", .gauge(3)).prometheus(isFirst: false)
                == "quota_count_usage_per_namespace{key=\"a\\\"b\"} 3\n")
    }

    // MARK: The server to ask

    private func answer(_ word: ServerWord, as role: Role) throws -> String {
        try server(try report(role)).text(of: word)
    }

    private func report(_ role: Role) throws -> EnsembleReport? {
        func report(_ id: Int64, _ kind: EnsembleReport.Role) throws -> EnsembleReport {
            EnsembleReport(
                id: ServerID(rawValue: id), role: kind, phase: .broadcast, configuration: try configuration(role),
                initLimit: 10, syncLimit: 5, leader: ServerID(rawValue: 2))
        }
        func learners(_ ids: Int64...) -> [LeaderReport.Learner] {
            ids.map {
                LeaderReport.Learner(
                    id: ServerID(rawValue: $0), remote: "127.0.0.1:\($0)", isObserver: $0 == 4, isSynced: true)
            }
        }
        var sizes = Sizes()
        for size: Int64 in [36, 6094, 125] { sizes.add(size) }
        func leading(_ learners: [LeaderReport.Learner]) -> EnsembleReport.Role {
            .leader(LeaderReport(learners: learners, pendingSyncs: 0, uptime: 1000, proposalSizes: sizes))
        }
        switch role {
        case .standalone: return nil
        case .leader: return try report(2, leading(learners(1, 3, 4)))
        case .leaderWithReconfig: return try report(1, leading(learners(2, 3)))
        case .follower: return try report(1, .follower)
        case .observer: return try report(4, .observer(master: ServerID(rawValue: 2)))
        case .readOnly: return try report(1, .readOnly)
        }
    }

    /// The membership that Apache's server of that role told.
    private func configuration(_ role: Role) throws -> EnsembleConfiguration {
        let text = try captured(role == .readOnly ? .leader : role, .conf)
        let servers = text[text.range(of: "membership: \n")!.upperBound...].split(separator: "\n").dropLast()
        return try EnsembleConfiguration(
            servers: servers.map { line in
                let parts = line.split(separator: "=", maxSplits: 1)
                let sides = parts[1].split(separator: ";")
                let address = sides[0].split(separator: ":")
                return ServerLine(
                    id: ServerID(rawValue: Int64(parts[0].dropFirst("server.".count))!), host: String(address[0]),
                    quorumPort: Int(address[1])!, electionPort: Int(address[2])!,
                    role: address[3] == "observer" ? .observer : .participant,
                    client: sides.count > 1
                        ? ServerLine.ClientAddress(
                            host: "127.0.0.1", port: try #require(Int(sides[1].split(separator: ":")[1]))) : nil)
            }, version: role == .leaderWithReconfig ? 0x2_0000_0003 : 0)
    }

    /// What a server over an empty tree tells.
    private func server(_ report: EnsembleReport?) throws -> ServerReport {
        var settings = ServerSettings()
        settings.client = ServerSettings.Listen(host: nil, port: 2181)
        settings.myid = report?.id ?? 0
        let pipeline = RequestPipeline(
            PipelineOptions(), tree: DataTree(), replication: Alone(lastZXID: .zero), now: 0, wall: 0)
        return ServerReport(
            [.clients, .sessions, .watches, .monitor, .directorySizes], of: pipeline, settings: settings,
            directory: DataDirectory(dataDir: "/nowhere"), ensemble: report)
    }

    // MARK: Comparing

    private func captured(_ role: Role, _ word: ServerWord) throws -> String {
        let root = #filePath.components(separatedBy: "/GoldenWordsTests.swift")[0]
        return try String(
            contentsOfFile: root + "/Fixtures/fourletter/\(role.rawValue)/\(word.rawValue).txt", encoding: .utf8)
    }

    /// A text in which every number, path and version is only a mark.
    private func shape(_ text: String) -> String {
        text.replacing(/version: .*, built on \d{4}-\d\d-\d\d \d\d:\d\d UTC/, with: "version: V")
            .replacing(/-?\d+\.\d+\/-?\d+/, with: "D/N")
            .replacing(/0x[0-9a-f]+/, with: "Z").replacing(/=\/.*/, with: "=PATH").replacing(/-?\d+/, with: "N")
    }

    private func entries(_ text: String) -> [(key: String, value: String)] {
        text.split(separator: "\n").map { line in
            let parts = line.split(separator: "\t", maxSplits: 1)
            return (String(parts[0]), String(parts[1]))
        }
    }

    private func kind(_ value: String) -> String {
        Int64(value) != nil ? "integer" : Double(value) != nil ? "decimal" : "text"
    }
}
