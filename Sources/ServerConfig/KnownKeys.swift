/// One key that a ZooKeeper 3.8 server understands.
package struct KnownKey: Hashable, Sendable {
    /// What a value must look like.
    package enum Kind: Hashable, Sendable {
        /// `true` or `false`, any case; the parser refuses anything else.
        case boolean
        /// `yes` or `no`, exactly so.
        case yesNo
        /// A Java int or long within the range. Values outside stop the server or make no sense.
        case integer(ClosedRange<Int64>)
        case decimal
        /// A TCP port; 0 where it means "off".
        case port(orOff: Bool)
        case path
        case host
        /// One of a few words.
        case choice([String])
        /// Words between commas.
        case list
        case text
    }

    package enum Unit: String, Hashable, Sendable {
        case milliseconds = "ms"
        case seconds = "s"
        case ticks
        case hours
        case bytes
        case kibibytes = "KiB"
        case transactions
    }

    /// Who reads the key.
    package enum Reader: Hashable, Sendable {
        /// `QuorumPeerConfig` itself: a bad value stops the server.
        case parser
        /// Handed on as the system property `zookeeper.<key>`.
        case property
        /// A property of the JVM only: in zoo.cfg it does nothing (reference 5.3: J).
        case jvmOnly
    }

    /// What else there is to know, when it deserves a word from a check.
    package enum Note: Hashable, Sendable {
        case deprecated(String)
        /// Costs durability or opens the server: fine in a test, wrong in production, when set to the value given.
        case unsafe(value: String, String)
    }

    package var name: String
    package var kind: Kind
    /// Nil when there is none, or it is computed or empty.
    package var defaultValue: String?
    package var unit: Unit?
    package var reader: Reader
    /// One line.
    package var meaning: String
    package var note: Note?
}

/// Every key of the ZooKeeper 3.8 configuration (`QuorumPeerConfig.parseProperties`, and the system properties the
/// server reads under `zookeeper.`).
package enum KnownKeys {
    /// All keys with a fixed name, sorted.
    package static let all: [KnownKey] = (parserKeys + propertyKeys).sorted { $0.name < $1.name }

    private static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })

    /// The key of that exact name (case counts, as it does for ZooKeeper).
    package static func key(_ name: String) -> KnownKey? { byName[name] }

    /// Whether ZooKeeper gives `name` a meaning: a key of the table, or one of a family (`server.1`, `authProvider.x`).
    package static func isKnown(_ name: String) -> Bool {
        if byName[name] != nil { return true }
        // `ssl.keystore.location` is of the family, but only in another case is it a key that anybody reads.
        guard byLowercasedName[name.lowercased()] == nil else { return false }
        return families.contains { name.hasPrefix($0) && name.count > $0.count }
    }

    private static let byLowercasedName = Dictionary(all.map { ($0.name.lowercased(), $0) }) { first, _ in first }

    /// Prefixes under which any name goes.
    package static let families = [
        "server.", "group.", "weight.", "metricsProvider.", "authProvider.", "ssl.", "X509AuthenticationProvider.",
        "SASLAuthenticationProvider.", "DigestAuthenticationProvider.", "sasl.", "kerberos.", "superUser.",
    ]

    /// Names under which the documentation lists a property that the server reads under another.
    private static let documentedAs = [
        "connectionMaxTokens": "connection_throttle_tokens",
        "connectionTokenFillTime": "connection_throttle_fill_time",
        "connectionTokenFillCount": "connection_throttle_fill_count",
        "connectionFreezeTime": "connection_throttle_freeze_time",
        "connectionDropIncrease": "connection_throttle_drop_increase",
        "connectionDropDecrease": "connection_throttle_drop_decrease",
        "connectionDecreaseRatio": "connection_throttle_decrease_ratio",
        "requestThrottleLimit": "request_throttle_max_requests",
        "requestThrottleStallTime": "request_throttle_stall_time",
        "requestThrottleDropStale": "request_throttle_drop_stale",
        "requestStaleLatencyCheck": "request_stale_latency_check",
        "requestStaleConnectionCheck": "request_stale_connection_check",
        "throttledOpWaitTime": "throttled_op_wait_time",
        "advancedFlowControlEnabled": "netty.advancedFlowControl.enabled",
        "outstandingHandshake.limit": "netty.server.outstandingHandshake.limit",
        "maxConcurrentSnapSyncs": "leader.maxConcurrentSnapSyncs",
        "maxConcurrentDiffSyncs": "leader.maxConcurrentDiffSyncs",
        "maxTimeToWaitForEpoch": "leader.maxTimeToWaitForEpoch",
        "observer.syncEnabled": "syncEnabled",
    ]

    /// The known key that `name` was most likely meant to be: the name behind a documentation name or a needless
    /// `zookeeper.` prefix, one that differs only in case, or the nearest by edit distance; nil when none is near.
    package static func nearest(_ name: String) -> String? {
        if let meant = documentedAs[name] { return meant }
        if let plain = withoutPrefix(name) { return isKnown(plain) ? plain : nearest(plain) }
        for family in ["server", "group", "weight"] where name.lowercased().hasPrefix(family) {
            let digits = name.dropFirst(family.count).drop { !$0.isNumber }
            if !digits.isEmpty, digits.allSatisfy(\.isNumber) { return "\(family).\(digits)" }
        }
        if let sameLetters = byLowercasedName[name.lowercased()] { return sameLetters.name }
        return EditDistance.nearest(name, among: all.map(\.name))
    }

    /// `name` without the `zookeeper.` that ZooKeeper puts before unknown keys by itself; nil when it has none.
    package static func withoutPrefix(_ name: String) -> String? {
        let prefix = "zookeeper."
        return name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : nil
    }
}
