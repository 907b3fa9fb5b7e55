import ServerConfig

/// What the flags of a JVM and the file of `-client-configuration` say, as far as it means something to a client without a JVM.
package struct ClientProperties: Hashable, Sendable {
    /// How long an operation may take, in milliseconds; nil for as long as it takes.
    package var requestTimeout: Int64?
    /// The longest request and reply in bytes (`jute.maxbuffer`); nil for what clients have by themselves.
    package var maxBuffer: Int?
    /// The properties of SASL and TLS as they were given, which mean something together only: see ``login(reading:)`` and ``tls(reading:)``.
    var security: [String: Given] = [:]

    /// A property's value, and where it was given.
    struct Given: Hashable, Sendable {
        var value: String
        var place: String
    }

    package init() {}

    /// Takes the flags that Apache's script hands to its JVM, in its order: of a property that is given twice the last counts.
    package init(environment: [String: String]) throws(CommandError) {
        for name in ["CLIENT_JVMFLAGS", "JVMFLAGS"] {
            for word in (environment[name] ?? "").split(whereSeparator: \.isWhitespace) where word.hasPrefix("-D") {
                let parts = word.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                try take(String(parts[0]), parts.count > 1 ? String(parts[1]) : "", from: name)
            }
        }
    }

    /// Reads the file's text, Java properties, which go before the flags.
    package mutating func read(_ text: String, file: String) throws(CommandError) {
        for line in ZooCfg(text: text).lines {
            guard case .entry(let entry) = line.content else { continue }
            try take(entry.key, entry.value, from: "\(file):\(entry.keyLocation.line)")
        }
    }

    package mutating func take(_ key: String, _ value: String, from place: String) throws(CommandError) {
        switch key {
        case "zookeeper.request.timeout":
            guard let number = Int64(value), number >= 0 else {
                throw CommandError("\(place): zookeeper.request.timeout takes milliseconds, not \"\(value)\"")
            }
            requestTimeout = number == 0 ? nil : number
        case "jute.maxbuffer":
            let isHexadecimal = value.lowercased().hasPrefix("0x")
            guard let number = isHexadecimal ? Int32(value.dropFirst(2), radix: 16) : Int32(value), number > 0 else {
                throw CommandError("\(place): jute.maxbuffer takes bytes, not \"\(value)\"")
            }
            maxBuffer = Int(number)
        case Self.loginFile, Self.loginSection, Self.usesSASL, Self.isSecure:
            security[key] = Given(value: value, place: place)
        case _ where key.hasPrefix("zookeeper.ssl."): security[key] = Given(value: value, place: place)
        default: break
        }
    }
}
