import DurableFiles
import Glibc
import Testing

@testable import Operations

/// The unit of `paddock enable`.
@Suite struct SystemdUnitTests {
    private func unit(_ manager: SystemdUnit.Manager) -> SystemdUnit {
        SystemdUnit(
            ensemble: "demo", manager: manager, executable: "/opt/pad dock/100%/paddock",
            stateDirectory: "/var/lib/paddock",
            environment: ["PATH": "/usr/bin:/bin", "JAVA_HOME": "/opt/j $1"])
    }

    @Test func itRunsTheSupervisorOfItsEnsemble() {
        let text = unit(.system).text
        #expect(
            text.contains(
                "\nExecStart=\"/opt/pad dock/100%%/paddock\" supervise --ensemble demo --state-dir /var/lib/paddock\n"))
        #expect(text.contains("\nEnvironment=\"JAVA_HOME=/opt/j $1\"\nEnvironment=PATH=/usr/bin:/bin\n"))
        #expect(text.contains("\nReadWritePaths=/var/lib/paddock\n"))
        #expect(text.hasSuffix("\n[Install]\nWantedBy=multi-user.target\n"))
        #expect(unit(.system).name == "paddock-demo.service")
    }

    /// The manager of a user cannot give what takes root's rights.
    @Test func aUsersUnitAsksForNothingOfRoots() {
        let text = unit(.user).text
        #expect(!text.contains("ProtectSystem") && !text.contains("CapabilityBoundingSet"))
        #expect(text.hasSuffix("\n[Install]\nWantedBy=default.target\n"))
    }

    /// systemd itself reads it, and finds little that a break-in could do.
    @Test(.enabled(if: access("/usr/bin/systemd-analyze", X_OK) == 0))
    func itIsHardened() throws {
        var template = Array("/tmp/unit.XXXXXX".utf8CString)
        let directory = String(cString: mkdtemp(&template))
        defer { _ = try? Operator.removeDirectory(directory) }
        let path = "\(directory)/paddock-demo.service"
        try DurableFile.write(unit(.system).text.utf8, to: path)
        let output = try #require(popen("systemd-analyze security --offline=true --threshold=30 \(path) 2>&1", "re"))
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let count = fread(&bytes, 1, bytes.count, output)
        let status = pclose(output)
        #expect(status == 0, "\(String(decoding: bytes.prefix(count), as: UTF8.self))")
    }
}
