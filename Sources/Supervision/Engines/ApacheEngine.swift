import ServerConfig

/// Apache ZooKeeper on a JVM: a distribution, the Java that runs it, and how much memory it may use.
///
/// The server's `java` is launched directly and not through zkServer.sh, whose shell would be the process one sees.
package struct ApacheEngine: Engine, Hashable {
    package var distribution: ApacheDistribution
    package var java: Java
    /// `-Xmx`, in Java's notation: `256m`.
    package var heap = defaultHeap
    /// Behind what is set here by itself, so that they win.
    package var flags: [String] = []
    package var environment: [String: String] = [:]
    /// Those of the environment that the topology sets.
    package var chosenVariables: [String] = []

    package static let defaultHeap = "256m"

    /// The distribution at `home`, or when nil the first that is found, with the Java that is found.
    /// - Parameters:
    ///   - variables: for the server's environment, beside what it inherits.
    ///   - environment: the caller's; decides where to look, and what a server needs of it goes to the server.
    package static func find(
        home: String? = nil, heap: String? = nil, flags: [String] = [], variables: [String: String] = [:],
        environment: [String: String]
    ) throws(EngineError) -> ApacheEngine {
        let distribution = try ApacheDistribution.find(home: home, environment: environment)
        let java = try Java.find(environment: environment)
        var engine = ApacheEngine(
            distribution: distribution, java: java, heap: heap ?? defaultHeap, flags: flags,
            environment: inherited(from: environment).merging(variables) { $1 })
        engine.chosenVariables = variables.keys.sorted()
        return engine
    }

    package var name: String { "apache" }
    package var version: String? { distribution.version }

    package func launch(configuration: String, directory: String, logLevel: String? = nil) -> Launch {
        let level = (logLevel ?? environment[Self.logLevelVariable] ?? "info").uppercased()
        let logging = distribution.logging
        let loggingFile = directory + "/conf/" + logging.fileName
        return run(
            ["-Xmx\(heap)"] + Self.collector(unless: flags) + Self.jvmOptions
                + logging.options(file: loggingFile, level: level) + flags + [
                    "-cp", distribution.classPath, "org.apache.zookeeper.server.quorum.QuorumPeerMain", configuration,
                ],
            in: directory, files: [Launch.File(path: loggingFile, content: logging.fileContent(Self.loggingNote))])
    }

    private func run(_ arguments: [String], in directory: String, files: [Launch.File] = []) -> Launch {
        Launch(
            executable: java.executable, arguments: arguments, environment: environment,
            chosenVariables: chosenVariables, workingDirectory: directory, files: files)
    }

    private static let loggingNote = "; the supervisor appends that to logs/server.log and rotates it"

    /// A pseudo-cluster's JVMs share the cores: the parallel threads of G1 only get in each other's way. A JVM takes one
    /// collector, so that of the user's is the only one.
    private static func collector(unless flags: [String]) -> [String] {
        flags.contains { $0.hasPrefix("-XX:+Use") && $0.hasSuffix("GC") } ? [] : ["-XX:+UseSerialGC"]
    }

    /// Measured on Debian's 3.8.0 and OpenJDK 17, standalone, 2 cores, exec to the first `srvr` with a mode:
    /// JVM defaults 0.39-0.86 s and 0.67 s of CPU; with SerialGC 0.39 s and 0.66 s, 75 MB instead of 78. TieredStopAtLevel=1 would
    /// give 0.35 s and 0.48 s, but a server that is slower for good; a class archive made beforehand 0.32 s.
    private static let jvmOptions = [
        // A server without memory must die and be restarted, not linger.
        "-XX:+ExitOnOutOfMemoryError",
        "-Djava.awt.headless=true",
        "-Dzookeeper.jmx.log4j.disable=true",
    ]
}
