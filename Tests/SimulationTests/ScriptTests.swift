import DurableFiles
import Foundation
import Quorum
import Testing

@testable import Simulation

/// What Tests/SimulationTests/Scripts says comes to pass. To write down what comes to pass now:
/// `bin/simulate --replay Tests/SimulationTests/Scripts/*.txt --rewrite`.
@Suite struct ScriptTests {
    private static let folder = #filePath.split(separator: "/").dropLast().map { "/\($0)" }.joined() + "/Scripts"

    static let files: [String] =
        ((try? Directory.names(in: folder)) ?? []).filter { $0.hasSuffix(".txt") }.sorted()

    private static func script(_ name: String) throws -> Script {
        try Script(String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8))
    }

    @Test(arguments: files)
    func whatAScriptSaysComesToPass(name: String) throws {
        let script = try Self.script(name)
        let run = try script.run()
        for (step, now) in zip(script.steps, run.steps) {
            #expect(now.output == step.output, "behind \(step.commands)")
        }
        #expect(run.text == script.text)
        #expect(script.text.hasPrefix("# "), "a script begins with what went wrong")
        #expect(!script.steps.isEmpty)
        #expect(try script.violation() == nil, "without a mistake no rule is broken")
        for step in script.steps where step.commands.last?.hasPrefix("with ") == true {
            #expect(step.output.first?.hasPrefix("violation: ") == true, "\(step.commands) shows nothing")
        }
    }

    /// For each mistake there is a script that shows it, but for these: observers whose ACKs count, and a leader without its quorum,
    /// of which a script shows only what is right.
    @Test func eachMistakeHasAScript() throws {
        let scripts = try Self.files.map(Self.script)
        let shown = Set(
            scripts.flatMap(\.steps).flatMap(\.actions).filter { $0.hasPrefix("with ") }.map { $0.dropFirst(5) })
        let missing = Faults.names.map(\.name).filter { !shown.contains($0[...]) }
        #expect(missing == ["countObservers", "leadAlone"])
        #expect(scripts.count == 33)
    }

    // MARK: The language

    @Test func aScriptIsReadAndWritten() throws {
        let text = """
            # Why.
            ensemble voters=3

            # All of them.
            start 1 2 3
            ----
            old

            status
            ----

            # The end.

            """
        let script = try Script(text)
        #expect(script.text == text)
        #expect(script.steps.map(\.output) == [["old"], []])
        #expect(script.steps[1].commands == ["status"])
    }

    @Test(arguments: [
        "run 5": "no ensemble yet in: run 5", "ensemble voters=3\nfly 1": "there is no command fly in: fly 1",
        "ensemble voters=3\nstart 4": "there is no server 4 in: start 4",
        "ensemble voters=3\ndeliver 12": "12 names no two servers in: deliver 12",
        "ensemble voters=3\nclient 1 flies": "what does it want? in: client 1 flies",
        "ensemble voters=3\nclient 1 sets 9": "what does it want? in: client 1 sets 9",
        "ensemble voters=3\ntick 1 2": "2 is too much in: tick 1 2",
        "ensemble voters": "what does voters mean for an ensemble?", "with pleasure": "there is no fault pleasure",
        "ensemble voters=3\nreconfig 1 4": "no change of configuration in: reconfig 1 4",
    ])
    func aCommandThatIsNoneIsTold(commands: String, problem: String) throws {
        let script = try Script(commands + "\n----\n")
        let thrown = #expect(throws: Script.Problem.self) { try script.run() }
        #expect(thrown?.description == problem)
    }

    @Test func commandsWithoutASeparatorAreRefused() {
        #expect(throws: Script.Problem.self) { try Script("ensemble voters=3\n") }
        #expect(throws: Script.Problem.self) { try Script("----\n----\n") }
    }

    /// What cannot be done is said, and does no harm.
    @Test func whatIsNotThereIsNotTaken() throws {
        let script = try Script(
            """
            ensemble voters=2
            vote 1->2
            deliver 1->2
            disk 1
            answer 1
            client 1 connects 1
            notice 1-2
            ----
            """
        )
        #expect(
            try script.run().steps[0].output == [
                "no vote of 1 is under way to 2", "nothing is under way from 1 to 2", "the disk of 1 is idle",
                "no answer to client 1 is under way", "1 takes no clients", "1 has lost no connection to 2",
            ])
    }

    // MARK: From a seed

    /// A seed that shows a planted bug becomes a script of a few commands that shows it, too, and does no harm without it.
    @Test func aSeedBecomesAScript() throws {
        let scenario = Scenario(seed: 1, planted: .syncOvertakes).shortened
        let recording = try Script.recording(scenario)
        #expect(recording.violation?.hasPrefix("FIFO: ") == true)
        #expect(recording.kept < 100)
        #expect(recording.recorded > recording.kept)
        #expect(try recording.script.violation(planted: .syncOvertakes)?.hasPrefix("FIFO: ") == true)
        #expect(try recording.script.violation() == nil)
        #expect(recording.script.steps.last?.output.first?.hasPrefix("violation: FIFO: ") == true)
    }

    /// All that happened is in it: a run without chance comes to the same end (or this throws).
    @Test(arguments: [3, 8] as [UInt64])
    func aScriptDoesWhatTheSeedDid(seed: UInt64) throws {
        let recording = try Script.recording(Scenario(seed: seed).shortened, until: 900)
        #expect(recording.violation == nil)
        #expect(recording.kept > 100)
    }
}
