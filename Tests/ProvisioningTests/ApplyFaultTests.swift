import DurableFiles
import Glibc
import ServerConfig
import Testing

@testable import Provisioning
@testable import Topology

/// Directories that cannot be written, are full, are missing, are something else.
@Suite struct ApplyFaultTests {
    private let topology = Topology(
        ensemble: "one",
        servers: [TopologyServer(id: 1, ports: ServerPorts(client: 2181, quorum: 2888, election: 3888, admin: 8080))])

    private func withRoot(_ body: (EnsembleLayout) throws -> Void) throws {
        try TemporaryDirectory.use { directory in try body(EnsembleLayout(root: directory)) }
    }

    private func failure(_ layout: EnsembleLayout) throws -> String? {
        let plan = try Provisioning.plan(topology, layout: layout)
        return #expect(throws: ProvisioningError.self) { try plan.apply() }?.description
    }

    /// Nobody may create directories in sysfs, not even root.
    @Test func noRight() throws {
        let error = try failure(EnsembleLayout(root: "/sys/demo"))
        #expect(error?.hasPrefix("cannot create the directory /sys/demo: ") == true)
        #expect(error?.hasSuffix("\n  mend: choose a directory you may write to (--state-dir, or -o DIR)") == true)
    }

    /// The temporary name leads to a device that is always full.
    @Test func noRoom() throws {
        try withRoot { layout in
            try Provisioning.plan(topology, layout: layout).apply()
            let place = layout.server(1)
            let before = try text(place.zooCfg)
            symlink("/dev/full", "\(place.zooCfg).tmp")
            var changed = topology
            changed.servers[0].settings = [Setting("tickTime", "1000")]
            let plan = try Provisioning.plan(changed, layout: layout)
            let error = #expect(throws: ProvisioningError.self) { try plan.apply() }
            #expect(
                error?.description == """
                    cannot write \(place.zooCfg).tmp: No space left on device
                      mend: make room on that disk and run the command again; what was written so far is whole
                    """)
            #expect(try text(place.zooCfg) == before)
            try Provisioning.plan(changed, layout: layout).apply()
            #expect(try text(place.zooCfg) != before)
        }
    }

    @Test func aFileInTheWayOfADirectory() throws {
        try withRoot { layout in
            try write("", layout.server(1).directory)
            #expect(
                try failure(layout) == """
                    cannot create the directory \(layout.server(1).conf): Not a directory
                      mend: something that is not a directory is in the way; move it aside
                    """)
        }
    }

    @Test func aDirectoryInTheWayOfAFile() throws {
        try withRoot { layout in
            try Provisioning.plan(topology, layout: layout).apply()
            let zooCfg = layout.server(1).zooCfg
            unlink(zooCfg)
            mkdir(zooCfg, 0o755)
            let error = #expect(throws: ProvisioningError.self) { try Provisioning.plan(topology, layout: layout) }
            #expect(
                error?.description
                    == "cannot read \(zooCfg): Is a directory\n  mend: a directory is in the way; move it aside")
        }
    }

    @Test func directoriesThatWereRemovedComeBackWithoutTheirData() throws {
        try withRoot { layout in
            try Provisioning.plan(topology, layout: layout).apply()
            unlink(layout.server(1).myid)
            rmdir(layout.server(1).data)
            let plan = try Provisioning.plan(topology, layout: layout)
            #expect(plan.directories == [layout.server(1).data])
            #expect(plan.files.filter(\.isWritten).map(\.path) == [layout.server(1).myid])
            try plan.apply()
            #expect(try text(layout.server(1).myid) == "1\n")
        }
    }

    @Test func aParentThatVanishesBetweenPlanAndApply() throws {
        try withRoot { layout in
            let root = "\(layout.root)/a"
            mkdir(root, 0o755)
            let plan = try Provisioning.plan(topology, layout: EnsembleLayout(root: root))
            rmdir(root)
            let error = #expect(throws: ProvisioningError.self) { try plan.apply() }
            #expect(
                error?.description
                    == "cannot create the directory \(root)/server.1: No such file or directory\n  mend: a directory above it is missing or was removed; run the command again"
            )
        }
    }
}
