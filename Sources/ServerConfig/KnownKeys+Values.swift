import Diagnostics

extension KnownKeys {
    /// Everything that can be said about one setting by itself: whether the key exists and the value fits it. Server,
    /// group and weight lines are not looked at here.
    ///
    /// Rule ids: `unknown-key`, `needless-prefix`, `jvm-only`, `deprecated-key`, `unsafe-setting`, `value`.
    package static func check(
        key name: String, at keyLocation: SourceLocation, value: String, at location: SourceLocation,
        file: String? = nil
    ) -> [Diagnostic] {
        func diagnostic(
            _ severity: Diagnostic.Severity, _ rule: String, _ place: SourceLocation, _ message: String, mend: String?
        ) -> Diagnostic { Diagnostic(severity, rule: rule, file: file, at: place, message, mend: mend) }

        guard let key = key(name) else {
            if isKnown(name) { return [] }
            if let plain = withoutPrefix(name) {
                return [
                    diagnostic(
                        .warning, "needless-prefix", keyLocation,
                        "'\(name)' has no effect: ZooKeeper puts 'zookeeper.' before a key by itself",
                        mend: "write \(nearest(name) ?? plain)")
                ]
            }
            let near = nearest(name)
            return [
                diagnostic(
                    .warning, "unknown-key", keyLocation,
                    "'\(name)' is no key of ZooKeeper" + (near.map { "; did you mean '\($0)'?" } ?? ""),
                    mend: near.map { "write \($0)" } ?? "remove it")
            ]
        }
        var problems: [Diagnostic] = []
        if key.reader == .jvmOnly {
            problems.append(
                diagnostic(
                    .warning, "jvm-only", keyLocation, "'\(name)' has no effect in zoo.cfg: only the JVM reads it",
                    mend: "start the server with -D\(name)=\(value)"))
        }
        if let (message, mend) = key.problem(with: value) {
            problems.append(diagnostic(.error, "value", location, message, mend: mend))
        } else if case .integer(let range) = key.kind, let minimum = key.raisedTo, let number = Int64(value),
            number < minimum, range.contains(number)
        {
            problems.append(
                diagnostic(
                    .warning, "value", location, "\(name) is \(number), and ZooKeeper uses \(minimum) at least",
                    mend: "write \(name)=\(minimum)"))
        }
        switch key.note {
        case .deprecated(let why):
            problems.append(
                diagnostic(
                    .warning, "deprecated-key", keyLocation, "'\(name)' is deprecated: \(why)", mend: "remove it"))
        case .unsafe(let unsafe, let why) where value == unsafe:
            problems.append(
                diagnostic(
                    .warning, "unsafe-setting", location, "\(name)=\(value): \(why)",
                    mend: "remove it, except in a test"))
        default: break
        }
        return problems
    }
}

extension KnownKey {
    /// The smallest value that ZooKeeper really uses; it raises smaller ones by itself.
    var raisedTo: Int64? {
        switch name {
        case "autopurge.snapRetainCount": 3
        case "quorum.cnxn.threads.size": 20
        case "commitLogCount": 500
        case "snapCount": 2
        default: nil
        }
    }

    /// Why `value` does not fit this key, and the mend; nil when it does.
    package func problem(with value: String) -> (message: String, mend: String)? {
        let mend = "write \(name) as \(expectation)"
        if let remark = value.firstIndex(of: "#"), value[..<remark].last?.isWhitespace == true, kind.isSimple {
            let plain = JavaText.trimmed(value[..<remark])
            return (
                "\(name) is '\(value)': a '#' after a value does not begin a comment, it is part of the value",
                "write \(name)=\(plain) and put the comment on a line of its own"
            )
        }
        if value.isEmpty {
            if case .choice(let words) = kind, words.contains("") { return nil }
            return kind.mayBeEmpty ? nil : ("\(name) has no value", mend)
        }
        switch kind {
        case .boolean:
            return ["true", "false"].contains(value.lowercased()) ? nil : ("\(name) is '\(value)'", mend)
        case .yesNo:
            return ["yes", "no"].contains(value) ? nil : ("\(name) is '\(value)'", mend)
        case .choice(let words):
            return words.contains(value.lowercased()) ? nil : ("\(name) is '\(value)'", mend)
        case .decimal:
            return Double(value) != nil ? nil : ("\(name) is '\(value)', not a number", mend)
        case .integer(let range):
            guard let number = JavaText.int64(value) else { return ("\(name) is '\(value)', not a whole number", mend) }
            return range.contains(number) ? nil : ("\(name) is \(number)", mend)
        case .port(let orOff):
            guard let number = JavaText.int32(value) else { return ("\(name) is '\(value)', not a port", mend) }
            if (1...65535).contains(number) || (orOff && number == 0) { return nil }
            return ("\(name) is \(number), which is no port", mend)
        case .path, .host, .list, .text:
            return nil
        }
    }

    /// What to write, in words.
    private var expectation: String {
        switch kind {
        case .boolean: "true or false"
        case .yesNo: "yes or no"
        case .choice(let words): words.filter { !$0.isEmpty }.joined(separator: " or ")
        case .decimal: "a number, e.g. \(defaultValue ?? "0.5")"
        case .integer(let range): integerExpectation(range)
        case .port(let orOff): orOff ? "a port from 1 to 65535, or 0 for none" : "a port from 1 to 65535"
        case .path: "a path"
        case .host: "a host name or an address"
        case .list, .text: "a value, or remove the line"
        }
    }

    private func integerExpectation(_ range: ClosedRange<Int64>) -> String {
        if range.lowerBound == range.upperBound { return "\(range.lowerBound), or remove the line" }
        let unit = unit.map { ", in \($0.rawValue)" } ?? ""
        let atMost = range.upperBound >= Int64(Int32.max) ? " or more" : " to \(range.upperBound)"
        return "a whole number, \(range.lowerBound)\(atMost)\(unit)"
    }
}

extension KnownKey.Kind {
    /// One word without blanks, so that a `#` in it can only be a misplaced comment.
    fileprivate var isSimple: Bool {
        switch self {
        case .text, .list, .path: false
        default: true
        }
    }

    fileprivate var mayBeEmpty: Bool {
        switch self {
        case .text, .list: true
        default: false
        }
    }
}
