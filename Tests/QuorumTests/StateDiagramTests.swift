import Jute
import Membership
import Testing
import ZooKeeperProtocol

@testable import Quorum

/// The state diagrams of Docs/quorum.md are what the code does: every step of every test in this target follows their
/// arrows, and the ones below go along each of them, one by one.
@Suite struct StateDiagramTests {
    private static let epoch = Epoch(rawValue: 1)

    @Test func everyArrowIsGoneAlong() {
        var gone: Set<StateDiagram.Arrow> = []
        for bench in Self.leaders + Self.learners + [Self.stoppedWhileLooking] { gone.formUnion(bench.arrows) }
        let documented = StateDiagram.documented.arrows.filter { $0.machine != .role || $0.from != StateDiagram.start }
        #expect(documented.count > 25)
        for arrow in documented.subtracting(gone) { Issue.record("nothing goes along \(arrow)") }
        // One step of a server may go along several arrows; of these machines each scenario goes along one at a time.
        for arrow in gone where [.intake, .sending, .learner].contains(arrow.machine) {
            #expect(documented.contains(arrow))
        }
    }

    private static func bench(_ id: ServerID, reconfigEnabled: Bool = false, proposed: [Int64]? = nil) -> Bench {
        var options = QuorumOptions()
        options.reconfigEnabled = reconfigEnabled
        let pending = proposed.map { configuration($0, version: "100000005") }
        return Bench(
            id, configuration: configuration([1, 2, 3], version: "0"), proposed: pending, options: options,
            recovered: RecoveredState(
                acceptedEpoch: epoch, currentEpoch: epoch, base: ZXID(rawValue: 0x1_0000_0005)),
            diskIsQuick: false)
    }

    private static func configuration(_ voters: [Int64], version: String) -> EnsembleConfiguration {
        let lines = voters.map { "server.\($0)=h\($0):2888:3888:participant;h\($0):2181" }
        return EnsembleConfiguration(text: (lines + ["version=\(version)"]).joined(separator: "\n"))!
    }

    // MARK: Leaders

    private static var leaders: [Bench] {
        var stopped = bench(3)
        serve(&stopped)
        stopped.put(.shutDown)

        var withoutFollowers = bench(3)
        withoutFollowers.win()
        withoutFollowers.wait(withoutFollowers.quorum.options.initTimeout)

        // One reconfig behind the other; the second removes the leader.
        var removed = bench(3, reconfigEnabled: true)
        serve(&removed)
        reconfigure(&removed, to: [1, 2, 3, 4])
        acknowledge(&removed)
        reconfigure(&removed, to: [1, 2], disk: false)
        removed.sync()
        var removedWhileStopping = removed
        acknowledge(&removed)

        // With a txn behind the reconfig, which it does not commit any more.
        let reconfig = removedWhileStopping.quorum.lastLogged
        removedWhileStopping.put(.propose(Transaction(zxid: reconfig.next, bytes: [1])))
        removedWhileStopping.put(.shutDown)
        acknowledge(&removedWhileStopping, reconfig)

        var completing = bench(3, reconfigEnabled: true, proposed: [1, 2])
        serve(&completing)
        return [stopped, withoutFollowers, removed, removedWhileStopping, completing]
    }

    private static func serve(_ bench: inout Bench) {
        bench.win()
        for follower in 1...2 as ClosedRange<Int64> {
            let connection = LinkID(rawValue: UInt64(follower))
            bench.put(.accepted(connection))
            let info = LearnerInfo(server: ServerID(follower), configVersion: 0)
            bench.put(.packet(.learnerInfo(info, observer: false, acceptedEpoch: epoch), from: connection))
        }
        bench.sync()
        for connection in [1, 2] as [LinkID] {
            bench.put(.packet(.ackEpoch(bench.quorum.lastLogged, currentEpoch: epoch), from: connection))
        }
        bench.sync()
        for connection in [1, 2] as [LinkID] {
            bench.put(.packet(.ack(ZXID(epoch: epoch.next, counter: 0)), from: connection))
        }
        bench.sync()
    }

    private static func reconfigure(_ bench: inout Bench, to voters: [Int64], disk: Bool = true) {
        let zxid = bench.quorum.nextZXID ?? .zero
        let text = configuration(voters, version: String(zxid.rawValue, radix: 16)).text
        var writer = JuteWriter(capacity: 100)
        TxnHeader(session: SessionID(rawValue: 5), cxid: 1, zxid: zxid, time: 0, type: .reconfig).write(to: &writer)
        SetDataTxn(path: "/zookeeper/config", data: [UInt8](text.utf8), version: -1).write(to: &writer)
        bench.put(.propose(Transaction(zxid: zxid, bytes: writer.bytes)))
        if disk { bench.sync() }
    }

    private static func acknowledge(_ bench: inout Bench, _ zxid: ZXID? = nil) {
        for connection in [1, 2] as [LinkID] {
            bench.put(.packet(.ack(zxid ?? bench.quorum.lastLogged), from: connection))
        }
    }

    // MARK: Learners

    private static var learners: [Bench] {
        var following = bench(1)
        following.join(3)
        following.put(.connected(1, to: 3))
        following.put(.disconnected(1))
        following.wait(10)
        following.put(.connected(2, to: 3))
        following.put(.packet(.leaderInfo(epoch.next), from: 2))
        var fromSnapshot = following
        following.put(.packet(.diff(following.quorum.lastLogged), from: 2))
        following.put(.packet(.newLeader(epoch.next, ""), from: 2))
        following.sync()
        following.put(.packet(.upToDate, from: 2))
        following.put(.disconnected(2))

        fromSnapshot.put(.packet(QuorumPacket(.snap, zxid: ZXID(rawValue: 0x1_0000_0009)), from: 2))
        fromSnapshot.put(.snapshotArrived(on: 2))
        fromSnapshot.put(.shutDown)
        return [following, fromSnapshot]
    }

    private static var stoppedWhileLooking: Bench {
        var bench = bench(1)
        bench.put(.shutDown)
        return bench
    }
}
