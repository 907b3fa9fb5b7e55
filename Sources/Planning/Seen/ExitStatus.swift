/// How a process ended.
package enum ExitStatus: Codable, Hashable, Sendable, CustomStringConvertible {
    case code(Int32)
    case signal(Int32)
    /// It was not our child (adopted from an earlier supervisor), and the kernel (before 6.15) does not tell others.
    case unknown

    package var description: String {
        switch self {
        case .code(let code): "exit code \(code)"
        case .signal(let number): "killed by \(Self.name(ofSignal: number))"
        case .unknown: "exit status unknown"
        }
    }

    /// It ended by itself.
    package var isByCode: Bool { if case .code = self { true } else { false } }

    private static func name(ofSignal number: Int32) -> String {
        let names: [Int32: String] = [
            1: "SIGHUP", 2: "SIGINT", 3: "SIGQUIT", 4: "SIGILL", 6: "SIGABRT", 7: "SIGBUS", 8: "SIGFPE", 9: "SIGKILL",
            11: "SIGSEGV", 13: "SIGPIPE", 15: "SIGTERM",
        ]
        return names[number].map { "\($0) (\(number))" } ?? "signal \(number)"
    }
}
