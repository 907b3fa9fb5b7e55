extension KnownKeys {
    /// What the bundled server does with a key.
    package enum BundledUse: String, Hashable, Sendable {
        /// It goes by it.
        case read
        /// The key closes a door that it has not: it refuses to start, unless the value asks for nothing.
        case refused
        /// The key tunes threads or caches of the JVM server: it has nothing that it could tune.
        case nothingToTune
        /// It warns and ignores it.
        case ignored
    }

    /// Of a key by itself; whether a provider of authentication or a TLS port is there is the checks' matter.
    package static func bundledUse(of key: String) -> BundledUse {
        if ofBundled.contains(key) || ["metricsProvider.", "superUser."].contains(where: key.hasPrefix) {
            return .read
        }
        if protections.contains(key) { return .refused }
        if jvmTuning.contains(key) { return .nothingToTune }
        for prefix in ["ssl.quorum.", "ssl."] where key.hasPrefix(prefix) {
            return ofBundledTLS.contains(String(key.dropFirst(prefix.count))) ? .read : .ignored
        }
        return .ignored
    }

    /// What Apache's server does with a key.
    package enum ApacheUse: String, Hashable, Sendable {
        /// `QuorumPeerConfig` reads it: a bad value stops the server.
        case parsed
        /// It becomes the system property `zookeeper.KEY`: a bad value may go unnoticed.
        case property
        /// It does nothing in zoo.cfg: it is a property of the JVM (`-DKEY=VALUE`).
        case jvmOnly
        /// Not known there.
        case unknown
    }

    package static func apacheUse(of key: KnownKey) -> ApacheUse {
        if ofBundledOnly.contains(key.name) { return .unknown }
        return switch key.reader {
        case .parser: .parsed
        case .property: .property
        case .jvmOnly: .jvmOnly
        }
    }
}

extension KnownKey.Kind {
    /// What a value looks like, in a few words.
    package var inWords: String {
        switch self {
        case .boolean: "true or false"
        case .yesNo: "yes or no"
        case .integer(let range) where range.lowerBound == range.upperBound: "\(range.lowerBound)"
        case .integer(let range) where range.upperBound >= Int64(Int32.max): "a whole number from \(range.lowerBound)"
        case .integer(let range): "a whole number, \(range.lowerBound) to \(range.upperBound)"
        case .decimal: "a number"
        case .port(let orOff): orOff ? "a port, or 0 for none" : "a port"
        case .path: "a path"
        case .host: "a host or an address"
        case .choice(let words): words.filter { !$0.isEmpty }.joined(separator: ", ")
        case .list: "words with commas between"
        case .text: "text"
        }
    }
}
