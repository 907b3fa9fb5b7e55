import DurableFiles

/// The program behind `paddock shell`: zkcli, ZooKeeper's shell without a JVM.
package enum ShellProgram {
    /// The program that `$PADDOCK_ZKCLI` names, else the one beside `program`; absolute.
    /// - Parameter program: an executable that was built together with the shell: the one that runs, by default.
    package static func find(
        environment: [String: String], beside program: String = "/proc/self/exe"
    ) throws(EngineError) -> String {
        if let named = environment["PADDOCK_ZKCLI"], !named.isEmpty {
            guard let path = Files.resolved(named), Executables.isExecutable(path) else { throw .notAShell(named) }
            return path
        }
        let executable = Directory.parent(of: Files.resolved(program) ?? program) + "/zkcli"
        guard Executables.isExecutable(executable) else { throw .noShell(searched: executable) }
        return executable
    }
}
