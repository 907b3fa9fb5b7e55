import DurableFiles

/// The program behind `paddock shell`: zkcli, ZooKeeper's shell without a JVM, or zkcli-tls.
package enum ShellProgram {
    /// The program that `$PADDOCK_ZKCLI` names, else the one beside `program`; absolute.
    /// - Parameters:
    ///   - withTLS: whether it must have TLS; `$PADDOCK_ZKCLI` is taken as it is.
    ///   - program: an executable that was built together with the shell: the one that runs, by default.
    package static func find(
        environment: [String: String], withTLS: Bool = false, beside program: String = "/proc/self/exe"
    ) throws(EngineError) -> String {
        if let named = environment["PADDOCK_ZKCLI"], !named.isEmpty {
            guard let path = Files.resolved(named), Executables.isExecutable(path) else { throw .notAShell(named) }
            return path
        }
        let executable = Directory.parent(of: Files.resolved(program) ?? program) + (withTLS ? "/zkcli-tls" : "/zkcli")
        guard Executables.isExecutable(executable) else { throw .noShell(searched: executable) }
        return executable
    }

    /// Whether the flags of Apache's shell ask for TLS, as bin/zkCli.sh reads them.
    package static func wantsTLS(environment: [String: String]) -> Bool {
        ["CLIENT_JVMFLAGS", "JVMFLAGS"].contains { name in
            (environment[name] ?? "").split(whereSeparator: \.isWhitespace).contains {
                $0.lowercased() == "-dzookeeper.client.secure=true"
            }
        }
    }
}
