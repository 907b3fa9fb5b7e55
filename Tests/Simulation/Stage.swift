import Quorum
import ZooKeeperProtocol

/// Carries out the commands of a script on simulated servers, and collects what comes of them.
final class Stage {
    private let planted: Faults
    private var simulator: Simulator?
    private var shown: Set<TraceLine.Kind> = [.role, .txn, .packet, .client]
    private var output: [String] = []
    /// Set by the first one: what comes behind it is not carried out.
    private(set) var violation: String?
    /// Whether the last command found nothing to do.
    private(set) var wasVoid = false

    init(planted: Faults) { self.planted = planted }

    func takeOutput() -> [String] {
        defer { output = [] }
        return output
    }

    func say(_ line: String) { output.append(line) }

    func perform(_ line: String) throws(Script.Problem) {
        var words = Words(line)
        let verb = try words.next()
        wasVoid = false
        guard violation == nil else { return }
        if verb == "ensemble" {
            let scenario = try Scenario(words.rest, planted: planted)
            simulator = Simulator(scenario, isScripted: true) { [unowned self] line in
                if shown.contains(line.kind) { say(line.withoutTime) }
            }
            return
        }
        if verb == "show" {
            shown = []
            for word in words.rest {
                guard let kind = TraceLine.Kind(rawValue: String(word)) else { throw words.problem("what is \(word)?") }
                shown.insert(kind)
            }
            return
        }
        guard let simulator else { throw words.problem("no ensemble yet") }
        words.servers = simulator.nodes.count
        words.clients = simulator.clients.count
        if let problem = try perform(verb, &words, simulator) {
            wasVoid = true
            say(problem)
        }
        if let found = simulator.judge.violation {
            violation = found
            say("violation: \(found)")
        }
    }

    /// Says why there is nothing to do, if so.
    private func perform(
        _ verb: Substring, _ words: inout Words, _ simulator: Simulator
    ) throws(Script.Problem) -> String? {
        switch verb {
        case "start":
            for server in try words.serverList() { simulator.start(server) }
        case "stop":
            for server in try words.serverList() { simulator.shutDown(server) }
        case "crash":
            let server = try words.server()
            let survivors = try words.number(behind: "keeping") ?? 0
            simulator.crash(server, survivors: min(survivors, simulator.nodes[server].disk.pending.count))
        case "pause": simulator.nodes[try words.server()].pausedUntil = .max
        case "resume":
            simulator.nodes[try words.server()].pausedUntil = 0
            simulator.freeHeld()
        case "hold":
            for (from, to) in try words.pairs() { simulator.blockedUntil[from][to] = .max }
        case "release":
            for (from, to) in try words.pairs() { simulator.blockedUntil[from][to] = 0 }
            simulator.freeHeld()
        case "wait": simulator.now += try words.microseconds()
        case "run": try simulator.play(until: simulator.now + words.microseconds())
        case "settle": simulator.playWhatIsUnderWay()
        case "tick":
            let server = try words.server()
            simulator.nodes[server].timerAt = .max
            simulator.step(server, .tick)
        case "vote", "lose", "again": return try vote(verb, &words, simulator)
        case "dial", "refuse", "connected", "deliver", "break", "notice", "log", "unreachable":
            return try connection(verb, &words, simulator)
        case "disk", "sync", "report": return try disk(verb, &words, simulator)
        case "client": return try client(&words, simulator)
        case "answer":
            let client = try words.client()
            return simulator.answerNext(client) ? nil : "no answer to client \(client + 1) is under way"
        case "expire": simulator.expireSessions(try words.server())
        case "purge": simulator.purge(try words.server())
        case "propose":
            let server = try words.server()
            for _ in 0..<(words.rest.isEmpty ? 1 : try words.number()) { simulator.proposeSomething(at: server) }
        case "reconfig":
            let server = try words.server()
            guard let change = Simulator.Change(words.rest) else { throw words.problem("no change of configuration") }
            simulator.reconfigure(change, at: server)
            return nil
        case "status": for node in simulator.nodes { say(node.words) }
        case "serve":
            let limit = words.rest.isEmpty ? 10_000_000 : try words.microseconds()
            if let time = simulator.demandService(within: limit) { say("whole after \(time / 1000) ms") }
        default: throw words.problem("there is no command \(verb)")
        }
        try words.end()
        return nil
    }

