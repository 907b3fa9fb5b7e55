import Glibc
import Testing

@testable import Simulation

@Suite struct SimulationTests {
    @Test(arguments: [2, 17] as [UInt64])
    func theSameSeedGivesTheSameRun(seed: UInt64) {
        let first = Simulator.run(short(seed))
        let second = Simulator.run(short(seed))
        #expect(first.digest == second.digest)
        #expect(first.events == second.events)
        #expect(first.events > 1000)
        #expect(Simulator.run(short(seed + 1)).digest != first.digest)
    }

    /// Two processes have different hash seeds and addresses; neither must matter.
    @Test func theSameSeedsGiveTheSameRunsInAnotherProcess() throws {
        let first = try lastLine(of: "--seeds 2 --from 11 --short")
        let second = try lastLine(of: "--seeds 2 --from 11 --short")
        #expect(first.contains("2 seeds from 11 without a violation"))
        #expect(first.drop { $0 != ":" } == second.drop { $0 != ":" })
    }

    private func lastLine(of arguments: String) throws -> String {
        var path = [CChar](repeating: 0, count: 4096)
        let length = readlink("/proc/self/exe", &path, path.count)
        let own = String(decoding: path.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let directory = own.split(separator: "/").dropLast().map { "/\($0)" }.joined()
        let run = try output(of: arguments, in: "\(directory)/simulate")
        #expect(run.status == 0)
        return String(run.text.split(separator: "\n").last ?? "")
    }

    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func noSeedBreaksARule(seed: UInt64) {
        let outcome = Simulator.run(short(seed))
        #expect(outcome.violation == nil)
        #expect(outcome.writes > 0)
    }

    /// Promises and epochs alone keep it safe: who wins an election is a matter of speed.
    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func electionsByLotCostNoSafety(seed: UInt64) {
        #expect(Simulator.run(Scenario(seed: seed, planted: .electAnybody).shortened).violation == nil)
    }

    // MARK: Release build

    /// Every bug of the list is found, and the right core goes through the same kind of seeds without a complaint: as many as
    /// 60 s on every core allow. Debug builds are far too slow for either.
    @Test func plantedBugsAreFound() throws {
        let table = try output(of: "--planted --seeds 300", in: releaseBinary())
        #expect(table.status == 0)
        for bug in PlantedBug.all {
            #expect(table.text.contains("\(bug.name): seed "), "\(table.text)")
        }
    }

    @Test func noSeedOfAMinuteOnEveryCoreBreaksARule() throws {
        let run = try output(of: "--seeds 20000 --time 60", in: releaseBinary())
        #expect(run.status == 0)
        #expect(run.text.contains("without a violation"), "\(run.text)")
    }

    private func releaseBinary() throws -> String {
        let root = #filePath.split(separator: "/").dropLast(3).map { "/\($0)" }.joined()
        let path = try output(of: "simulate 2>/dev/null", in: "\(root)/bin/build-release")
        #expect(path.status == 0)
        return String(path.text.prefix { $0 != "\n" })
    }

    private func output(of arguments: String, in program: String) throws -> (text: String, status: Int32) {
        let pipe = try #require(popen("'\(program)' \(arguments)", "r"))
        var text = ""
        var line = [CChar](repeating: 0, count: 4096)
        while fgets(&line, Int32(line.count), pipe) != nil {
            text += String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
        return (text, pclose(pipe))
    }

    /// The agenda gives back what was planned in order of time, and of planning within a time.
    @Test func theAgendaKeepsOrder() {
        var chance = Chance(seed: 4)
        var agenda = Agenda<Int>()
        var planned: [(time: Int, order: Int)] = []
        for order in 0..<500 {
            let time = chance.pick(0...40)
            agenda.plan(order, at: time)
            planned.append((time, order))
        }
        planned.sort { ($0.time, $0.order) < ($1.time, $1.order) }
        for expected in planned {
            let next = agenda.next()
            #expect(next?.time == expected.time)
            #expect(next?.event == expected.order)
        }
        #expect(agenda.next() == nil)
    }

    private func short(_ seed: UInt64) -> Scenario { Scenario(seed: seed).shortened }
}
