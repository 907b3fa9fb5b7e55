import Planning
import ServiceDiscovery

/// What a service was resolved to.
package struct Resolved: Sendable {
    package var entries: [ServiceEntry]
    /// Why it may be out of date; nil when it is not.
    package var age: ServiceSnapshot.Age?
}

extension Operator {
    /// Chooses `count` instances one after the other, or gives all that may be chosen; from the copy on disk while the registry is away.
    package func resolve(
        _ service: String, strategy: SelectionStrategy, count: Int?, patience: Duration = .seconds(3),
        in request: RegistryRequest
    ) async throws -> Resolved {
        let copies = try registryCopies(request)
        return try await withRegistry(request, isPatient: true) { registry in
            var options = CacheOptions()
            options.directory = copies
            options.patience = patience
            let provider = try registry.provider(of: service, strategy: strategy, options: options)
            try await provider.cache.ready()
            let snapshot = provider.cache.snapshot
            if snapshot.age == nil { provider.cache.writeCopy() }
            let choosable = snapshot.entries.choosable
            var entries: [ServiceEntry] = []
            for _ in 0..<(count ?? 0) { entries.append(try await provider.entry()) }
            if choosable.isEmpty { _ = try await provider.entry() }
            return Resolved(entries: count == nil ? choosable : entries, age: snapshot.age)
        }
    }

    /// Runs a command that is told in its environment where a service is, and returns its exit code, or 128 + the signal that ended it.
    /// Signals are passed on.
    package func run(
        _ words: [String], with service: String, strategy: SelectionStrategy, in request: RegistryRequest
    ) async throws -> Int32 {
        let one = try await resolve(service, strategy: strategy, count: 1, in: request)
        let all = try await resolve(service, strategy: strategy, count: nil, in: request)
        var environment = environment
        for variable in ServiceEnvironment.variables(service, chosen: one.entries[0], all: all.entries) {
            environment[variable.name] = variable.value
        }
        let command = try ChildCommand(words, environment: environment).start()
        let signals = PassedSignals(isShared: true) { command.signal($0) }
        defer { signals.stop() }
        return await command.wait()
    }
}

/// How a command is told where a service is: `WEB_ADDRESS=10.0.0.7:8080` and others for `web`.
package enum ServiceEnvironment {
    package static func variables(
        _ service: String, chosen: ServiceEntry, all: [ServiceEntry]
    ) -> [(name: String, value: String)] {
        let instance = chosen.instance
        let prefix = prefix(service)
        return [
            ("\(prefix)_ADDRESS", instance.endpoint), ("\(prefix)_HOST", instance.address ?? ""),
            ("\(prefix)_PORT", (instance.port ?? instance.sslPort).map { String($0) } ?? ""),
            ("\(prefix)_ADDRESSES", all.map(\.instance.endpoint).joined(separator: ",")),
        ]
    }

    /// Letters and digits of ASCII, in capitals; what is beyond ASCII as `_U` and its number, so that no two words of another
    /// language are the same; `_` for everything else, and before a digit at the beginning.
    private static func prefix(_ service: String) -> String {
        let words = service.unicodeScalars.map { scalar in
            switch scalar {
            case "a"..."z", "A"..."Z", "0"..."9": return String(scalar).uppercased()
            case _ where scalar.isASCII: return "_"
            default:
                let digits = String(scalar.value, radix: 16, uppercase: true)
                return "_U" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
            }
        }
        return (words.first?.first?.isNumber == true ? "_" : "") + words.joined()
    }
}
