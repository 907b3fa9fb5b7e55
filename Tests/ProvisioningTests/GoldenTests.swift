import Diagnostics
import DurableFiles
import Glibc
import ServerConfig
import Testing
import Topology

@testable import Provisioning

/// Every example topology generates the very bytes under `Fixtures/golden`. After a wanted change run these tests once with
/// UPDATE_GOLDEN=1 and read the difference.
@Suite struct GoldenTests {
    static let examples = ["classic", "demo", "hierarchical", "orders", "standalone"]

    private func load(_ example: String) throws -> Topology {
        let (topology, problems) = Topology.load(
            text: try text("\(Fixtures.examples)/\(example).yaml"), file: "\(example).yaml")
        #expect(problems.map { $0.rendered() } == [])
        return try #require(topology)
    }

    @Test func everyExampleIsHere() {
        #expect(SystemFile.names(in: Fixtures.examples).sorted() == Self.examples.map { "\($0).yaml" })
    }

    @Test(arguments: examples) func generatesTheSameBytes(example: String) throws {
        let root = "/srv/paddock/\(example)"
        let plan = try Provisioning.plan(try load(example), layout: EnsembleLayout(root: root))
        let golden = "\(Fixtures.directory)/golden/\(example)"
        var expected: Set<String> = []
        for file in plan.files {
            let name = String(file.path.dropFirst(root.count + 1)).replacing("/", with: "-")
            expected.insert(name)
            if getenv("UPDATE_GOLDEN") != nil {
                mkdir("\(Fixtures.directory)/golden", 0o755)
                mkdir(golden, 0o755)
                try write(file.content, "\(golden)/\(name)")
            }
            let wanted = try text("\(golden)/\(name)")
            #expect(file.content == wanted, "\(name)")
        }
        #expect(Set(SystemFile.names(in: golden)) == expected)
    }

    /// What we generate is what we would accept.
    @Test(arguments: examples) func passesTheCheckOfAZooCfg(example: String) throws {
        let topology = try load(example)
        let files = ServerFiles(topology: topology, layout: EnsembleLayout(root: "/srv/paddock/\(example)"))
        for server in topology.servers {
            let problems = ZooCfg(text: files.zooCfg(server)).check(
                file: "zoo.cfg", surroundings: .init(myid: .text(files.myid(server), file: "myid")))
            #expect(problems.map { $0.rendered() } == [], "server \(server.id)")
        }
    }
}
