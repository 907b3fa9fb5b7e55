import FoundationEssentials
import Planning
import Testing
import ZooKeeperProtocol

@testable import Supervision

/// What supervisors and commands of other versions read: ids are numbers, a mode is the server's word.
@Suite struct JSONTests {
    private func text(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    @Test func aRequest() throws {
        let request = ControlRequest(.restart([1, 255]), by: "paddock up")
        #expect(try text(request) == #"{"action":{"restart":{"_0":[1,255]}},"by":"paddock up"}"#)
        #expect(try JSONDecoder().decode(ControlRequest.self, from: Data(text(request).utf8)) == request)
    }

    @Test func aFailure() throws {
        let response = ControlResponse.failed([.init(id: 3, message: "it is stopped")])
        #expect(try text(response) == #"{"failed":{"_0":[{"id":3,"message":"it is stopped"}]}}"#)
    }

    @Test func anEvent() throws {
        let event = SupervisorEvent(
            sequence: 7, time: Timestamp(milliseconds: 1500), server: 2, what: .spawned, cause: "paddock up", pid: 41)
        #expect(
            try text(event)
                == #"{"cause":"paddock up","pid":41,"sequence":7,"server":2,"time":"1970-01-01T00:00:01.500Z","what":"spawned"}"#
        )
    }

    @Test(arguments: [(ServerMode.leader, "leader"), (.readOnly, "read-only"), (.other("new"), "new")])
    func aProcess(mode: ServerMode, word: String) throws {
        let process = ServerProcess(
            id: 1, state: .running, desired: .running, mode: mode, engine: "bundled", clientHost: "127.0.0.1",
            clientPort: 2181, directory: "/d", logFile: "/l")
        #expect(
            try text(process) == """
                {"clientHost":"127.0.0.1","clientPort":2181,"desired":"running","directory":"/d","engine":"bundled","id":1,\
                "logFile":"/l","mode":"\(word)","outdated":false,"restarts":0,"state":"running"}
                """)
        #expect(try JSONDecoder().decode(ServerProcess.self, from: Data(text(process).utf8)) == process)
    }
}
