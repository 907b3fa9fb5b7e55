import Foundation
import TestSupport
import Testing
import ZooKeeperClient

/// What machines, networks and people do to an ensemble. Three servers of ours and an observer, unless a test says otherwise.
@Suite(.serialized) struct EnsembleFaultTests {
    private static let ours: [Engine] = [.bundled, .bundled, .bundled]

    // MARK: Clients

    /// Of a killed client its ephemerals go when its session's timeout is over, whatever tickTime is (2 s here, which is what
    /// Apache's rounds to), and on whichever server it was; never before.
    @Test
    func killedClientsGoInTime() async throws {
        let settings = ["tickTime": "2000", "initLimit": "10", "syncLimit": "5"]
        try await TestEnsemble.with(Self.ours, settings: settings) { ensemble in
            let leader = try await ensemble.leader()
            let follower = ensemble.others(than: leader)[0]
            let ports = [leader, follower, follower, leader, follower].map { "\($0.address.port)" }
            let output = try await Python.run(
                try BundledServer.script("wire.py") + BundledServer.script("expiry.py"),
                arguments: ["\(leader.address.port)"] + ports, within: .seconds(60))
            let late = try #require(Int(output.split(separator: " ")[2]))
            // 40 ms are ours, the rest is for a busy machine.
            #expect(late < 300, "\(output)")
        }
    }

    /// What many clients ask of the leader at once goes to each of the others together: beside 40 answers there are few writes. One by one
    /// the proposals alone would be 80, and with a hundred servers fifty times that.
    @Test
    func manyAtOnce() async throws {
        try await TestEnsemble.with(Self.ours) { ensemble in
            let leader = try await ensemble.leader()
            let output = try await Python.run(
                try BundledServer.script("wire.py") + BundledServer.script("together.py"),
                arguments: ["\(leader.address.port)", "\(leader.pid)", "40"], within: .seconds(60))
            let writes = try #require(output.split(separator: " ").first.flatMap { Int($0) })
            #expect((40...80).contains(writes), "\(output)")
        }
    }

    // MARK: The network

    /// A leader that is cut off from the others is replaced, and follows when it is back; so is one that they cannot hear.
    @Test
    func partitions() async throws {
        try await TestEnsemble.with([.bundled, .apache, .bundled], hasNetwork: true) { ensemble in
            let network = try #require(ensemble.network)
            for isOneWay in [false, true] {
                try await EnsembleLoad.with(ensemble) { load in
                    try await load.progress()
                    let leader = try await ensemble.leader()
                    let others = ensemble.others(than: leader).map(\.id)
                    if isOneWay {
                        network.block(from: [leader.id], to: others)
                    } else {
                        network.part([leader.id], from: others)
                    }
                    _ = try await ensemble.leader { $0 !== leader }
                    try await eventually("the old leader has stopped leading") { await leader.mode != .leader }
                    try await load.progress()
                    network.heal()
                    try await eventually("the old leader follows") { await leader.mode == .follower }
                    try await load.progress()
                }
            }
        }
    }

    /// A leader that hears nobody commits nothing; when the network is whole again, the ensemble goes on.
    @Test
    func deafLeader() async throws {
        try await TestEnsemble.with(Self.ours, observers: [.bundled], hasNetwork: true) { ensemble in
            let network = try #require(ensemble.network)
            try await EnsembleLoad.with(ensemble) { load in
                try await load.progress()
                let leader = try await ensemble.leader()
                network.block(from: [1, 2, 3].filter { $0 != leader.id }, to: [leader.id])
                try await eventually("the leader gives up") { await leader.mode != .leader }
                network.heal()
                try await load.progress()
                // Nobody reaches anybody.
                for id in 1...4 { network.part([id], from: [1, 2, 3, 4].filter { $0 != id }) }
                for server in ensemble.servers {
                    try await eventually("\(server) has stopped serving") { await server.statistics == nil }
                }
                network.heal()
                try await load.progress()
                try await ensemble.waitUntilServing()
            }
        }
    }

    // MARK: Bad input

    /// Garbage, oversize packets and silent connections on the ports for servers leave the ensemble unharmed.
    @Test
    func garbage() async throws {
        try await TestEnsemble.with(Self.ours, observers: [.bundled]) { ensemble in
            let leader = try await ensemble.leader()
            let before = try #require(await leader.statistics).zxid
            let ports = ensemble.servers.flatMap { [$0.quorumPort, $0.electionPort] }
            try await EnsembleLoad.with(ensemble, writers: 2) { load in
                try await load.progress()
                let sizes = try ensemble.servers.map { try residentMegabytes($0) }
                let output = try await Python.run(
                    try BundledServer.script("garbage_peers.py"),
                    arguments: ["\(ensemble[4].address.port)"] + ports.map { "\($0)" })
                #expect(output == "done\n")
                try await load.progress()
                for (server, size) in zip(ensemble.servers, sizes) {
                    let now = try residentMegabytes(server)
                    #expect(now < size + 100, "\(server) grew from \(size) to \(now) MB")
                }
            }
            #expect(try await ensemble.leader() === leader)
            #expect(try #require(await leader.statistics).zxid.epoch == before.epoch, "nobody had to look for a leader")
            #expect(leader.log.contains("closing a connection of the quorum port: "))
            #expect(leader.log.contains("closing a connection on the election port: "))
        }
    }

