import DurableFiles
import Glibc
import Planning
import Testing

@testable import Operations

/// A temporary directory for one test.
func withTemporaryDirectory<Result>(_ body: (String) async throws -> Result) async throws -> Result {
    var template = Array("/tmp/paddock-operations-XXXXXX".utf8CString)
    let directory = template.withUnsafeMutableBufferPointer { String(cString: mkdtemp($0.baseAddress!)) }
    defer { try? removeTree(directory) }
    return try await body(directory)
}

@Suite struct EnsembleStoreTests {
    @Test(
        arguments: [
            ("/s", ["PADDOCK_HOME": "/p", "HOME": "/h"], "/s"),
            ("s/../t/.", [:], "/cwd/t"),
            (nil, ["PADDOCK_HOME": "/p", "XDG_STATE_HOME": "/x", "HOME": "/h"], "/p"),
            (nil, ["PADDOCK_HOME": "", "XDG_STATE_HOME": "/x", "HOME": "/h"], "/x/paddock"),
            (nil, ["HOME": "/h/"], "/h/.local/state/paddock"),
        ] as [(String?, [String: String], String)])
    func place(_ option: String?, _ environment: [String: String], _ directory: String) throws {
        let store = EnsembleStore(option: option, environment: environment, account: nil, workingDirectory: "/cwd")
        #expect(store.directory == directory)
    }

    /// cron, and systemd for root, set no HOME.
    @Test func withoutHOMETheUsersHomeCounts() {
        let store = EnsembleStore(
            option: nil, environment: [:], account: UserAccount(name: "zoe", home: "/home/zoe"), workingDirectory: "/")
        #expect(store.directory == "/home/zoe/.local/state/paddock")
    }

    /// What needs no place can be done all the same.
    @Test func withoutAHomeThereIsNoPlace() async throws {
        let store = EnsembleStore(option: nil, environment: [:], account: nil, workingDirectory: "/")
        #expect(store.names() == [])
        for name in [nil, "demo"] {
            let error = #expect(throws: OperationError.self) { try store.choose(name) }
            #expect(error?.kind == .badUsage && error?.description.contains("HOME") == true)
        }
        let error = await #expect(throws: OperationError.self) {
            try await store.changing("demo", command: "paddock up") { _ in }
        }
        #expect(error?.kind == .badUsage)
    }

    /// Above a directory that cannot be made there may be others that are there and closed.
    @Test func whyADirectoryCannotBeMadeIsSaid() {
        let error = #expect(throws: FileError.self) { try makeDirectories("/sys/paddock/.locks") }
        #expect(error?.path == "/sys/paddock" && error?.isMissing == false, "\(String(describing: error))")
    }

    @Test func ensemblesAreListedAndChosen() async throws {
        try await withTemporaryDirectory { directory in
            let store = EnsembleStore(directory: directory)
            #expect(EnsembleStore(directory: "/nowhere").names() == [])
            let none = #expect(throws: OperationError.self) { try store.choose(nil) }
            #expect(none?.kind == .notRunning)
            #expect(none?.description == "there is no ensemble in \(directory)\n  mend: `paddock up` boots one")

            for name in ["orders", "demo", "empty"] { try makeDirectories(store.root(of: name)) }
            try DurableFile.write([], to: "\(store.root(of: "demo"))/topology.yaml")
            #expect(store.names() == ["demo"])
            #expect(try store.choose(nil) == "demo")

            try DurableFile.write([], to: "\(store.root(of: "orders"))/topology.yaml")
            #expect(store.names() == ["demo", "orders"])
            #expect(try store.choose("orders") == "orders")
            let several = #expect(throws: OperationError.self) { try store.choose(nil) }
            #expect(several?.kind == .badUsage)
            #expect(
                several?.description == """
                    there are two ensembles in \(directory): demo, orders
                      mend: choose one with --ensemble NAME
                    """)
            let unknown = #expect(throws: OperationError.self) { try store.choose("empty") }
            #expect(
                unknown?.description == """
                    there is no ensemble empty in \(directory) (there: demo, orders)
                      mend: `paddock up FILE` makes one
                    """)
            for name in ["", "..", ".", "../demo"] {
                #expect(throws: OperationError.self) { try store.choose(name) }
            }
        }
    }

    @Test func twoCommandsDoNotChangeOneEnsemble() async throws {
        try await withTemporaryDirectory { directory in
            let store = EnsembleStore(directory: directory)
            try await store.changing("demo", command: "paddock up") { change in
                try change.did("start server 1")
                let refusal = await #expect(throws: OperationError.self) {
                    try await store.changing("demo", command: "paddock down") { _ in }
                }
                #expect(refusal?.kind == .taken)
                #expect(refusal?.message == "demo is being changed by paddock up (pid \(getpid()))")
                // Another ensemble is another matter.
                try await store.changing("orders", command: "paddock up") { _ in }
            }
            await #expect(throws: CancellationError.self) {
                try await store.changing("demo", command: "paddock stop 1") { _ in throw CancellationError() }
            }
            #expect(
                store.audit.entries(of: "demo").map { "\($0.command): \($0.did)" } == [
                    "paddock up: began", "paddock up: start server 1", "paddock up: done",
                    "paddock stop 1: began", "paddock stop 1: interrupted",
                ])
            #expect(store.audit.entries().count == 7)
        }
    }

    @Test func aStateDirectoryThatCannotBeMadeIsNamed() async throws {
        try await withTemporaryDirectory { directory in
            try DurableFile.write([], to: "\(directory)/file")
            let store = EnsembleStore(directory: "\(directory)/file/state")
            let error = await #expect(throws: FileError.self) {
                try await store.changing("demo", command: "paddock up") { _ in }
            }
            #expect(error?.description == "cannot create the directory \(directory)/file/state: Not a directory")
        }
    }
}
