import Foundation

/// What a server process runs.
package enum Engine: String, Sendable {
    /// Apache ZooKeeper, of Debian's package `zookeeper`.
    case apache
    /// `zkserver` of this package: what bin/test built for it (`PADDOCK_ZKSERVER`, optimised), else the debug build
    /// beside the tests.
    case bundled
    /// `zkserver-tls`, the debug build beside the tests.
    case bundledTLS = "bundled, with TLS"

    package struct NotInstalled: Error, CustomStringConvertible {
        package var description: String { "\(Engine.jar) or java is missing: apt-get install zookeeper" }
    }

    package static let packageRoot = #filePath.components(separatedBy: "/Tests/TestSupport/")[0]

    static let jar = "/usr/share/java/zookeeper.jar"
    static let java = "/usr/bin/java"
    /// Debian's jar names what it needs for plain clients; the others are for the log, the admin server and TLS.
    private static let classPath =
        jar
        + ["slf4j-simple", "servlet-api", "netty-codec", "netty-resolver"].map { ":/usr/share/java/\($0).jar" }.joined()

    /// Of this package.
    private var zkserver: String {
        let debug = Self.packageRoot + "/.build/debug/zkserver"
        return self == .bundledTLS
            ? debug + "-tls" : ProcessInfo.processInfo.environment["PADDOCK_ZKSERVER"] ?? debug
    }

    /// Starts a server in the foreground with a zoo.cfg.
    ///
    /// - Parameter fileLimit: no file may grow beyond so many kilobytes; writes fail then, as on a full disk.
    package func launch(
        _ configuration: String, heap: Int = 128, environment: [String: String]? = nil, fileLimit: Int? = nil,
        output: String
    ) throws -> ChildProcess {
        switch self {
        case .bundled, .bundledTLS:
            guard let fileLimit else {
                return try ChildProcess(zkserver, [configuration], environment: environment, output: output)
            }
            // In blocks of 512 bytes.
            return try ChildProcess(
                "/bin/sh",
                ["-c", "trap '' XFSZ; ulimit -f \(fileLimit * 2); exec \"$@\"", "sh", zkserver, configuration],
                environment: environment, output: output)
        case .apache:
            guard FileManager.default.fileExists(atPath: Self.jar), FileManager.default.fileExists(atPath: Self.java)
            else { throw NotInstalled() }
            return try ChildProcess(
                Self.java,
                [
                    "-Xmx\(heap)m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
                    "-Dzookeeper.extendedTypesEnabled=true",
                    "-cp", Self.classPath,
                    "org.apache.zookeeper.server.quorum.QuorumPeerMain", configuration,
                ], environment: environment, output: output)
        }
    }
}
