import Foundation
import TestSupport
import Testing

/// `--remote`, `backup` and `restore` for servers that Paddock did not start.
@Suite(.serialized) struct RemoteCommandTests {
    /// Three servers; one of them stopped, then one that takes connections and says nothing.
    @Test(arguments: [Engine.bundled, .apache]) func statusWaitAndCheck(engine: Engine) async throws {
        try await CommandLineTool.with { paddock in
            try await TestEnsemble.with([engine, engine, engine]) { ensemble in
                let remote = ensemble.servers.map { "\($0.address)" }.joined(separator: ",")
                try await eventually("all is well", within: .seconds(30)) {
                    try paddock.run("wait", "--remote", remote, "--timeout", "0").status == 0
                }
                let healthy = try paddock.run("status", "--remote", remote, "--json")
                #expect(healthy.status == 0, "\(healthy.output)\(healthy.errors)")
                let document = try healthy.json()
                let servers = try #require(document["servers"] as? [[String: Any]])
                #expect(servers.compactMap { $0["id"] as? Int } == [1, 2, 3])
                #expect(
                    servers.compactMap { $0["engine"] as? String } == [String](repeating: engine.rawValue, count: 3))
                #expect(
                    servers.allSatisfy { $0["pid"] is NSNull && $0["restarts"] is NSNull && $0["uptime"] is Double })
                #expect((document["votes"] as? [String: Int])?["have"] == 3 && document["supervisor"] is NSNull)
                #expect(try paddock.run("check", "--remote", remote).status == 0)

                // What is written otherwise is found, and the running servers' own file says nothing new.
                let file = ensemble[1].configuration
                let same = try paddock.run("check", "--remote", remote, "--elsewhere", file, "--json")
                #expect(!same.output.contains("-differ"), "\(same.output)")
                let text = try String(contentsOfFile: file, encoding: .utf8)
                let other = try paddock.write(
                    text.replacingOccurrences(of: "tickTime=250", with: "tickTime=3000")
                        .replacingOccurrences(of: ":\(ensemble[2].electionPort):", with: ":9:"), to: "other.cfg")
                let differs = try paddock.run("check", "--remote", remote, "--elsewhere", other)
                #expect(differs.status == 1 && differs.output.contains("tickTime is 3000"), "\(differs.output)")
                #expect(differs.output.contains("[members-differ]"))

                let follower = try #require(try await ensemble.followers().first)
                try await follower.pause()
                let mute = try paddock.run("status", "--remote", remote, "--answer-timeout", "500ms")
                #expect(
                    mute.status == 3 && mute.output.contains("takes the connection and says nothing"), "\(mute.output)")
                follower.resume()
                follower.kill()
                let refused = try paddock.run("status", "--remote", remote)
                #expect(refused.status == 3 && refused.output.contains("a firewall refuses it"), "\(refused.output)")
                #expect(refused.output.contains("asked from "))
                #expect(try paddock.run("wait", "--remote", remote, "--for", "leader", "--timeout", "60s").status == 0)
                #expect(try paddock.run("wait", "--remote", remote, "--timeout", "0").status == 3)
                #expect(try paddock.run("status", "--remote", "\(follower.address)").status == 5)
            }
        }
    }

    /// Servers that allow nothing but `srvr`, as ZooKeeper does by itself: what is not known is said, and nothing is guessed.
    @Test func wordsThatAreNotAllowed() async throws {
        try await CommandLineTool.with { paddock in
            try await TestEnsemble.with([.bundled, .bundled, .bundled], settings: ["4lw.commands.whitelist": "srvr"]) {
                ensemble in
                let remote = ensemble.servers.map { "\($0.address)" }.joined(separator: ",")
                let status = try paddock.run("status", "--remote", remote, "--json")
                #expect(status.status == 0, "\(status.output)")
                let document = try status.json()
                #expect(document["votes"] is NSNull && document["leader"] is NSNull)
                #expect((document["servers"] as? [[String: Any]])?.allSatisfy { $0["id"] is NSNull } == true)
                let notes = try #require(document["notes"] as? [String])
                #expect(
                    notes.count { $0.contains("refuses mntr and conf") && $0.contains("4lw.commands.whitelist") } == 3,
                    "\(notes)")
                #expect(try paddock.run("check", "--remote", remote).output.contains("[word-refused]"))
                // The admin server tells what words may not.
                let port = FreePorts.take(1)[0]
                try ensemble.configure(
                    ensemble[1],
                    settings: [
                        "admin.enableServer": "true", "admin.serverPort": "\(port)", "admin.serverAddress": "127.0.0.1",
                    ])
                try await ensemble.restart(ensemble[1])
                let words = ["status", "--remote", "\(ensemble[1].address)", "--admin-port", "\(port)", "--json"]
                let told = try paddock.start(words).wait().json()
                let first = try #require((told["servers"] as? [[String: Any]])?.first)
                #expect(first["id"] as? Int == 1 && first["uptime"] is Double, "\(told)")
                #expect((told["notes"] as? [String])?.contains { $0.contains("refuses") } == false, "\(told)")
                // A file that has the client addresses tells who they are.
                let lines = ensemble.servers.map {
                    "server.\($0.id)=127.0.0.1:\($0.quorumPort):\($0.electionPort):participant;127.0.0.1:\($0.address.port)"
                }
                let file = try paddock.write(lines.joined(separator: "\n"), to: "zoo.cfg.dynamic")
                let named = try paddock.run("status", "--remote", file, "--json").json()
                #expect((named["votes"] as? [String: Int])?["have"] == 3 && named["leader"] is Int)
            }
        }
        let misuse = try CommandLineTool(home: try TemporaryDirectory("paddock")).run(
            "status", "--remote", "no file/here")
        #expect(misuse.status == 65 && misuse.errors.contains("cannot be read"))
    }

    /// A playbook's way: on the host of a server that somebody else started, by its zoo.cfg.
    @Test func backupAndRestoreByZooCfg() async throws {
        try await CommandLineTool.with { paddock in
            let file = paddock.path("b.tar")
            try await TestEnsemble.with([.bundled, .bundled, .bundled]) { ensemble in
                try await ensemble.withClient { client in
                    for index in 0..<50 {
                        try await client.create("/n\(index)", data: [UInt8](repeating: 7, count: 1000))
                    }
                }
                let config = ensemble[2].configuration
                let backup = try paddock.run("backup", "--config", config, "-o", file, "--json")
                #expect(backup.status == 0, "\(backup.errors)")
                #expect(try backup.json()["server"] as? Int == 2 && backup.json()["engine"] as? String == "bundled")
                #expect(try paddock.run("backup", "--config", config, "-o", file).status == 1, "it is there already")
                #expect(try paddock.run("backup", "--verify", file).status == 0)

                // A disk that is full, and nothing of the file is left.
                let full = try paddock.shell(
                    "ulimit -f 1; exec \(CommandLineTool.binary) backup --config \(config) -o \(paddock.path("full.tar"))"
                )
                #expect(
                    full.status == 1 && full.errors.contains("the backup was not written"), "\(full.errors)")
                let left = try FileManager.default.contentsOfDirectory(atPath: paddock.home.path)
                #expect(!left.contains { $0.contains("full.tar") })

                let running = try paddock.run("restore", file, "--config", config, "--move-aside")
                #expect(running.status == 1 && running.errors.contains("is running"), "\(running.errors)")
                for server in ensemble.servers { try await server.stop() }
                let kept = try paddock.run("restore", file, "--config", config)
                #expect(kept.status == 1 && kept.errors.contains("--move-aside"), "\(kept.errors)")
                for server in ensemble.servers {
                    let done = try paddock.run("restore", file, "--config", server.configuration, "--move-aside")
                    #expect(done.status == 0, "\(done.errors)")
                    try server.start()
                }
                try await ensemble.waitUntilServing()
                try await ensemble.withClient { client in
                    let names = try await client.getChildren("/").names
                    #expect(names.count { $0.hasPrefix("n") } == 50)
                }
                // Stopped, and by its directory alone.
                for server in ensemble.servers { try await server.stop() }
                let directory = try paddock.run(
                    "backup", "--data-dir", ensemble[1].dataDirectory, "-o", paddock.path("c.tar"), "--json")
                #expect(directory.status == 0 && directory.errors.contains("nobody said where"), "\(directory.errors)")
            }
            // Damaged on its way.
            var bytes = try [UInt8](Data(contentsOf: URL(filePath: file)))
            bytes[700] ^= 1
            try Data(bytes).write(to: URL(filePath: file))
            let damaged = try paddock.run("backup", "--verify", file)
            #expect(damaged.status == 65 && damaged.errors.contains("is damaged"), "\(damaged.errors)")
        }
    }
}