    private func vote(
        _ verb: Substring, _ words: inout Words, _ simulator: Simulator
    ) throws(Script.Problem) -> String? {
        let (from, to) = try words.pair()
        if verb == "again" {
            guard let last = simulator.lastSent[from][to] else { return "\(from + 1) has not told \(to + 1) anything" }
            simulator.plan(last, from: from, to: to, at: simulator.now + simulator.linkDelay())
            return nil
        }
        let passing = try words.number(behind: "+") ?? 0
        guard let notification = simulator.takeNotification(from: from, to: to, passing: passing) else {
            return "no vote of \(from + 1) is under way to \(to + 1)"
        }
        if verb == "vote" { simulator.hear(notification, from: from, to: to) }
        return nil
    }

    private func connection(
        _ verb: Substring, _ words: inout Words, _ simulator: Simulator
    ) throws(Script.Problem) -> String? {
        let (from, to) = try words.pair()
        let age = words.age
        switch verb {
        case "dial": return simulator.dialNext(from, to) ? nil : "\(from + 1) does not want to connect to \(to + 1)"
        case "refuse": return simulator.refuse(from, to) ? nil : "\(from + 1) does not want to connect to \(to + 1)"
        case "connected":
            return simulator.connect(from, to, age: age)
                ? nil : "\(from + 1) does not wait for a connection to \(to + 1)"
        case "break":
            return simulator.breakLink(from, to, age: age) ? nil : "\(from + 1) and \(to + 1) are not connected"
        case "notice":
            return simulator.notice(from, to, age: age) ? nil : "\(from + 1) has lost no connection to \(to + 1)"
        case "log":
            return simulator.readLog(from, for: to, age: age) ? nil : "\(from + 1) does not read its log for \(to + 1)"
        case "unreachable":
            simulator.tell(from, isUnreachable: to)
            return nil
        default:
            var limit = 1
            if words.rest.first == "all" { limit = .max } else if !words.rest.isEmpty { limit = try words.number() }
            return simulator.deliver(from, to, age: age, limit: limit)
                ? nil : "nothing is under way from \(from + 1) to \(to + 1)"
        }
    }

    private func disk(
        _ verb: Substring, _ words: inout Words, _ simulator: Simulator
    ) throws(Script.Problem) -> String? {
        let server = try words.server()
        switch (verb, words.rest.first) {
        case ("disk", "stuck"): simulator.stick(server)
        case ("disk", "works"):
            simulator.nodes[server].isDiskStuck = false
            simulator.freeHeld()
        case ("report", _): return simulator.report(server) ? nil : "the disk of \(server + 1) has nothing to report"
        default:
            return simulator.finishDisk(server, reports: verb == "disk") ? nil : "the disk of \(server + 1) is idle"
        }
        return nil
    }

    private func client(_ words: inout Words, _ simulator: Simulator) throws(Script.Problem) -> String? {
        let client = try words.client()
        switch words.rest.first {
        case "connects":
            _ = try words.next()
            let server = try words.server()
            let before = simulator.clients[client].attachment
            simulator.connect(client, to: server)
            return simulator.clients[client].attachment == before ? "\(server + 1) takes no clients" : nil
        case "touches":
            return simulator.touch(client) ? nil : "client \(client + 1) is not connected"
        default:
            guard let wish = Simulator.Wish(Array(words.rest)) else { throw words.problem("what does it want?") }
            switch (simulator.clients[client].state, wish) {
            case (.connected, _), (.connecting, .leave): break
            default: return "client \(client + 1) is not connected"
            }
            simulator.ask(wish, by: client)
            return nil
        }
    }
}

