import Jute
import Membership
import Testing
import ZooKeeperProtocol

@testable import Quorum

/// Dynamic reconfiguration (reference 2.18, 5.6, 8.17).
@Suite struct ReconfigurationTests {
    private static func line(_ id: Int64, _ role: String = "participant") -> String {
        "server.\(id)=h\(id):2888:3888:\(role);h\(id):2181"
    }

    private static func configuration(_ lines: [String], version: String = "0") -> EnsembleConfiguration {
        EnsembleConfiguration(text: (lines + ["version=\(version)"]).joined(separator: "\n"))!
    }

    private static let three = configuration([line(1), line(2), line(3)])
    private static let epoch = Epoch(rawValue: 1)

    private var options: QuorumOptions {
        var options = QuorumOptions()
        options.reconfigEnabled = true
        return options
    }

    private func serving(_ ids: [ServerID] = [1, 2, 3, 4], _ lines: [String] = [line(1), line(2), line(3)]) -> Ensemble
    {
        Ensemble(ids, Self.configuration(lines), options)
    }

    private func request(
        join: String? = nil, leave: String? = nil, members: String? = nil, version: Int64 = -1
    ) -> ReconfigRequest {
        ReconfigRequest(joiningServers: join, leavingServers: leave, newMembers: members, currentConfigID: version)
    }

    private func outcome(_ request: ReconfigRequest, _ ensemble: Ensemble) -> Reconfiguration? {
        ensemble.leader.flatMap { ensemble.servers[$0] }?.reconfiguration(request)
    }

    private func propose(_ configuration: EnsembleConfiguration, _ ensemble: inout Ensemble) {
        guard let leader = ensemble.leader else { return }
        ensemble.put(.propose(Self.transaction(configuration)), to: leader)
    }

    private static func transaction(_ configuration: EnsembleConfiguration) -> Transaction {
        let zxid = ZXID(rawValue: configuration.version)
        var writer = JuteWriter(capacity: 100)
        TxnHeader(session: SessionID(rawValue: 5), cxid: 1, zxid: zxid, time: 0, type: .reconfig).write(to: &writer)
        SetDataTxn(path: "/zookeeper/config", data: [UInt8](configuration.text.utf8), version: -1).write(to: &writer)
        return Transaction(zxid: zxid, bytes: writer.bytes)
    }

    private func reconfigure(_ request: ReconfigRequest, _ ensemble: inout Ensemble) {
        guard case .accepted(let configuration) = outcome(request, ensemble) else {
            Issue.record("refused")
            return
        }
        propose(configuration, &ensemble)
    }

    // MARK: Versions

    @Test func theFirstConfigurationGetsTheVersionOfTheFirstEpoch() {
        let ensemble = serving()
        for id in [1, 2, 3, 4] as [ServerID] {
            #expect(ensemble.activated[id]?.map(\.version) == [1 << 32])
            #expect(ensemble.activated[id]?.first?.text.hasSuffix("version=100000000") == true)
        }
    }

    @Test func withoutReconfigNothingIsEverAdopted() {
        var ensemble = Ensemble([1, 2, 3], Self.three)
        #expect(outcome(request(leave: "1"), ensemble) != nil)
        propose(Self.configuration([Self.line(2), Self.line(3)], version: "100000001"), &ensemble)
        #expect(ensemble.applied[1] == [ZXID(rawValue: 0x1_0000_0001)])
        #expect(ensemble.activated.isEmpty)
        for server in ensemble.servers.values { #expect(server.membership.lastSeen == Self.three) }
    }

    // MARK: What a client may ask for

    @Test func aReconfigIsCheckedInApachesOrder() {
        let ensemble = serving()
        #expect(outcome(request(leave: "1", version: 7), ensemble) == .refused(.badVersion))
        for bad in ["4", "server.4=h4", "server.4=h4:2888:3888", "server.4=h4:2888:2888;2181", "server.x=h4:1:2;3"] {
            #expect(outcome(request(join: bad), ensemble) == .refused(.badArguments), "\(bad)")
        }
        // An address that another server has; loopback and wildcard addresses may mean different machines.
        #expect(outcome(request(join: "server.4=h1:2888:3889;2181"), ensemble) == .refused(.badArguments))
        #expect(outcome(request(leave: "1,2"), ensemble) == .refused(.badArguments))
        #expect(outcome(request(members: "server.1=h1:2888:3888;2181,foo=bar"), ensemble) == .refused(.badArguments))
        #expect(
            outcome(request(members: "server.7=h7:2888:3888;2181,server.8=h8:2888:3888;2181"), ensemble)
                == .refused(.newConfigNoQuorum))
    }

