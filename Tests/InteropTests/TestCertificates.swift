import Foundation
import Synchronization
import TestSupport
import Testing

/// Keys, certificates and stores of every kind (Scripts/certificates.sh), made once for all tests of a run.
enum TestCertificates {
    /// Their directory.
    static func directory() async throws -> String { try await making.value }

    /// What a zoo.cfg needs for a secure client port, and what else the caller says.
    static func clientPort(
        _ port: Int, _ directory: String, _ more: [String: String] = [:]
    ) -> [String: String] {
        [
            "secureClientPort": "\(port)", "secureClientPortAddress": "127.0.0.1",
            "ssl.keyStore.location": directory + "/server.pem", "ssl.trustStore.location": directory + "/ca.crt",
            "ssl.trustStore.type": "PEM", "X509AuthenticationProvider.superUser": "CN=root,O=Example",
        ].merging(more) { $1 }
    }

    /// Lets clients of Scripts/tls.py talk to a secure client port.
    static func talk(_ port: Int, _ directory: String, _ command: [String]) async throws -> String {
        try await Python.run(
            try BundledServer.script("wire.py") + BundledServer.script("tls.py"),
            arguments: ["\(port)", directory] + command)
    }

    private static let making = Task {
        let directory = try TemporaryDirectory("certificates")
        Self.path.withLock { $0 = directory.path }
        atexit {
            TestCertificates.path.withLock { path in path.map { try? FileManager.default.removeItem(atPath: $0) } }
        }
        let script = BundledServer.packageRoot + "/Tests/InteropTests/Scripts/certificates.sh"
        let process = try ChildProcess("/bin/sh", [script, directory.path], output: directory.path + "/log")
        try await eventually("the certificates are made", within: .seconds(180)) { !process.isRunning }
        let log = try String(contentsOfFile: directory.path + "/log", encoding: .utf8)
        try #require(FileManager.default.fileExists(atPath: directory.path + "/made"), "\(log)")
        return directory.path
    }

    private static let path = Mutex<String?>(nil)
}
