import Planning
import ServiceDiscovery
import Testing

@testable import Operations

@Suite struct RegistryFollowerTests {
    /// Who writes a load balancer's file must not write it with the services that happened to be read first.
    @Test func whatIsToldFirstIsEveryServiceReadToTheEnd() async throws {
        try await RealEnsembles.with { ensembles in
            let text = "ensemble: one\nports: auto\nparticipants: 1\n"
            _ = try await ensembles.command("up").up(.text(text, file: "one.yaml"))
            let request = RegistryRequest(layout: .curator())
            try await ensembles.command("registry").withRegistry(request) { registry in
                let names = (10..<50).map { "service-\($0)" }
                let registrations = try names.map {
                    try registry.register(ServiceInstance(name: $0, id: "one", address: "127.0.0.1", port: 1))
                }
                for registration in registrations { try await registration.registered() }
                for _ in 0..<30 {
                    try await RegistryFollower(registry, names: nil).follow { services in
                        #expect(services.map(\.name) == names)
                        #expect(services.allSatisfy { $0.snapshot.age == nil && $0.snapshot.entries.count == 1 })
                        return .never
                    }
                }
                // Told again, though nothing changes.
                var times = 0
                try await RegistryFollower(registry, names: [names[0]]).follow { _ in
                    times += 1
                    return times < 3 ? .after(.milliseconds(1)) : .never
                }
                for registration in registrations { try await registration.deregister() }
            }
        }
    }
}