    @Test func theNewTextIsWhatApacheWrites() throws {
        let ensemble = serving()
        let wanted = request(join: "server.4=h4:2888:3888:observer;2181", leave: "1")
        guard case .accepted(let new) = outcome(wanted, ensemble) else {
            Issue.record("refused")
            return
        }
        #expect(
            new.text == """
                server.2=h2:2888:3888:participant;h2:2181
                server.3=h3:2888:3888:participant;h3:2181
                server.4=h4:2888:3888:observer;0.0.0.0:2181
                version=100000001
                """)
    }

    @Test func groupsAreReplacedAsAWholeOnly() {
        let lines = (1...3).map { Self.line(Int64($0)) } + ["group.1=1:2:3", "weight.1=2"]
        let ensemble = serving([1, 2, 3], lines)
        #expect(outcome(request(leave: "1"), ensemble) == .refused(.badArguments))
        let members = (1...3).map { Self.line(Int64($0)) }.joined(separator: ",")
        #expect(outcome(request(members: members + ",group.1=1:2"), ensemble) == .refused(.badArguments))
        guard case .accepted(let new) = outcome(request(members: members + ",group.1=1:2:3"), ensemble) else {
            Issue.record("refused")
            return
        }
        #expect(new.text.contains("group.1=1:2:3"))
    }

    // MARK: Changes

    @Test func aServerThatJoinsVotesFromTheCommitOn() {
        var ensemble = serving()
        reconfigure(request(join: Self.line(4)), &ensemble)
        for id in [1, 2, 3, 4] as [ServerID] {
            #expect(ensemble.activated[id]?.last?.voters == [1, 2, 3, 4])
            #expect(ensemble.servers[id]?.membership.proposed == nil)
        }
        #expect(ensemble.leader == 3)
        #expect(ensemble.status(4) == .following(3, Self.epoch))
    }

    @Test func aReconfigNeedsAQuorumOfBothConfigurations() {
        var ensemble = serving([1, 2, 3, 4, 5])
        ensemble.held = [4, 5]
        reconfigure(
            request(members: [Self.line(3), Self.line(4), Self.line(5)].joined(separator: ",")), &ensemble)
        #expect(ensemble.servers[3]?.membership.proposed?.voters == [3, 4, 5])
        #expect(ensemble.applied[3] == nil)
        // One at a time.
        #expect(outcome(request(leave: "1"), ensemble) == .refused(.reconfigInProgress))
        ensemble.held = []
        ensemble.run()
        #expect(ensemble.applied[3] == [ZXID(rawValue: 0x1_0000_0001)])
        #expect(ensemble.status(1) == .following(3, Self.epoch))
    }

    /// Else a server that becomes a voter could be alone ahead of all who may lead.
    @Test func followersHearOfTxnsBehindAReconfigOnceItIsInForce() {
        var ensemble = serving([1, 2, 3, 4, 5])
        ensemble.held = [4, 5]
        reconfigure(request(members: [3, 4, 5].map { Self.line($0) }.joined(separator: ",")), &ensemble)
        let reconfig = ZXID(rawValue: 0x1_0000_0001)
        for _ in 0..<2 {
            let zxid = ensemble.servers[3]?.nextZXID ?? .zero
            ensemble.put(.propose(Transaction(zxid: zxid, bytes: [1])), to: 3)
        }
        #expect(ensemble.servers[3]?.lastLogged == ZXID(rawValue: 0x1_0000_0003))
        #expect(ensemble.servers[1]?.lastLogged == reconfig)
        ensemble.held = []
        ensemble.run()
        for id in [3, 4, 5] as [ServerID] {
            #expect(ensemble.applied[id]?.last == ZXID(rawValue: 0x1_0000_0003), "server \(id)")
            #expect(ensemble.activated[id]?.last?.version == reconfig.rawValue)
        }
    }

    /// Observers do not ACK, and the reconfig may need it.
    @Test func anObserverThatIsProposedAsVoterComesBackAsFollower() {
        let observing = Self.configuration([Self.line(1), Self.line(2), Self.line(3), Self.line(4, "observer")])
        let voting = Self.configuration((1...4).map { Self.line($0) }, version: "100000005")
        var bench = Bench(4, configuration: observing, options: options)
        bench.join(3)
        bench.put(.connected(1, to: 3))
        #expect(bench.take().packets(to: 1).map(\.type) == [.observerInfo])
        bench.put(.packet(.leaderInfo(Self.epoch), from: 1))
        bench.put(.packet(.diff(.zero), from: 1))
        bench.put(.packet(.newLeader(Self.epoch, voting.text), from: 1))
        #expect(bench.take().closed[1] == .roleEnded)
        bench.put(.connected(2, to: 3))
        #expect(bench.take().packets(to: 2).map(\.type) == [.followerInfo])
    }

    /// The next leader is named with the commit: nobody holds an election, and the old one follows without a vote.
    @Test func aLeaderThatIsRemovedHandsOver() {
        var ensemble = serving([1, 2, 3])
        reconfigure(request(leave: "3"), &ensemble)
        let next = Epoch(rawValue: 2)
        #expect(ensemble.leader == 1)
        #expect(ensemble.status(2) == .following(1, next))
        #expect(ensemble.status(3) == .following(1, next))
        #expect(ensemble.now == 1000)
    }

    @Test func rolesChangeWithoutAnElection() {
        var ensemble = serving([1, 2, 3, 4], [Self.line(1), Self.line(2), Self.line(3), Self.line(4, "observer")])
        #expect(ensemble.status(4) == .observing(3, Self.epoch))
        reconfigure(request(join: Self.line(4) + "," + Self.line(2, "observer")), &ensemble)
        #expect(ensemble.leader == 3)
        #expect(ensemble.status(4) == .following(3, Self.epoch))
        #expect(ensemble.status(2) == .observing(3, Self.epoch))
    }

    // MARK: What survives

    /// A quorum logged the reconfig and its leader is gone: the next one completes it with NEWLEADER.
    @Test func theNextLeaderCompletesAReconfig() {
        var ensemble = serving()
        let pending = EnsembleConfiguration(
            text: Self.configuration([Self.line(1), Self.line(2), Self.line(4)], version: "100000001").text)!
        #expect(ensemble.servers[3]?.nextZXID == ZXID(rawValue: pending.version))
        // 3 proposes, and is gone before it hears an ACK.
        ensemble.mutesAcks = true
        propose(pending, &ensemble)
        #expect(ensemble.servers[1]?.membership.proposed == pending)
        ensemble.mutesAcks = false
        ensemble.kill(3, tells: [1, 2, 4])
        ensemble.run()
        #expect(ensemble.leader == 2)
        for id in [1, 2, 4] as [ServerID] { #expect(ensemble.activated[id]?.last == pending) }
    }

    /// Who else has the reconfig may be no voter yet, and must not get ahead of the leader that completes it.
    @Test func whoCompletesAReconfigEntersBeforeOthers() {
        let proposed = Self.configuration([Self.line(2), Self.line(3)], version: "100000005")
        var bench = Bench(
            3, configuration: Self.three, proposed: proposed, options: options,
            recovered: RecoveredState(
                acceptedEpoch: Self.epoch, currentEpoch: Self.epoch, base: ZXID(rawValue: proposed.version)),
            diskIsQuick: false)
        bench.win()
        bench.put(.accepted(1))
        bench.put(
            .packet(
                .learnerInfo(LearnerInfo(server: 2, configVersion: 0), observer: false, acceptedEpoch: Self.epoch),
                from: 1))
        bench.sync()
        _ = bench.take()
        bench.put(.packet(.ackEpoch(ZXID(rawValue: proposed.version), currentEpoch: Self.epoch), from: 1))
        let promised = bench.take()
        #expect(promised.writes == [.currentEpoch(Self.epoch.next)])
        #expect(promised.packets(to: 1).isEmpty)
        bench.sync()
        #expect(bench.take().packets(to: 1).map(\.type) == [.diff, .newLeader])
    }

    @Test func aProposalThatWasNeverLoggedIsForgotten() {
        let proposed = Self.configuration([Self.line(1)], version: "100000005")
        func server(lastLogged: Int64) -> Quorum {
            Quorum(
                id: 1, configuration: Self.three, proposed: proposed, options: options,
                recovered: RecoveredState(
                    acceptedEpoch: Self.epoch, currentEpoch: Self.epoch, base: ZXID(rawValue: lastLogged)))
        }
        #expect(server(lastLogged: 0x1_0000_0005).membership.proposed == proposed)
        var without = server(lastLogged: 0x1_0000_0004)
        #expect(without.membership.proposed == nil)
        guard case .write(.proposedConfiguration(nil), _)? = without.nextEffect() else {
            Issue.record("its file is not removed")
            return
        }
    }

    @Test func whoLooksAdoptsANewerConfiguration() {
        var bench = Bench(1, configuration: Self.three, options: options)
        let newer = Self.configuration([Self.line(1), Self.line(2)], version: "500000000")
        _ = bench.take()
        bench.put(
            .notification(
                Notification(
                    state: .leading, leader: 2, zxid: .zero, electionEpoch: 3, peerEpoch: Epoch(rawValue: 5),
                    config: newer.text), from: 2))
        let effects = bench.take()
        #expect(effects.writes == [.configuration(newer)])
        #expect(bench.quorum.membership.committed == newer)
    }

    /// The one before is in force as soon as it is committed; its way to the leader's disk only holds the next proposal
    /// back.
    @Test func aReconfigMayFollowTheOneThatWasAnswered() throws {
        var options = options
        options.standaloneEnabled = false
        let voters = [Self.line(1), Self.line(2), Self.line(3)]
        var bench = Bench(3, configuration: Self.configuration(voters), options: options)
        bench.lead(followers: [(10, 1), (11, 2)])
        func ask(_ request: ReconfigRequest) throws -> EnsembleConfiguration {
            guard case .accepted(let configuration) = bench.quorum.reconfiguration(request)
            else { throw Refused() }
            return configuration
        }
        _ = bench.take()
        bench.diskIsQuick = false
        let first = try ask(request(join: Self.line(9, "observer")))
        bench.put(.propose(Self.transaction(first)))
        #expect(throws: Refused.self) { try ask(request(leave: "9")) }
        bench.sync()
        _ = bench.take()
        bench.put(.packet(.ack(ZXID(rawValue: first.version)), from: 10))
        var effects = bench.take()
        #expect(effects.applied == [ZXID(rawValue: first.version)])
        #expect(effects.packets(to: 10).map(\.type) == [.commitAndActivate])

        let second = try ask(request(leave: "9"))
        bench.put(.propose(Self.transaction(second)))
        let behind = bench.quorum.nextZXID!
        bench.put(.propose(Transaction(zxid: behind, bytes: [])))
        #expect(bench.take().packets(to: 10).isEmpty, "the configuration in force is not on the disk yet")
        bench.sync()
        effects = bench.take()
        #expect(effects.packets(to: 10).map(\.zxid.rawValue) == [second.version], "what is behind waits for the second")
        bench.put(.packet(.ack(ZXID(rawValue: second.version)), from: 10))
        bench.sync()
        effects = bench.take()
        #expect(effects.applied == [ZXID(rawValue: second.version)])
        #expect(effects.packets(to: 10).map(\.type) == [.commitAndActivate, .proposal])
        #expect(effects.packets(to: 10).last?.zxid == behind)
    }

    private struct Refused: Error {}

    @Test func aLearnerWithANewerConfigurationIsRefused() {
        var bench = Bench(3, configuration: Self.three, options: options)
        bench.put(.accepted(1))
        bench.win()
        bench.put(
            .packet(
                .learnerInfo(LearnerInfo(server: 1, configVersion: 9), observer: false, acceptedEpoch: .zero), from: 1))
        #expect(bench.take().closed[1] == .newerConfiguration)
        #expect(bench.quorum.status == .looking(.configurationChanged))
    }
}

extension Bench {
    /// Wins the first epoch, with these connections and servers as its followers.
    fileprivate mutating func lead(followers: [(LinkID, ServerID)]) {
        win()
        let epoch = Epoch(rawValue: 1)
        for (connection, server) in followers {
            put(.accepted(connection))
            let info = LearnerInfo(server: server, configVersion: 0)
            put(.packet(.learnerInfo(info, observer: false, acceptedEpoch: .zero), from: connection))
        }
        for (connection, _) in followers {
            put(.packet(.ackEpoch(.zero, currentEpoch: .zero), from: connection))
        }
        for (connection, _) in followers {
            put(.packet(.ack(ZXID(epoch: epoch, counter: 0)), from: connection))
        }
    }
}
