import TestSupport
import Testing
import ZooKeeperClient

/// Watches as sequences, against both engines.
@Suite(.serialized)
struct ClientWatchTests {
    static let engines = ClientInteropTests.engines

    @Test(arguments: engines) func watchesOfEveryKindOnOnePathAndNoneIsLostToAnother(
        engine: Engine
    ) async throws {
        try await StandaloneServer.with(engine) { server in
            let client = try await ClientInteropTests.connect(server)
            let writer = try await ClientInteropTests.connect(server)
            try await writer.create("/a")
            var changes = client.changes(of: "/a").makeAsyncIterator()
            #expect(try await changes.next() == .readAgain)
            let ofData = try await client.getData(watching: "/a").watch
            let ofChildren = try await client.getChildren(watching: "/a").watch
            let another = try await client.exists(watching: "/a").watch
            var below = client.changes(of: "/a", recursive: true).makeAsyncIterator()
            #expect(try await below.next() == .readAgain)

            // Twice: a server of 3.8 would have let the lasting ones be used up by the first event.
            for round in 0..<2 {
                try await writer.setData("/a", [UInt8(round)])
                try await writer.create("/a/b\(round)")
                try await writer.setData("/a/b\(round)", [])
                let changed = WatchEvent(type: .nodeDataChanged, path: "/a")
                let children = WatchEvent(type: .nodeChildrenChanged, path: "/a")
                #expect(try await ofData.event() == changed)
                #expect(try await another.event() == changed)
                #expect(try await ofChildren.event() == children)
                #expect(try await changes.next() == .event(changed))
                #expect(try await changes.next() == .event(children))
                #expect(try await below.next() == .event(changed))
                #expect(try await below.next() == .event(WatchEvent(type: .nodeCreated, path: "/a/b\(round)")))
                #expect(try await below.next() == .event(WatchEvent(type: .nodeDataChanged, path: "/a/b\(round)")))
            }
            await client.close()
            #expect(try await changes.next() == nil)
            #expect(try await below.next() == nil)
            let late = client.changes(of: "/a")
            for try await _ in late { Issue.record("a closed client tells nothing") }
            await writer.close()
        }
    }

    @Test(arguments: engines) func theServerForgetsWhatNobodyListensTo(engine: Engine) async throws {
        try await StandaloneServer.with(engine) { server in
            func watches() async throws -> String {
                let text = try await FourLetterWords.send(.wchs, to: server.address)
                return String(text.split(separator: "\n")[1])
            }
            let client = try await ClientInteropTests.connect(server)
            do {
                var changes = client.changes(of: "/a", recursive: true).makeAsyncIterator()
                #expect(try await changes.next() == .readAgain)
                let kept = try await client.exists(watching: "/b")
                #expect(try await client.exists(watching: "/b").stat == nil)
                #expect(try await watches() == "Total watches:2")
                _ = kept
            }
            try await eventually("nothing is watched") { try await watches() == "Total watches:0" }
            await client.close()
        }
    }

    @Test(arguments: engines) func theNewestValueAndNamesOverAKill9OfTheServer(
        engine: Engine
    ) async throws {
        try await StandaloneServer.with(engine) { server in
            let client = try await ClientInteropTests.connect(server)
            var values = client.values(of: "/v").makeAsyncIterator()
            var names = client.childNames(of: "/v").makeAsyncIterator()
            #expect(try await values.next() == .some(nil))
            #expect(try await names.next() == .some(nil))
            try await client.create("/v", data: [1])
            #expect(try await values.next()??.data == [1])
            #expect(try await names.next() == [])
            for value in UInt8(2)...9 { try await client.setData("/v", [value]) }
            for name in ["c", "a", "b"] { try await client.create("/v/" + name) }
            #expect(try await values.next()??.data == [9], "those before the newest are passed over")
            #expect(try await names.next() == ["a", "b", "c"])

            server.kill()
            let value = Task { [values] in
                var values = values
                return try await values.next()
            }
            try await server.start()
            try await client.setData("/v", [10])
            #expect(try await value.value??.data == [10])
            try await client.delete("/v/b")
            #expect(try await names.next() == ["a", "c"])
            for name in ["/v/a", "/v/c", "/v"] { try await client.delete(name) }
            while let next = try await names.next(), next != nil {}
            await client.close()
            #expect(try await names.next() == nil)
        }
    }

    @Test(arguments: engines) func aRenewedSessionToldOnceAndTheSequencesGoOn(engine: Engine) async throws {
        try await StandaloneServer.with(engine) { server in
            var configuration = ClientInteropTests.configuration()
            configuration.whenExpired = .renew
            let client = try await ClientInteropTests.connect(server, configuration: configuration)
            let first = try #require(client.session)
            var states = client.states.makeAsyncIterator()
            var changes = client.changes(of: "/a").makeAsyncIterator()
            var values = client.values(of: "/a").makeAsyncIterator()
            #expect(try await changes.next() == .readAgain)
            #expect(try await values.next() == .some(nil))
            let watch = try await client.exists(watching: "/a").watch
            configuration.session = first
            let usurper = try await ClientInteropTests.connect(server, configuration: configuration)
            await usurper.close()
            let error = await #expect(throws: ZooKeeperError.self) { try await watch.event() }
            #expect(error?.description == "watch /a: SessionExpired")
            var seen: [SessionState] = []
            while let state = await states.next() {
                seen.append(state)
                if state == .connected, seen.contains(.expired) { break }
            }
            // Before the usurper ends it, the client may get its session back.
            #expect(seen.prefix(2) == [.connected, .disconnected])
            #expect(seen.suffix(4) == [.disconnected, .expired, .connecting, .connected])
            #expect(client.session != first)
            #expect(try await changes.next() == .readAgain)
            try await client.create("/a", data: [7])
            #expect(try await changes.next() == .event(WatchEvent(type: .nodeCreated, path: "/a")))
            #expect(try await values.next()??.data == [7])
            await client.close()
        }
    }
}
