/// What the flags of a JVM (`-Dzookeeper.snapCount=1000`, `-Djute.maxbuffer=4194304`) say to a ZooKeeper server.
///
/// Apache's server reads the keys that its parser does not know as system properties: a line `snapCount=1000` of zoo.cfg becomes
/// the property `zookeeper.snapCount`, and so does the flag. Where both are given, zoo.cfg is the later one and wins.
package struct SystemProperties: Hashable, Sendable {
    /// A flag that sets what a line of zoo.cfg would.
    package struct Property: Hashable, Sendable {
        package var flag: String
        /// As zoo.cfg has it.
        package var key: String
        package var value: String
    }

    /// A flag that sets nothing of a ZooKeeper server.
    package struct Ignored: Hashable, Sendable {
        package var flag: String
        package var why: String
        /// Apache's server would not heed it either.
        package var isMisspelt: Bool
    }

    /// In the order of the flags; of one that is given twice the last counts.
    package private(set) var settings: [Property] = []
    package private(set) var ignored: [Ignored] = []

    package init(flags: [String] = []) {
        for flag in flags {
            switch Self.meaning(of: flag) {
            case .property(let property):
                settings.removeAll { $0.key == property.key }
                settings.append(property)
            case .ignored(let ignored): self.ignored.append(ignored)
            }
        }
    }

    private enum Meaning {
        case property(Property)
        case ignored(Ignored)
    }

    private static func meaning(of flag: String) -> Meaning {
        func ignored(_ why: String, isMisspelt: Bool = false) -> Meaning {
            .ignored(Ignored(flag: flag, why: why, isMisspelt: isMisspelt))
        }
        guard flag.hasPrefix("-D") else { return ignored("it is for a JVM, which this server does not have") }
        let parts = flag.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let name = parts.first.map(String.init) ?? ""
        let value = parts.count > 1 ? String(parts[1]) : ""
        guard let plain = KnownKeys.withoutPrefix(name) else {
            if name == "java.security.auth.login.config" {
                return .property(Property(flag: flag, key: name, value: path(of: value)))
            }
            if KnownKeys.key(name)?.reader == .jvmOnly || name == bareProperty {
                return .property(Property(flag: flag, key: name, value: value))
            }
            if KnownKeys.isKnown(name) {
                return ignored("as a flag it is called -Dzookeeper.\(name)", isMisspelt: true)
            }
            return ignored("it is for a JVM, which this server does not have")
        }
        if let key = KnownKeys.key(plain) {
            switch key.reader {
            case .property: return .property(Property(flag: flag, key: plain, value: value))
            case .jvmOnly: return ignored("as a flag it is called -D\(plain)", isMisspelt: true)
            case .parser:
                return ignored("it is read from zoo.cfg only: write \(plain)=\(value) there", isMisspelt: true)
            }
        }
        if parserFamilies.contains(where: plain.hasPrefix) {
            return ignored("it is read from zoo.cfg only: write \(plain)=\(value) there", isMisspelt: true)
        }
        if KnownKeys.isKnown(plain) { return .property(Property(flag: flag, key: plain, value: value)) }
        if logging.contains(plain) {
            return ignored("it is about the JVM's logging; ZOO_LOG_LEVEL=debug sets the level here")
        }
        if plain.hasPrefix("client") { return ignored("it is for clients") }
        let near = KnownKeys.nearest(plain).map { "; did you mean -Dzookeeper.\($0)?" } ?? ""
        return ignored("no ZooKeeper server knows it\(near)", isMisspelt: !near.isEmpty)
    }

    /// The file that Java takes it for: a second "=" says that no other file counts, and it may be a URL.
    private static func path(of value: String) -> String {
        let value = value.hasPrefix("=") ? String(value.dropFirst()) : value
        guard value.hasPrefix("file:") else { return value }
        let path = value.dropFirst(5)
        return path.hasPrefix("//") ? String(path.dropFirst(2)) : String(path)
    }

    /// The one property that is read without the prefix too.
    private static let bareProperty = "fsync.warningthresholdms"

    private static let parserFamilies = ["server.", "group.", "weight.", "metricsProvider."]

    private static let logging: Set<String> = [
        "log.dir", "log.file", "log.threshold", "log.maxfilesize", "log.maxbackupindex", "root.logger",
        "console.threshold", "tracelog.dir", "tracelog.file", "auditlog.file", "auditlog.threshold", "audit.logger",
    ]
}

extension ZooCfg {
    /// This zoo.cfg and, behind its lines, those that the flags stand for; and the flag of each such line, by its number.
    package func adding(_ properties: SystemProperties) -> (cfg: ZooCfg, flags: [Int: String]) {
        let own = Set(entries.map(\.key))
        let added = properties.settings.filter { !own.contains($0.key) }
        guard !added.isEmpty else { return (self, [:]) }
        var text = text
        if !text.isEmpty, text.last?.isNewline == false { text += "\n" }
        let first = text.count { $0.isNewline } + 1
        var flags: [Int: String] = [:]
        for (index, property) in added.enumerated() {
            text += Self.printed(property.key, property.value) + "\n"
            flags[first + index] = property.flag
        }
        return (ZooCfg(text: text), flags)
    }
}