    /// Silent connections to the ports for servers, as many as anybody likes, keep no member out.
    @Test
    func silentConnections() async throws {
        try await TestEnsemble.with(Self.ours) { ensemble in
            let ports = ensemble.servers.flatMap { [$0.quorumPort, $0.electionPort] }
            let output = ensemble[1].directory + "/silent"
            let holder = try ChildProcess(
                "/usr/bin/env",
                ["python3", "-c", try BundledServer.script("silent_peers.py"), "300"] + ports.map { "\($0)" },
                output: output)
            defer { holder.killAndWait() }
            try await eventually("the ports are full") {
                try String(contentsOfFile: output, encoding: .utf8).contains("full")
            }
            let leader = try await ensemble.leader()
            leader.kill()
            _ = try await ensemble.leader { $0 !== leader }
            try leader.start()
            try await eventually("it follows", within: .seconds(15)) { await leader.mode == .follower }
        }
    }

    private func residentMegabytes(_ server: EnsembleServer) throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(server.pid)/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") })
        return try #require(Int(line.split(separator: " ").dropFirst().first { !$0.isEmpty } ?? "")) / 1024
    }

    // MARK: Wrong ids, wrong neighbours

    /// A server with a wrong myid says so and ends; one with another's myid does not stop the others.
    @Test
    func wrongMyID() async throws {
        try await TestEnsemble.with(Self.ours, observers: [.bundled]) { ensemble in
            // An id that no server line has, and one of a server that runs on this machine.
            let observer = ensemble[4]
            try await observer.stop()
            try observer.setMyID("9")
            try observer.start()
            try await eventually("the server ends") { !observer.isRunning }
            #expect(observer.log.contains("error: myid is 9, but the server lines name "))
            try observer.setMyID("1")
            try observer.start()
            try await eventually("the server ends") { !observer.isRunning }
            #expect(
                observer.log.contains(
                    "cannot listen on 127.0.0.1:\(ensemble[1].electionPort) for the election port of server.1"))

            // One that runs elsewhere: its own line leads to itself, the others' lines to the ensemble.
            let impostor = ensemble[4]
            let leader = try await ensemble.leader()
            let epoch = try #require(await leader.statistics).zxid.epoch
            try await EnsembleLoad.with(ensemble, writers: 2) { load in
                for id in 1...3 {
                    try impostor.setMyID("\(id)")
                    let place = "127.0.0.1:\(impostor.quorumPort):\(impostor.electionPort)"
                    let lines = ensemble.participants.map { server in
                        server.id == id ? "server.\(id)=\(place)" : ensemble.line(of: server, for: impostor)
                    }
                    try ensemble.configure(impostor, lines: lines, settings: ["peerType": "participant"])
                    try impostor.start()
                    try await eventually("somebody tells of two servers with the id \(id)") {
                        ensemble.participants.contains {
                            $0.log.contains(
                                "server \(id) calls from 127.0.0.1:\(impostor.electionPort), its line here says 127.0.0.1:\(ensemble[id].electionPort)"
                            )
                        }
                    }
                    try await load.progress()
                    impostor.kill()
                }
            }
            #expect(try await ensemble.leader() === leader)
            #expect(try #require(await leader.statistics).zxid.epoch == epoch, "nobody had to look for a leader")
        }
    }

    /// An ensemble whose server lines lead to a server of another one keeps to itself, and leaves the other alone.
    @Test
    func twoEnsembles() async throws {
        try await TestEnsemble.with(Self.ours) { first in
            try await first.withClient { try await $0.create("/first") }
            try await TestEnsemble.with(Self.ours) { second in
                try await second.withClient { try await $0.create("/second") }
                try await EnsembleLoad.with(first, writers: 2) { load in
                    for stolen in [3, 1] {
                        for server in second.servers { server.kill() }
                        for server in second.servers where server.id != stolen {
                            let lines = second.servers.map {
                                second.line(of: $0.id == stolen ? first[stolen] : $0, for: server)
                            }
                            try second.configure(server, lines: lines)
                            try server.start()
                        }
                        try await second.waitUntilServing()
                        try await EnsembleLoad.with(second, writers: 2) { try await $0.progress() }
                        try await first.restart(try await first.leader())
                        try await load.progress()
                    }
                }
                for (ensemble, mine, theirs) in [(first, "/first", "/second"), (second, "/second", "/first")] {
                    for server in ensemble.awake {
                        let names = try await ensemble.withClient(of: server) { client in
                            try await client.getChildren("/").names.map { "/" + $0 }
                        }
                        #expect(names.contains(mine))
                        #expect(!names.contains(theirs))
                    }
                }
            }
        }
    }

    // MARK: The disk

    /// Epochs that only one server has promised, and epochs from an old backup.
    @Test
    func epochs() async throws {
        try await TestEnsemble.with(Self.ours) { ensemble in
            try await EnsembleLoad.with(ensemble, writers: 2) { load in
                // A few epochs, so that there is something to be stale.
                for _ in 0..<3 {
                    try await ensemble.restart(try await ensemble.leader())
                    try await load.progress()
                }
                func write(_ text: String, to name: String, of server: EnsembleServer) throws {
                    try text.write(
                        toFile: server.dataDirectory + "/version-2/" + name, atomically: true, encoding: .utf8)
                }
                // A promise that nobody else knows of: the next leader has a later epoch.
                let promised = try await ensemble.followers()[0]
                promised.kill()
                try write("1000", to: "acceptedEpoch", of: promised)
                try await ensemble.restart(promised)
                try await load.progress()
                let leader = try await ensemble.leader()
                let epoch = try #require(await leader.statistics).zxid.epoch
                #expect(epoch.rawValue > 1000, "\(epoch)")

                // Epochs from an old backup: refused, with the way out.
                let stale = try await ensemble.followers()[0]
                stale.kill()
                try write("1", to: "acceptedEpoch", of: stale)
                try write("1", to: "currentEpoch", of: stale)
                try stale.start()
                try await eventually("\(stale) ends") { !stale.isRunning }
                #expect(stale.log.contains("acceptedEpoch is 1, below the epoch "))
                #expect(stale.log.contains("or move version-2 away (keep myid) to fetch the data from the leader"))
                try stale.loseData()
                try await ensemble.restart(stale)
                #expect(stale.log.contains("took over the leader's snapshot at"))
                try await load.progress()
            }
            // Nonsense is refused with the file's name.
            let server = try await ensemble.followers()[0]
            server.kill()
            try "many".write(
                toFile: server.dataDirectory + "/version-2/acceptedEpoch", atomically: true, encoding: .utf8)
            try server.start()
            try await eventually("the server ends") { !server.isRunning }
            #expect(server.log.contains("/version-2/acceptedEpoch"))
        }
    }

    /// A server whose disk is full stops and says so; the others go on, and it joins again when there is room.
    @Test
    func diskFull() async throws {
        try await TestEnsemble.with(Self.ours) { ensemble in
            try await EnsembleLoad.with(ensemble, writers: 2) { load in
                for server in [try await ensemble.followers()[0], try await ensemble.leader()] {
                    server.kill()
                    // No file may grow beyond this: writes fail in the middle, as on a full disk.
                    server.setFileSizeLimit(kilobytes: 128)
                    try server.start()
                    try await eventually("\(server) ends") { !server.isRunning }
                    #expect(server.log.contains("the data cannot be written; nothing more will be acknowledged: "))
                    try await load.progress()
                    server.setFileSizeLimit(kilobytes: nil)
                    try await ensemble.restart(server)
                    try await load.progress()
                }
            }
        }
    }

    // MARK: The clock

    /// Clocks that jump by hours, forth and back, disturb nobody.
    @Test
    func clocks() async throws {
        try await TestEnsemble.with(Self.ours) { ensemble in
            let leader = try await ensemble.leader()
            let (library, offsets) = (ensemble.directory.path + "/clock.so", ensemble.directory.path + "/offset")
            let compiler = try ChildProcess(
                "/usr/bin/env",
                [
                    "clang", "-shared", "-fPIC", "-o", library,
                    Engine.packageRoot + "/Tests/InteropTests/Scripts/clock.c",
                ],
                output: ensemble.directory.path + "/clang.log")
            try await eventually("the clock is compiled") { !compiler.isRunning }
            func jump(hours: Int) throws {
                try "\(hours * 3600)".write(toFile: offsets, atomically: true, encoding: .utf8)
            }
            try jump(hours: 0)
            for server in ensemble.servers {
                server.setEnvironment(["LD_PRELOAD": library, "CLOCK_OFFSET": offsets])
            }
            for server in ensemble.others(than: leader) + [leader] { try await ensemble.restart(server) }
            let last = try await ensemble.leader()
            let epoch = try #require(await last.statistics).zxid.epoch
            try await EnsembleLoad.with(ensemble, writers: 2) { load in
                for hours in [5, -5, 0] {
                    try jump(hours: hours)
                    try await load.progress()
                    // It reaches the servers.
                    let time = try await ensemble.withClient { client in
                        try await client.create("/clock-", mode: .ephemeralSequential).stat.ctime
                    }
                    let ahead = Double(time) / 1000 - Date().timeIntervalSince1970
                    #expect(Int((ahead / 3600).rounded()) == hours)
                }
            }
            #expect(try #require(await last.statistics).zxid.epoch == epoch, "nobody had to look for a leader")
        }
    }
}
