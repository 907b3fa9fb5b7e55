import Membership
import ServerConfig
import Testing

@testable import Provisioning
@testable import Topology

/// What servers write themselves when the ensemble is reconfigured is recognised and not taken back.
@Suite struct ServerRewriteTests {
    private func demo(tickTime: String = "2000", style: ServerLine.Style = .modern) -> Topology {
        let servers = (0..<3).map { slot in
            TopologyServer(
                id: ServerID(Int64(slot + 1)),
                ports: ServerPorts(client: 2181 + slot, quorum: 2888 + slot, election: 3888 + slot, admin: 8080 + slot),
                settings: [Setting("tickTime", tickTime), Setting("reconfigEnabled", "true")])
        }
        return Topology(ensemble: "demo", servers: servers, lineStyle: style)
    }

    /// Applies the plan, then does to server 1 what Apache does when its leader gives the configuration a version.
    private func withRewrittenServer(
        _ topology: Topology, _ body: (EnsembleLayout, EnsembleLayout.Server, _ rewritten: String) throws -> Void
    ) throws {
        try TemporaryDirectory.use { directory in
            let layout = EnsembleLayout(root: "\(directory)/demo")
            let place = layout.server(1)
            try Provisioning.plan(topology, layout: layout).apply()
            let kept = ZooCfg(text: try text(place.zooCfg)).effectiveEntries.filter {
                !$0.key.hasPrefix("server.") && $0.key != "peerType"
            }
            let lines = kept.reversed().map { ZooCfg.printed($0.key, $0.value) }
            let rewritten =
                (lines + ["dynamicConfigFile=\(place.zooCfg).dynamic.100000000"]).joined(separator: "\n") + "\n"
            try write(rewritten, place.zooCfg)
            try body(layout, place, rewritten)
        }
    }

    private func zooCfg(_ plan: Plan, _ place: EnsembleLayout.Server) throws -> Plan.File {
        try #require(plan.files.first { $0.path == place.zooCfg })
    }

    @Test func itIsLeftAlone() throws {
        try withRewrittenServer(demo()) { layout, place, rewritten in
            let plan = try Provisioning.plan(demo(), layout: layout)
            let file = try zooCfg(plan, place)
            #expect(file.change == .rewrittenByServer(from: nil, dynamicFile: "\(place.zooCfg).dynamic.100000000"))
            #expect(file.word == "rewritten-by-server")
            #expect(!plan.hasChanges && plan.diff() == "")
            try plan.apply()
            #expect(try text(place.zooCfg) == rewritten)
        }
    }

    @Test func aChangedSettingIsWrittenAndTheMembersStay() throws {
        try withRewrittenServer(demo()) { layout, place, rewritten in
            let dynamic = "\(place.zooCfg).dynamic.100000000"
            let plan = try Provisioning.plan(demo(tickTime: "1000"), layout: layout)
            #expect(try zooCfg(plan, place).change == .rewrittenByServer(from: rewritten, dynamicFile: dynamic))
            try plan.apply()
            let cfg = ZooCfg(text: try text(place.zooCfg))
            #expect(cfg["tickTime"] == "1000")
            #expect(cfg["dynamicConfigFile"] == dynamic)
            #expect(cfg["server.1"] == nil)
            let again = try Provisioning.plan(demo(tickTime: "1000"), layout: layout)
            #expect(try zooCfg(again, place).change == .rewrittenByServer(from: nil, dynamicFile: dynamic))
            #expect(!again.hasChanges)
        }
    }

    @Test func anEditByHandIsPutAsideAndTheMembersStay() throws {
        try withRewrittenServer(demo()) { layout, place, rewritten in
            let edited = rewritten + "maxClientCnxns=7\n"
            try write(edited, place.zooCfg)
            let plan = try Provisioning.plan(demo(), layout: layout)
            #expect(try zooCfg(plan, place).change == .editedByHand(from: edited, keptAs: "\(place.zooCfg).orig"))
            try plan.apply()
            let cfg = ZooCfg(text: try text(place.zooCfg))
            #expect(cfg["maxClientCnxns"] == nil)
            #expect(cfg["dynamicConfigFile"] == "\(place.zooCfg).dynamic.100000000")
            #expect(try !Provisioning.plan(demo(), layout: layout).hasChanges)
        }
    }

    @Test func theClientPortOfTheClassicFormStays() throws {
        let topology = demo(style: .classic)
        try withRewrittenServer(topology) { layout, _, rewritten in
            #expect(ZooCfg(text: rewritten)["clientPort"] == "2181")
            let plan = try Provisioning.plan(topology, layout: layout)
            #expect(!plan.hasChanges)
        }
    }

    /// Apache's own files, before and after.
    @Test(arguments: ["1-after-first-start", "2-observer-4-added"])
    func apachesOwnRewriteIsRecognised(stage: String) throws {
        let before = try Fixtures.text("dynamic-config/0-before-start/s1/zoo.cfg")
        let after = try Fixtures.text("dynamic-config/\(stage)/s1/zoo.cfg")
        let version = stage.hasPrefix("1") ? "100000000" : "100000004"
        let rewrite = try #require(ServerRewrite(after))
        #expect(rewrite.dynamicFile == "/zk/s1/zoo.cfg.dynamic.\(version)")
        #expect(EnsembleConfiguration.version(ofFileNamed: rewrite.dynamicFile) == Int64(version, radix: 16))
        #expect(rewrite.keepsKeys(of: before))
        #expect(!rewrite.keepsKeys(of: before + "maxClientCnxns=7\n"))
        #expect(!rewrite.keepsKeys(of: nil))
        #expect(rewrite.membership == .dynamic(file: rewrite.dynamicFile, hasClientPort: false))
        #expect(ServerRewrite(before) == nil)
    }

    @Test(arguments: [
        "dynamicConfigFile=/etc/members\n", "dynamicConfigFile=/etc/zoo.cfg.dynamic.x1\n", "dynamicConfigFile=\n",
    ])
    func aDynamicFileOfTheUsersIsNone(text: String) {
        #expect(ServerRewrite(text) == nil)
    }
}
