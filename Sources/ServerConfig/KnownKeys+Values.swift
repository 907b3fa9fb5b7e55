import Diagnostics
import Membership

extension KnownKeys {
    /// Everything that can be said about one setting by itself: whether the key exists and the value fits it. Server,
    /// group and weight lines are not looked at here.
    ///
    /// Rule ids: `unknown-key`, `needless-prefix`, `jvm-only`, `deprecated-key`, `unsafe-setting`, `value`, `leading-zero`,
    /// `quotes`, `placeholder`, `path`, `host-address`.
    ///
    /// - Parameter engine: what will run the server; nil: whoever.
    package static func check(
        key name: String, at keyLocation: SourceLocation, value: String, at location: SourceLocation,
        file: String? = nil, engine: ServerEngine? = nil
    ) -> [Diagnostic] {
        func diagnostic(
            _ severity: Diagnostic.Severity, _ rule: Rule, _ place: SourceLocation, _ message: String, mend: String?,
            edit: Edit? = nil
        ) -> Diagnostic {
            Diagnostic(severity, rule: rule, file: file, at: place, message, mend: mend, edit: edit)
        }

        guard isKnown(name) else {
            if let plain = withoutPrefix(name) {
                let meant = nearest(name) ?? plain
                return [
                    diagnostic(
                        .warning, .needlessPrefix, keyLocation,
                        "'\(name)' has no effect: ZooKeeper puts 'zookeeper.' before a key by itself",
                        mend: "write \(meant)", edit: .rename(key: name, to: meant))
                ]
            }
            let near = nearest(name)
            return [
                diagnostic(
                    .warning, .unknownKey, keyLocation,
                    "'\(name)' is no key of ZooKeeper" + (near.map { "; did you mean '\($0)'?" } ?? ""),
                    mend: near.map { "write \($0)" } ?? "remove it",
                    edit: near.map { .rename(key: name, to: $0) } ?? .remove(key: name))
            ]
        }
        // A member of a family that the table does not list has any text.
        let key =
            key(name)
            ?? KnownKey(name: name, kind: .text, reader: .property, meaning: "a member of a family of keys")
        var problems: [Diagnostic] = []
        if key.reader == .jvmOnly, engine != .bundled {
            problems.append(
                engine == .apache
                    ? diagnostic(
                        .warning, .jvmOnly, keyLocation,
                        "'\(name)' has no effect in zoo.cfg: only the JVM reads it",
                        mend: "start the server with -D\(name)=\(value)")
                    : diagnostic(
                        .warning, .jvmOnly, keyLocation,
                        "'\(name)' has no effect on Apache's server in zoo.cfg, where only the JVM reads it; the bundled "
                            + "server reads it here",
                        mend: "keep it for the bundled server; start Apache's with -D\(name)=\(value)"))
        }
        let wrong = key.problem(with: value)
        if let wrong {
            problems.append(
                diagnostic(
                    wrong.severity, wrong.rule, location, wrong.message, mend: wrong.mend,
                    edit: wrong.meant.map { .set(key: name, value: $0) }))
        }
        if wrong?.severity != .error { problems += key.remarks(on: value, at: location, file: file) }
        switch key.note {
        case .deprecated(let why):
            problems.append(
                diagnostic(
                    .warning, .deprecatedKey, keyLocation, "'\(name)' is deprecated: \(why)", mend: "remove it",
                    edit: .remove(key: name)))
        case .unsafe(let unsafe, let why) where value == unsafe:
            problems.append(
                diagnostic(
                    .warning, .unsafeSetting, location, "\(name)=\(value): \(why)",
                    mend: "remove it, except in a test"))
        default: break
        }
        return problems
    }
}

