import DurableFiles
import Glibc
import Planning

/// The server of this project, `zkserver` or, with TLS, `zkserver-tls`: one process without a JVM, whose log lines go to standard output.
package struct BundledEngine: Engine, Hashable {
    /// Absolute.
    package var executable: String
    /// As `zkserver --version` says it; nil when it does not.
    package var version: String?
    package var environment: [String: String] = [:]

    /// The program that `$PADDOCK_ZKSERVER` names, else the one beside `program`.
    /// - Parameters:
    ///   - environment: the caller's; what a server needs of it goes to the server.
    ///   - hasTLS: whether it must be the one with TLS. What the variable names is taken as it is.
    ///   - program: an executable that was built together with the server: the one that runs, by default.
    package static func find(
        environment: [String: String], hasTLS: Bool = false, beside program: String = "/proc/self/exe"
    ) throws(EngineError) -> BundledEngine {
        let executable: String
        if let named = environment["PADDOCK_ZKSERVER"], !named.isEmpty {
            guard let path = Files.resolved(named), Executables.isExecutable(path) else { throw .notAServer(named) }
            executable = path
        } else {
            executable =
                Directory.parent(of: Files.resolved(program) ?? program) + (hasTLS ? "/zkserver-tls" : "/zkserver")
            guard Executables.isExecutable(executable) else { throw .noBundledServer(searched: executable) }
        }
        return BundledEngine(
            executable: executable, version: version(of: executable), environment: inherited(from: environment))
    }

    package var name: String { "bundled" }

    package func launch(configuration: String, directory: String, logLevel: String? = nil) -> Launch {
        var environment = environment
        if let logLevel { environment[Self.logLevelVariable] = logLevel }
        return Launch(
            executable: executable, arguments: [configuration], environment: environment, workingDirectory: directory)
    }

    /// `zkserver 1.0, built …` is version 1.0.
    private static func version(of executable: String) -> String? {
        guard let output = popen("exec \(Wording.shellWord(executable)) --version 2>/dev/null", "re") else {
            return nil
        }
        var line = [CChar](repeating: 0, count: 256)
        let hasLine = fgets(&line, CInt(line.count), output) != nil
        guard pclose(output) == 0, hasLine else { return nil }
        let words = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            .split { $0.isWhitespace || $0 == "," }
        return ["zkserver", "zkserver-tls"].contains(words.first) && words.count > 1 ? String(words[1]) : nil
    }
}
