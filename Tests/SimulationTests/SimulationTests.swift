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
        let pipe = try #require(popen("\(directory)/simulate \(arguments)", "r"))
        var output = ""
        var line = [CChar](repeating: 0, count: 4096)
        while fgets(&line, Int32(line.count), pipe) != nil {
            output = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
        #expect(pclose(pipe) == 0)
        return output
    }

    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func noSeedBreaksARule(seed: UInt64) {
        let outcome = Simulator.run(short(seed))
        #expect(outcome.violation == nil)
        #expect(outcome.writes > 0)
    }

    /// A short list: `bin/simulate --planted` goes through all of them with many seeds.
    @Test(arguments: PlantedBug.all.filter(\.isQuicklyFound))
    func aPlantedBugIsFound(bug: PlantedBug) {
        #expect(bug.find(within: 12, from: 1) != nil)
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