/// What does not fit about a value.
package struct ValueProblem: Hashable, Sendable {
    package var severity: Diagnostic.Severity = .error
    package var rule = Rule.value
    package var message: String
    package var mend: String
    /// The value that was certainly meant, where one was.
    package var meant: String?
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

    /// What is fine for the server, but not quite what stands there.
    fileprivate func remarks(on value: String, at location: SourceLocation, file: String?) -> [Diagnostic] {
        var remarks: [Diagnostic] = []
        func warn(_ rule: Rule, _ message: String, _ meant: String) {
            remarks.append(
                Diagnostic(
                    .warning, rule: rule, file: file, at: location, message, mend: "write \(name)=\(meant)",
                    edit: .set(key: name, value: meant)))
        }
        guard kind.isWholeNumber, let number = JavaText.int64(value) else { return [] }
        if JavaText.isSpeltOddly(value) {
            warn(.leadingZero, "\(name) is '\(value)', which ZooKeeper reads as \(number)", "\(number)")
        }
        if let minimum = raisedTo, number < minimum {
            warn(.value, "\(name) is \(number), and ZooKeeper uses \(minimum) at least", "\(minimum)")
        }
        return remarks
    }

    /// Why `value` does not fit this key; nil when it does.
    package func problem(with value: String) -> ValueProblem? {
        func wrong(_ message: String) -> ValueProblem {
            ValueProblem(message: message, mend: "write \(name) as \(expectation)")
        }
        if let remark = value.firstIndex(of: "#"), value[..<remark].last?.isWhitespace == true, kind.isSimple {
            let plain = JavaText.trimmed(value[..<remark])
            return ValueProblem(
                message: "\(name) is '\(value)': a '#' after a value does not begin a comment, it is part of the value",
                mend: "write \(name)=\(plain) and put the comment on a line of its own", meant: plain)
        }
        if value.isEmpty {
            if case .choice(let words) = kind, words.contains("") { return nil }
            return kind.mayBeEmpty ? nil : wrong("\(name) has no value")
        }
        if let problem = quotes(in: value) ?? placeholder(in: value) { return problem }
        switch kind {
        case .boolean:
            return ["true", "false"].contains(value.lowercased()) ? nil : wrong("\(name) is '\(value)'")
        case .yesNo:
            return ["yes", "no"].contains(value) ? nil : wrong("\(name) is '\(value)'")
        case .choice(let words):
            return words.contains { $0.lowercased() == value.lowercased() } ? nil : wrong("\(name) is '\(value)'")
        case .decimal:
            return Double(value) != nil ? nil : wrong("\(name) is '\(value)', not a number")
        case .integer(let range):
            guard let number = JavaText.int64(value) else {
                return wrong("\(name) is '\(value)', not a whole number")
            }
            return range.contains(number) ? nil : wrong("\(name) is \(number)")
        case .port(let orOff):
            guard let number = JavaText.int32(value) else { return wrong("\(name) is '\(value)', not a port") }
            if (1...65535).contains(number) || (orOff && number == 0) { return nil }
            return wrong("\(name) is \(number), which is no port")
        case .path: return pathProblem(value)
        case .host: return hostProblem(value)
        case .list, .text: return nil
        }
    }

    /// Quotes around the whole value: a shell would take them away, ZooKeeper does not.
    private func quotes(in value: String) -> ValueProblem? {
        guard let quote = value.first, quote == "\"" || quote == "'", value.count > 1, value.last == quote else {
            return nil
        }
        let plain = String(value.dropFirst().dropLast())
        return ValueProblem(
            severity: kind.isSimple || kind == .path ? .error : .warning, rule: .quotes,
            message: "\(name) is \(value): the quotes are part of the \(kind == .path ? "name" : "value")",
            mend: "write \(name)=\(plain)", meant: plain)
    }

    private func placeholder(in value: String) -> ValueProblem? {
        guard let found = Placeholder.certain(in: value) else { return nil }
        return ValueProblem(
            severity: kind.isSimple || kind == .path ? .error : .warning, rule: .placeholder,
            message: kind == .path
                ? "\(name) is '\(value)': \(found) is not expanded, a directory of that name would be made"
                : "\(name) is '\(value)': \(found) was never filled in",
            mend: "write \(kind == .path ? "the whole path" : "the value") in the place of \(found)")
    }

    private func pathProblem(_ value: String) -> ValueProblem? {
        if value == "~" || value.hasPrefix("~/") || value.hasPrefix("~") && value.contains("/") {
            let name = value.prefix { $0 != "/" }
            return ValueProblem(
                rule: .placeholder,
                message: "\(self.name) is '\(value)': '~' is not expanded, a directory named '\(name)' would be made",
                mend: "write the whole path")
        }
        if value.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) {
            return ValueProblem(
                rule: .path, message: "\(name) has a control character in it", mend: "write the path without it")
        }
        let drive = value.prefix { $0 != ":" }
        if drive.count == 1, drive.first!.isASCIILetter, value.dropFirst().hasPrefix(":") {
            return ValueProblem(
                rule: .path, message: "\(name) is '\(value)', a path of another system",
                mend: "write an absolute path, which begins with '/'")
        }
        return nil
    }

    private func hostProblem(_ value: String) -> ValueProblem? {
        // Java takes an IPv6 address with or without brackets.
        let host = HostAddress.unbracketed(value)
        guard !HostAddress.isWildcard(host), let problem = HostAddress.problem(with: host) else { return nil }
        if let colon = value.lastIndex(of: ":"), Int(value[value.index(after: colon)...]) != nil {
            let address = String(value[..<colon])
            if HostAddress.problem(with: HostAddress.unbracketed(address)) == nil {
                return ValueProblem(
                    rule: .hostAddress,
                    message: "\(name) is '\(value)', an address and a port: the port has a key of its own",
                    mend: "write \(name)=\(address)", meant: address)
            }
        }
        return ValueProblem(
            rule: .hostAddress,
            message: "\(name) is '\(value)', which is no address and no host name: \(problem.reason)",
            mend: problem.meant.map { "write \(name)=\($0)" } ?? "write \(name) as \(expectation)",
            meant: problem.meant)
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
    fileprivate var isSimple: Bool { ![.text, .list, .path].contains(self) }

    fileprivate var isWholeNumber: Bool {
        switch self {
        case .integer, .port: true
        default: false
        }
    }

    fileprivate var mayBeEmpty: Bool { self == .text || self == .list }
}
