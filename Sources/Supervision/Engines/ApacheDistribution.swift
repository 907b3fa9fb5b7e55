import DurableFiles
import Glibc
import ServerConfig

/// An installed Apache ZooKeeper: Debian's package or an unpacked tarball.
package struct ApacheDistribution: Hashable, Sendable {
    /// Where `bin/zkServer.sh` is.
    package let home: String
    package let version: String?
    package let classPath: String
    let logging: ApacheLogging

    /// The distribution at `home`; without one the first of `$ZOOKEEPER_HOME`, Debian's package and the home of the `zkServer.sh` in `$PATH`.
    package static func find(home: String?, environment: [String: String]) throws(EngineError) -> ApacheDistribution {
        if let home {
            guard let distribution = ApacheDistribution(home: home) else { throw .notAHome(home) }
            return distribution
        }
        if let home = environment["ZOOKEEPER_HOME"], !home.isEmpty {
            // Said by the user, so a mistake in it must not lead silently to another installation.
            guard let distribution = ApacheDistribution(home: home) else { throw .notAHome(home) }
            return distribution
        }
        if let first = all(environment: environment).first { return first }
        throw .noZooKeeper(searched: ["$ZOOKEEPER_HOME", debianHome, "zkServer.sh in $PATH"])
    }

    /// Every distribution at the usual places, in the order in which they are preferred.
    package static func all(environment: [String: String]) -> [ApacheDistribution] {
        var homes = [environment["ZOOKEEPER_HOME"], debianHome].compactMap(\.self)
        for script in Executables.all("zkServer.sh", path: environment["PATH"]) {
            guard let resolved = Files.resolved(script) else { continue }
            let parent = Directory.parent(of: Directory.parent(of: resolved))
            // Homebrew keeps the distribution in libexec beside a bin of links.
            homes += [parent, parent + "/libexec"]
        }
        var found: [ApacheDistribution] = []
        for home in homes {
            if let distribution = ApacheDistribution(home: home), !found.contains(distribution) {
                found.append(distribution)
            }
        }
        return found
    }

    /// Nil when no ZooKeeper is in `home`.
    package init?(home: String) {
        guard let home = Files.resolved(home) else { return nil }
        self.home = home
        let library = home + "/lib"
        let libraryJars = Files.names(in: library).filter { $0.hasSuffix(".jar") }
        let homeJars = Files.names(in: home).filter { $0.hasSuffix(".jar") }
        // Until 3.4 the server's jar lies in the home itself.
        if let jar = Self.serverJar(in: libraryJars) ?? Self.serverJar(in: homeJars) {
            version = Self.version(ofJar: jar)
            logging = libraryJars.contains { $0.hasPrefix("logback-classic") } ? .logback : .log4j
            classPath =
                (homeJars.isEmpty ? [] : [home + "/*"]).joined() + (homeJars.isEmpty ? "" : ":") + library + "/*"
            return
        }
        // Debian: /usr/share/zookeeper has the scripts only, /usr/share/java the jars of all packages.
        let java = Directory.parent(of: home) + "/java"
        guard Files.exists(home + "/bin/zkServer.sh"), let jar = Files.resolved(java + "/zookeeper.jar") else {
            return nil
        }
        // zookeeper-3.8.0.jar is a link to it.
        version =
            Files.names(in: java).lazy.filter { Files.resolved("\(java)/\($0)") == jar }
            .compactMap(Self.version(ofJar:)).first
        logging = .log4j
        classPath = Self.debianJars.map { "\(java)/\($0).jar" }.joined(separator: ":")
    }

    package static let debianHome = "/usr/share/zookeeper"

    /// zookeeper.jar names most of its dependencies in its manifest, but leaves out what TLS (netty-codec and what that needs), the admin
    /// server (servlet-api) and any log output (the two last) take.
    private static let debianJars = [
        "zookeeper", "netty-codec", "netty-resolver", "netty-transport-native-unix-common", "netty-tcnative",
        "servlet-api", "slf4j-log4j12", "log4j-1.2",
    ]

    private static func serverJar(in names: [String]) -> String? { names.first { version(ofJar: $0) != nil } }

    /// `3.8.4` of `zookeeper-3.8.4.jar`; nil for any other jar, also for `zookeeper-jute-3.8.4.jar`.
    private static func version(ofJar name: String) -> String? {
        guard name.hasPrefix("zookeeper-"), name.hasSuffix(".jar") else { return nil }
        let version = name.dropFirst("zookeeper-".count).dropLast(".jar".count)
        guard version.first?.isNumber == true else { return nil }
        return String(version)
    }
}

/// A Java runtime.
package struct Java: Hashable, Sendable {
    package let executable: String
    /// E.g. `17.0.15`; nil when its `release` file does not say.
    package let version: String?

    /// `$JAVA_HOME`'s, else the one in `$PATH`, else Debian's default.
    package static func find(environment: [String: String]) throws(EngineError) -> Java {
        var candidates: [String] = []
        if let home = environment["JAVA_HOME"], !home.isEmpty { candidates.append(home + "/bin/java") }
        candidates += Executables.all("java", path: environment["PATH"])
        candidates.append(debian)
        for candidate in candidates where Executables.isExecutable(candidate) { return Java(executable: candidate) }
        throw .noJava(searched: ["$JAVA_HOME", "$PATH", debian])
    }

    package init(executable: String) {
        self.executable = executable
        version = Files.resolved(executable).flatMap {
            Self.release(ofHome: Directory.parent(of: Directory.parent(of: $0)))
        }
    }

    private static let debian = "/usr/lib/jvm/default-java/bin/java"

    private static func release(ofHome home: String) -> String? {
        for line in Files.lines(of: home + "/release") where line.hasPrefix("JAVA_VERSION=") {
            return String(line.dropFirst("JAVA_VERSION=".count)).replacing("\"", with: "")
        }
        return nil
    }
}