/// The words of a command.
struct Words {
    let line: String
    private(set) var rest: ArraySlice<Substring>
    var servers = 0
    var clients = 0
    /// Behind the last pair: which connection is meant, counted from the newest; nil for the newest that fits.
    private(set) var age: Int?

    init(_ line: String) {
        self.line = line
        rest = line.split(separator: " ")[...]
    }

    func problem(_ what: String) -> Script.Problem { Script.Problem(description: "\(what) in: \(line)") }

    mutating func next() throws(Script.Problem) -> Substring {
        guard let word = rest.popFirst() else { throw problem("a word is missing") }
        return word
    }

    func end() throws(Script.Problem) {
        if let word = rest.first { throw problem("\(word) is too much") }
    }

    mutating func number() throws(Script.Problem) -> Int { try number(next()) }

    private func number(_ word: some StringProtocol) throws(Script.Problem) -> Int {
        guard let number = Int(word), number >= 0 else { throw problem("\(word) is no number") }
        return number
    }

    /// The number behind a word, or in the same word behind a sign, if they come next.
    mutating func number(behind word: String) throws(Script.Problem) -> Int? {
        guard let first = rest.first, first.hasPrefix(word) else { return nil }
        rest.removeFirst()
        return first.count > word.count ? try number(first.dropFirst(word.count)) : try number()
    }

    private func server(_ word: some StringProtocol) throws(Script.Problem) -> Int {
        let number = try number(word)
        guard (1...servers).contains(number) else { throw problem("there is no server \(word)") }
        return number - 1
    }

    mutating func server() throws(Script.Problem) -> Int { try server(next()) }

    mutating func serverList() throws(Script.Problem) -> [Int] {
        if rest.first == "all" {
            rest.removeFirst()
            return Array(0..<servers)
        }
        var list: [Int] = []
        while !rest.isEmpty { list.append(try server()) }
        return list
    }

    mutating func client() throws(Script.Problem) -> Int {
        let number = try number()
        guard (1...max(1, clients)).contains(number) else { throw problem("there is no client \(number)") }
        return number - 1
    }

    /// Milliseconds, with a fraction or without.
    mutating func microseconds() throws(Script.Problem) -> Int {
        let word = try next()
        guard let milliseconds = Double(word), milliseconds >= 0 else { throw problem("\(word) is no time") }
        return Int((milliseconds * 1000).rounded())
    }

    /// `1->2` or `1-2`, perhaps `~1` behind it.
    mutating func pair() throws(Script.Problem) -> (Int, Int) {
        let word = try next()
        let parts = word.split(separator: "~")
        age = parts.count == 2 ? try number(parts[1]) : nil
        let ends = parts[0].split(separator: "-")
        guard ends.count == 2 else { throw problem("\(word) names no two servers") }
        let second = ends[1].hasPrefix(">") ? ends[1].dropFirst() : ends[1]
        return (try server(ends[0]), try server(second))
    }

    /// `1->2 2->1`; or `1,2|3`, which is all between the two sides; or `all`.
    mutating func pairs() throws(Script.Problem) -> [(Int, Int)] {
        var pairs: [(Int, Int)] = []
        while let word = rest.first {
            if word == "all" {
                for from in 0..<servers { pairs += (0..<servers).map { (from, $0) } }
                rest.removeFirst()
            } else if word.contains("|") {
                var sides: [[Int]] = []
                for side in word.split(separator: "|") {
                    var members: [Int] = []
                    for member in side.split(separator: ",") { members.append(try server(member)) }
                    sides.append(members)
                }
                for (place, side) in sides.enumerated() {
                    for other in sides.indices where other != place {
                        for from in side { pairs += sides[other].map { (from, $0) } }
                    }
                }
                rest.removeFirst()
            } else {
                pairs.append(try pair())
            }
        }
        return pairs
    }
}
