import Testing
import ZooKeeperClient

@testable import ServiceDiscovery

@Suite struct KeptRegistrationTests {
    private static let session = SessionID(rawValue: 7)
    private static let other = SessionID(rawValue: 8)

    private func registered(
        _ layout: RegistryLayout = .curator(), kind: ServiceKind = .dynamic
    ) throws -> (KeptRegistration, [UInt8]) {
        let instance = ServiceInstance(name: "web", id: "a", address: "h", port: 80, kind: kind)
        var kept = KeptRegistration(layout: layout, instance: instance)
        let node = try layout.node(for: instance)
        kept.registered(at: node.path, data: node.data, session: Self.session)
        return (kept, node.data)
    }

    private func data(_ change: (inout ServiceInstance) -> Void) -> [UInt8] {
        var instance = ServiceInstance(name: "web", id: "a", address: "h", port: 80)
        change(&instance)
        return CuratorLayout.json(instance).utf8
    }

    @Test func oursStaysAMissingOneIsRegisteredAnewAnothersIsWaitedFor() throws {
        var (kept, data) = try registered()
        #expect(kept.upkeep(.init(data: data, owner: Self.session), session: Self.session) == .registered)
        #expect(kept.upkeep(nil, session: Self.session) == .registerAnew)
        #expect(kept.upkeep(.init(data: data, owner: Self.other), session: Self.session) == .wait(for: Self.other))
        #expect(kept.upkeep(.init(data: data, owner: .none), session: Self.session) == .wait(for: nil))
    }

    @Test func oneOfAFormerSessionOfOursIsReplaced() throws {
        var (kept, data) = try registered()
        #expect(kept.upkeep(.init(data: data, owner: Self.session), session: Self.other) == .registerAnew)
    }

    @Test func oneThatStaysHasNoOwner() throws {
        var (kept, data) = try registered(kind: .static)
        #expect(kept.upkeep(.init(data: data, owner: .none), session: Self.session) == .registered)
    }

    @Test func whatOthersHaveWrittenIsKeptAlsoForTheNextSession() throws {
        var (kept, _) = try registered()
        let drained = data { $0.isEnabled = false }
        #expect(kept.upkeep(.init(data: drained, owner: Self.session), session: Self.session) == .registered)
        #expect(!kept.instance.isEnabled)
        let renamed = data { $0.id = "b" }
        _ = kept.upkeep(.init(data: renamed, owner: Self.session), session: Self.session)
        #expect(kept.instance.id == "a")
        #expect(kept.upkeep(.init(data: [], owner: Self.session), session: Self.session) == .registered)
        #expect(kept.instance.port == 80)
    }

    @Test func aChangeThatWasNotWrittenIsWrittenAndNotUndoneByWhatWasThereBefore() throws {
        var (kept, before) = try registered()
        #expect(try kept.change { $0.port = 81 } != nil)
        #expect(try kept.change { $0.port = 81 } == nil)
        let after = data { $0.port = 81 }
        #expect(kept.upkeep(.init(data: before, owner: Self.session), session: Self.session) == .write(after))
        kept.written(after)
        #expect(kept.instance.port == 81)
        #expect(kept.upkeep(.init(data: after, owner: Self.session), session: Self.session) == .registered)
        #expect(kept.instance.port == 81)
        // The answer was lost, and it was written all the same.
        _ = try kept.change { $0.port = 82 }
        let last = data { $0.port = 82 }
        #expect(kept.upkeep(.init(data: last, owner: Self.session), session: Self.session) == .registered)
        // Others' words count again.
        _ = kept.upkeep(.init(data: before, owner: Self.session), session: Self.session)
        #expect(kept.instance.port == 80)
    }

    @Test func aChangeThatWasNotWrittenKeepsWhatOthersHaveChangedMeanwhile() throws {
        var (kept, _) = try registered()
        _ = try kept.change { $0.port = 81 }
        let drained = data { $0.isEnabled = false }
        let both = data {
            $0.port = 81; $0.isEnabled = false
        }
        #expect(kept.upkeep(.init(data: drained, owner: Self.session), session: Self.session) == .write(both))
        // Again, before that was written.
        let moved = data { $0.sslPort = 443 }
        let all = data {
            $0.port = 81; $0.sslPort = 443
        }
        #expect(kept.upkeep(.init(data: moved, owner: Self.session), session: Self.session) == .write(all))
        kept.written(all)
        #expect(kept.upkeep(.init(data: all, owner: Self.session), session: Self.session) == .registered)
        // They have written the very same.
        _ = try kept.change { $0.port = 82 }
        let same = data {
            $0.port = 82; $0.sslPort = 444
        }
        #expect(kept.upkeep(.init(data: same, owner: Self.session), session: Self.session) == .registered)
        #expect(kept.instance.sslPort == 444)
        // What is no instance is written over.
        _ = try kept.change { $0.port = 83 }
        let last = data {
            $0.port = 83; $0.sslPort = 444
        }
        #expect(kept.upkeep(.init(data: [], owner: Self.session), session: Self.session) == .write(last))
    }

    @Test func aChangeThatCannotBeRegisteredChangesNothing() throws {
        var kept = KeptRegistration(
            layout: .serverSet(),
            instance: ServiceInstance(name: "web", id: "", address: "h", port: 80, kind: .dynamicSequential))
        #expect(throws: InvalidInstance.self) { try kept.change { $0.port = nil } }
        #expect(kept.instance.port == 80)
    }

    @Test func underANameThatSaysAllAChangeIsAnotherZnode() throws {
        var (kept, data) = try registered(.dubbo())
        #expect(kept.upkeep(.init(data: data, owner: Self.session), session: Self.session) == .registered)
        let node = try #require(try kept.change { $0.payload = ["version": "2"] })
        #expect(kept.upkeep(.init(data: data, owner: Self.session), session: Self.session) == .registerAnew)
        kept.moved(to: node.path)
        #expect(kept.upkeep(.init(data: data, owner: Self.session), session: Self.session) == .registered)
    }
}
